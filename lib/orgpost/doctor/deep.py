"""A second opinion: orgparse reads each entry by itself, and must see what we see."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from orgpost.org.quote import quote_value
from orgpost.org.syntax import COOKIE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orgpost.doctor.finding import Finding
    from orgpost.doctor.patient import Patient
    from orgpost.org.entry import Entry

# For Emacs an accent that is a character of its own is a letter of a tag; for orgparse it is none.
_THEIR_TAG: Final = re.compile(r"[\w@#%]+")


def check_deep(patient: Patient) -> Iterator[Finding]:
    """Heading, state and properties of each entry, one at a time: one bad date stops orgparse."""
    for file in patient.files:
        for placed in file.mail:
            for what in differences(placed.entry):
                message = f"orgparse reads {placed.entry.id} otherwise: {what}"
                yield file.finding("orgparse", message, line=placed.line)


def differences(entry: Entry) -> list[str]:
    """Say what orgparse reads otherwise."""
    import orgparse

    head = f"{COOKIE.decode()}\n#+TODO: {' '.join(_keywords(entry))}\n"
    text = entry.raw.decode("utf-8", "replace").replace("\r\n", "\n")
    try:
        nodes = orgparse.loads(head + text).children
    except Exception as error:  # noqa: BLE001  whatever it is, this entry is what it stumbles over
        return [f"it cannot read it: {error}"]
    if len(nodes) != 1:
        return [f"it sees {len(nodes)} headings"]
    return list(_unequal(entry, nodes[0]))


def _unequal(entry: Entry, node: Any) -> Iterator[str]:
    heading = entry.heading
    if (node.todo or "") != entry.keyword:
        yield f"state {node.todo}, not {entry.keyword}"
    alike = not heading.commented and all(map(_THEIR_TAG.fullmatch, heading.tags))
    if alike and node.heading.strip() != heading.text:
        yield "another heading"
    theirs = {str(name).upper(): str(value).strip() for name, value in node.properties.items()}
    ours = dict(reversed(entry.properties))
    for name in sorted(ours.keys() | theirs.keys()):
        if theirs.get(name) not in {ours.get(name), quote_value(ours.get(name, ""))}:
            yield f"property {name}"


def _keywords(entry: Entry) -> list[str]:
    return [*entry.kind.keywords_open, "|", *entry.kind.keywords_closed]
