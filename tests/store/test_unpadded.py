"""An editor takes the blanks behind a keyword away, while a program changes that keyword."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from orgpost.org import syntax
from orgpost.store.person import SAVES
from tests.store.stages import INBOX, STAGES, Stage, entry, marking, stage

if TYPE_CHECKING:
    from pathlib import Path

HEADER = syntax.header(INBOX)
ONE = entry("msg-1")
UNPADDED = ONE[1].replace(b"UNREAD   ", b"UNREAD ")


@pytest.fixture(name="stage", params=STAGES)
def fixture_stage(request: pytest.FixtureRequest, tmp_path: Path) -> Stage:
    """Each test is played on each stage."""
    return stage(request.param, tmp_path)


@pytest.mark.parametrize("how", SAVES)
def test_a_longer_keyword_is_not_written_into_a_persons_title(stage: Stage, how: str) -> None:
    """The bytes of the mark would fit; the blank behind them would be gone."""
    store = stage.store()
    store.append(INBOX, [ONE])
    store.confirm(INBOX)
    store.edit(INBOX, marking("msg-1", "REPLIED"))
    stage.person.save(INBOX, HEADER + UNPADDED, how=how)
    stage.pass_time(1)
    assert store.view(INBOX).data == HEADER + UNPADDED


def test_a_shorter_keyword_still_comes_back(stage: Stage) -> None:
    """Where the word ends is where it ended."""
    store = stage.store()
    store.append(INBOX, [ONE])
    store.confirm(INBOX)
    store.edit(INBOX, marking("msg-1", "READ"))
    stage.person.save(INBOX, HEADER + UNPADDED)
    stage.pass_time(1)
    assert store.view(INBOX).data == HEADER + UNPADDED.replace(b"UNREAD", b"READ  ")
