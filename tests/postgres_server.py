"""A PostgreSQL server of a test's own, in a temporary folder, where its programs are found."""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

_DEBIAN = Path("/usr/lib/postgresql")


def program(name: str) -> str | None:
    """The path of one of PostgreSQL's programs; None where there is none."""
    found = sorted(_DEBIAN.glob(f"*/bin/{name}"))
    return str(found[-1]) if found else shutil.which(name)


@contextlib.contextmanager
def running() -> Iterator["Server"]:
    """A server that is stopped in the end.

    Not in pytest's own temporary folder, which any pytest that starts closes to other users.
    """
    with tempfile.TemporaryDirectory(prefix="dashjax-postgres-") as folder:
        server = Server(Path(folder))
        yield server
        server.stop()


class Server:
    """A server on a free port, which can be stopped and started."""

    def __init__(self, folder: Path) -> None:
        self._data, self._log = folder / "data", folder / "log"
        # the server refuses to run as root
        self._user = "nobody" if os.geteuid() == 0 else None
        if self._user:
            shutil.chown(folder, self._user)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        (folder / "password").write_text("a secret")
        self._run(
            "initdb", "-D", str(self._data), "-U", "tester", "--auth=scram-sha-256",
            f"--pwfile={folder / 'password'}", "--no-sync", "--locale=C", "--encoding=UTF8",
        )  # fmt: skip
        self.start()

    def url(self, password: str = "a%20secret", user: str = "tester") -> str:
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories="
        self._run(
            "pg_ctl", "-D", str(self._data), "-l", str(self._log), "-w", "-o", options, "start"
        )

    def stop(self) -> None:
        self._run("pg_ctl", "-D", str(self._data), "-m", "immediate", "stop")

    def _run(self, name: str, *arguments: str) -> None:
        tool = program(name)
        assert tool is not None
        done = subprocess.run(
            [tool, *arguments], user=self._user, cwd="/", stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if name == "initdb" else subprocess.DEVNULL,
            stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout
