"""Domains that have been cut into parts, and the pool they make together."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from dashjax.pools.examples import Examples, Target
from dashjax.pools.pool import Pool


class Parts(NamedTuple):
    """One domain, cut up; the rows count from 0 within the domain.

    Attributes:
        inputs: `[example, ...]`, alike in shape and type in all domains of a pool.
        labels: `[example]` classes numbered from 0.
        target: its name is the domain's; the rows of local training, validation and test.
        candidates: the rows of each candidate dataset.
    """

    inputs: np.ndarray
    labels: np.ndarray
    target: Target
    candidates: tuple[np.ndarray, ...]


def cut(rows: np.ndarray, sizes: Sequence[int]) -> list[np.ndarray]:
    """Consecutive pieces of `rows` of the given sizes; what is over is left out."""
    ends = np.cumsum(sizes)
    return [rows[end - size : end] for end, size in zip(ends, sizes, strict=True)]


def assemble(domains: Sequence[Parts]) -> Examples:
    """One pool of all domains: a group and a target each, every dataset at cost 1."""
    starts = [
        sum(len(domain.labels) for domain in domains[:group]) for group in range(len(domains))
    ]
    named = [
        (f"{domain.target.name}-{number}", group, rows + starts[group])
        for group, domain in enumerate(domains)
        for number, rows in enumerate(domain.candidates)
    ]
    names, group, candidates = zip(*named, strict=True)
    pool = Pool(
        datasets=names,
        groups=tuple(domain.target.name for domain in domains),
        group=group,
        sizes=tuple(len(rows) for rows in candidates),
        costs=(1.0,) * len(names),
    )
    return Examples(
        pool=pool,
        inputs=np.concatenate([domain.inputs for domain in domains]),
        labels=np.concatenate([domain.labels for domain in domains]).astype(np.int32),
        candidates=candidates,
        targets=tuple(
            _moved(domain.target, start) for domain, start in zip(domains, starts, strict=True)
        ),
    )


def _moved(target: Target, start: int) -> Target:
    rows = (target.local + start, target.validation + start, target.test + start)
    return Target(target.name, *rows)
