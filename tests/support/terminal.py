"""A folder with a shell in it, as a newcomer has it: the command ``scorecell`` on the path, nothing set."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.support.readme import ROOT

_SECONDS = 240


class Terminal:
    """Runs lines by bash in a folder of its own. Every line ends, or is ended, within a bound."""

    def __init__(self, folder: Path, variables: Mapping[str, str]) -> None:
        self.folder = folder
        programs = folder / "programs"
        programs.mkdir(parents=True)
        _write_command(programs)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SCORECELL_")}
        self.environment = {**kept, **variables, "PATH": f"{programs}{os.pathsep}{kept['PATH']}"}

    def run(self, line: str) -> str:
        """Return what the line prints. It must succeed."""
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{line}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def export(self, line: str) -> None:
        """Take over the variable that an export line sets."""
        name = line.removeprefix("export ").partition("=")[0]
        self.environment[name] = self.run(f'{line}; printf %s "${name}"')

    @contextmanager
    def running(self, line: str, says: str) -> Iterator[str]:
        """Start a line that goes on, wait until it ``says`` so on stderr, and yield that; Ctrl-C must end it well."""
        errors = self.folder / f"{line.split()[1]}.err"
        with errors.open("w") as stderr:
            process = subprocess.Popen(
                ["bash", "-c", f"exec {line}"],
                cwd=self.folder,
                env=self.environment,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                start_new_session=True,
            )
            try:
                yield self._waited(process, errors, says)
            finally:
                if process.poll() is None:
                    process.send_signal(signal.SIGINT)
                code = process.wait(timeout=60)
        assert code == 0, f"{line}: {code}\n{errors.read_text()}"

    def _waited(self, process: subprocess.Popen[bytes], errors: Path, says: str) -> str:
        until = time.monotonic() + _SECONDS
        while time.monotonic() < until and process.poll() is None:
            line = next((line for line in errors.read_text().splitlines() if says in line), "")
            if line:
                return line
            time.sleep(0.05)
        raise AssertionError(f"{process.args!r} does not say {says!r} but:\n{errors.read_text()}")


def _write_command(programs: Path) -> None:
    """Put the installed command into the folder, or what it does where the package is not installed."""
    installed = Path(sys.executable).with_name("scorecell")
    target = str(installed) if installed.exists() else f"{sys.executable}' -m 'addon"
    command = programs / "scorecell"
    command.write_text(f"#!/bin/sh\nPYTHONPATH='{ROOT}' exec '{target}' \"$@\"\n", encoding="utf-8")
    command.chmod(0o755)
