"""What a command works with: the post, opened when it is first needed, and the places words go."""

from __future__ import annotations

import argparse
import os
import sys
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from orgpost.errors import NoIdentity, NotASpace, NotUtf8, Usage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from orgpost.cli.show import Show
    from orgpost.clock import Clock
    from orgpost.config import Settings
    from orgpost.message import Message
    from orgpost.message_store import MessageStore
    from orgpost.post import Post


class Desk:
    """One command's work place."""

    def __init__(self, args: Any, show: Show) -> None:
        self._args, self.show = args, show
        self._opened = False

    @property
    def space_named(self) -> str | None:
        """The value of ``--space``."""
        named: str | None = getattr(self._args, "space", None)
        return named

    @property
    def actor_named(self) -> str | None:
        """The value of ``--as``."""
        named: str | None = getattr(self._args, "actor_name", None)
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
        return self.post.contacts.load().resolve(name, sender=self.me_or_none()).id

    def tier(self, message: Message) -> str:
        """Say how far the sender of a message is trusted, and everybody behind it."""
        return self.post.contacts.load().effective_tier(message.sender, message.via)

    def with_tier(self, message: Message) -> dict[str, Any]:
        """Give a message as JSON has it, with its sender's tier."""
        return {**message.to_dict(), "tier": self.tier(message)}

    def every_space(self) -> Iterator[tuple[str, Desk]]:
        """Give the desk of each space of `messaging.spaces`, or of this one."""
        for space in self.settings.words("messaging.spaces") or (str(self.post.space),):
            named = argparse.Namespace(**{**vars(self._args), "space": space})
            with Desk(named, self.show) as desk:
                yield space, desk

    def id(self, part: str) -> str:
        """Give the id that a person means."""
        return self.messages.resolve(part, self.me)

    def body(self, words: str | None, file: str | None) -> str | None:
        """Give the text of a message; `-` is all of stdin, read in no other case."""
        if words is not None and file is not None:
            raise Usage("two bodies: a text and --body-file", hint="give one of them")
        if words == "-":
            return _decoded(sys.stdin.buffer.read(), "stdin")
        if file is not None:
            return _decoded(_bytes_of(file), file)
        # An argument that is no UTF-8 came as surrogates; its bytes are what was typed.
        return None if words is None else _decoded(os.fsencode(words), "the text")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._opened:
            self.post.close()


def _bytes_of(name: str) -> bytes:
    from pathlib import Path

    from orgpost.errors import NoSuchFile, NotPermitted

    try:
        return Path(name).read_bytes()
    except FileNotFoundError:
        raise NoSuchFile(name) from None
    except OSError as error:
        raise NotPermitted(f"read {name}", os.strerror(error.errno or 0)) from None


def _decoded(data: bytes, source: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise NotUtf8(source, error.start) from None
