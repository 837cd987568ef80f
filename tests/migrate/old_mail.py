"""Builds old spaces as the ancestor's programs wrote them, and reads the new ones back."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from orgpost.org import scan
from orgpost.org.entry import Entry, parse
from orgpost.org.syntax import kind_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

STAMP = "2026-11-20 Fri 09:10"
TODO = "#+TODO: TODO WAITING QUEUED WORKING | DONE CANCELLED ARCHIVED\n"


def letter(
    body: str = "Hello.",
    *,
    id: str = "msg-20261120-091003-crt",
    tags: str = " :unread:",
    stamp: str = STAMP,
    **properties: str,
) -> str:
    """Write a message of v0.1; a property that is `-` is left out."""
    fields = {"ID": id, "FROM": "crt", "TO": "tex"} | properties
    drawer = "".join(f":{name}: {value}\n" for name, value in fields.items() if value != "-")
    return f"\n* MESSAGE [{stamp}]{tags}\n:PROPERTIES:\n{drawer}:END:\n{body}\n"


def entry_v02(
    body: str = "Hello.",
    *,
    head: str = f"TODO [{STAMP}] :unread:message:",
    id: str = "msg-20261120-091003-1a2b3c4d",
    planning: str = "",
    **properties: str,
) -> str:
    """Write an entry of v0.2; a property that is `-` is left out."""
    fields = {"FROM": "crt", "TO": "tex", "ID": id} | properties
    drawer = "".join(f"  :{name}: {value}\n" for name, value in fields.items() if value != "-")
    lines = "".join(f"  {line}\n" for line in body.split("\n")) if body else ""
    return f"* {head}\n{planning}  :PROPERTIES:\n{drawer}  :END:\n{lines}"


def space_v01(root: Path, files: Mapping[str, str | bytes], users: str = "") -> Path:
    """Make a space of v0.1 of the files in `org/inboxes`."""
    for name, text in files.items():
        plant(root, f"org/inboxes/{name}", text)
    if users:
        plant(root, "org/inboxes/USERS.yaml", users)
    return root


def space_v02(
    root: Path, inbox: str = "", agents: Mapping[str, str] | None = None, contacts: str = ""
) -> Path:
    """Make a space of v0.2."""
    plant(root, "org/messaging/inbox.org", TODO + inbox)
    for name, text in (agents or {}).items():
        plant(root, f"org/messaging/agents/{name}", TODO + text)
    if contacts:
        plant(root, "contacts.yaml", contacts)
    return root


def plant(root: Path, file: str, text: str | bytes) -> None:
    """Write a file and its folders."""
    place = root / file
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(text.encode() if isinstance(text, str) else text)
    # Some time ago: what was written this very moment might be a save that is still going on.
    os.utime(place, (place.stat().st_mtime - 60,) * 2)


def entries(root: Path, path: str) -> list[Entry]:
    """Read all entries of a new file."""
    place = root / "org" / "messaging" / path
    data = place.read_bytes() if place.exists() else b""
    kind = kind_of(path)
    assert kind is not None
    return [parse(data[slice(*span)], kind) for _, span in scan.find_all_ids(data)]


def only(root: Path, path: str = "inbox/tex.org") -> Entry:
    """Read the one entry of a new file."""
    (found,) = entries(root, path)
    return found


def snapshot(root: Path) -> dict[str, tuple[bytes, int]]:
    """Give each file's bytes and modification time, and each folder's."""
    return {
        str(place.relative_to(root)): (
            place.read_bytes() if place.is_file() else b"",
            place.stat().st_mtime_ns,
        )
        for place in [root, *root.rglob("*")]
    }
