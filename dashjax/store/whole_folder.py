"""A folder that is replaced as a whole: made beside its place, and put there in one step."""

import contextlib
import ctypes
import errno
import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from dashjax.errors import InputError
from dashjax.store import files

_EARLIER = "-earlier"  # how the name of a folder ends that waits for another to take its place
_HERE, _SWAP = -100, 2  # AT_FDCWD and RENAME_EXCHANGE of Linux


@contextlib.contextmanager
def made_beside(folder: Path) -> Iterator[Path]:
    """Gives a new folder beside `folder`, to be filled and `put`; what is left of it then goes.

    What processes that were killed left of earlier attempts goes too.

    Args:
        folder: the place, a full path without links; folders above it are made.

    Raises:
        OSError: if the disk refuses.
    """
    made = [above for above in folder.parents if not above.exists()]
    folder.parent.mkdir(parents=True, exist_ok=True)
    restore(folder)
    fresh = Path(tempfile.mkdtemp(prefix=_beginning(folder), dir=folder.parent))
    files.permit(fresh)
    try:
        with _held(fresh):
            yield fresh
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        with contextlib.suppress(OSError):  # a folder that something is in stays
            for above in made:
                above.rmdir()


def put(fresh: Path, folder: Path, may_go: Callable[[Path], bool] | None) -> None:
    """Puts a folder in its place; what was there is then where `fresh` was.

    A process that is killed leaves the earlier folder or the new one, whole.

    Args:
        fresh: the folder, beside its place.
        folder: the place.
        may_go: whether the folder that is there may go; None if only an empty one may.

    Raises:
        InputError: if what is there must not go.
        OSError: if the disk refuses; then all is as it was.
    """
    try:
        fresh.rename(folder)  # takes the place of nothing, and of an empty folder
        return
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
    if may_go is not None:
        _exchange(fresh, folder)
        if may_go(fresh):
            return
        _exchange(fresh, folder)
    raise InputError(f"something was put into {folder} meanwhile; give another folder")


def restore(folder: Path) -> None:
    """Puts a folder back that was being replaced when its process was killed, and clears the rest.

    Where a system exchanges two folders in one step, there is nothing to put back.
    """
    ours = re.compile(re.escape(_beginning(folder)) + f"[a-z0-9_]{{8}}({_EARLIER})?")
    for left in list(folder.parent.iterdir()) if folder.parent.is_dir() else []:
        if not ours.fullmatch(left.name):
            continue
        if left.name.endswith(_EARLIER) and not folder.exists():
            left.rename(folder)
        elif _is_left_over(left):
            shutil.rmtree(left, ignore_errors=True)


def _beginning(folder: Path) -> str:
    """How the names of folders begin that are to take the place of this one."""
    return f"{files.UNFINISHED}{folder.name}-"


@contextlib.contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Tells other processes that somebody works on the folder."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _is_left_over(folder: Path) -> bool:
    """Whether no process holds the folder."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(handle)
    return True


def _exchange(one: Path, other: Path) -> None:
    """Each folder gets the name of the other; in one step where the system knows it."""
    if _exchanged_in_one_step(one, other):
        return
    aside = one.with_name(one.name + _EARLIER)
    other.rename(aside)
    try:
        one.rename(other)
    except OSError:
        aside.rename(other)
        raise
    aside.rename(one)


def _exchanged_in_one_step(one: Path, other: Path) -> bool:
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except AttributeError:  # no Linux
        return False
    names = os.fsencode(one), os.fsencode(other)
    if rename(_HERE, names[0], _HERE, names[1], _SWAP) == 0:
        return True
    error = ctypes.get_errno()
    if error in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP):  # no file system that can
        return False
    raise OSError(error, os.strerror(error), str(other))
