"""Work beside the runs: programs are compiled, and a single run is looked at, in threads."""

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import jax

Submit = Callable[..., Future[Any]]

_AT_A_TIME = 2


@contextlib.contextmanager
def workers() -> Iterator[Submit]:
    """Gives a function that has `work(*arguments)` done in a thread, and returns its future.

    Work begins in the order in which it is given. What has not begun at the end is dropped.
    """
    double = jax.config.read("jax_enable_x64")

    def in_our_precision(work: Callable[..., Any], *arguments: Any) -> Any:
        with jax.enable_x64(double):  # a thread begins with JAX's own precision
            return work(*arguments)

    pool = ThreadPoolExecutor(_AT_A_TIME)
    try:
        yield lambda work, *arguments: pool.submit(in_our_precision, work, *arguments)
    finally:
        pool.shutdown(cancel_futures=True)
