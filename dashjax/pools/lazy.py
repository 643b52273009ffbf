"""Datasets of tables that are read when they are looked at, not before."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dashjax.errors import InputError

if TYPE_CHECKING:  # options are read without it
    import pyarrow as pa


@dataclass(frozen=True)
class LazyDataset:
    """A dataset that may be looked at, and how its rows are read.

    Attributes:
        name: its name in the pool.
        group: where it comes from.
        read: gives its rows, one column a feature and one of labels.
        where: what messages call it, such as its path.
        size: rows in it; None if that is known only when it is read.
        bytes: size on disk; 0 if that is not known.
        cost: of one look, in any one unit.
        price: of taking it in the end.
        licence: in the owner's words.
        label: its column of labels; None if it is that of the target.
        classes: what its labels are called at the target, where that differs.
        version: a text that changes when its data do.

    Example:
        >>> import pyarrow as pa
        >>> import dashjax as dj
        >>> rows = pa.table({"age": [50, 61, 47], "y": [0, 1, 0]})
        >>> dj.LazyDataset("north-a", "north", lambda: rows).read().num_rows
        3
    """

    name: str
    group: str
    read: "Callable[[], pa.Table]"
    where: str = ""
    size: int | None = None
    bytes: int = 0
    cost: float = 1.0
    price: float = 0.0
    licence: str = ""
    label: str | None = None
    classes: Mapping[str, str] = field(default_factory=dict)
    version: str = ""

    @property
    def place(self) -> str:
        """What messages call it."""
        return self.where or f"dataset '{self.name}'"


@dataclass(frozen=True)
class ReadingOptions:
    """How files of tables become datasets.

    Attributes:
        label: the column of labels; None: the one called `label`, `y`, `target` or `class`.
        dataset_column: in a file that holds several datasets, the column with their names.
        group_column: likewise, with their groups.
        split_column: the column of the target that says `train`, `validation` or `test`.
        ignore: columns that are no features, such as the number of a patient.
    """

    label: str | None = None
    dataset_column: str | None = None
    group_column: str | None = None
    split_column: str | None = None
    ignore: tuple[str, ...] = ()


def checked(datasets: Sequence[LazyDataset], where: str) -> tuple[LazyDataset, ...]:
    """The datasets, each under a name of its own.

    Raises:
        InputError: if there is none, or two share a name.
    """
    if not datasets:
        raise InputError(f"{where} holds no dataset; put files into it, one for each dataset")
    for name, times in Counter(one.name for one in datasets).items():
        if times > 1:
            places = " and ".join(one.place for one in datasets if one.name == name)
            raise InputError(f"{where} has {times} datasets named '{name}' ({places}); rename one")
    return tuple(datasets)
