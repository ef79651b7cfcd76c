"""Who may run scheduled work: one process of all that share a data folder."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import IO, Protocol

from addon.errors import StoreError


class Lease(Protocol):
    """The right to lead. It is lost when the process ends, however it ends."""

    def acquire(self) -> bool:
        """Take the lease if it is free; return whether this process has it."""

    def release(self) -> None:
        """Give it back."""


class FileLease:
    """A lease by file lock: the kernel frees it the moment its process dies, so there is no time-out to tune."""

    def __init__(self, data_folder: Path) -> None:
        self._path = data_folder / "WORKER.lock"
        self._file: IO[str] | None = None

    def acquire(self) -> bool:
        """Take the lease if it is free. Raises `StoreError` if the folder cannot be written."""
        if self._file is not None:
            return True
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            file = self._path.open("a")
        except OSError as error:
            raise StoreError(f"The data folder {self._path.parent} cannot be written: {error.strerror}.") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        self._file = file
        return True

    def release(self) -> None:
        """Give it back; another process may lead from now on."""
        if self._file is not None:
            self._file.close()
            self._file = None
