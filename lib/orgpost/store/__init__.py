"""Where Org files live: nothing that was acknowledged is lost, and a person's bytes win."""

from __future__ import annotations

from orgpost.store.files import FileStore, create_file, make_private, replace_file
from orgpost.store.page import Move, Page, Receipt, Store, View

__all__ = [
    "FileStore",
    "Move",
    "Page",
    "Receipt",
    "Store",
    "View",
    "create_file",
    "make_private",
    "replace_file",
]
