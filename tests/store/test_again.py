"""An id that comes a second time, after a person removed the first entry of that id."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orgpost.org import scan, syntax
from orgpost.store.person import SAVES
from tests.store.stages import INBOX, STAGES, Stage, entry, marking, stage

if TYPE_CHECKING:
    from pathlib import Path

    from orgpost.store.files import FileStore

HEADER = syntax.header(INBOX)
ONE, TWO = entry("msg-1"), entry("msg-2")


@pytest.fixture(name="stage", params=STAGES)
def fixture_stage(request: pytest.FixtureRequest, tmp_path: Path) -> Stage:
    """Each test is played on each stage."""
    return stage(request.param, tmp_path)


def send_again(store: FileStore) -> None:
    """Send an id where it is not there any more."""
    receipt = store.append(INBOX, [ONE], unless=lambda view: scan.find_id(view.data, ONE[0]))
    assert receipt.found is None


@pytest.mark.parametrize("how", SAVES)
def test_what_a_person_removed_can_be_sent_again_in_the_same_moment(stage: Stage, how: str) -> None:
    """The record of the first one, not yet confirmed, does not speak for the second."""
    store = stage.store()
    store.append(INBOX, [ONE, TWO])
    stage.pass_time(11)
    stage.person.save(INBOX, HEADER + TWO[1], how=how)
    send_again(store)
    stage.pass_time(1)
    assert store.view(INBOX).data == HEADER + TWO[1] + ONE[1]


@pytest.mark.parametrize("how", SAVES)
def test_a_mark_on_what_a_person_removed_does_not_hide_what_is_sent_again(
    stage: Stage, how: str
) -> None:
    """A change of the first one, not yet confirmed, is none of the second."""
    store = stage.store()
    store.append(INBOX, [ONE, TWO])
    store.confirm(INBOX)
    store.edit(INBOX, marking("msg-1", "READ"))
    stage.person.save(INBOX, HEADER + TWO[1], how=how)
    send_again(store)
    stage.pass_time(1)
    assert store.view(INBOX).data == HEADER + TWO[1] + ONE[1]
