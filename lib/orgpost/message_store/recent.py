"""What was sent lately, counted from the files themselves: from their ends, where new mail stands.

The Org files are the truth: whoever deletes everything else counts the same. Mail that waits for
an editor counts, and so does mail that was archived since.
"""

from __future__ import annotations

from datetime import UTC, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Final

from orgpost.limits import Recent
from orgpost.message_store.shelf import as_bytes, found_at
from orgpost.org.stamp import made_at, possible_times

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from orgpost.message import Message
    from orgpost.message_store.desk import Desk
    from orgpost.message_store.rows import Row
    from orgpost.message_store.shelf import Found, Shelf, Source

# Where an end does not reach back far enough, four times as much of it is read.
_END_BYTES: Final = 16 << 10
_FOUR: Final = 4
# Mail stands in the order in which it was written, its stamps nearly so: each sender takes one,
# and then waits for its turn. So several old ones in a row say that all above are old.
_IN_A_ROW: Final = 8
_WAITED: Final = timedelta(seconds=60)


def sent_by(sender: str, desk: Desk, shelf: Shelf, since: datetime) -> list[Recent]:
    """Give what somebody sent since then."""
    name = as_bytes(sender)
    mail = _recent(desk, shelf, since, lambda row, _: row.sender == name)
    return [each for each in mail if each.sender == sender]


def said_in(thread: str, desk: Desk, shelf: Shelf, since: datetime) -> list[Recent]:
    """Give what was said in a thread since then."""
    id = as_bytes(thread)
    mail = _recent(desk, shelf, since, lambda _, found: id in found.raw)
    return [each for each in mail if each.thread == thread]


def _recent(
    desk: Desk, shelf: Shelf, since: datetime, may_fit: Callable[[Row, Found], bool]
) -> Iterator[Recent]:
    for path in _paths(desk, since):
        source, rows = _last_rows(desk, shelf, path, since)
        for row in rows:
            found = found_at(source, row.start)
            if not may_fit(row, found):
                continue
            at = _moment(_stamp(row), row.id.decode("utf-8", "replace"), desk)
            if at is not None and at > since:
                message = shelf.plain_message(found)
                if not message.is_silent:
                    yield of_message(message, at, (path, row.start))


def of_message(message: Message, at: datetime, place: tuple[str, int] = ("", 0)) -> Recent:
    """Give what counting needs of a message."""
    return Recent(
        id=message.id,
        sender=message.sender,
        to=message.to,
        at=at,
        thread=message.thread,
        reply_to=message.reply_to,
        copy_of=message.properties.get("MSG_ID", ""),
        recipients=message.recipients,
        place=place,
    )


# --- where ----------------------------------------------------------------------------------------


def _paths(desk: Desk, since: datetime) -> Iterator[str]:
    """Name all inboxes, then where their mail may have gone since."""
    # An inbox that is not there yet may have mail that waits for it.
    known = (f"inbox/{actor.id}.org" for actor in desk.contacts().actors)
    inboxes = sorted({*desk.store.names("inbox"), *known})
    yield from inboxes
    months = {f"{moment.astimezone(UTC):%Y-%m}" for moment in (since, desk.clock.now())}
    for path in desk.store.names("archive"):
        # Archived tasks are no mail.
        if path.startswith("archive/inbox-") and path.removesuffix(".org")[-7:] in months:
            yield path
    yield from (f"{path}_archive" for path in inboxes)


def _last_rows(desk: Desk, shelf: Shelf, path: str, since: datetime) -> tuple[Source, list[Row]]:
    size = _END_BYTES
    while True:
        source, is_all = shelf.end_of(path, size)
        rows = shelf.rows(source, ())
        if is_all or _reach_back(rows, since, desk):
            return source, rows
        size *= _FOUR


def _reach_back(rows: list[Row], since: datetime, desk: Desk) -> bool:
    zone = desk.clock.zone()
    times = (possible_times(_stamp(row), zone) for row in rows)
    first = list(islice((max(each) for each in times if each), _IN_A_ROW))
    return len(first) == _IN_A_ROW and max(first) < since - _WAITED


def _stamp(row: Row) -> str:
    return f"[{row.created.decode('utf-8', 'replace')}]"


# --- when -----------------------------------------------------------------------------------------


def _moment(created: str, id: str, desk: Desk) -> datetime | None:
    """Say when a message was made: of all that CREATED and its id may mean, what is nearest to now.

    CREATED may be two times, an hour apart, and a person may have changed it; the id may be a
    sender's own. Of the two each can only add to what counts.
    """
    read, made = possible_times(created, desk.clock.zone()), made_at(id)
    times = [made] if made in read else [*read, *([made] if made else [])]
    now = desk.clock.now()
    return min(times, key=lambda time: abs(now - time), default=None)
