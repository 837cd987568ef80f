"""What the governor asks of the mail; they do not know each other, `post` brings them together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from orgpost.limits import Judgement


class Mail(Protocol):
    """Who judges messages, and stores them."""

    def judge(self, from_actor: str, to_actor: str, size: int) -> Judgement:
        """Judge a message of that size as it would be now; nothing is written."""
