"""Result folders: Parquet frames and a manifest, whole or not there at all."""

import json
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jax
import pyarrow as pa
import pyarrow.parquet as pq

from dashjax.errors import InputError
from dashjax.metrics import Row
from dashjax.table import package_versions

_KIND = "dashjax results"


@dataclass
class Experiment:
    """What an experiment found: settings and frames of rows, as they are written to disk.

    Attributes:
        config: everything that decides the results.
        rows: a row per method and target.
        frames: further frames by name: `curves`, `pulls`, `selections`, `posterior`, `rewards`.
    """

    config: dict[str, Any]
    rows: list[Row] = field(default_factory=list)
    frames: dict[str, list[Row]] = field(default_factory=dict)

    def add(self, frame: str, rows: Iterable[Row]) -> None:
        """Appends rows to a frame."""
        self.frames.setdefault(frame, []).extend(rows)

    def document(self) -> dict[str, Any]:
        """What `--json` prints: the settings and the rows."""
        return {"config": self.config, "rows": self.rows}


def check_free(folder: Path) -> None:
    """Refuses to overwrite anything but earlier results.

    Raises:
        InputError: if something else lies there.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not folder.is_dir() or _read_manifest(folder).get("kind") != _KIND:
        raise InputError(f"{folder} exists and holds no dashjax results; give another --out")


def write(experiment: Experiment, folder: Path, seconds: float) -> None:
    """Puts results in a folder, in place of earlier ones; a reader sees the old or the new.

    Args:
        experiment: what to write.
        folder: where; made if it is not there.
        seconds: how long the experiment took.

    Raises:
        InputError: if the folder holds something else.
        OSError: if the disk refuses; then the folder is as it was.
    """
    check_free(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        frames = {"results": experiment.rows} | experiment.frames
        for name, rows in frames.items():
            pq.write_table(pa.Table.from_pylist(rows), fresh / f"{name}.parquet")
        manifest = {
            "kind": _KIND,
            "config": experiment.config,
            "frames": sorted(frames),
            "versions": package_versions(),
            "devices": [str(device) for device in jax.local_devices()],
            "seconds": round(seconds, 3),
        }
        (fresh / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
        fresh.chmod(0o755)
        if folder.exists():
            shutil.rmtree(folder)
        fresh.rename(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def read(folder: Path) -> Experiment:
    """The results in a folder.

    Raises:
        InputError: if there are none, or a file is missing or cut short.
    """
    manifest = _read_manifest(folder)
    if manifest.get("kind") != _KIND:
        raise InputError(f"{folder} holds no dashjax results; give a folder that --out made")
    frames = {name: _read_frame(folder / f"{name}.parquet") for name in manifest["frames"]}
    return Experiment(manifest["config"], frames.pop("results"), frames)


def _read_frame(path: Path) -> list[Row]:
    try:
        return pq.ParquetFile(path).read().to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise InputError(
            f"{path} is missing or cut short; run the command that made it again"
        ) from error


def _read_manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / "manifest.json").read_text())
    except (OSError, ValueError):
        return {}
    return manifest if isinstance(manifest, dict) else {}
