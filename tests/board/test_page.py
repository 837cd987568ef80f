"""The page about the board is compared with the board, and its tests with what they need."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from orgpost.relay.board.site import HERE
from tests.board.window import chromium

if TYPE_CHECKING:
    from tests.board.visiting import Place

ROOT: Final = Path(__file__).resolve().parents[2]
PAGE: Final = (ROOT / "docs" / "board.md").read_text()


def test_each_address_is_on_the_page_and_no_other(place: Place) -> None:
    """Whoever reads it knows all that can be looked at."""
    table = PAGE[PAGE.index("## The pages") : PAGE.index("## Keys")]
    cells = " ".join(re.findall(r"(?m)^\| (`/.*?) \|", table))
    told = set(re.findall(r"`(/[^`]*)`", cells))
    routes = [route for route in place.board.routes() if route.method == "GET"]  # type: ignore[attr-defined]  # each is a RouteDef
    real = {route.path.replace("{id}", "ID") for route in routes}  # type: ignore[attr-defined]  # likewise
    assert told == real - {"/login", "/board/{name}"}


def test_the_keys_of_the_page_are_those_of_the_help() -> None:
    """And those of the script."""
    layout, script = (
        (HERE / name).read_text() for name in ("templates/layout.html", "static/board.js")
    )
    told = re.findall(r"`(\w+|\?)`", " ".join(re.findall(r"(?m)^\| (`.+?`) \|", keys_of(PAGE))))
    helped = re.findall(r"<kbd>(.+?)</kbd>", layout[layout.index('<dl class="keys">') :])
    known = re.search(r"const KEYS = \{(.*)\}", script)
    assert known is not None
    pressed = re.findall(r'(?:^|, )\s*"?(\w+|\?)"?:', known[1])
    assert told == helped
    assert {*pressed, "Enter", "Esc"} == {*told, "Escape"}


def keys_of(page: str) -> str:
    """The part about keys."""
    return page[page.index("## Keys") : page.index("## What you may see")]


def test_each_picture_is_there_and_small() -> None:
    """A page of documentation is read on slow lines, too."""
    named = set(re.findall(r"pictures/([\w-]+\.png)", PAGE))
    found = {path.name: path.stat().st_size for path in (ROOT / "docs/pictures").glob("*.png")}
    assert named == set(found)
    assert {name: size for name, size in found.items() if size > 64_000} == {}


def test_nothing_of_the_pages_comes_from_elsewhere_or_stands_in_line() -> None:
    """No address of another host, no style, no script and no handler in a template."""
    for path in sorted(HERE.rglob("*.html")):
        text = path.read_text()
        assert (
            re.findall(r"(?i)https?:|//\w|<style|style=|<script>|\son\w+=|javascript:", text) == []
        )
    for name in ("board.js", "board.css"):
        text = (HERE / "static" / name).read_text()
        assert re.findall(r"https?://|@import|url\(|innerHTML|insertAdjacent|\beval\b", text) == []


def test_without_chromium_the_tests_fail_and_say_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A promise that nobody looked at is not kept."""
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(pytest.fail.Exception, match="apt-get install chromium"), chromium():
        pass
