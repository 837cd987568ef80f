"""Who is let in, and who must go: tokens, contacts, what was revoked, and who fails too often.

Contacts that cannot be read any more change nothing: the last good ones decide. Sends are refused
then, by the store itself.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from orgpost.relay.boxes import may_subscribe
from orgpost.relay.events import say
from orgpost.relay.rate import Attempts
from orgpost.relay.revoked import Revoked, read_revoked
from orgpost.relay.tokens import BadToken, Signer

if TYPE_CHECKING:
    from orgpost.clock import Clock
    from orgpost.contact import Actor, Contacts
    from orgpost.post import Post
    from orgpost.relay.boxes import Box
    from orgpost.relay.tokens import Grant

_MOST_SHOWN: Final = 3


class Guard:
    """Decides by what it read last; `renew` is asked in a thread, everything else on the loop."""

    def __init__(self, tokens: Signer, contacts: Contacts, clock: Clock) -> None:
        self.tokens, self.contacts = tokens, contacts
        self._clock = clock
        self._revoked = Revoked(None)
        self._seen_once: tuple[Actor, ...] | None = None
        self._attempts = Attempts()
        self.trouble = ""

    # -- what is known -------------------------------------------------------------------------

    def renew(self, post: Post) -> bool:
        """Read contacts and revocations as they are now; whether that changed who may be here.

        Other contacts count when they are seen a second time: a file that somebody is just saving
        must not send everybody away. Until then `is_unsure`.
        """
        changed = self._renew_revoked(post)
        contacts = post.contacts.load()
        trouble = "; ".join(f"{p['key']}: {p['problem']}" for p in contacts.problems[:_MOST_SHOWN])
        if trouble and trouble != self.trouble:
            say("contacts_unreadable", logging.ERROR, count=len(contacts.problems))
        self.trouble = trouble
        if contacts.problems or contacts.actors == self.contacts.actors:
            self._seen_once = None
            return changed
        seen_once, self._seen_once = self._seen_once, contacts.actors
        if seen_once != contacts.actors:
            return changed
        self.contacts, self._seen_once = contacts, None
        return True

    @property
    def is_unsure(self) -> bool:
        """Whether other contacts were seen, and only once so far."""
        return self._seen_once is not None

    def _renew_revoked(self, post: Post) -> bool:
        try:
            revoked = read_revoked(post.space)
        except OSError as error:
            # What was known goes on to hold: no descriptor is left, perhaps, or the disk is gone.
            say("revoked_unreadable", logging.ERROR, kind=type(error).__name__)
            return False
        changed = revoked != self._revoked
        self._revoked = revoked
        return changed

    @property
    def why(self) -> str:
        """Say what decides at present, for the log."""
        revoked = "a list of revoked" if self._revoked.is_understood else "no list of revoked"
        return f"{len(self.contacts.actors)} contacts and {revoked}"

    # -- who is let in -------------------------------------------------------------------------

    def admit(self, token: str) -> Grant:
        """Give what a token grants; `BadToken` where it opens nothing here and now."""
        grant = self.tokens.read(token)
        if not self.is_good(grant):
            raise BadToken("revoked, or nobody here")
        return grant

    def is_good(self, grant: Grant) -> bool:
        """Ask whether its actor is known, and nobody took it back."""
        return self.contacts.get(grant.actor) is not None and not self._revoked.holds(grant)

    def is_over(self, grant: Grant) -> bool:
        """Ask whether its time has come."""
        return grant.expires <= self._clock.now()

    def may_subscribe(self, box: str, grant: Grant) -> Box | str | None:
        """Give the box that this grant lets somebody hear."""
        return may_subscribe(box, grant, self.contacts)

    # -- who fails -----------------------------------------------------------------------------

    def wait(self, address: str) -> float:
        """Say in how many seconds an address may try again; 0 is now."""
        return self._attempts.wait(address, self._clock.monotonic())

    def failed(self, address: str) -> None:
        """Note a failed login."""
        self._attempts.failed(address, self._clock.monotonic())
