"""Positions that a long-lived process may keep, and when it must not rely on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.store.stages import INBOX, STAGES, Stage, entry, marking, stage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from orgpost.store import FileStore
    from orgpost.store.journal import Layout, Record
    from orgpost.store.page import Page

ONE, TWO, THREE = entry("msg-1"), entry("msg-2"), entry("msg-3")


@pytest.fixture(name="stage", params=STAGES)
def fixture_stage(request: pytest.FixtureRequest, tmp_path: Path) -> Stage:
    """Each test is played on each stage."""
    return stage(request.param, tmp_path)


def layout(store: FileStore) -> Layout:
    """Where the entries stand now."""
    found = store.edit(INBOX, lambda page: page.layout)
    assert found is not None
    return found


def since(store: FileStore, known: Layout) -> Sequence[Record] | None:
    """What was written since, as the store tells it."""
    return store.edit(INBOX, lambda page: page.since(known))


def test_appends_and_changes_of_the_same_length_are_told_place_by_place(stage: Stage) -> None:
    """So a queue of ten thousand is not read again for one that changed, whoever changed it."""
    store, other = stage.store(), stage.store()
    store.append(INBOX, [ONE, TWO])
    known = layout(store)
    assert since(store, known) == []
    other.append(INBOX, [THREE])
    other.edit(INBOX, marking("msg-1", "READ"))
    records = since(store, known)
    assert records is not None
    told = [(part.id, part.entry) for record in records for part in record.parts]
    data = store.view(INBOX).data
    assert dict(told) == {b"msg-3": data.index(THREE[1]), b"msg-1": data.index(b"* READ ")}


def test_what_was_confirmed_and_forgotten_is_not_told(stage: Stage) -> None:
    """Then the whole file is read again; what was written after that is told."""
    store = stage.store()
    store.append(INBOX, [ONE])
    known = layout(store)
    store.append(INBOX, [TWO])
    later = layout(store)
    for each in (THREE, entry("msg-4")):
        stage.pass_time(0.6)
        store.append(INBOX, [each])
    assert since(store, known) is None
    records = since(store, later)
    assert records is not None
    assert [part.id for record in records for part in record.parts] == [b"msg-3", b"msg-4"]


def test_nobody_relies_on_places_after_a_rewrite(stage: Stage) -> None:
    """An entry may stand anywhere then."""
    store, other = stage.store(), stage.store()
    store.append(INBOX, [ONE, TWO])
    known = layout(store)
    other.edit(INBOX, lambda page: page.insert(len(page.data), b"* a note\n"))
    assert since(store, known) is None
    assert layout(store).generation != known.generation


def test_nobody_relies_on_places_after_a_persons_change(stage: Stage) -> None:
    """Also where the file is as long as before."""
    store = stage.store()
    store.append(INBOX, [ONE, TWO])
    known = layout(store)
    stage.pass_time(1)
    stage.person.edit(INBOX, lambda data: data.replace(b"msg-1", b"msg-9"))
    stage.pass_time(1)
    assert since(store, known) is None


def test_a_part_of_a_file_is_read_without_the_rest(stage: Stage) -> None:
    """And is the part that was asked for."""
    store = stage.store()
    store.append(INBOX, [ONE, TWO])
    data = store.view(INBOX).data
    at = data.index(TWO[1])

    def read(page: Page) -> bytes:
        piece = page.at(at, at + 20)
        assert page._data is None
        return piece

    assert store.edit(INBOX, read) == TWO[1][:20]
