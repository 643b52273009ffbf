"""Rewards of earlier runs, from a CSV file."""

import csv
import hashlib
import math
import os
from collections import Counter
from pathlib import Path

from dashjax.errors import InputError
from dashjax.study.changes import Told


def looks_of(path: str | os.PathLike[str], target: str) -> tuple[Told, ...]:
    """The looks of a CSV file with the columns `dataset` and `reward`.

    Rows of another `target`, and rows without a reward, are left out. Each look is named by what
    its row says and how often that was said before, so that a file that has grown adds its new rows
    alone.

    Raises:
        InputError: if the file cannot be read, lacks a column, or has a reward that is no number.
    """
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} is not a CSV file in UTF-8; save it as one") from error
    columns = reader.fieldnames or ()
    for name in ("dataset", "reward"):
        if name not in columns:
            raise InputError(f"{path} has no column '{name}'; its columns are {', '.join(columns)}")
    seen: Counter[str] = Counter()
    looks = []
    for line, row in enumerate(rows, 2):
        if (row.get("target") or target) != target or not (row["reward"] or "").strip():
            continue
        said = repr(sorted((name, value) for name, value in row.items() if name))
        key = hashlib.sha256(f"{said}{seen[said]}".encode()).hexdigest()[:24]
        seen[said] += 1
        looks.append(Told(row["dataset"], _reward(path, line, row["reward"]), key=key))
    return tuple(looks)


def _reward(path: str | os.PathLike[str], line: int, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"{path}, line {line}: the reward is '{text}'; give a finite number")
    return value
