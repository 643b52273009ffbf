"""What the commands that run methods many times have in common."""

import contextlib
from collections.abc import Iterator

from dashjax.cli.experiment_options import Replay, Sweep
from dashjax.engine import devices, hosts
from dashjax.store import results


@contextlib.contextmanager
def simulating(options: Replay | Sweep) -> Iterator[bool]:
    """All cores, hosts and the precision asked for; gives whether this host prints and writes.

    Raises:
        InputError: if the hosts cannot be joined, or the folder for results is not free.
    """
    devices.use_all_cores()
    runs, kept = options.runs, options.kept
    with hosts.joined(runs.hosts) as first, devices.double_precision(runs.x64):
        if first and kept.out:
            results.check_free(kept.out, kept.overwrite)
        yield first
