"""Compiled programs are kept for the next time, and whatever befalls them costs time alone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SWEEP = ["sweep", "--methods", "flat", "--groups", "2", "--arms", "2", "--select", "1", "--json"]
ALL = {"JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"}


def sweep(cache: Path) -> tuple[str, str]:
    """What a sweep writes on stdout and stderr; its programs are kept in that cache folder."""
    others = {k: v for k, v in os.environ.items() if k != "JAX_COMPILATION_CACHE_DIR"}
    done = subprocess.run(
        [sys.executable, "-m", "dashjax", *SWEEP, "--steps", "3", "--seeds", "5"],
        env=others | ALL | {"XDG_CACHE_HOME": str(cache)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["none", "truncated", "no folder can be made"])
def test_a_second_sweep_is_as_the_first(tmp_path: Path, damage: str) -> None:
    first, _ = sweep(tmp_path)
    kept = {path: path.read_bytes() for path in tmp_path.rglob("*-cache")}
    assert any("_compute" in path.name for path in kept)
    if damage == "truncated":
        for path, content in kept.items():
            path.write_bytes(content[: len(content) // 2])
    if damage == "no folder can be made":
        tmp_path = tmp_path / "file"
        tmp_path.touch()
    second, errors = sweep(tmp_path)
    assert second == first
    assert "Warning" not in errors
    if damage == "none":
        assert {path: path.read_bytes() for path in tmp_path.rglob("*-cache")} == kept
