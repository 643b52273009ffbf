"""`dashjax study` as a person types it: what it prints, what it refuses, what it then leaves."""

import json
import shlex
import sys

import pytest
from commands import refused

from dashjax.cli import main as cli

POOL = """dataset,group
dataset 0,a
dataset 1,a
dataset 2,b
dataset 3,b
dataset 4,b
dataset 5,b
dataset 6,c
dataset 7,d
dataset 8,d
dataset 9,d
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a study in it, of the shape that others have."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pool.csv").write_text(POOL)
    (tmp_path / "prices.csv").write_text("dataset,price\na,2\nb,3\nc,3\n")
    create = ["create", "s.sqlite", "--pool", "pool.csv", "--target", "hand", "--steps", "60"]
    assert cli.main(["study", *create]) == 0
    return tmp_path


def study(*words: str) -> int:
    return cli.main(["study", words[0], "s.sqlite", *words[1:]])


def printed(capsys, *words: str) -> dict:
    """The JSON document of a command."""
    capsys.readouterr()
    assert study(*words, "--json") == 0
    return json.loads(capsys.readouterr().out)


def test_a_search_by_hand(folder, capsys):
    (asked,) = printed(capsys, "ask", "--worker", "me")["rows"]
    assert printed(capsys, "ask", "--worker", "me")["rows"] == [asked]
    assert study("renew", "--trial", "1") == 0
    assert study("tell", "--trial", "1", "--reward", "-0.5") == 0
    assert "is not open any more" in refused(capsys, "study", "renew", "s.sqlite", "--trial", "1")
    assert study("tell", "--dataset", "dataset 9", "--reward", "0.25", "--key", "x") == 0
    assert study("ask") == 0
    assert study("fail", "--trial", "3", "--reason", "out of memory") == 0
    assert study("add", "--dataset", "new; one", "--group", "a") == 0
    assert study("pause", "--dataset", "dataset 8") == 0
    assert study("resume", "--dataset", "dataset 8") == 0
    assert study("retire", "--dataset", "dataset 8") == 0
    assert study("export", "--out", "t.csv") == 0
    known = printed(capsys, "status")

    assert [row["state"] for row in known["trials"]] == ["told", "told", "failed"]
    assert {row["dataset"]: row["why_not"] for row in known["rows"]}["dataset 8"] == "retired"
    assert known["rows"][-1]["dataset"] == "new; one"
    lines = (folder / "t.csv").read_text().splitlines()
    assert lines[0].startswith("trial,target,group,dataset,state,reward")
    assert lines[1].startswith(f"1,hand,{asked['group']},{asked['dataset']},told,-0.5,")
    assert study("status") == 0
    said = capsys.readouterr().out
    assert "too early to say" in said
    assert "1 looks failed, last trial 3" in said
    assert cli.main(["study", "list", "s.sqlite"]) == 0
    assert "hand: 11 datasets; looks: 2 told, 1 failed, 0 open" in capsys.readouterr().out


def test_a_run_ends_with_the_sentence(folder, capsys):
    code = "import sys; print(int(sys.argv[1][-1]) + 1 / {trial})"
    command = f"{sys.executable} -S -c '{code}' {{dataset}}"
    assert study("run", "--command", command, "--workers", "2", "--logs", "logs") == 0
    said = capsys.readouterr()

    assert "For 'hand', take dataset" in said.out
    assert "looks" in said.out
    assert "trial 1: dataset" in said.err
    assert (folder / "logs" / "hand" / "trial-000001.out").exists()


def test_a_program_that_always_fails_is_not_run_for_ever(folder, capsys):
    command = f'{sys.executable} -S -c "import sys; sys.exit(sys.argv[1])" {{dataset}}'
    said = refused(capsys, "study", "run", "s.sqlite", "--command", command)

    assert "the first 5 looks failed" in said
    assert "ended with status 1: dataset" in said
    trials = printed(capsys, "status")["trials"]
    assert [row["state"] for row in trials] == ["failed"] * 5


def test_a_run_does_not_wait_for_ever_for_looks_that_are_out_elsewhere(folder, capsys):
    rows = [f"dataset {number % 10},{number % 7 / 7}" for number in range(57)]
    (folder / "earlier.csv").write_text("\n".join(["dataset,reward", *rows]))
    assert study("import", "--file", "earlier.csv") == 0
    assert study("ask", "--worker", "gone") == 0
    command = f"{sys.executable} -S -c 'print(0.5)' {{dataset}}"
    assert study("run", "--command", command, "--workers", "2") == 0
    said = capsys.readouterr()

    assert "1 looks are out elsewhere, first trial 58 by gone" in said.err
    assert "after 59 looks" in said.out


def test_a_run_leaves_no_trial_open_that_it_was_killed_in_and_needs_no_more(folder, capsys):
    assert study("ask", "--worker", "here-0") == 0
    rows = [f"dataset {number % 10},{number % 7 / 7}" for number in range(60)]
    (folder / "earlier.csv").write_text("\n".join(["dataset,reward", *rows]))
    assert study("import", "--file", "earlier.csv") == 0
    command = f"{sys.executable} -S -c 'print(0.5)' {{dataset}}"
    assert study("run", "--command", command, "--host", "here") == 0
    capsys.readouterr()

    trials = printed(capsys, "status")["trials"]
    assert [row["state"] for row in trials if row["worker"] == "here-0"] == ["released"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("tell s.sqlite --trial 7 --reward 1", "study 'hand' has no trial 7; it has 0 so far"),
        ("tell s.sqlite --trial 1 --reward nan", "--reward is 'nan'; give a finite number"),
        ("tell s.sqlite --trial 1 --reward good", "--reward is 'good'; give a finite number"),
        ("tell s.sqlite --reward 1", "give --trial, or --dataset"),
        ("tell s.sqlite --dataset dataset --reward 1", "unknown dataset 'dataset' (did you mean"),
        ("pause s.sqlite --dataset nowhere", "unknown dataset 'nowhere'"),
        ("add s.sqlite --dataset 'dataset 1'", "has a dataset 'dataset 1' already"),
        ("status typo.sqlite", "there is no study at 'typo.sqlite'"),
        ("status pool.csv", "pool.csv is not a file of studies"),
        ("status s.sqlite --name knee", "s.sqlite has no study 'knee'; it holds hand"),
        ("create s.sqlite --pool pool.csv --target hand --take 4", "was created with select 3"),
        ("create t.sqlite --pool pool.csv --target hand --take 11", "cannot select 11 of 10"),
        ("create t.sqlite --pool nowhere.csv --target hand", "nowhere.csv: No such file"),
        ("create t.sqlite --pool s.sqlite --target hand", "s.sqlite is not a CSV file"),
        ("create t.sqlite --pool pool.csv --target t --method dash", "must be told a prior"),
        ("create t.sqlite --pool pool.csv --target t --method bets", "did you mean 'best'?"),
        ("create t.sqlite --pool pool.csv --target t --floor nan", "floor is nan"),
        ("create t.sqlite --pool pool.csv --target t --lease 0", "lease is 0"),
        ("create t.sqlite --pool pool.csv --target t --group-mean 1", "give all of --group-mean"),
        ("create t.sqlite --pool pool.csv --target t --noise-sd 1", "give all of --group-mean"),
        ("create t.sqlite --pool prices.csv --target t --budget 1", "has price 2; give more"),
        ("renew s.sqlite --trial 1", "study 'hand' has no trial 1"),
        ("create no/t.sqlite --pool pool.csv --target t", "folder 'no' of store"),
        ("create mysql://a/b --pool pool.csv --target t", "kind 'mysql'"),
        ("run s.sqlite --command 'python x.py'", "does not say where the dataset goes"),
        ("run s.sqlite --command 'x {dataset}' --workers 0", "--workers is 0"),
        ("export s.sqlite --out pool.csv", "pool.csv is there already"),
        ("crate s.sqlite", "did you mean 'create'?"),
    ],
)
def test_a_mistake_is_one_sentence_and_changes_nothing(words, sentence, folder, capsys):
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    assert sentence in refused(capsys, "study", *shlex.split(words))
    after = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    assert {name: after.get(name) for name in before} == before
    assert not set(after) - set(before) - {"s.sqlite-wal", "s.sqlite-shm"}


def test_what_a_pool_file_lacks_or_has_wrong_is_said(folder, capsys):
    for text, sentence in (
        ("name,group\na,b\n", "no column 'dataset'; its columns are name, group"),
        ("dataset,group\na,b\na,c\n", "two datasets named 'a'"),
        ("dataset,cost\na,much\n", "line 2: cost is 'much'"),
        ("dataset,cost\na,-1\n", "cost -1.0; give one above 0"),
        ("dataset,gruop\na,b\n", "column 'gruop' (did you mean 'group'?)"),
        ("dataset\n", "this pool has none"),
    ):
        (folder / "p.csv").write_text(text)
        assert sentence in refused(
            capsys, "study", "create", "t.sqlite", "--pool", "p.csv", "--target", "t", "--take", "1"
        )
        assert not (folder / "t.sqlite").exists()
