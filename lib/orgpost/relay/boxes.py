"""Boxes: what somebody may be told of, and who may hear it. Pure.

Whether somebody may hear a box never depends on whether the box exists, nor on what is in it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from orgpost.frozen import NamedTuple
from orgpost.names import NAME

if TYPE_CHECKING:
    from orgpost.contact import Contacts
    from orgpost.relay.tokens import Grant

PRESENCE: Final = "presence"
# Of each kind, which file below org/messaging its entries stand in.
_FOLDERS: Final = {"inbox": "inbox", "marks": "inbox", "agents": "agents", "trays": "trays"}
_KINDS: Final = (*_FOLDERS, "sent")


class Box(NamedTuple):
    """A box: its kind, and whose it is."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"

    @property
    def path(self) -> str | None:
        """The file that its entries stand in; None where they may stand in any."""
        folder = _FOLDERS.get(self.kind)
        return None if folder is None else f"{folder}/{self.name}.org"


def box_of(text: str) -> Box | None:
    """Give the box of entries that a text names; None where it names none."""
    kind, _, name = text.partition("/")
    return Box(kind, name) if kind in _KINDS and re.fullmatch(NAME, name) else None


def may_hear(box: Box, actor: str, contacts: Contacts) -> bool:
    """Say whether an actor may be told of what happens in a box."""
    hearer = contacts.get(actor)
    if hearer is None:
        return False
    if box.kind == "trays":
        # Persons and agents may claim from any tray; a helper's tray stands in its own record.
        return hearer.kind != "helper"
    if box.name == actor:
        return True
    other = contacts.get(box.name)
    is_owned = other is not None and other.kind != "person" and other.owner == actor
    return is_owned and box.kind != "sent"


def may_subscribe(text: str, grant: Grant, contacts: Contacts) -> Box | str | None:
    """Give the box, or `PRESENCE`, that a grant lets somebody hear; None where it does not."""
    if text == PRESENCE:
        return PRESENCE if grant.allows("presence") else None
    box = box_of(text)
    if box is None or not grant.allows("hint") or not may_hear(box, grant.actor, contacts):
        return None
    return box
