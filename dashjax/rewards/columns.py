"""Which columns of a target are features and labels, and any table in their terms."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as compute

from dashjax.errors import InputError, closest, unknown
from dashjax.rewards.metrics import CLASSIFICATION, REGRESSION

_LABELS = ("label", "y", "target", "class")  # what a column of labels is called by itself
_MOST_CLASSES = 20  # whole numbers that take more values are quantities


class Rows(NamedTuple):
    """Rows of a table, not yet scaled.

    Attributes:
        numbers: `[row, number]` float64, NaN where missing.
        texts: `[row, text]` of strings, empty where missing.
        labels: `[row]`: classes numbered from 0, or float64.
    """

    numbers: np.ndarray
    texts: np.ndarray
    labels: np.ndarray

    def take(self, rows: np.ndarray) -> "Rows":
        """Some of the rows."""
        return Rows(self.numbers[rows], self.texts[rows], self.labels[rows])

    @property
    def bytes(self) -> int:
        """Memory that they take, about."""
        return self.numbers.nbytes + 64 * self.texts.size + self.labels.nbytes


@dataclass(frozen=True)
class Columns:
    """What the columns of a target are, and so those of every dataset.

    Attributes:
        label: the column of labels.
        numbers: columns of numbers.
        texts: columns of text, each value a category.
        ignored: columns that are no features.
        classes: what the labels are called, in order; empty in regression.
    """

    label: str
    numbers: tuple[str, ...]
    texts: tuple[str, ...]
    ignored: frozenset[str]
    classes: tuple[str, ...]

    @property
    def kind(self) -> str:
        """`classification` or `regression`."""
        return CLASSIFICATION if self.classes else REGRESSION

    def strata(self, labels: np.ndarray) -> np.ndarray:
        """Which rows are drawn together, `[row]`: those of a class; in regression all of them."""
        return labels if self.classes else np.zeros(len(labels), int)

    def rows(
        self,
        table: pa.Table,
        where: str,
        label: str | None = None,
        classes: Mapping[str, str] | None = None,
    ) -> Rows:
        """A table in these terms.

        Args:
            table: whose columns are to be those of the target.
            where: what messages call it.
            label: its column of labels, where it is not called as that of the target.
            classes: what its labels are called at the target, where that differs.

        Raises:
            InputError: if a column is missing, is one too many or of another kind, a label is
                missing or unknown, or a number is infinite.
        """
        own = label or self.label
        if own not in table.column_names:
            raise _no_label(own, table, where)
        self._check_names(set(table.column_names) - {own} - self.ignored, where)
        numbers = [_numbers(table[name], name, where) for name in self.numbers]
        texts = [_texts(table[name]) for name in self.texts]
        return Rows(
            np.stack(numbers, 1) if numbers else np.empty((table.num_rows, 0)),
            np.stack(texts, 1) if texts else np.empty((table.num_rows, 0), object),
            self._labels(table[own], own, where, classes or {}),
        )

    def _check_names(self, there: set[str], where: str) -> None:
        wanted = {*self.numbers, *self.texts}
        for name in sorted(wanted - there):
            raise InputError(
                f"{where} has no column '{name}'{closest(name, there - wanted)}, which the target "
                f"has; add it, or ignore it everywhere"
            )
        for name in sorted(there - wanted):
            raise InputError(
                f"{where} has a column '{name}', which the target lacks; ignore it, or take it out"
            )

    def _labels(
        self, column: pa.ChunkedArray, name: str, where: str, at_target: Mapping[str, str]
    ) -> np.ndarray:
        if column.null_count:
            raise InputError(f"{column.null_count} rows of {where} have no {name}; take them out")
        if not self.classes:
            return _whole(_numbers(column, name, where), name, where)
        values = _texts(column)
        values = np.array([at_target.get(value, value) for value in values], object)
        found, places = np.unique(values.astype(str), return_inverse=True)
        for value in found:
            if value not in self.classes:
                raise InputError(
                    f"{where} has the label '{value}' in {name}, where the target has "
                    f"{', '.join(self.classes)}; say what it is called there (classes, in a list "
                    f"of datasets), or take its rows out"
                )
        numbers = np.array([self.classes.index(value) for value in found])
        return numbers[places.ravel()]


def columns_of(
    target: pa.Table, where: str, label: str | None, ignore: tuple[str, ...], kind: str | None
) -> Columns:
    """What the columns of a target are.

    Labels of text, of truth values, and of up to 20 different whole numbers are classes; others are
    quantities.

    Args:
        target: its table, without columns that say to which part a row belongs.
        where: what messages call it.
        label: the column of labels; None: the one called label, y, target or class.
        ignore: columns that are no features.
        kind: `classification` or `regression`, where that is known.

    Raises:
        InputError: if there is no column of labels, or no feature, or all labels are one.
    """
    label = label or _usual_label(target, where)
    if label not in target.column_names:
        raise _no_label(label, target, where)
    for name in ignore:
        if name not in target.column_names and name == label:
            raise unknown(f"column of {where}:", name, target.column_names)
    features = [name for name in target.column_names if name not in {label, *ignore}]
    texts = tuple(name for name in features if _is_text(target[name].type))
    for name in features:
        if name not in texts and not _is_number(target[name].type):
            raise InputError(
                f"column '{name}' of {where} holds {target[name].type}, neither numbers nor text; "
                f"ignore it, or make it one"
            )
    if not features:
        raise InputError(f"{where} has no feature beside the label '{label}'; add columns")
    numbers = tuple(name for name in features if name not in texts)
    classes = _classes(target[label], where, label, kind)
    return Columns(label, numbers, texts, frozenset(ignore), classes)


def _usual_label(table: pa.Table, where: str) -> str:
    found = [name for name in table.column_names if name.lower() in _LABELS]
    if len(found) == 1:
        return found[0]
    columns = ", ".join(table.column_names[:20])
    raise InputError(f"say which column of {where} is the label; its columns are {columns}")


def _no_label(label: str, table: pa.Table, where: str) -> InputError:
    there = table.column_names
    shown = ", ".join(there[:20]) + (", ..." if len(there) > 20 else "")
    return InputError(
        f"{where} has no column '{label}' of labels{closest(label, there)}; its columns are {shown}"
    )


def _classes(column: pa.ChunkedArray, where: str, label: str, kind: str | None) -> tuple[str, ...]:
    """The classes, numbers in their order; none in regression."""
    if column.null_count:
        raise InputError(f"{column.null_count} rows of {where} have no {label}; take them out")
    is_text = _is_text(column.type) or pa.types.is_boolean(column.type)
    if is_text and kind == REGRESSION:
        raise InputError(f"the labels of {where} are text, and the metric is of numbers; mend one")
    if not is_text:
        values = np.unique(_whole(_numbers(column, label, where), label, where))
        is_classes = len(values) <= _MOST_CLASSES and np.array_equal(values, np.rint(values))
        if kind == REGRESSION or (kind is None and not is_classes):
            if len(values) < 2:
                raise InputError(
                    f"{label} is {values[0]:g} in all rows of {where}; nothing to learn"
                )
            return ()
        found = [_number_text(value) for value in values]
    else:
        found = sorted(set(_texts(column)))
    if len(found) < 2:
        raise InputError(f"all rows of {where} are of class '{found[0]}'; two or more are needed")
    return tuple(found)


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_text(kind.value_type)
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)


def _is_number(kind: pa.DataType) -> bool:
    is_number = pa.types.is_integer(kind) or pa.types.is_floating(kind)
    return is_number or any(
        of(kind) for of in (pa.types.is_boolean, pa.types.is_decimal, pa.types.is_null)
    )


def _numbers(column: pa.ChunkedArray, name: str, where: str) -> np.ndarray:
    """A column as float64, NaN where missing."""
    if not _is_number(column.type):
        raise InputError(
            f"column '{name}' of {where} holds {column.type}, where the target has numbers; make "
            f"it numbers, or ignore it"
        )
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    values = np.asarray(column.cast(pa.float64()).to_numpy(), np.float64)
    if np.isinf(values).any():
        count = int(np.isinf(values).sum())
        raise InputError(f"column '{name}' of {where} has {count} infinite values; mend them")
    return values


def _whole(values: np.ndarray, name: str, where: str) -> np.ndarray:
    if np.isnan(values).any():
        raise InputError(
            f"{int(np.isnan(values).sum())} rows of {where} have no {name}; take them out"
        )
    return values


def _texts(column: pa.ChunkedArray) -> np.ndarray:
    """A column as strings, empty where missing; whole numbers without a point."""
    if pa.types.is_floating(column.type):
        values = column.to_numpy()
        return np.array(["" if np.isnan(one) else _number_text(one) for one in values], object)
    text = compute.fill_null(compute.cast(column, pa.string()), "")
    return np.asarray(text.to_numpy(zero_copy_only=False), object)


def _number_text(value: float) -> str:
    return str(int(value)) if value == np.rint(value) else repr(float(value))
