"""All cores for JAX: on a CPU it works on one device a core only if it is told so beforehand."""

import contextlib
import os
from contextlib import AbstractContextManager

_FLAGS, _COUNT = "XLA_FLAGS", "xla_force_host_platform_device_count"
_EXTRA = "xla_backend_extra_options"
_WHOLE_LOOPS = "xla_cpu_small_while_loop_byte_threshold"
_WITHOUT, _SHARED_OUT = "xla_disable_hlo_passes", "cpu-parallel-task-assigner"
_WIDTH = "xla_cpu_prefer_vector_width"  # bits; a processor that has fewer uses what it has
_SWEEPS = 100_000_000  # bytes up to which a loop is compiled whole


def use_all_cores() -> None:
    """Gives JAX a device for each core of this process; results are the same on any number.

    No operation is shared out among cores, as all of them have runs of their own to compute. To be
    called before JAX first computes: it reads its settings then. What the user set stays.

    On a CPU the widest vectors are used, where XLA by itself stops at half of what many have.

    Loops are compiled whole, where XLA would start every small operation in them by itself and
    share it among the cores, which then wait for each other.

    Example:
        >>> import dashjax as dj
        >>> dj.use_all_cores()  # first of all, before anything is computed
    """
    flags = os.environ.get(_FLAGS, "")
    if _COUNT not in flags and "JAX_NUM_CPU_DEVICES" not in os.environ:
        flags += f" --{_COUNT}={_cores()}"
    if _WITHOUT not in flags:
        flags += f" --{_WITHOUT}={_SHARED_OUT}"
    if _WIDTH not in flags:
        flags += f" --{_WIDTH}=512"
    if _EXTRA not in flags:
        flags += f" --{_EXTRA}={_WHOLE_LOOPS}={_SWEEPS}"
    os.environ[_FLAGS] = flags.strip()


def double_precision(asked: bool) -> AbstractContextManager[object]:
    """Within it JAX computes in 64 bits, if that was asked for."""
    if not asked:
        return contextlib.nullcontext()
    import jax

    return jax.enable_x64(True)


def _cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
