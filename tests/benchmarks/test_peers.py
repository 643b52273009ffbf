import functools
import sys
from pathlib import Path

import pytest

from benchmarks import peers
from benchmarks.peers import Peer
from dashjax.cli.exit import ending

ANSWERS = """
import json, sys
task = json.load(sys.stdin)
assert len(task["utility"]) == 5 and len(task["utility"][0]) == 3 and task["steps"] == 200
print("a package that talks")
print(json.dumps({"steps_per_second": 100.0, "regret": 7.0, "version": "1.2", "law": "made up"}))
"""


@pytest.fixture
def row_of(tmp_path: Path):
    """The row of a peer whose worker is this program, where ours makes 300 steps per second."""
    python = tmp_path / "made-up" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)

    def row(program: str):
        worker = tmp_path / "worker.py"
        worker.write_text(program)
        asked = functools.partial(peers.ask, folder=tmp_path, for_seconds=0.1)
        peer = Peer("a peer", "made-up", worker)
        (found,) = peers.measure([peer], {"flat": lambda: 300.0}, asked, {})
        return found

    return row


def test_without_environments_one_sentence_says_how_to_mend_it(tmp_path, monkeypatch, capsys):
    words = ["peers", "--environments", str(tmp_path / "none"), "--out", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", words)

    assert ending(peers.main) == 2
    (sentence,) = capsys.readouterr().err.splitlines()
    assert sentence.endswith("python -m benchmarks.peers --install")
    assert not (tmp_path / "peers.json").exists()


def test_a_peer_that_answers_has_its_figures(row_of):
    row = row_of(ANSWERS)

    assert (row["ours"], row["theirs"], row["ratio"]) == (300, 100, 3)
    assert (row["law"], row["version"], row["regret"], row["why"]) == ("made up", "1.2", 7, None)
    assert row["timings"] == {"ours": [300] * 5, "theirs": [100] * 5}


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("raise ImportError('no such thing')", "ImportError: no such thing"),
        ("print('a greeting')", "its worker said nothing that can be read"),
        ("", "its worker said nothing that can be read"),
    ],
)
def test_a_peer_that_fails_has_a_row_that_says_why(row_of, program, why):
    row = row_of(program)

    assert row["why"] == why
    assert row["theirs"] is None
    assert row["ours"] == 300
    assert peers.table([row]).row_count == 1


def test_a_peer_that_is_absent_has_a_row_that_says_why(tmp_path):
    peer = Peer("a peer", "made-up", tmp_path / "worker.py")
    reasons = {peer: "is not installed; --install does it"}

    def asked(peer):
        raise AssertionError(peer)

    (row,) = peers.measure([peer], {"flat": lambda: 300.0}, asked, reasons)

    assert row["why"] == reasons[peer]


def test_every_peer_has_a_worker_and_pinned_packages():
    for peer in peers.PEERS:
        assert peer.worker.is_file()
        assert all("==" in package for package in peers.ENVIRONMENTS[peer.environment])
