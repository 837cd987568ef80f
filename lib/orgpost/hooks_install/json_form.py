"""Our entries in a client's JSON file: put in, found, exchanged, taken out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from orgpost.hooks_install.entry import Found, runs_mcp, words_of
from orgpost.hooks_install.json_place import Page
from orgpost.hooks_install.json_text import Unfit, exact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from orgpost.hooks_install.entry import Entry
    from orgpost.hooks_install.json_place import Place
    from orgpost.hooks_install.json_text import Node

HOOKS: Final = "hooks"


class JsonForm:
    """A file of JSON; comments are read in any, a comma before an end only where the client may."""

    is_one_piece = False

    def __init__(self, *, trailing_commas: bool = False) -> None:
        self._trailing_commas = trailing_commas

    # --- what it does -----------------------------------------------------------------------------

    def put(self, text: str, entries: Sequence[Entry]) -> str:
        """Put entries in that are not there."""
        page = self._page(text)
        for entry in entries:
            page = _put(page, entry)
        return page.text

    def exchange(
        self,
        text: str,
        ours: Callable[[Found], bool],
        entries: Sequence[Entry],
        olds: Sequence[Entry],
        before: str | None,
    ) -> str:
        """Have these entries there, each where the one of ours before it stands.

        `before` is the text without us: a container that is in it stays.
        """
        page, left = self._page(text), list(entries)
        known = None if before is None else self._page(before)
        wanted = {(each.path, each.key) for each in entries}
        for old in olds:
            if (old.path, old.key) not in wanted:
                page = _cut_server(page, old, known)
        for found in reversed(list(_handlers(page.root))):
            if not ours(found):
                continue
            entry = next((each for each in left if each.event == found.event), None)
            if entry is None:
                page = _cut(page, found.place, known)
            else:
                left.remove(entry)
                page = page.exchange(found.place, handler_of(entry))
        for entry in left:
            page = _put(page, entry)
        return page.text

    def strip(
        self,
        text: str,
        ours: Callable[[Found], bool],
        entries: Sequence[Entry],
        before: str | None,
    ) -> str | None:
        """Take out what is ours; None where nothing is left that somebody else wrote.

        `before` is the text as it was before us: a container that was there stays.
        """
        if not text.strip():
            return text
        page = Page(text, trailing_commas=self._trailing_commas)
        known = None if before is None else self._page(before)
        for found in reversed(list(_handlers(page.root))):
            if ours(found):
                page = _cut(page, found.place, known)
        for entry in entries:
            page = _cut_server(page, entry, known)
        for entry in entries:
            number = page.root.child(entry.key) if entry.is_mark else None
            if number is not None and _is_mark_ours(page, entry, known):
                page = page.cut((number,), _inner(page, (), known))
        if page.text == text or page.root.children or (before or "").strip():
            return page.text
        return before if not page.text.strip(" \t\r\n{}") else page.text

    def find(self, text: str) -> list[Found]:
        """Every handler that stands there, ours or not."""
        return list(_handlers(self._page(text).root))

    def server(self, text: str, path: tuple[str, ...], key: str) -> Any:
        """The MCP server of that name; None where there is none."""
        page = self._page(text)
        place, depth = page.find((*path, key))
        return page.at(place).value() if depth == len(path) + 1 else None

    def _page(self, text: str) -> Page:
        if not text.strip():
            text = f"{text}{{}}\n"
        page = Page(text, trailing_commas=self._trailing_commas)
        if page.root.kind != "{":
            raise Unfit("its top level is no table")
        return page


def handler_of(entry: Entry) -> Any:
    """The handler in an entry's value, which may be a group that holds only it."""
    inner = entry.value.get(HOOKS) if isinstance(entry.value, dict) else None
    return inner[0] if isinstance(inner, list) else entry.value


# --- putting in -----------------------------------------------------------------------------------


def _put(page: Page, entry: Entry) -> Page:
    path = (*entry.path, entry.key) if entry.key else entry.path
    place, depth = page.find(path)
    if depth == len(path):
        there = page.at(place)
        if not entry.key:
            return page.insert(place, entry.value) if there.kind == "[" else _refuse(path, "list")
        if entry.is_mark or there.exact() == exact(entry.value):
            return page
        if not runs_mcp(there.value()):
            raise Unfit(f"{'.'.join(path)} is there already, and orgpost did not write it")
        return page.exchange(place, entry.value)
    if page.at(place).kind != "{":
        return _refuse(path[:depth], "table")
    value = entry.value if entry.key else [entry.value]
    for key in reversed(path[depth + 1 :]):
        value = {key: value}
    return page.insert(place, value, path[depth])


def _refuse(path: tuple[str, ...], what: str) -> Page:
    raise Unfit(f"{'.'.join(path)} is no {what}")


# --- finding --------------------------------------------------------------------------------------


def _handlers(root: Node) -> Iterator[Found]:
    """The handlers of any client's file: below an event, in groups or not, or with a trigger."""
    for at, member in enumerate(root.children):
        if member.name is None or member.name.name != HOOKS:
            continue
        if member.kind == "[":
            yield from _of_list(member, (at,), "")
        for number, event in enumerate(member.children if member.kind == "{" else ()):
            if event.name and event.kind == "[":
                yield from _of_list(event, (at, number), event.name.name)


def _of_list(items: Node, place: Place, event: str) -> Iterator[Found]:
    for number, item in enumerate(items.children):
        inner = item.child(HOOKS)
        if inner is not None and item.children[inner].kind == "[":
            yield from _of_list(item.children[inner], (*place, number, inner), event)
            continue
        value = item.value()
        words, line = words_of(value)
        if words and isinstance(value, dict):
            yield Found(event or str(value.get("trigger", "")), words, (*place, number), line)


# --- taking out -----------------------------------------------------------------------------------


def _is_mark_ours(page: Page, mark: Entry, known: Page | None) -> bool:
    """Say whether a mark came with us, and nobody else's hooks need it now."""
    if known is None:
        return len(page.root.children) == 1
    is_needed = page.root.child(HOOKS) is not None and known.root.child(HOOKS) is None
    return known.root.child(mark.key) is None and not is_needed


def _cut_server(page: Page, entry: Entry, known: Page | None) -> Page:
    if not entry.key or entry.is_mark:
        return page
    place, depth = page.find((*entry.path, entry.key))
    if depth <= len(entry.path) or not runs_mcp(page.at(place).value()):
        return page
    return _cut(page, place, known)


def _cut(page: Page, place: Place, known: Page | None) -> Page:
    """Take a child out, with the containers around it that held nothing else."""
    top = place
    while len(top) > 1 and len(page.at(top[:-1]).children) == 1 and not _was(page, top[:-1], known):
        top = top[:-1]
    if len(top) > 1 and len(top) < len(place) and _is_list_of_a_group(page, top):
        top = place  # a group that somebody made to hold more keeps its list, though empty
    return page.cut(top, _inner(page, top[:-1], known))


def _is_list_of_a_group(page: Page, place: Place) -> bool:
    name = page.at(place).name
    return name is not None and name.name == HOOKS and page.at(place[:-2]).kind == "["


def _was(page: Page, place: Place, known: Page | None) -> bool:
    """Say whether a container was there before us; what stands in a list cannot be known again."""
    return known is not None and _same(page, place, known) is not None


def _inner(page: Page, place: Place, known: Page | None) -> str:
    """What an empty container held before us: blanks and comments."""
    there = None if known is None else _same(page, place, known)
    if there is None or known is None or there.children:
        return ""
    return known.text[there.start + 1 : there.end - 1]


def _same(page: Page, place: Place, known: Page) -> Node | None:
    keys = [page.at(place[: depth + 1]).name for depth in range(len(place))]
    path = tuple(key.name for key in keys if key)
    if len(path) != len(place):
        return None
    there, depth = known.find(path)
    return known.at(there) if depth == len(path) else None
