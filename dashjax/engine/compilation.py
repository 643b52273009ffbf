"""What JAX compiled is kept on disk, so that the same work starts at once the next time."""

import hashlib
import os
import platform
import warnings
from pathlib import Path

_FOLDER, _LEAST_SECONDS = "JAX_COMPILATION_CACHE_DIR", "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"


def keep() -> None:
    """Tells JAX to keep programs in the user's cache folder, one folder for a kind of processor.

    To be called before JAX is imported: it reads its settings then. What the user set stays. A
    folder that cannot be written, or a file that is damaged, costs the time to compile again.
    """
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    os.environ.setdefault(_FOLDER, str(Path(cache) / "dashjax" / "compiled" / _processor()))
    os.environ.setdefault(_LEAST_SECONDS, "0.2")
    warnings.filterwarnings("ignore", message=".*persistent compilation cache")


def _processor() -> str:
    """A word for what this machine's processor can do: programs are made for just that."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    able = sorted({line for line in lines if line.startswith(("flags", "Features"))})
    said = "\n".join([platform.machine(), platform.processor(), *able])
    return hashlib.sha256(said.encode()).hexdigest()[:12]
