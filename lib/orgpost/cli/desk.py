"""What a command works with: the post, opened when it is first needed, and the places words go."""

from __future__ import annotations

import os
import sys
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Self

from orgpost.errors import (
    BadContacts,
    InvalidField,
    NoIdentity,
    NotASpace,
    NotUtf8,
    OrgpostError,
    TooLarge,
    UnknownId,
    Usage,
    WrongKind,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import BinaryIO

    from orgpost.cli.show import Show
    from orgpost.clock import Clock
    from orgpost.config import Settings
    from orgpost.contact import Contacts
    from orgpost.message import Message
    from orgpost.message_store import MessageStore
    from orgpost.post import Post

_MOST_BYTES: Final = 1_048_576
# Said once, by the command that found it; doctor says it until somebody looks.
_OVERTAKEN: Final = (
    "{}: what was removed or set back there stays so; orgpost doctor names what is kept of it"
)


class Desk:
    """One command's work place."""

    def __init__(self, args: Any, show: Show) -> None:
        self._args, self.show = args, show
        self._opened = False

    @property
    def space_named(self) -> str | None:
        """The value of ``--space``."""
        named: str | None = self._args.space
        return named

    @property
    def actor_named(self) -> str | None:
        """The value of ``--as``."""
        named: str | None = self._args.actor_name
        return named

    def space(self) -> Path:
        """Find the space, without reading anything in it; `NotASpace` where there is none."""
        from orgpost.space import find

        return find(self.space_named)

    def space_or_none(self) -> Path | None:
        """Find the space, if one is meant; one that is named must be there."""
        try:
            return self.space()
        except NotASpace as error:
            if error.path is not None:
                raise
            return None

    @cached_property
    def post(self) -> Post:
        """The post of the space that was meant."""
        from orgpost.post import Post

        post = Post.open(space=self.space_named, me=self.actor_named)
        self._opened = True
        return post

    @property
    def messages(self) -> MessageStore:
        """The space's messages."""
        return self.post.messages

    @property
    def clock(self) -> Clock:
        """The post's clock."""
        return self.post.clock

    @cached_property
    def contacts(self) -> Contacts:
        """Who is who, as the file was when this command first asked."""
        return self.post.contacts.load()

    @cached_property
    def me(self) -> str:
        """Who acts; `NoIdentity` where nobody says."""
        return self.post.me

    def me_or_none(self) -> str | None:
        """Give who acts, if anybody says."""
        try:
            return self.me
        except NoIdentity:
            return None

    @property
    def settings(self) -> Settings:
        """The merged settings."""
        return self.post.settings

    def actor(self, name: str) -> str:
        """Give the id of an actor or handle."""
        return self.contacts.resolve(name, sender=self.me_or_none()).id

    def tier(self, message: Message) -> str:
        """Say how far the sender of a message is trusted, and everybody behind it."""
        return self.contacts.effective_tier(message.sender, message.via)

    def with_tier(self, message: Message) -> dict[str, Any]:
        """Give a message as JSON has it, with its sender's tier."""
        return {**message.to_dict(), "tier": self.tier(message)}

    def every_space(self) -> Iterator[tuple[str, Desk]]:
        """Give the desk of each space of `messaging.spaces`, or of this one."""
        from argparse import Namespace

        from orgpost import settings_file

        here = self.space_or_none()
        named = settings_file.load(here, os.environ).words("messaging.spaces")
        for space in named or (str(here or self.space()),):
            args = Namespace(**{**vars(self._args), "space": space})
            with Desk(args, self.show) as desk:
                yield space, desk

    def id(self, part: str) -> str:
        """Give the id of the message that a person means; a part of a task's id is a task."""
        try:
            return self.messages.resolve(part, self.me)
        except UnknownId as unknown:
            try:
                task = self.post.tasks.resolve(part).entry().id or part
            except OrgpostError:
                raise unknown from None
            raise WrongKind(part, "message", "task", hint=f"orgpost task show {task}") from None

    def body(self, words: str | None, file: str | None) -> str | None:
        """Give the text of a message; `-` is all of stdin, read in no other case."""
        if words is not None and file is not None:
            raise Usage("two bodies: a text and --body-file", hint="give one of them")
        if words == "-":
            return _decoded(_limited(_stdin(), self._allowed), "stdin")
        if file is not None:
            return _decoded(_bytes_of(file, self._allowed), file)
        # An argument that is no UTF-8 came as surrogates; its bytes are what was typed.
        return None if words is None else _decoded(os.fsencode(words), "the text")

    def _allowed(self) -> int:
        return self.post.settings.whole("messaging.limits.max_body_bytes")

    def settle(self) -> None:
        """Bounce what expired; a broken contacts file or a busy one must not hide the mail."""
        me = self.me
        with self.only_warned("expired mail was not bounced"):
            self.messages.settle(me)

    def only_warned(self, what: str) -> OnlyWarned:
        """Make of a refusal a warning, where the answer itself does not depend on it."""
        return OnlyWarned(self.show, what)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if not self._opened:
            return
        if kind is None and self.contacts.problems:
            # Who is about to write was refused before; who only reads goes on.
            self.show.warn(*BadContacts(self.contacts.problems).lines())
        with self.only_warned("left for the next command"):
            self.post.close()
        for path in self.post.store.overtaken():
            self.show.warn(_OVERTAKEN.format(path))


class OnlyWarned:
    """A block whose refusals are said on stderr and change nothing else."""

    def __init__(self, show: Show, what: str) -> None:
        self._show, self._what = show, what

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        """Say what was refused; faults of the program go on."""
        if isinstance(error, OrgpostError):
            first, *more = error.lines()
            self._show.warn(f"{self._what}: {first}", *more)
            return True
        return False


def plain_text(field: str, words: str) -> str:
    """Give an argument that must be text; bytes that are no UTF-8 came as surrogates."""
    try:
        words.encode()
    except UnicodeEncodeError:
        raise InvalidField(field, "is not UTF-8") from None
    return words


def _stdin() -> BinaryIO:
    # Who closed it meant no empty text: what stands in its place was opened when we began.
    if not sys.stdin or getattr(sys.stdin, "name", "") == os.devnull:
        raise Usage("- is stdin, and stdin is closed", hint="give the text itself, or pipe it in")
    return sys.stdin.buffer


def _limited(file: BinaryIO, allowed: Callable[[], int]) -> bytes:
    # No setting allows more, and what never ends would fill the memory.
    data = file.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise TooLarge("the body", len(data), allowed(), hint="send it as a file: --attach")
    return data


def _bytes_of(name: str, allowed: Callable[[], int]) -> bytes:
    from pathlib import Path

    from orgpost.unreadable import unreadable

    try:
        with Path(name).open("rb") as file:
            return _limited(file, allowed)
    except OSError as error:
        raise unreadable(name, error) from None


def _decoded(data: bytes, source: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise NotUtf8(source, error.start) from None
