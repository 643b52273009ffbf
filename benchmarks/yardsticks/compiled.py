"""The loops of `loops.c`, compiled when first called, under the names and arguments of `loops`.

They compute in single precision and on one core.
"""

import ctypes
import functools
import shutil
import statistics
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from dashjax.errors import InputError

SOURCE = Path(__file__).with_name("loops.c")
_COMPILERS = ("cc", "gcc", "clang")
# not -ffast-math: linked so, a library turns tiny numbers to 0 in the whole process
_FLAGS = ("-O3", "-march=native", "-fno-math-errno", "-fno-trapping-math", "-shared", "-fPIC")
_LANES, _DEGREE, _OCTAVES = 16, 6, 32  # as in loops.c


def available() -> bool:
    """Whether there is a C compiler."""
    return _compiler() is not None


def flat(utility, steps, runs, prior_sd, noise_sd, arms, regret, seed=0):
    """Independent arms with prior N(0, prior_sd^2); fills `arms` and `regret`, `[run, step]`."""
    worth = np.ascontiguousarray(utility, np.float32)
    kept = _kept(runs, steps, arms, regret)
    sds = map(ctypes.c_float, (prior_sd, noise_sd))
    library().flat(_at(worth), worth.size, *_long(steps, runs), *sds, *_numbers(seed), *kept)


def two_level(utility, steps, runs, group_sd, arm_sd, noise_sd, arms, regret, seed=0):
    """Groups N(0, group_sd^2), arms around them, `utility` `[group, slot]`: group first, then arm.

    The group's posterior is the exact one; only what a pull changes is computed anew.
    """
    worth = np.ascontiguousarray(utility, np.float32)
    kept = _kept(runs, steps, arms, regret)
    sds = map(ctypes.c_float, (group_sd, arm_sd, noise_sd))
    library().two_level(_at(worth), *worth.shape, *_long(steps, runs), *sds, *_numbers(seed), *kept)


def normals(count: int, seed: int = 0) -> np.ndarray:
    """Standard normals of the first 16 runs in turn, at least `count`."""
    drawn = np.empty((-(-count // _LANES), _LANES), np.float32)
    library().draw_normals(*_long(len(drawn)), *_numbers(seed), _at(drawn))
    return drawn.reshape(-1)


@functools.cache
def library() -> ctypes.CDLL:
    """The loops, compiled for this processor.

    Raises:
        InputError: if there is no compiler, or it refuses the loops.
    """
    compiler = _compiler()
    if compiler is None:
        raise InputError(f"the loops in C need a compiler; install one of {', '.join(_COMPILERS)}")
    path = Path(_folder().name) / "loops.so"
    words = [compiler, *_FLAGS, str(SOURCE), "-o", str(path)]
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode:
        told = (line for line in done.stderr.splitlines() if "error" in line)
        why = next(told, f"exit status {done.returncode}")
        raise InputError(f"{Path(compiler).name} does not compile {SOURCE.name}: {why}")
    return ctypes.CDLL(str(path))


def _compiler() -> str | None:
    return next(filter(None, map(shutil.which, _COMPILERS)), None)


@functools.cache
def _folder() -> tempfile.TemporaryDirectory:
    """Removed when the process ends."""
    return tempfile.TemporaryDirectory(prefix="dashjax-loops-")


@functools.cache
def _polynomial() -> np.ndarray:
    """The normal's distance from 0 by the probability of its tail, `[power, octave]`.

    Octave k holds probabilities 2^(k - 32) (1.5 + x) for x in [-0.5, 0.5] and is fitted at
    Chebyshev's points, to 1e-6; it stands where the last five bits of a float's exponent say. The
    last octave holds 1/2 alone, whose distance is 0.
    """
    x = np.polynomial.chebyshev.chebpts1(_DEGREE + 1) / 2
    quantile = statistics.NormalDist().inv_cdf
    table = np.zeros((_DEGREE + 1, _OCTAVES))
    for octave in range(_OCTAVES - 1):
        distances = [-quantile(tail) for tail in 2.0 ** (octave - 32) * (1.5 + x)]
        table[:, (octave + 127) % _OCTAVES] = np.polynomial.polynomial.polyfit(
            x, distances, _DEGREE
        )
    return np.ascontiguousarray(table, np.float32)


def _kept(runs: int, steps: int, arms: np.ndarray, regret: np.ndarray):
    """Where both begin; they are written without further checks."""
    for array, kind in ((arms, np.int32), (regret, np.float32)):
        if (array.shape, array.dtype) != ((runs, steps), kind) or not array.flags.c_contiguous:
            raise ValueError(f"{kind.__name__} {runs} x {steps} in one piece, not {array.shape}")
    return _at(arms), _at(regret)


def _numbers(seed: int):
    return ctypes.c_uint64(seed), _at(_polynomial())


def _long(*counts: int):
    return map(ctypes.c_int64, counts)


def _at(array: np.ndarray) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)
