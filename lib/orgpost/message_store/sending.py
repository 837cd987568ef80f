"""Sending: everything is checked, then written; a message that was answered for is on disk."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from orgpost.errors import (
    Conflict,
    InvalidField,
    OrgpostError,
    Partial,
    RouteFailed,
    TooLarge,
)
from orgpost.frozen import NamedTuple
from orgpost.message_store.composing import Letter, compose
from orgpost.message_store.limiting import PERSON
from orgpost.message_store.routing import COPY, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from orgpost.contact import Actor
    from orgpost.limits import Judgement
    from orgpost.message import Message
    from orgpost.message_store.desk import Desk
    from orgpost.message_store.limiting import Limiting
    from orgpost.message_store.routing import Route, Routing
    from orgpost.message_store.shelf import Shelf
    from orgpost.message_store.storing import Storing

BROADCAST: Final = "broadcast"


class Copy(NamedTuple):
    """One of several copies of a message."""

    id: str
    to: str


class Tried(NamedTuple):
    """Which copies are stored, and which are not, each with the error's facts."""

    sent: list[Copy]
    failed: list[dict[str, object]]


class Broadcast(NamedTuple):
    """A message to many: its thread and its copies."""

    thread: str
    sent: list[Copy]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What became of a message.

    `duplicate` says that it was there already, `editor` whose unsaved edits it waits for.
    """

    message: Message
    duplicate: bool = False
    copies: Sequence[Copy] = ()
    routes: Sequence[Outcome] = ()
    editor: str | None = None


class Sending:
    """Sends letters."""

    def __init__(
        self, desk: Desk, shelf: Shelf, storing: Storing, routing: Routing, limiting: Limiting
    ) -> None:
        self._desk, self._shelf, self._storing = desk, shelf, storing
        self._routing, self._limiting = routing, limiting

    def send(self, letter: Letter, *, then: Callable[[Message], None] | None = None) -> Sent:
        """Store a letter, then do what `then` says, then send its copies and run its routes.

        All is checked before; where `then` refuses, the message stays, and no route is run.
        """
        contacts = self._desk.good_contacts()
        actor = contacts.resolve(letter.sender)
        sender = actor.id
        recipient = contacts.resolve(letter.to, sender=sender).id
        routes = [self._routing.checked(dest, sender) for dest in letter.routes]
        others = [name for name in self._names(letter.cc, sender) if name != recipient]
        copied = [route.place for route in routes if route.kind == COPY]
        everybody = [recipient, *others, *copied] if others or copied else []
        sources = self._checked_files(letter, sender)
        supplied = letter.id is not None
        with self._limiting.turn(actor) as turn:
            message = self._composed(letter, actor, recipient, everybody)
            names = everybody or [recipient]
            self._limiting.check_lists(message, names)
            if supplied:
                self._storing.must_be_nowhere_else(message)
            turn.check(message, names, lambda: supplied and self._are_there(message, names))
            if sources and not (supplied and self._storing.find_same(message)):
                message = self._with_files(message, sources)
            stored = self._storing.put(message, supplied=supplied)
        if then is not None:
            then(stored.message)
        tried = self._send_copies(message, others, supplied=supplied)
        outcomes = [self._run(route, message, supplied=supplied) for route in routes]
        _complain(message.id, tried, outcomes)
        return Sent(
            message=stored.message,
            duplicate=stored.duplicate,
            copies=tried.sent,
            routes=outcomes,
            editor=stored.editor,
        )

    def broadcast(
        self, letter: Letter, *, exclude: Sequence[str] = (), kind: str = "person"
    ) -> Broadcast:
        """Send a copy each to everybody of a kind but the sender; `letter.to` is not looked at."""
        contacts = self._desk.good_contacts()
        actor = contacts.resolve(letter.sender)
        left_out = {actor.id, *self._names(exclude, actor.id)}
        names = [a.id for a in contacts.actors if a.id not in left_out and kind in {"all", a.kind}]
        if not names:
            raise InvalidField("exclude", f"leaves nobody of kind {kind}")
        letter = replace(letter, tags=tuple(dict.fromkeys((*letter.tags, BROADCAST))))
        supplied = letter.id is not None
        with self._limiting.turn(actor) as turn:
            message = self._composed(letter, actor, "", names)
            self._limiting.check_lists(message, names)
            turn.check(message, names, lambda: supplied and self._are_there(message, names))
            sent, failed = self._send_copies(message, names, supplied=supplied)
        if failed:
            hint = f"the same command with --id {message.id} sends the rest"
            raise Partial(_count(sent, failed), sent=_as_dicts(sent), failed=failed, hint=hint)
        return Broadcast(message.thread, sent)

    def judge(self, from_actor: str, to_actor: str, size: int) -> Judgement:
        """Judge a message of that size as it would be now; nothing is written."""
        contacts, limit = self._desk.good_contacts(), self._desk.rules.max_body_bytes
        sender = contacts.resolve(from_actor).id
        recipient = contacts.resolve(to_actor, sender=sender).id
        letter = Letter(sender=sender, to=recipient, subject="?")
        clock = self._desk.clock
        judged = self._limiting.judge(
            compose(letter, sender=sender, to=recipient, clock=clock, max_body_bytes=limit)
        )
        if judged.refusal is None and size > limit:
            from orgpost.limits import Refusal

            large = Refusal(TooLarge.code, str(TooLarge("the body", size, limit)))
            return judged._replace(refusal=large)
        return judged

    def _are_there(self, message: Message, names: Sequence[str]) -> bool:
        """Ask whether all copies of a message are stored already."""
        copies = (message if name == message.to else _copy(message, name) for name in names)
        try:
            return all(self._storing.find_same(copy) for copy in copies)
        except Conflict:
            return False

    def _names(self, names: Sequence[str], sender: str) -> list[str]:
        if not names:
            return []
        contacts = self._desk.good_contacts()
        return list(dict.fromkeys(contacts.resolve(name, sender=sender).id for name in names))

    # -- the message -------------------------------------------------------------------------

    def _composed(
        self, letter: Letter, sender: Actor, recipient: str, everybody: Sequence[str]
    ) -> Message:
        message = compose(
            letter,
            sender=sender.id,
            to=recipient,
            clock=self._desk.clock,
            max_body_bytes=self._desk.rules.max_body_bytes,
        )
        if letter.answer_route is not None:
            self._routing.checked(letter.answer_route, sender.id)
        if letter.reply_to is not None:
            parent = self._shelf.plain_message(self._shelf.get(letter.reply_to))
            message = replace(message, thread=parent.thread, reply_to=parent.id)
        if via := self._via(letter, sender):
            message = replace(message, via=via)
        if everybody:
            message = replace(message, recipients=tuple(dict.fromkeys(everybody)))
        return message

    def _via(self, letter: Letter, sender: Actor) -> tuple[str, ...]:
        if letter.about is not None and sender.kind != PERSON:
            return letter.about.via
        return self._limiting.via(sender, letter.via)

    def _checked_files(self, letter: Letter, sender: str) -> Sequence[object]:
        if not letter.attach:
            return ()
        return self._desk.files.check(letter.attach, self._roots(sender))

    def _roots(self, sender: str) -> Sequence[Path] | None:
        """Give the folders that files may be sent from; None for a person where nothing is set."""
        if self._desk.rules.attach_roots:
            return self._desk.rules.attach_roots
        if self._desk.contacts().resolve(sender).kind == "person":
            return None
        return (self._desk.space, Path.cwd())

    def _with_files(self, message: Message, sources: Sequence[object]) -> Message:
        properties = dict(self._desk.files.deliver(message.id, sources))
        files = tuple(self._desk.files.describe(message.id, properties))
        del properties["FILES"]  # `Message.files` says it
        return replace(message, files=files, properties={**message.properties, **properties})

    # -- copies and routes -------------------------------------------------------------------

    def _send_copies(self, message: Message, names: Sequence[str], *, supplied: bool) -> Tried:
        tried = Tried([], [])
        for name in names:
            copy = _copy(message, name)
            try:
                self._storing.put(copy, supplied=supplied)
                tried.sent.append(Copy(copy.id, name))
            except OrgpostError as error:
                tried.failed.append({"to": name, **error.to_dict()})
        return tried

    def _run(self, route: Route, message: Message, *, supplied: bool) -> Outcome:
        if route.kind != COPY:
            return self._routing.run(route, message)
        sent, failed = self._send_copies(message, [route.place], supplied=supplied)
        detail = sent[0].id if sent else str(failed[0]["message"])
        return Outcome(route.dest, ok=bool(sent), detail=detail)


def _copy(message: Message, name: str) -> Message:
    return replace(
        message,
        id=f"{message.id}-{name}",
        to=name,
        properties={"MSG_ID": message.id, **message.properties},
    )


def _complain(id: str, tried: Tried, outcomes: Sequence[Outcome]) -> None:
    """Say what did not work; the message itself is stored."""
    if tried.failed:
        hint = f"the same command with --id {id} sends the rest"
        sent = [{"id": id}, *_as_dicts(tried.sent)]
        raise Partial(_count(tried.sent, tried.failed), sent=sent, failed=tried.failed, hint=hint)
    if not all(outcome.ok for outcome in outcomes):
        raise RouteFailed(id, [outcome._asdict() for outcome in outcomes])


def _count(sent: Sequence[Copy], failed: Sequence[object]) -> str:
    return f"{len(sent)} of {len(sent) + len(failed)} copies are sent"


def _as_dicts(copies: Sequence[Copy]) -> list[dict[str, object]]:
    return [copy._asdict() for copy in copies]
