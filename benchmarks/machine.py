"""What a figure was measured on, in words that fit into a result file."""

import os
import platform
from datetime import date
from pathlib import Path

import jax

from dashjax.table import package_versions


def describe() -> dict[str, object]:
    """Processor, cores, devices, versions and day."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "devices": [f"{device.platform} {device.device_kind}" for device in jax.local_devices()],
        "python": platform.python_version(),
        "versions": package_versions(),
        "date": date.today().isoformat(),
    }


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
