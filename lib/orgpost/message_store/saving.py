"""Saving the files that a message brought, and noting that it was done."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from orgpost.errors import InvalidField
from orgpost.message_store.shelf import spans_of
from orgpost.org import scan
from orgpost.org.change import with_property
from orgpost.org.entry import parse
from orgpost.org.syntax import MESSAGE

if TYPE_CHECKING:
    from pathlib import Path

    from orgpost.message_store.desk import Desk
    from orgpost.message_store.shelf import Shelf
    from orgpost.store.page import Page


class Saving:
    """Takes files out of the space."""

    def __init__(self, desk: Desk, shelf: Shelf) -> None:
        self._desk, self._shelf = desk, shelf

    def save_files(self, id: str, folder: Path, *, force: bool = False) -> list[Path]:
        """Save a message's files, if each is what was sent: all of them, or none."""
        found = self._shelf.get(id)
        message = self._shelf.plain_message(found)
        if found.entry().get("FILES") is None:
            raise InvalidField("save", f"{id} brought no files")
        place = message.properties.get("MSG_ID", id)
        saved = self._desk.files.save(place, message.properties, folder, force=force)
        if message.properties.get("DOWNLOADED") == "false":
            self._desk.store.edit(found.source.path, partial(_note, id))
        return saved


def _note(id: str, page: Page) -> None:
    kind = scan.file_kind(page.data, MESSAGE)
    for span in spans_of(page.data, [id]).values():
        raw = page.data[span.start : span.end]
        if parse(raw, kind).get("DOWNLOADED") == "false":
            page.replace(span, with_property(raw, "DOWNLOADED", "true", kind))
