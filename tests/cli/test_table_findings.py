"""`table noise` and `table groups`: the sentence comes first, and a mistake is one sentence."""

import json

import numpy as np
import pytest
from commands import refused

from dashjax.cli import main as cli


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    folder, rng = tmp_path_factory.mktemp("findings"), np.random.default_rng(0)
    rows = ["target,group,dataset,replicate,reward"]
    for target in ("hand", "knee", "hip"):
        level = rng.normal(0.5, 0.2, 3)
        for arm in range(9):
            utility = level[arm // 3] + rng.normal(0, 0.01)
            rewards = utility + rng.normal(0, 0.02, 6)
            rewards[0] -= 0.5 * ((target, arm) == ("hip", 4))
            rows += [f"{target},g{arm // 3},d{arm},{r},{x}" for r, x in enumerate(rewards)]
    (folder / "r.csv").write_text("\n".join(rows) + "\n")
    (folder / "groups.csv").write_text(
        "dataset,thirds\n" + "".join(f"d{arm},g{arm % 3}\n" for arm in range(9))
    )
    assert cli.main(["table", "import", str(folder / "r.csv"), "--out", str(folder / "t")]) == 0
    return folder


def said(capsys, *words: object) -> str:
    capsys.readouterr()
    assert cli.main(["table", *map(str, words)]) == 0
    return " ".join(capsys.readouterr().out.split())


def test_noise_is_said_first_and_what_is_odd_next(table, capsys):
    shown = said(capsys, "noise", table / "t", "--select", "2")

    assert shown.startswith("One reward has noise of 0.0")
    assert "to tell a difference of 0.01 takes about" in shown
    assert "Heavy tails: 1 rewards lie" in shown
    assert "d4 for hip, replicate 0" in shown
    assert "gap 2 to 3" in shown


def test_noise_as_json(table, capsys):
    document = json.loads(said(capsys, "noise", table / "t", "--json"))

    assert [row["target"] for row in document["targets"]] == ["hand", "knee", "hip"]
    assert document["sentence"].startswith("One reward has noise of")
    assert len(document["outlying"]) == 1


def test_groups_are_judged_and_compared(table, capsys):
    shown = said(capsys, "groups", table / "t", "--grouping-from", table / "groups.csv")
    document = json.loads(
        said(capsys, "groups", table / "t", "--grouping-from", table / "groups.csv", "--json")
    )
    evidence = {
        name: sum(row["log_evidence"] for row in document["rows"] if row["grouping"] == name)
        for name in ("as stated", "no groups", "thirds", "from other targets")
    }

    assert shown.startswith("Groups explain about 9")
    assert "mean over 3 targets" in shown
    assert evidence["as stated"] > evidence["no groups"] > evidence["thirds"] - 5
    assert len(document["rows"]) == 12


def test_mistakes_are_one_sentence(table, capsys):
    assert "--select is 0" in refused(capsys, "table", "noise", str(table / "t"), "--select", "0")
    gone = refused(capsys, "table", "groups", str(table / "t"), "--grouping-from", "gone.csv")
    assert "gone.csv" in gone
