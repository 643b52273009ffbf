"""What a figure was measured on, and the file that both go to."""

import json
import os
import platform
from datetime import date
from pathlib import Path
from typing import Any

import jax

from dashjax.store.files import write_whole
from dashjax.store.identity import package_versions


def keep(found: dict[str, Any], path: Path) -> dict[str, Any]:
    """Writes what was found, with the machine, as JSON; gives the document."""
    document = {"machine": describe()} | found
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, lambda file: file.write_text(json.dumps(document, indent=1) + "\n"))
    return document


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
