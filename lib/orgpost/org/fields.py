"""Fields of callers that messages and tasks have in common: ids and tags, or a refusal by name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from orgpost.errors import InvalidField, WrongKind
from orgpost.org.quote import check_tag
from orgpost.org.syntax import SUPPLIED_ID, TAGS_LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterable

_KINDS_OF_IDS: Final = {"msg": "message", "file": "file", "task": "task", "chg": "change"}


def checked_id(id: str, prefix: str) -> str:
    """Give a caller's id, if it is one of this kind."""
    kind, dash, _ = id.partition("-")
    if dash and kind != prefix and kind in _KINDS_OF_IDS:
        raise WrongKind(id, _KINDS_OF_IDS[prefix], _KINDS_OF_IDS[kind])
    if kind != prefix or not re.fullmatch(SUPPLIED_ID, id):
        raise InvalidField("id", f"must be {prefix}- and then a-z 0-9 . _ -, at most 120 of them")
    return id


def checked_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Give the tags, each once."""
    checked = tuple(dict.fromkeys(map(check_tag, tags)))
    if len(checked) > TAGS_LIMIT:
        raise InvalidField("tag", f"more than {TAGS_LIMIT} tags")
    return checked
