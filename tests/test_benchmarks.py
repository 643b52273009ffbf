import subprocess
import sys
from itertools import islice

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from benchmarks import generator, scaling
from benchmarks.engine import Case
from dashjax import threefry
from dashjax.endings import ending
from dashjax.report import style

SAID = """\
#=============================================================================#
   rng_name    |rands/second|   Seed   |
stdin_input_raw|  3.36e+07  |1830914254|
#=============================================================================#
        test_name   |ntup| tsamples |psamples|  p-value |Assessment
#=============================================================================#
          sts_serial|   1|    100000|     100|0.32738200|  PASSED
          sts_serial|   2|    100000|     100|0.00100000|   WEAK
"""


@pytest.mark.parametrize("rounds", [13, 20])
def test_one_after_another_come_the_numbers_of_one_key(rounds):
    blocks = islice(generator.one_after_another(rounds), 2)

    expected = jax.random.bits(threefry.key(0, rounds), (2 * generator.WORDS,), jnp.uint32)
    np.testing.assert_array_equal(np.concatenate(list(blocks)), expected)


def test_by_run_come_the_numbers_of_runs_side_by_side():
    first, second = islice(generator.by_run(13), 2)

    assert first.shape == (generator.STEPS, generator.NUMBERS, generator.RUNS)
    for block, run, place in ((first, 0, 0), (first, 7, 7), (second, generator.RUNS + 3, 3)):
        for step in (0, 1, generator.STEPS - 1):
            key = jax.random.fold_in(jax.random.fold_in(threefry.key(0), run), step)
            expected = jax.random.bits(key, (generator.NUMBERS,), jnp.uint32)
            np.testing.assert_array_equal(block[step, :, place], expected)


def test_a_reader_that_goes_ends_it_quietly():
    words = [sys.executable, "-m", "benchmarks.generator"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as source:
        assert source.stdout
        assert source.stderr
        read = source.stdout.read(400)
        source.stdout.close()
        complaint = source.stderr.read()

    assert (source.returncode, complaint) == (0, b"")
    expected = jax.random.bits(threefry.key(0), (100,), jnp.uint32)
    np.testing.assert_array_equal(np.frombuffer(read, np.uint32), expected)


def test_without_dieharder_one_sentence_says_what_to_install(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["generator", "--battery", "--out", str(tmp_path)])

    assert ending(generator.main) == 2
    (sentence,) = capsys.readouterr().err.splitlines()
    assert "apt-get install dieharder" in sentence
    assert not list(tmp_path.iterdir())


def test_what_dieharder_says_becomes_rows():
    rows = generator.parsed(SAID)

    assert [(row["test"], row["size"], row["p"], row["assessment"]) for row in rows] == [
        ("sts_serial", 1, 0.327382, "PASSED"),
        ("sts_serial", 2, 0.001, "WEAK"),
    ]
    assert generator.table([{"order": "by run"} | row for row in rows]).row_count == 2


def made_up_row(case: Case, peak_bytes=None):
    return {
        "series": case.name,
        "method": case.method,
        "runs": case.runs or 512,
        "datasets": case.groups * case.slots,
        "steps": case.steps,
        "steps_per_second": 1e7 / (case.groups * case.slots) ** 0.5,
        "peak_bytes": peak_bytes,
        "compile_seconds": 1.5,
        "seconds": [1.0, 2.0, 3.0],
    }


def test_table_and_picture_show_every_point():
    rows = [made_up_row(case, 4e8) for case in scaling.RUNS] + [*map(made_up_row, scaling.OTHERS)]

    assert scaling.table(rows).row_count == len(rows)
    with style.applied():
        figure = scaling.picture(rows)
        FigureCanvasAgg(figure).draw()
    assert [len(axes.lines) for axes in figure.axes] == [1, 3, 1]
    assert sum(np.size(line.get_xdata()) for axes in figure.axes for line in axes.lines) == len(
        rows
    )
    assert [text.get_text() for text in figure.axes[0].texts].count("400 MB") == len(scaling.RUNS)


def test_quick_leaves_out_the_largest_of_every_line():
    left = scaling.smaller(scaling.RUNS + scaling.OTHERS)

    assert max(case.runs for case in left) == 10**5
    assert max(case.steps for case in left) == 10**3
    joint = [case.groups * case.slots for case in left if case.method == "joint-ts"]
    large = [case.groups * case.slots for case in left if case.method.startswith("large/")]
    assert (max(joint), max(large)) == (100, 10**5)


@pytest.mark.usefixtures("quick_compilation")
@pytest.mark.parametrize(
    "case",
    [
        Case("runs", "flat", 5, 3, 4, 2),
        Case("datasets", "large/by-group", 4, 3, 4, 16),
    ],
    ids=lambda case: case.name,
)
def test_a_case_is_measured(case):
    row = scaling.measure(case)

    assert (row["runs"], row["datasets"], row["steps"]) == (
        case.runs,
        case.groups * case.slots,
        case.steps,
    )
    assert row["steps_per_second"] == pytest.approx(case.runs * 4 / sorted(row["seconds"])[1])
