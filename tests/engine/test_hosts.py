"""Many hosts: two processes on this one give what one gives, and end together."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
import pytest
from commands import refused

from dashjax.cli import main as cli
from dashjax.engine import hosts
from dashjax.engine.batches import BLOCK
from dashjax.pools.pool import Pool
from dashjax.store import results
from dashjax.store.identity import Cell, Identity
from dashjax.store.table_writer import writing

DEVICES = 2  # of each host
ROUND = 2 * DEVICES * BLOCK
VARIABLES = (hosts.ADDRESS, hosts.COUNT, hosts.NUMBER)
SWEEP = ["sweep", "--methods", "random", "--steps", "6", "--stop", "budget:4"]
POOL = Pool(("a-0", "a-1", "b-0"), ("a", "b"), (0, 0, 1), (5, 5, 5), (1.0, 1.0, 1.0))
PRIOR = ["--group-mean", "0", "--group-sd", ".1", "--arm-sd", ".1", "--noise-sd", "1"]
LATEST = 100  # seconds until a process must have ended


class Ended(NamedTuple):
    """How a process ended and what it said."""

    status: int
    out: str
    err: str


def environment(**changes: str) -> dict[str, str]:
    """Of a process with two devices, outside any cluster but for `changes`."""
    outside = {
        name: value
        for name, value in os.environ.items()
        if name not in VARIABLES and not name.startswith(("SLURM_", "OMPI_"))
    }
    devices = f"--xla_force_host_platform_device_count={DEVICES}"
    return outside | {"JAX_PLATFORMS": "cpu", "XLA_FLAGS": devices} | changes


def start(arguments: list[str], **changes: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "dashjax", *arguments, "--hosts"],
        env=environment(**changes),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(process: subprocess.Popen[str]) -> Ended:
    out, err = process.communicate(timeout=LATEST)
    return Ended(process.returncode, out, err)


def on_hosts(*commands: list[str]) -> list[Ended]:
    """Each command on a host of its own, all joined."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    values = [(address, str(len(commands)), str(number)) for number in range(len(commands))]
    processes = [
        start(command, **dict(zip(VARIABLES, value, strict=True)))
        for command, value in zip(commands, values, strict=True)
    ]
    try:
        return [finished(process) for process in processes]
    finally:
        for process in processes:
            process.kill()


def assert_as_by_one(capsys, first: list[str], second: list[str]) -> dict:
    """Two hosts print what this process does, host 0 alone; the document that it prints."""
    capsys.readouterr()
    assert cli.main([*first, "--json"]) == 0
    alone = json.loads(capsys.readouterr().out)
    shared = on_hosts([*first, "--json"], [*second, "--json"])
    assert [host.status for host in shared] == [0, 0], shared
    assert json.loads(shared[0].out) == alone
    assert (shared[1].out, shared[1].err) == ("", "")
    return alone


@pytest.mark.slow
@pytest.mark.skipif(jax.default_backend() != "cpu", reason="compares CPUs with CPUs")
def test_a_sweep_on_two_hosts_is_that_of_one_process(tmp_path: Path, capsys) -> None:
    partly_on_the_second_host = 2 * ROUND + DEVICES * BLOCK + 76
    command = [*SWEEP, "--seeds", str(partly_on_the_second_host), "--overwrite", "--out"]
    places = [tmp_path / name for name in ("first", "second")]
    alone = assert_as_by_one(capsys, *([*command, str(place)] for place in places))
    assert results.read(places[0]).rows == alone["rows"]
    assert not places[1].exists()


@pytest.mark.slow
@pytest.mark.skipif(jax.default_backend() != "cpu", reason="compares CPUs with CPUs")
def test_a_replay_too_short_for_the_second_host_is_that_of_one_process(
    tmp_path: Path, capsys
) -> None:
    draw = np.random.default_rng(0)
    with writing(tmp_path, Identity(POOL, POOL.groups, "fingerprint", "gain", {}), {}) as writer:
        cells = [Cell("a", dataset, replicate) for dataset in POOL.datasets for replicate in (0, 1)]
        writer.add_rewards([(cell, float(draw.normal()), 1.0) for cell in cells])
    short = ["--methods", "random", "--steps", "6", "--select", "2", "--seeds", "20"]
    command = ["replay", str(tmp_path), *short, *PRIOR, "--stop", "budget:4"]
    (row,) = assert_as_by_one(capsys, command, command)["rows"]
    assert row["seeds"] == 20


def test_a_host_that_refuses_ends_the_others(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    first, second = on_hosts(*[[*SWEEP, "--out", str(tmp_path)]] * 2)
    assert (first.status, second.status) == (2, 2)
    assert "holds no dashjax results" in first.err
    assert second.err.splitlines() == [
        "dashjax: host 0 could not go on; mend what is said there",
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_hosts_that_were_told_different_things_refuse() -> None:
    for ended in on_hosts(SWEEP, [*SWEEP, "--seed", "1"]):
        assert ended.status == 2
        assert "host 1 would run something else than host 0" in ended.err


def test_without_other_hosts_it_says_how_to_start_them() -> None:
    ended = finished(start(SWEEP))
    assert (ended.status, ended.out) == (2, "")
    (sentence,) = ended.err.splitlines()
    assert all(word in sentence for word in ("srun", "mpirun", *VARIABLES))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (("here", "2", "0"), ["JAX_COORDINATOR_ADDRESS is 'here'", "HOST:PORT"]),
        (("here:1", "two", "0"), ["JAX_NUM_PROCESSES is 'two'", "whole number"]),
        (("here:1", "2", "2"), ["JAX_PROCESS_ID is 2 of 2", "0 to 1"]),
    ],
)
def test_a_wrong_variable_is_named(
    monkeypatch, capsys, values: tuple[str, ...], words: list[str]
) -> None:
    for variable, value in zip(VARIABLES, values, strict=True):
        monkeypatch.setenv(variable, value)
    said = refused(capsys, *SWEEP, "--hosts")
    assert all(word in said for word in words), said


def test_one_process_gathers_nothing() -> None:
    tree = {"field": np.arange(3)}
    assert (hosts.count(), hosts.number()) == (1, 0)
    (same,) = hosts.gather(tree)
    assert same is tree
