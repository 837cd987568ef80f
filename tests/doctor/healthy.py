"""Builds a space in which nothing is wrong, and looks at what doctor says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orgpost.doctor import Finding, Options, examine
from orgpost.org.entry import Draft, render
from orgpost.org.syntax import MESSAGE, TASK, header, kind_of
from orgpost.store.files import FileStore
from orgpost.store.page import FOLDERS

if TYPE_CHECKING:
    from pathlib import Path

CONTACTS = """\
actors:
  - id: tex
    kind: person
    trust_tier: owner
  - id: crt
    kind: person
  - id: tex-agent
    kind: agent
    owner: tex
"""
ID = "msg-20261120-083105-7k3m9q2xwd"


def message(
    id: str = ID, *, state: str = "UNREAD", body: str = "Hello.", **properties: str
) -> bytes:
    """Give the bytes of a message to tex."""
    fields = {"FROM": "crt", "TO": "tex", "CREATED": "[2026-11-20 Fri 09:31:05]", "THREAD": id}
    given = [(name, value) for name, value in (fields | properties).items() if value]
    return render(Draft(id=id, keyword=state, title="Hello", properties=given, body=body), MESSAGE)


def task(id: str = "task-20261120-083200-0p4n8s6vbe", **properties: str) -> bytes:
    """Give the bytes of a task of tex-agent."""
    fields = {"FROM": "crt", "CREATED": "[2026-11-20 Fri 09:32:00]", "LEASE": "- 0 -"}
    given = list((fields | properties).items())
    return render(Draft(id=id, keyword="QUEUED", title="Do it", properties=given), TASK)


def healthy(root: Path) -> Path:
    """Make a space with one message and one task, and nothing wrong."""
    (root / ".orgpost").mkdir(mode=0o700, parents=True)
    for folder in FOLDERS:
        (root / "org/messaging" / folder).mkdir(parents=True)
    plant(root, "contacts.yaml", CONTACTS.encode())
    mail(root, "inbox/tex.org", message())
    mail(root, "agents/tex-agent.org", task())
    return root


def mail(root: Path, path: str, *entries: bytes) -> bytes:
    """Write a file of ours with these entries; gives its bytes."""
    assert kind_of(path) is not None
    data = header(path) + b"".join(entries)
    plant(root, path, data)
    return data


def plant(root: Path, path: str, data: bytes) -> None:
    """Write a file below `org/messaging`, long ago enough to be no save that is going on."""
    place = root / "org/messaging" / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    age(place)


def age(place: Path, seconds: float = 60) -> None:
    """Let a file be older than it is."""
    import os

    found = place.stat()
    then = found.st_mtime_ns - int(seconds * 1_000_000_000)
    os.utime(place, ns=(then, then))


def read(root: Path, path: str) -> bytes:
    """Read a file below `org/messaging`."""
    return (root / "org/messaging" / path).read_bytes()


def send(root: Path, *ids: str) -> None:
    """Add messages through the store, as a program does."""
    with FileStore(root) as store:
        for id in ids:
            store.append("inbox/tex.org", [(id.encode(), message(id))])


def found(root: Path, *, deep: bool = False) -> list[tuple[str, str, bool]]:
    """Give check, file and whether it can be fixed of each finding."""
    return [(each.check, each.file, each.fixable) for each in all_found(root, deep=deep)]


def all_found(root: Path, *, deep: bool = False) -> tuple[Finding, ...]:
    """Give all findings."""
    return examine(root, Options(deep=deep)).all


def fixed(root: Path) -> tuple[list[str], list[str]]:
    """Fix; gives the checks that were fixed, and those that are found afterwards."""
    first = examine(root, Options(fix=True))
    second = examine(root, Options(fix=True))
    assert second.fixed == 0, "the second run found something to fix"
    return (
        [each.check for each in first.all if each.fixed],
        [each.check for each in second.all],
    )
