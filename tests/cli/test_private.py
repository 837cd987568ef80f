"""What is private to a space is nobody's to share: whoever makes `.orgpost` keeps it out of git."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from orgpost.clock import Clock
from orgpost.relay.runfile import Seat

if TYPE_CHECKING:
    from tests.cli.door import Cli


@pytest.mark.parametrize(
    "words",
    [("relay", "token", "tex"), ("doctor", "--fix"), ("send", "crt", "hi")],
    ids=lambda words: words[0],
)
def test_a_command_after_a_deletion_keeps_it_out_of_git(cli: Cli, words: tuple[str, ...]) -> None:
    """The secret of the relay and the journals would be new files in git otherwise."""
    shutil.rmtree(cli.space / ".orgpost", ignore_errors=True)
    cli(*words)
    must_be_out_of_git(cli)


def test_a_relay_whose_folder_is_deleted_keeps_it_out_of_git(cli: Cli) -> None:
    """It takes its seat again, and makes the folder for that."""
    with Seat(cli.space, Clock()) as seat:
        shutil.rmtree(cli.space / ".orgpost")
        seat.keep()
        must_be_out_of_git(cli)


def must_be_out_of_git(cli: Cli) -> None:
    """Ask what the folder says to git, and that others cannot look into it."""
    private = cli.space / ".orgpost"
    assert (private / ".gitignore").read_bytes() == b"*\n"
    assert private.stat().st_mode & 0o077 == 0
