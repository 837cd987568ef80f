"""What watching tells: changes of entries, the boxes that they belong to, and a round of both.

Frozen values. A change says which entry, what happened to it and from whom it is; never a word of
its subject or body.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from orgpost.frozen import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

NEW, STATE, EDIT, GONE = "new", "state", "edit", "gone"

MAIL: Final = "inbox"
WORK: Final = ("agents", "trays")


class Change(NamedTuple):
    """One entry that changed: `kind` is ``new``, ``state``, ``edit`` or ``gone``.

    `state` is the keyword that it has now, or had last; `tier` is how far its whole chain is
    trusted at this moment. `digest` tells one text of the entry from another.
    """

    kind: str
    id: str
    state: str
    sender: str
    tier: str
    priority: str
    digest: str = ""

    def to_dict(self) -> dict[str, str]:
        """Give it as a hint has it."""
        facts = {"kind": self.kind, "id": self.id, "state": self.state}
        return facts | {"from": self.sender, "tier": self.tier, "priority": self.priority}


class News(NamedTuple):
    """What happened in one box, in the order of the file.

    With `reset` nobody can say what happened, and there are no changes: whoever relied on what it
    knew of the box must look at it as a whole.
    """

    box: str
    changes: tuple[Change, ...] = ()
    reset: bool = False


class Round(NamedTuple):
    """What one look found: at most one `News` for each box.

    `contacts` says that contacts.yaml or helpers.org moved, `troubles` which files cannot be read
    and why, in words; a file that is in no later round's troubles can be read again.
    """

    news: tuple[News, ...] = ()
    contacts: bool = False
    troubles: tuple[tuple[str, str], ...] = ()


class Told(NamedTuple):
    """One change of an entry before it is sorted into boxes; `text` says that its words changed."""

    change: Change
    text: bool


def sort_into_boxes(folder: str, name: str, told: Iterable[Told]) -> list[News]:
    """Say which boxes hear of the changes of one file.

    What becomes of mail by its reader's own hand is not news in the inbox: reading wakes nobody.
    """
    boxes: dict[str, list[Change]] = {}
    for change, text in told:
        if folder != MAIL:
            boxes.setdefault(f"{folder}/{name}", []).append(change)
            continue
        if change.kind in {NEW, EDIT}:
            boxes.setdefault(f"inbox/{name}", []).append(change)
        elif text:
            edit = change._replace(kind=EDIT)
            boxes.setdefault(f"inbox/{name}", []).append(edit)
        if change.kind in {STATE, GONE}:
            boxes.setdefault(f"marks/{name}", []).append(change)
            boxes.setdefault(f"sent/{change.sender}", []).append(change)
    return [News(box, tuple(changes)) for box, changes in boxes.items()]


def boxes_of(folder: str, name: str, senders: Iterable[str]) -> list[str]:
    """Name every box that one file may have news for; `senders` are those of its mail."""
    if folder != MAIL:
        return [f"{folder}/{name}"]
    return [f"inbox/{name}", f"marks/{name}", *(f"sent/{sender}" for sender in senders)]
