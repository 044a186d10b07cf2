"""A customer at a terminal, for the tour: the profiles `helper` and `pfxdir` by the program `certcenter`.

The server does not know the helper's package; it runs its program, as any script of a customer would.
"""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

PROGRAM: Final = Path(sys.executable).with_name("certcenter")
_CODE = re.compile(r"(?<!\d)(\d{4,8})(?!\d)")
_PATIENCE: Final = 60.0


class ProgramFailed(Exception):
    """The program ended otherwise than it had to."""


@dataclass
class Terminal:
    """One person's computer: a home folder, and what `certcenter` did there last."""

    centre: Mapping[str, Any]
    institution: Mapping[str, Any]
    person: Mapping[str, Any]
    home: Path
    read: set[Any] = field(default_factory=set)
    shown: str = ""
    """The matching code that the last upload to a phone has shown."""

    def run(self, *arguments: str, code: int = 0, **secrets: str) -> dict[str, Any]:
        """Run `certcenter … --json`; secrets go through its environment, codes from the outbox through a descriptor.

        Raises:
            ProgramFailed: another exit code than `code`.
        """
        reader, writer = os.pipe()
        wants_code = arguments[0] in {"apply", "renew", "revoke"} or arguments[1:2] in (
            ("reissue",),
            ("link",),
        )
        descriptor = ("--code-fd", str(reader)) if wants_code else ()
        self.read |= {message["id"] for message in self._messages()}
        with subprocess.Popen(  # noqa: S603 - the helper's own program
            [PROGRAM, *arguments, "--json", *descriptor],
            env=self._environment(secrets),
            pass_fds=[reader],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            os.close(reader)
            assert process.stderr is not None
            assert process.stdout is not None
            told = [self._follow(line, writer) for line in process.stderr]
            printed = process.stdout.read()
        os.close(writer)
        if process.returncode != code:
            raise ProgramFailed(
                f"certcenter {arguments[0]}: {process.returncode}: {printed}{''.join(told)[-400:]}"
            )
        answer: dict[str, Any] = json.loads(printed)
        return answer

    def _environment(self, secrets: Mapping[str, str]) -> dict[str, str]:
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("CERTCENTER_", "XDG_"))
        }
        given = {f"CERTCENTER_{name.upper()}": value for name, value in secrets.items()}
        return kept | given | {"HOME": str(self.home), "CERTCENTER_LANG": "zh-TW"}

    def _follow(self, line: str, writer: int) -> str:
        """One line of what the program says on the way; a code that was sent is read and given, one that is shown kept."""
        if '"code-sent"' in line:
            os.write(writer, f"{self._code()}\n".encode())
        if '"matching-code"' in line:
            self.shown = json.loads(line)["code"]
        return line

    def _code(self) -> str:
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            for message in self._messages():
                found = _CODE.search(message["text"])
                if message["id"] not in self.read and found:
                    return found.group(1)
            time.sleep(0.05)
        raise ProgramFailed("no code in the outbox")

    def _messages(self) -> list[dict[str, Any]]:
        asked = {"institution": self.institution["slug"], "address": self.person["phone"]}
        answer = httpx.get(self.centre["outbox"]["json"], params=asked)
        messages: list[dict[str, Any]] = answer.raise_for_status().json()["messages"]
        return messages
