"""Result folders: Parquet frames and a manifest, whole or not there at all."""

import hashlib
import json
import os
import tempfile
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jax
import pyarrow as pa

from dashjax.errors import InputError
from dashjax.store import files
from dashjax.store.identity import package_versions

Row = dict[str, Any]  # plain values by name: text, number, list of text or None

_KIND = "dashjax results"
_AGAIN = "run the command that made it again"
_PRINTED = ("over_targets", "stops", "stops_over_targets", "certainty")  # frames in `--json`


@dataclass
class Experiment:
    """What an experiment found: settings and frames of rows, as they are written to disk.

    Attributes:
        config: everything that decides the results.
        rows: a row per method and target.
        frames: further frames by name: `curves`, `pulls`, `selections`, `stops`, and
            of a replay `posterior`, `certainty`, `rewards` and, where it has several targets,
            `over_targets` and `stops_over_targets`.

    Example:
        >>> import dashjax as dj
        >>> result = dj.sweep((2, 2), ["flat"], seeds=5, plan=dj.Plan(steps=5, select=1))
        >>> isinstance(result, dj.Experiment), len(result.rows)
        (True, 1)
    """

    config: dict[str, Any]
    rows: list[Row] = field(default_factory=list)
    frames: dict[str, list[Row]] = field(default_factory=dict)

    def add(self, frame: str, rows: Iterable[Row]) -> None:
        """Appends rows to a frame."""
        self.frames.setdefault(frame, []).extend(rows)

    def document(self) -> dict[str, Any]:
        """What `--json` prints: settings, rows, means over targets, stops, and how sure one is."""
        shown = {name: self.frames[name] for name in _PRINTED if name in self.frames}
        return {"config": self.config, "rows": self.rows} | shown


def check_free(folder: Path, besides: Collection[str] = ()) -> None:
    """Refuses a folder that cannot be written, or that holds anything but earlier results.

    Args:
        folder: where results are to go.
        besides: names that may be in it too.

    Raises:
        InputError: naming the folder.
    """
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if there == folder and not folder.is_dir():
        raise InputError(f"{folder} exists and holds no dashjax results; give another --out")
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise InputError(f"{folder} cannot be written, for {there} cannot; give another --out")
    if there != folder or files.is_empty(folder, besides):
        return
    if _read_manifest(folder).get("kind") != _KIND:
        raise InputError(f"{folder} exists and holds no dashjax results; give another --out")


def write(experiment: Experiment, folder: Path, seconds: float) -> None:
    """Puts results in a folder, in place of earlier ones.

    All frames are written before the first earlier one is replaced. The manifest, which holds
    their hashes, goes in first: whoever reads gets the results of one experiment or a refusal, and
    a folder that was left half replaced is known as one of results.

    Args:
        experiment: what to write.
        folder: where; made if it is not there. See `check_free`, to be asked before the work.
        seconds: how long the experiment took.

    Raises:
        OSError: if the disk refuses; then the folder is as it was.
        InputError: if another process is writing to the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    frames = {"results": experiment.rows} | experiment.frames
    with (
        files.only_writer(folder),
        tempfile.TemporaryDirectory(prefix=files.UNFINISHED, dir=folder) as temporary,
    ):
        fresh = Path(temporary)
        for name, rows in frames.items():
            files.write_rows(pa.Table.from_pylist(rows), fresh / f"{name}.parquet")
        manifest = {
            "kind": _KIND,
            "config": experiment.config,
            "frames": {
                name: _hash((fresh / f"{name}.parquet").read_bytes()) for name in sorted(frames)
            },
            "versions": package_versions(),
            "devices": [str(device) for device in jax.local_devices()],
            "seconds": round(seconds, 3),
        }
        text = json.dumps(manifest, indent=2) + "\n"
        (fresh / "manifest.json").write_text(text)
        for name in ["manifest.json", *(f"{frame}.parquet" for frame in frames)]:
            os.replace(fresh / name, folder / name)


def read(folder: Path) -> Experiment:
    """The results in a folder.

    Raises:
        InputError: if there are none, or a file is missing, cut short or of other results.
    """
    manifest = _read_manifest(folder)
    if manifest.get("kind") != _KIND:
        raise InputError(f"{folder} holds no dashjax results; give a folder that --out made")
    config, hashes = manifest.get("config"), manifest.get("frames")
    if not isinstance(config, dict) or not isinstance(hashes, dict) or "results" not in hashes:
        raise InputError(f"{folder / 'manifest.json'} is damaged; {_AGAIN}")
    frames = {name: _read_frame(folder / f"{name}.parquet", hashes[name]) for name in hashes}
    return Experiment(config, frames.pop("results"), frames)


def _read_frame(path: Path, expected: str) -> list[Row]:
    content = path.read_bytes() if path.is_file() else b""
    if _hash(content) != expected:
        raise InputError(f"{path} is missing or not whole; {_AGAIN}")
    return files.read_rows(content).to_pylist()


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _read_manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / "manifest.json").read_text())
    except (OSError, ValueError, RecursionError):
        return {}
    return manifest if isinstance(manifest, dict) else {}
