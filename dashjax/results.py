"""Result folders: Parquet frames and a manifest, whole or not there at all."""

import hashlib
import json
import os
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
    """Refuses a folder that holds anything but earlier results.

    Raises:
        InputError: naming the folder.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not folder.is_dir() or _read_manifest(folder).get("kind") != _KIND:
        raise InputError(f"{folder} exists and holds no dashjax results; give another --out")


def write(experiment: Experiment, folder: Path, seconds: float) -> None:
    """Puts results in a folder, in place of earlier ones.

    All frames are written before the first earlier one is replaced, and the manifest, which holds
    their hashes, comes last: whoever reads gets the results of one experiment or a refusal.

    Args:
        experiment: what to write.
        folder: where; made if it is not there. See `check_free`, to be asked before the work.
        seconds: how long the experiment took.

    Raises:
        OSError: if the disk refuses; then the folder is as it was.
    """
    folder.mkdir(parents=True, exist_ok=True)
    frames = {"results": experiment.rows} | experiment.frames
    with tempfile.TemporaryDirectory(prefix=".unfinished-", dir=folder) as temporary:
        fresh = Path(temporary)
        for name, rows in frames.items():
            pq.write_table(pa.Table.from_pylist(rows), fresh / f"{name}.parquet")
        manifest = {
            "kind": _KIND,
            "config": experiment.config,
            "frames": {name: _file_hash(fresh / f"{name}.parquet") for name in sorted(frames)},
            "versions": package_versions(),
            "devices": [str(device) for device in jax.local_devices()],
            "seconds": round(seconds, 3),
        }
        text = json.dumps(manifest, indent=2) + "\n"
        (fresh / "manifest.json").write_text(text)
        for name in [*(f"{frame}.parquet" for frame in frames), "manifest.json"]:
            os.replace(fresh / name, folder / name)


def read(folder: Path) -> Experiment:
    """The results in a folder.

    Raises:
        InputError: if there are none, or a file is missing, cut short or of other results.
    """
    manifest = _read_manifest(folder)
    if manifest.get("kind") != _KIND:
        raise InputError(f"{folder} holds no dashjax results; give a folder that --out made")
    frames = {
        name: _read_frame(folder / f"{name}.parquet", expected)
        for name, expected in manifest["frames"].items()
    }
    return Experiment(manifest["config"], frames.pop("results"), frames)


def _read_frame(path: Path, expected: str) -> list[Row]:
    if not path.is_file() or _file_hash(path) != expected:
        raise InputError(f"{path} is missing or not whole; run the command that made it again")
    return pq.ParquetFile(path).read().to_pylist()


def _file_hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _read_manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / "manifest.json").read_text())
    except (OSError, ValueError):
        return {}
    return manifest if isinstance(manifest, dict) else {}
