"""The benchmark of tables: what it measures is done, and what fails is no figure."""

import resource
import subprocess
from pathlib import Path

import pytest

from benchmarks.tables import Task, imported, in_words, measure
from dashjax.store.reward_table import load_table


def test_an_import_is_measured_in_a_process_of_its_own(tmp_path: Path):
    task = imported("few", str(tmp_path / "few"), (2, 3, 4), 20.0, 1500.0)
    figures = [measure(task) for _ in range(2)]  # the second begins anew

    assert load_table(tmp_path / "few").rewards.shape == (2, 3, 4)
    assert all(min(figure.seconds, figure.worked) > 0 for figure in figures)
    # Linux counts the peak of a process from that of the one that started it
    most = max(4000, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 + 100)
    assert all(20 < figure.megabytes < most for figure in figures)


@pytest.mark.parametrize("work", ["raise SystemExit(1)", ["table", "show", "none"]])
def test_work_that_fails_is_no_figure(work: str | list[str]):
    with pytest.raises(subprocess.CalledProcessError):
        measure(Task("it fails", work))


def test_a_figure_above_its_most_is_told():
    row = {"task": "it", "seconds": 3.0, "worked": 1.0, "megabytes": 200.0}
    row |= {"most_seconds": 2.0, "most_megabytes": 1500.0}

    assert in_words(row) == (
        "it: 3.00 s (1.00 s of the processors), 200 MB; ABOVE 2 s; at most 1500 MB"
    )
