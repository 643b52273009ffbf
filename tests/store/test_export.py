"""A table goes out as one file and comes in again equal, whatever its names and numbers are."""

from pathlib import Path

import pytest

import dashjax as dj
from dashjax.errors import InputError
from dashjax.pools.pool import Pool
from dashjax.store.identity import Cell, Identity, Job
from dashjax.store.table_writer import writing

NAMES = (
    *("a", "A", " a", "a ", " ", "a\nb", "a\rb", "a\r\nb", 'a"b', '"a"', "a,b", "a;b", "a\tb"),
    *("NA", "null", "nan", "1", "1.0", "é", "e\u0301", "\0", "\x1b[31m", "\u2028", "\ufeffa"),
    *("[bold]", "-", "'", "\\n", "#", "x" * 150_000),
)
NUMBERS = (1.7e308, 5e-324, -0.0, 0.1, 1 / 3)


@pytest.fixture(scope="module")
def odd(tmp_path_factory) -> dj.RewardTable:
    """A table with odd names, numbers and gaps, from a file with a name of any bytes."""
    path, count = tmp_path_factory.mktemp("odd") / "t", len(NAMES)
    costs = tuple(0.1 * place + 0.1 for place in range(count))
    groups = tuple(f"{name} " for name in NAMES)
    pool = Pool(NAMES, groups, tuple(range(count))[::-1], tuple(range(count)), costs)
    floor = (None, -0.0, 5e-324, *[None] * (count - 3))
    settings = {"rate": 0.1, "steps": [1, {"more": None}]}
    about = Identity(pool, NAMES[::-1], "", "gain", settings, unit="a\nb", floor=floor)
    with writing(path, about, {"file": "\udcff.csv"}) as writer:
        writer.add_rewards(
            (Cell("A", name, place % 3), NUMBERS[place % 5], 0.0)
            for place, name in enumerate(NAMES)
        )
        writer.add_failures((Cell("a", name, 2), f"why {name}") for name in NAMES[3:])
        jobs = (Job(" a", frozenset(NAMES), 0), Job(" a", frozenset(), 3))
        writer.add_accuracies((job, 1 / 3, 0.0) for job in jobs)
    return dj.load_table(path)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_odd_names_and_numbers_come_in_again_equal(
    ending: str, odd: dj.RewardTable, tmp_path: Path, recwarn: pytest.WarningsRecorder
):
    dj.export_table(odd, tmp_path / f"out.{ending}")
    again = dj.import_table(tmp_path / f"out.{ending}", tmp_path / "again")

    assert again.content == odd.content
    assert again.origin == odd.origin


@pytest.mark.parametrize("about", ["{", "[" * 100_000, '{"dashjax reward table": 1}', "[1]"])
def test_an_exported_file_whose_settings_were_edited_is_refused(about: str, tmp_path: Path):
    mark = '""dashjax reward table""'
    said = about.replace('"', '""') if "dashjax" in about else f"{about} {mark}"
    (tmp_path / "e.csv").write_text(
        "target,group,dataset,replicate,reward,failure,size,cost,about\n"
        f'hand,north,a,0,1,,1,1,"{said}"\nhand,north,b,0,1,,1,1,\n'
    )
    with pytest.raises(InputError, match=r"row 2, column 'about': .*export the table again"):
        dj.import_table(tmp_path / "e.csv", tmp_path / "t")


def test_what_cannot_be_written_is_refused(odd: dj.RewardTable, tmp_path: Path):
    (tmp_path / "folder.csv").mkdir()
    for name, words in (
        ("out.xlsx", "neither of the endings"),
        ("folder.csv", "is a folder"),
        ("none/out.csv", "lies in a folder that does not exist"),
    ):
        with pytest.raises(InputError, match=words):
            dj.export_table(odd, tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["folder.csv"]
