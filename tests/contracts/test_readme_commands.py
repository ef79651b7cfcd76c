"""The README from top to bottom, as a newcomer types it into terminals: every line runs, every process answers."""

from __future__ import annotations

import json
import re
import shlex
import socket
import sys
from contextlib import ExitStack

import pytest
import requests

from tests.support.readme import ROOT, blocks
from tests.support.terminal import Terminal

SAYS = {"serve": "answers at", "work": "leading", "sandbox": "the sandbox is at"}
"""What each process that goes on tells when it is there."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def fetched(address: str) -> str:
    reply = requests.get(address, timeout=30)
    assert reply.status_code == 200
    return reply.text


class Newcomer:
    """Types what the blocks say, in their order; what goes on is left running until the end."""

    def __init__(self, terminal: Terminal, port: int, stack: ExitStack) -> None:
        self.terminal = terminal
        self.server = f"127.0.0.1:{port}"
        self.typed: list[str] = []
        self.keys: list[str] = []
        self._stack = stack

    def type(self, line: str) -> None:
        self.typed.append(line)
        words = shlex.split(line)
        if words[0] == "export":
            self.terminal.export(line)
        elif words[0] == "curl":
            assert fetched(words[1].replace("127.0.0.1:8080", self.server))
        elif words[0] == "scorecell" and words[1] in SAYS:
            self._stack.enter_context(self.terminal.running(line, SAYS[words[1]]))
        elif words[0] == "scorecell":
            self.keys += re.findall(r"\b[0-9a-f]{64}\b", self.terminal.run(line))
        else:
            assert line == ". .venv/bin/activate", f"{line}: who runs this?"

    def ask(self, program: str) -> dict[str, object]:
        """Run the program of the README with the key that was made before."""
        (self.terminal.folder / "ask.py").write_text(program, encoding="utf-8")
        arguments = [f"http://{self.server}", "my-own-program", self.keys[-1]]
        answer: dict[str, object] = json.loads(self.terminal.run(shlex.join([sys.executable, "ask.py", *arguments])))
        return answer


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    browser = f"{sys.executable} {ROOT / 'tests' / 'support' / 'fake_browser.py'} %s"
    variables = {"SCORECELL_TODAY": "2026-11-24", "BROWSER": browser}
    return Terminal(tmp_path_factory.mktemp("newcomer") / "folder", variables)


def test_make_targets_are_those_of_the_makefile() -> None:
    typed = [line for block in blocks("sh") for line in block.commands if line.startswith("make ")]
    targets = re.findall(r"^([\w./]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    assert typed == ["make demo", "make test"]
    assert {line.removeprefix("make ") for line in typed} <= set(targets)


def test_every_line_of_the_readme_runs(terminal: Terminal) -> None:
    port = free_port()
    terminal.environment["SCORECELL_WEB__PORT"] = str(port)
    with ExitStack() as stack:
        newcomer = Newcomer(terminal, port, stack)
        for block in blocks():
            if block.language == "sh":
                for line in block.commands:
                    if not line.startswith("make "):
                        newcomer.type(line)
            elif block.language == "python":
                answer = newcomer.ask(block.text)
                assert set(answer) == {"snapshot", "as_of", "values", "states"}
    assert len(newcomer.typed) > 15


def test_the_demo_opens_a_page_on_this_machine(terminal: Terminal) -> None:
    with terminal.running("scorecell demo --port 0", "open http://") as line:
        found = re.search(r"http://127\.0\.0\.1:\d+/", line)
        assert found
        page = fetched(found[0])
    assert "Lumenfield Robotics" in page
    assert "=KPI(" in page
