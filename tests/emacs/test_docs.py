"""What `docs/emacs.md` says is so: its pictures, its keys, its options."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pytest

from tests.emacs.package import FILES, ROOT
from tests.emacs.pictures import DOCUMENT, in_document, normal, pictures

if TYPE_CHECKING:
    from tests.emacs.office import Office

DOCUMENTS: Final = sorted((ROOT / "docs").glob("emacs*.md"))


@pytest.mark.slow
def test_the_pictures_are_what_stands_on_the_screen(office: Office) -> None:
    """Whoever changes the looks runs `python -m tests.emacs.pictures`."""
    shown = {name: normal(text) for name, text in pictures(office).items()}
    written = in_document(DOCUMENT.read_text("utf-8"))
    assert {name: normal(text) for name, text in written.items()} == shown


def test_each_option_is_told() -> None:
    """An option that no document names is one that nobody finds."""
    lisp = "".join(file.read_text("utf-8") for file in FILES)
    options = set(re.findall(r"(?m)^\(defcustom ([\w-]+)", lisp))
    told = "".join(document.read_text("utf-8") for document in DOCUMENTS)
    assert options
    assert [option for option in sorted(options) if f"`{option}`" not in told] == []


def test_each_option_of_the_table_is_there() -> None:
    """And one that is told and is none helps nobody."""
    lisp = "".join(file.read_text("utf-8") for file in FILES)
    for document in DOCUMENTS:
        rows = re.findall(r"(?m)^\| `(orgpost-[\w-]+)` \|", document.read_text("utf-8"))
        assert [name for name in rows if f"(defcustom {name} " not in lisp] == []
