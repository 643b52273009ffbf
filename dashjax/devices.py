"""All cores for JAX: on a CPU it works on one device a core only if it is told so beforehand."""

import contextlib
import os
from contextlib import AbstractContextManager

_FLAGS, _COUNT = "XLA_FLAGS", "xla_force_host_platform_device_count"
_EXTRA = "xla_backend_extra_options"
_WHOLE_LOOPS = f"--{_EXTRA}=xla_cpu_small_while_loop_byte_threshold=100000000"


def use_all_cores() -> None:
    """Gives JAX a device for each core of this process; results are the same on any number.

    Loops are compiled whole, where XLA would start every small operation in them by itself and
    share it among the cores, which then wait for each other.

    To be called before JAX first computes: it reads its settings then. What the user set stays.
    """
    flags = os.environ.get(_FLAGS, "")
    if _COUNT not in flags and "JAX_NUM_CPU_DEVICES" not in os.environ:
        flags += f" --{_COUNT}={_cores()}"
    if _EXTRA not in flags:
        flags += f" {_WHOLE_LOOPS}"
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
