"""Own results: `table import`, `export`, `merge`, `diff`, and what they refuse."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from commands import refused

from dashjax.cli import main as cli
from dashjax.store.reward_table import load_table

HEAD = "target,group,dataset,replicate,reward"
ROWS = [
    "hand,north,a,0,0.25",
    "hand,north,a,1,0.5",
    "hand,south,b,0,0.75",
    "knee,north,a,0,nan",
    "knee,south,b,0,-1e3",
]


def written(path: Path, *rows: str) -> Path:
    path.write_text("\n".join([HEAD, *rows]) + "\n")
    return path


def command(*words: object) -> int:
    return cli.main(["table", *map(str, words)])


def test_a_file_is_imported_and_every_row_accounted_for(tmp_path, capsys):
    out = tmp_path / "table"
    assert command("import", written(tmp_path / "r.csv", *ROWS), "--out", out) == 0
    said = " ".join(capsys.readouterr().out.split())
    table = load_table(out)

    for word in ("5 rows", "2 targets", "2 datasets", "2 groups", "1 failed"):
        assert word in said
    assert table.measured.sum() == 4
    assert list(table.failures.values()) == ["the reward is nan"]
    assert table.higher("hand")[0].tolist() == [0.25, 0.5]


def test_export_and_import_give_an_equal_table(tmp_path, capsys):
    source, one, two = written(tmp_path / "r.csv", *ROWS), tmp_path / "one", tmp_path / "two"
    assert command("import", source, "--out", one, "--minimise", "--unit", "nats") == 0
    assert command("export", one, tmp_path / "e.parquet") == 0
    assert command("import", tmp_path / "e.parquet", "--out", two) == 0

    assert load_table(one).content == load_table(two).content
    assert load_table(two).identity.direction == "lower"
    assert command("diff", one, two) == 0
    assert "say the same" in capsys.readouterr().out


def test_tables_are_merged_and_compared(tmp_path, capsys):
    last = "knee,south,b,0,0.5"
    files = (
        written(tmp_path / "1.csv", *ROWS[:3], last),
        written(tmp_path / "2.csv", *ROWS[:3], "knee,south,b,1,0.75", last),
    )
    one, other, merged = (tmp_path / name for name in ("one", "other", "merged"))
    for source, out in zip(files, (one, other), strict=True):
        assert command("import", source, "--out", out) == 0
    assert command("diff", one, other) == 1
    assert "replicate 1" in capsys.readouterr().out
    assert command("merge", one, other, "--out", merged) == 0
    assert load_table(merged).measured.sum() == 5


BAD = {
    "a column missing": ([HEAD.replace("reward", "score"), *ROWS], ["reward"]),
    "no header": (["hand,north,a,0,0.25", *ROWS], ["target"]),
    "text where numbers belong": ([HEAD, *ROWS, "hand,south,b,1,good"], ["row 7", "good"]),
    "a dataset in two groups": ([HEAD, *ROWS, "hand,west,a,2,1.0"], ["row 7", "'a'", "group"]),
    "a replicate twice": ([HEAD, *ROWS, "hand,north,a,1,1.0"], ["row 7", "row 3"]),
    "one dataset only": ([HEAD, *ROWS[:2]], ["only one dataset"]),
    "a negative replicate": ([HEAD, *ROWS, "hand,south,b,-1,1.0"], ["row 7", "replicate"]),
    "nothing below the header": ([HEAD], ["no rows"]),
    "no reward that is a number": ([HEAD, ROWS[3], "knee,south,b,0,inf"], ["no reward"]),
    "a row too short": ([HEAD, *ROWS, "", "hand,south,b"], ["row 8", "3 values", "5 columns"]),
    "a decimal comma": ([HEAD.replace(",", ";"), "hand;n;a;0;0,5"], ["row 2", "with a point"]),
}


@pytest.mark.parametrize("fault", BAD)
def test_a_bad_file_is_refused_in_one_sentence_and_nothing_is_written(fault, tmp_path, capsys):
    lines, words = BAD[fault]
    source = tmp_path / "bad.csv"
    source.write_text("\n".join(lines) + "\n")
    sentence = refused(capsys, "table", "import", str(source), "--out", str(tmp_path / "t"))

    for word in words:
        assert word in sentence
    assert [path.name for path in tmp_path.iterdir()] == ["bad.csv"]


def test_what_is_no_table_of_text_is_refused(tmp_path, capsys):
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "utf16.csv").write_text(HEAD + "\n" + ROWS[0] + "\n", encoding="utf-16")
    (tmp_path / "no.parquet").write_bytes(b"PAR1 and no more")
    pq.write_table(pa.table({"target": ["a"] * 1000}), tmp_path / "cut.parquet")
    whole = (tmp_path / "cut.parquet").read_bytes()
    (tmp_path / "cut.parquet").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "folder.csv").mkdir()
    for name in (
        "empty.csv",
        "utf16.csv",
        "no.parquet",
        "cut.parquet",
        "folder.csv",
        "nothing.csv",
    ):
        out = tmp_path / "t"
        assert name in refused(capsys, "table", "import", str(tmp_path / name), "--out", str(out))
        assert not out.exists()


def test_a_folder_that_holds_something_is_not_written_to(tmp_path, capsys):
    source = written(tmp_path / "r.csv", *ROWS)
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "thesis.tex").write_text("years of work")
    for out in (source, tmp_path / "thesis"):
        for words in (["import", source], ["merge", tmp_path / "t", tmp_path / "t"]):
            if words[0] == "merge" and not (tmp_path / "t").exists():
                assert command("import", source, "--out", tmp_path / "t") == 0
                capsys.readouterr()
            said = refused(capsys, "table", *map(str, words), "--out", str(out))
            assert "exists already" in said
    assert [path.name for path in (tmp_path / "thesis").iterdir()] == ["thesis.tex"]
    assert source.read_text().startswith(HEAD)


def test_more_repeats_of_a_cell_than_anybody_measures_are_refused(tmp_path, capsys, monkeypatch):
    """As where the wrong columns were named; asked before an array of them all is made."""
    monkeypatch.setattr("dashjax.store.importers.repeats.MOST_REPLICATES", 1000)
    source = tmp_path / "long.csv"
    lines = "hand,a,0.5\n" * 1001
    source.write_text(f"target,dataset,reward\n{lines}hand,b,0.5\n")
    said = refused(capsys, "table", "import", str(source), "--out", str(tmp_path / "t"))

    assert "more than 1,000 rewards of dataset 'a' for target 'hand'" in said
    assert not (tmp_path / "t").exists()


def test_one_target_is_enough(tmp_path):
    source = written(tmp_path / "one.csv", *ROWS[:3])
    assert command("import", source, "--out", tmp_path / "t") == 0
    assert load_table(tmp_path / "t").identity.targets == ("hand",)


def test_a_disk_that_is_full_leaves_no_table_and_no_folder(tmp_path):
    """A limit on the size of files, in a process of its own, refuses the write as a full disk."""
    draw = np.random.default_rng(0)
    rows = [f"hand,north,{name},{n},{draw.normal()}" for name in "ab" for n in range(500)]
    source, out = written(tmp_path / "r.csv", *rows), tmp_path / "new" / "deep" / "t"
    code = f"""
import resource, signal, sys
from dashjax.cli.main import main
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4000, resource.RLIM_INFINITY))
sys.exit(main(["table", "import", {str(source)!r}, "--out", {str(out)!r}]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 2, done.stderr
    assert "nothing half written is kept" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["r.csv"]


@pytest.fixture(scope="module")
def many(tmp_path_factory) -> Path:
    """A table of 10,000 datasets and two targets."""
    folder = tmp_path_factory.mktemp("many")
    draw = np.random.default_rng(0)
    rows = [
        f"{target},group-{n % 100},dataset-{n},0,{draw.normal():.6f}"
        for target in ("hand", "knee")
        for n in range(10_000)
    ]
    assert command("import", written(folder / "r.csv", *rows), "--out", folder / "t") == 0
    return folder / "t"


def test_of_many_datasets_the_best_and_the_worst_are_shown(many, capsys):
    assert command("show", many) == 0
    said = capsys.readouterr().out
    table = load_table(many)
    best = table.identity.pool.datasets[int(np.argmax(table.rewards[0, :, 0]))]
    worst = table.identity.pool.datasets[int(np.argmin(table.rewards[1, :, 0]))]

    assert f"{best} " in said
    assert f"{worst} " in said
    assert "not shown: up to 9,980 datasets of each target; --json has all" in said
    assert len(said.splitlines()) < 100
    assert command("show", many, "--json") == 0
    assert len(json.loads(capsys.readouterr().out)["rows"]) == 20_000


def test_commands_for_tables_load_no_jax(many, tmp_path):
    files = [str(tmp_path / name) for name in ("e.parquet", "again", "merged")]
    commands = [
        ["show", str(many)],
        ["verify", str(many)],
        ["export", str(many), files[0]],
        ["import", files[0], "--out", files[1]],
        ["merge", str(many), files[1], "--out", files[2]],
        ["diff", str(many), files[2]],
    ]
    code = f"""
import sys
from dashjax.cli.main import main
done = [main(["table", *words]) for words in {commands}]
heavy = [name for name in ("jax", "matplotlib", "sklearn") if name in sys.modules]
print(done, heavy, file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == f"{[0] * len(commands)} []"
