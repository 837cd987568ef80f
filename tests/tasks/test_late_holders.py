"""A holder is judged while the file is locked: what it knew a moment before does not count."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from orgpost.refusals import LeaseLost
from orgpost.store import FileStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from orgpost.agent_inbox import AgentInbox
    from orgpost.task import Claim
    from tests.tasks.conftest import Shop


class Slow(FileStore):
    """A process that is stopped, once, before it takes the lock of a file to write to it."""

    meanwhile: Callable[[], object] | None = None

    def edit(self, *known: Any, **facts: Any) -> Any:
        """Let others do what they want, then go on."""
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        return super().edit(*known, **facts)


WORDS: dict[str, Callable[[AgentInbox, Claim], object]] = {
    "complete": lambda inbox, claim: inbox.complete(claim, result="mine"),
    "fail": lambda inbox, claim: inbox.fail(claim, "mine"),
    "release": lambda inbox, claim: inbox.release(claim, "mine"),
    "renew": lambda inbox, claim: inbox.renew(claim),
}


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("is_taken", [True, False], ids=["taken", "only-late"])
def test_a_holder_that_is_late_for_the_lock_changes_nothing(
    shop: Shop, word: str, *, is_taken: bool
) -> None:
    """Its lease ran out while it was stopped, and somebody else may have the task by now."""
    task = shop.add("one")
    with Slow(shop.space, shop.clock, sync="off", lock_seconds=0.2) as store:
        slow = replace(shop, store=store, me="tex-agent")
        inbox = slow.inbox()
        (claim,) = inbox.claim(lease_seconds=60)

        def meanwhile() -> None:
            shop.clock.advance(61)
            if is_taken:
                assert shop.claim().token == 2

        store.meanwhile = meanwhile
        before = shop.content()
        with pytest.raises(LeaseLost) as late:
            WORDS[word](inbox, claim)
    assert ("token 2" if is_taken else "ran out") in str(late.value)
    assert is_taken or shop.content() == before
    assert shop.now(task.id).state == "WORKING"
    assert b"mine" not in shop.content()


def test_no_token_is_given_twice(shop: Shop) -> None:
    """Not after a release, an expiry, a failure, a retry or a revision."""
    task, tokens = shop.add("one", max_attempts=5), list[int]()

    def claim(**facts: Any) -> Claim:
        taken = shop.claim(**facts)
        tokens.append(taken.token)
        return taken

    with shop.acting("tex-agent"):
        shop.inbox().release(claim(), "not now")
        claim(lease_seconds=1)
        shop.clock.advance(2)
        shop.inbox().fail(claim(), "it broke")
        shop.clock.advance(3600)
        shop.inbox().fail(claim(), "for good", retryable=False)
    shop.inbox().retry(task.id)
    with shop.acting("tex-agent"):
        shop.inbox().complete(claim())
    shop.inbox().request_revision(task.id, "better")
    claim()
    assert tokens == [1, 2, 3, 4, 5, 6]
