"""Result folders: Parquet frames and a manifest, whole or not there at all."""

import hashlib
import json
import os
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jax
import pyarrow as pa

from dashjax.errors import InputError
from dashjax.store import files, whole_folder
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


Draw = Callable[[Experiment, Path], list[Path]]  # writes pictures into a folder, gives their paths


def check_free(folder: Path, overwrite: bool = False) -> None:
    """Refuses a folder that results cannot be put in; to be asked before the work.

    Args:
        folder: where results are to go.
        overwrite: whether earlier results there may go. A folder that holds anything else is
            refused either way.

    Raises:
        InputError: naming the folder.
    """
    whole_folder.restore(folder.resolve())
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if there == folder and not folder.is_dir():
        raise InputError(f"{folder} exists and is no folder; give another --out")
    beside = folder.resolve().parent if there == folder else there
    if not beside.is_dir() or not os.access(beside, os.W_OK):
        raise InputError(f"{folder} cannot be written, for {beside} cannot; give another --out")
    if there != folder:
        return
    if folder.is_mount():
        raise InputError(f"{folder} is a disk of its own; give a folder in it as --out")
    if not any(folder.iterdir()):
        return
    if strange := _strange(folder):
        raise InputError(
            f"{folder} exists and holds no dashjax results, or more than them: '{strange[0]}'; "
            f"give another --out"
        )
    if not overwrite:
        raise InputError(
            f"{folder} holds earlier results; give --overwrite (from Python: overwrite=True) to "
            f"put these in their place, or another --out"
        )


def _strange(folder: Path) -> list[str]:
    """Names in the folder that are not those of results, sorted."""
    names = {path.name for path in folder.iterdir()} - _own_names(folder)
    return sorted(name for name in names if not name.startswith(files.UNFINISHED))


def _own_names(folder: Path) -> set[str]:
    manifest = _read_manifest(folder)
    frames = manifest.get("frames")
    if manifest.get("kind") != _KIND or not isinstance(frames, dict):
        return set()
    return {"manifest.json", *(f"{name}.parquet" for name in frames)} | _pictures(manifest)


def _pictures(manifest: dict[str, Any]) -> set[str]:
    """Names of the pictures in the folder, and of nothing elsewhere, whatever was edited in."""
    names = manifest.get("pictures")
    kept = [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
    return {name for name in kept if Path(name).name == name and name.endswith(".png")}


def write(
    experiment: Experiment,
    folder: Path,
    seconds: float,
    *,
    overwrite: bool = False,
    draw: Draw | None = None,
) -> list[Path]:
    """Puts results and their pictures in a folder: all of them, or the folder is as it was.

    Args:
        experiment: what to write.
        folder: where; made if it is not there.
        seconds: how long the experiment took.
        overwrite: whether earlier results there may go.
        draw: writes pictures of the experiment into a folder, and gives their paths.

    Returns:
        The paths of the pictures.

    Raises:
        InputError: if the folder is not free, see `check_free`.
        OSError: if the disk refuses.
    """
    check_free(folder, overwrite)
    place = folder.resolve()
    try:
        with whole_folder.made_beside(place) as fresh:
            hashes = _write_frames(experiment, fresh)
            pictures = [path.name for path in draw(experiment, fresh)] if draw else []
            _write_manifest(fresh, _manifest(experiment, hashes, pictures, seconds))
            whole_folder.put(fresh, place, _may_go if overwrite else None)
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), str(folder)) from error
    return [folder / name for name in pictures]


def keep_pictures(folder: Path, names: Collection[str]) -> None:
    """Notes which pictures a folder of results now has; those that it had besides them go.

    Raises:
        OSError: if the disk refuses.
    """
    manifest = _read_manifest(folder)
    for name in _pictures(manifest) - set(names):
        (folder / name).unlink(missing_ok=True)
    text = _text(manifest | {"pictures": sorted(names)})
    files.write_whole(folder / "manifest.json", lambda file: file.write_text(text))


def _may_go(folder: Path) -> bool:
    return not _strange(folder)


def _write_frames(experiment: Experiment, folder: Path) -> dict[str, str]:
    """The hashes of the frames by name."""
    frames = {"results": experiment.rows} | experiment.frames
    for name, rows in frames.items():
        files.write_rows(pa.Table.from_pylist(rows), folder / f"{name}.parquet")
    return {name: _hash((folder / f"{name}.parquet").read_bytes()) for name in sorted(frames)}


def _manifest(
    experiment: Experiment, hashes: dict[str, str], pictures: list[str], seconds: float
) -> dict[str, Any]:
    return {
        "kind": _KIND,
        "config": experiment.config,
        "frames": hashes,
        "pictures": sorted(pictures),
        "versions": package_versions(),
        "devices": [str(device) for device in jax.local_devices()],
        "seconds": round(seconds, 3),
    }


def _write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    (folder / "manifest.json").write_text(_text(manifest))


def _text(manifest: dict[str, Any]) -> str:
    return json.dumps(manifest, indent=2) + "\n"


def made_with(folder: Path) -> dict[str, Any]:
    """By which versions and devices the results in a folder were made, and in how many seconds."""
    manifest = _read_manifest(folder)
    return {name: manifest[name] for name in ("versions", "devices", "seconds") if name in manifest}


def read(folder: Path) -> Experiment:
    """The results in a folder.

    Raises:
        InputError: if there are none, or a file is missing, cut short or of other results.
    """
    if not folder.exists():
        whole_folder.restore(folder.resolve())
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
    try:
        return files.read_rows(content).to_pylist()
    except (ValueError, pa.ArrowException) as error:
        raise InputError(f"{path} is no Parquet file; {_AGAIN}") from error


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _read_manifest(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / "manifest.json").read_text())
    except (OSError, ValueError, RecursionError):
        return {}
    return manifest if isinstance(manifest, dict) else {}
