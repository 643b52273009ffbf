"""What can be chosen from: datasets in groups."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from dashjax.errors import InputError
from dashjax.pools.grouping import Grouping

_MOST_COST = 1e30  # costs are added up in 32 bits


@dataclass(frozen=True)
class Pool:
    """All candidate datasets, arranged in groups.

    Attributes:
        datasets: one name a dataset, in the order of the arms.
        groups: one name a group.
        group: the group of each dataset.
        sizes: examples in each dataset.
        costs: what one exploration step costs, per dataset, in any one unit.

    Example:
        >>> import dashjax as dj
        >>> pool = dj.Pool(("a", "b"), ("north",), (0, 0), sizes=(100, 80), costs=(1.0, 1.0))
        >>> pool.grouping.groups
        1
    """

    datasets: tuple[str, ...]
    groups: tuple[str, ...]
    group: tuple[int, ...]
    sizes: tuple[int, ...]
    costs: tuple[float, ...]

    def __post_init__(self) -> None:
        lengths = {len(self.datasets), len(self.group), len(self.sizes), len(self.costs)}
        if len(lengths) != 1:
            raise InputError("a pool needs one group, size and cost for each dataset")
        for names, what in ((self.datasets, "dataset"), (self.groups, "group")):
            for name, times in Counter(names).items():
                if times > 1:
                    raise InputError(f"the pool has two {what}s named '{name}'; rename one")
        for name, cost in zip(self.datasets, self.costs, strict=True):
            if not 0 < cost < float("inf"):
                raise InputError(f"dataset '{name}' has cost {cost}; a cost must be above 0")
            if not 1 / _MOST_COST <= cost <= _MOST_COST:
                raise InputError(
                    f"dataset '{name}' has cost {cost}; give costs from {1 / _MOST_COST:g} to "
                    f"{_MOST_COST:g}, in another unit"
                )
        _ = self.grouping

    @cached_property
    def grouping(self) -> Grouping:
        """The grouping by source, as the pool came."""
        return Grouping(self.group, self.groups)

    def regroup(self, kind: str, seed: int = 0) -> Grouping:
        """The same datasets in other groups; see `Grouping.regrouped`."""
        return self.grouping.regrouped(kind, seed)
