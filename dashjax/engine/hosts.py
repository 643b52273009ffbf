"""Many hosts: processes that share the runs of a sweep, and what each of them gathers.

A host is one process. One alone gathers nothing and needs none of this. Hosts speak at check-ins,
which every one reaches: before it gathers, when it has failed, and at the end. So a host that
fails is known to the others at their next check-in, and nobody waits for it.
"""

import contextlib
import functools
import hashlib
import os
import sys
from collections.abc import Iterator
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from dashjax.errors import InputError

ADDRESS, COUNT, NUMBER = "JAX_COORDINATOR_ADDRESS", "JAX_NUM_PROCESSES", "JAX_PROCESS_ID"


class _OtherHostError(InputError):
    """Another host has failed or is lost: the others know, or cannot be told."""


@contextlib.contextmanager
def joined(asked: bool) -> Iterator[bool]:
    """While it lasts, sweeps are shared; gives whether this host is the one to speak and write.

    To be entered before JAX first computes. Every host must ask for the same sweeps in the same
    order. Where nothing is shared, this host is alone and is the one.

    Args:
        asked: whether there are to be other hosts.

    Raises:
        InputError: if the environment does not say where they are, if they have different numbers
            of devices, or if another host fails.
    """
    if not asked:
        yield True
        return
    _join()
    try:
        yield number() == 0
        _check_in(failed=False)
    except _OtherHostError:
        raise
    except (Exception, KeyboardInterrupt):
        _check_in(failed=True)
        raise
    jax.distributed.shutdown()


def count() -> int:
    """How many hosts share a sweep now; 1 if none was joined."""
    return jax.process_count() if jax.distributed.is_initialized() else 1


def number() -> int:
    """Which of the hosts this is, from 0."""
    return jax.process_index() if jax.distributed.is_initialized() else 0


def gather(tree: Any) -> list[Any]:
    """What every host gives, in the order of the hosts; every host gets all.

    Args:
        tree: of arrays, of the same shapes on every host.

    Returns:
        A tree for each host, as NumPy arrays; `tree` as it is where there is one host.

    Raises:
        InputError: if another host has failed.
    """
    if count() == 1:
        return [tree]
    here = jax.tree.map(np.asarray, tree)  # what fails, fails now: the others are not waiting yet
    _check_in(failed=False)
    gathered = jax.tree.map(_gather, here)
    return [jax.tree.map(lambda field, p=p: field[p], gathered) for p in range(count())]


def check_same(text: str) -> None:
    """Refuses hosts that are about to do different things.

    Args:
        text: says what this host is about to do.

    Raises:
        InputError: on every host, if the texts differ.
    """
    digests = gather(np.frombuffer(hashlib.sha256(text.encode()).digest(), np.uint8))
    others = [p for p, digest in enumerate(digests) if not np.array_equal(digest, digests[0])]
    if others:
        raise InputError(
            f"{_named(others)} would run something else than host 0; give every host the same "
            f"command and the same files"
        )


def _join() -> None:
    """Finds the other hosts, and connects this one to each.

    The first gathering is made at once, while all hosts are in step: they connect only then, and
    wait half a minute for one another, where later gatherings wait as long as it takes.
    """
    total, which = _number_in(COUNT), _number_in(NUMBER)
    if total is not None and which is not None and which >= total:
        raise InputError(f"{NUMBER} is {which} of {total} hosts; give 0 to {total - 1}")
    _check_address()
    jax.config.update("jax_enable_preemption_service", False)  # it would swallow SIGTERM
    platforms = os.environ.get("JAX_PLATFORMS")
    if platforms and "cpu" not in platforms.split(","):  # where results are gathered
        jax.config.update("jax_platforms", f"{platforms},cpu")
    try:
        jax.distributed.initialize(num_processes=total, process_id=which)
    except ValueError as error:
        raise InputError(
            "--hosts: nothing says where the other hosts are; start every host by Slurm (srun) or "
            f"Open MPI (mpirun), or set {ADDRESS} (HOST:PORT of host 0), {COUNT} and {NUMBER}"
        ) from error
    with _mute():  # gloo says on stdout that it is connected
        devices = _gather(np.array(jax.local_device_count())).tolist()
    if len(set(devices)) > 1:
        raise InputError(
            f"the hosts have {', '.join(map(str, devices))} devices; give every host as many"
        )


def _number_in(variable: str) -> int | None:
    """The whole number in an environment variable, if it is set."""
    text = os.environ.get(variable)
    if text is None:
        return None
    if not text.isdecimal():
        raise InputError(f"{variable} is '{text}'; give a whole number")
    return int(text)


def _check_address() -> None:
    address = os.environ.get(ADDRESS)
    if address is not None and not address.rpartition(":")[2].isdecimal():
        raise InputError(f"{ADDRESS} is '{address}'; give HOST:PORT of host 0")


def _check_in(*, failed: bool) -> None:
    """Tells the other hosts how this one does, and learns of them.

    Raises:
        InputError: if another host has failed and this one has not.
    """
    gone = np.flatnonzero(_gather(np.array(failed)))
    if not failed and len(gone):
        raise _OtherHostError(f"{_named(gone)} could not go on; mend what is said there")


def _gather(field: Any) -> np.ndarray:
    """An array from every host, `[host, ...]`; through the CPUs, for it is wanted there."""
    mine = np.asarray(field)[None]
    sharding = NamedSharding(_one_device_each(), PartitionSpec("host"))
    try:
        gathered = _everywhere()(jax.make_array_from_process_local_data(sharding, mine))
        return np.asarray(gathered.addressable_data(0))
    except (jax.errors.JaxRuntimeError, ValueError) as error:  # JAX raises the one or the other
        raise _OtherHostError(
            "another host cannot be reached any more; see what it says, and start all hosts again"
        ) from error


@functools.cache
def _one_device_each() -> Mesh:
    """The first CPU device of every host."""
    devices = {device.process_index: device for device in reversed(jax.devices("cpu"))}
    return Mesh(np.array([devices[p] for p in range(jax.process_count())]), ("host",))


@functools.cache
def _everywhere() -> Any:
    return jax.jit(
        lambda field: field, out_shardings=NamedSharding(_one_device_each(), PartitionSpec())
    )


@contextlib.contextmanager
def _mute() -> Iterator[None]:
    """What this process, libraries included, writes on stdout is dropped."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


def _named(hosts: Any) -> str:
    """`host 1`, or `hosts 1, 3`."""
    return f"host{'s' * (len(hosts) > 1)} {', '.join(str(host) for host in hosts)}"
