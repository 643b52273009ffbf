"""A pool from a list of its datasets, `pool.csv` or `pool.toml`, by the pool's owner."""

import csv
import math
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

from dashjax.errors import InputError, unknown
from dashjax.pools.lazy import LazyDataset, ReadingOptions, checked
from dashjax.pools.readers.group_folder import dataset_in

NAMES = ("pool.toml", "pool.csv")
_COLUMNS = ("dataset", "group", "path", "cost", "price", "licence", "size", "label", "classes")


def list_file(path: Path, options: ReadingOptions) -> tuple[LazyDataset, ...]:
    """The datasets that a list names, a row (CSV) or a table `[[dataset]]` (TOML) each.

    `dataset` and `path` must be there; `group`, `cost` (of a look), `price` (of taking it),
    `licence`, `size` (rows), `label` (its column of labels) and `classes` may be. `classes` says
    what its labels are called at the target: `B = benign; M = malignant` in CSV, a table in TOML.
    Paths count from the list's own folder, and may lead out of it.

    Args:
        path: the list.
        options: not used here.

    Raises:
        InputError: if it cannot be read, names a column that there is not, or a file is not there.
    """
    rows = _toml(path) if path.suffix.lower() == ".toml" else _csv(path)
    return checked([_dataset(path, row, where) for where, row in rows], str(path))


def is_list(path: Path) -> bool:
    """Whether a file lists datasets, and is none itself."""
    if path.suffix.lower() == ".toml":
        return True
    if path.suffix.lower() != ".csv" or not path.is_file():
        return False
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        header = {name.strip().strip('"') for name in file.readline().split(",")}
    return {"dataset", "path"} <= header


def _csv(path: Path) -> list[tuple[str, dict[str, Any]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file, skipinitialspace=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} is not a CSV file in UTF-8; save it as one") from error
    found = []
    for line, row in enumerate(rows, 2):
        if None in row:
            raise InputError(f"{path}, line {line}, has more values than columns; mend it")
        given = {name.strip(): (value or "").strip() for name, value in row.items()}
        given = {name: value for name, value in given.items() if value}
        if "classes" in given:
            given["classes"] = _classes(given["classes"], f"{path}, line {line}")
        found.append((f"{path}, line {line}", given))
    return found


def _classes(text: str, where: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in text.split(";") if part.strip()]
    if not all(sign and name.strip() and at_target.strip() for name, sign, at_target in pairs):
        raise InputError(f"{where}: classes is '{text}'; write it as 'B = benign; M = malignant'")
    return {name.strip(): at_target.strip() for name, _, at_target in pairs}


def _toml(path: Path) -> list[tuple[str, dict[str, Any]]]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path} is no TOML file: {error}; mend it") from error
    rows = content.get("dataset")
    if not isinstance(rows, list):
        raise InputError(f"{path} names no dataset; give each a table [[dataset]]")
    return [
        (
            f"{path}, dataset {number}",
            {("dataset" if key == "name" else key): row[key] for key in row},
        )
        for number, row in enumerate(rows, 1)
    ]


def _dataset(path: Path, row: dict[str, Any], where: str) -> LazyDataset:
    for name in row:
        if name not in _COLUMNS:
            raise unknown(f"column of {where}:", name, _COLUMNS)
    for name in ("dataset", "path"):
        if not row.get(name):
            raise InputError(f"{where}, has no {name}; give one")
    file = path.parent / str(row["path"])
    if not file.is_file():
        raise InputError(f"{where}: there is no file {file}; mend its path")
    found = dataset_in(file, str(row["dataset"]), str(row.get("group", "all")))
    size = _number(row, "size", where)
    return replace(
        found,
        size=found.size if size is None else int(size),
        cost=_number(row, "cost", where) or 1.0,
        price=_number(row, "price", where) or 0.0,
        licence=str(row.get("licence", "")),
        label=str(row["label"]) if "label" in row else None,
        classes={str(name): str(value) for name, value in row.get("classes", {}).items()},
    )


def _number(row: dict[str, Any], name: str, where: str) -> float | None:
    if name not in row:
        return None
    try:
        value = float(row[name])
    except (TypeError, ValueError):
        value = math.nan
    if not 0 <= value < 1e30:
        raise InputError(f"{where}: {name} is '{row[name]}'; give a number from 0")
    return value
