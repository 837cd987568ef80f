"""What a hook writes down about itself: a log of its calls, and the ledger of what it injected.

`log` has one JSON line for each event that came as far as Python; no subject, body, prompt or path
of the client's. `injected-YYYY-MM` has one line for each text: time, client, session (hashed),
event, characters, bytes, entries; kept for twelve months.
"""

import posix
import time

from .disk import append, names, remove
from .scanner import encode_basestring_ascii

MOST_BYTES = 1 << 20
KEPT_MONTHS = 12
LONGEST_WORD = 60


class Line:
    """One event, as the log has it."""

    def __init__(self, client: str, event: str) -> None:
        self.client, self.event, self.session = client, event, ""
        self.outcome, self.error = "silent", ""

    def render(self, ms: int) -> bytes:
        """The JSON line."""
        fields = {
            "time": stamp(time.time()),
            "client": self.client,
            "event": self.event,
            "session": self.session,
            "outcome": self.outcome,
        }
        pairs = [f"{_json(key)}: {_json(value[:LONGEST_WORD])}" for key, value in fields.items()]
        pairs += [f'"ms": {ms}', f'"error": {_json(self.error) if self.error else "null"}']
        return f"{{{', '.join(pairs)}}}\n".encode()


def _json(text: str) -> str:
    return encode_basestring_ascii(text)


def write(notes: str, line: Line, ms: int) -> None:
    """Add a line to the log, which has one older file beside it."""
    path = f"{notes}/log"
    try:
        if posix.stat(path).st_size > MOST_BYTES - 1024:
            posix.rename(path, f"{path}.old")
    except OSError:
        pass
    append(path, line.render(ms))


def charge(notes: str, line: Line, text: str, entries: int) -> None:
    """Enter an injected text into the month's ledger."""
    now = time.time()
    month = stamp(now)[:7]
    words = [line.client, line.session, line.event[:LONGEST_WORD].replace(" ", "_")]
    numbers = [len(text), len(text.encode()), entries]
    path = f"{notes}/injected-{month}"
    is_new = not _exists(path)
    append(path, f"{' '.join(map(str, [stamp(now), *words, *numbers]))}\n".encode())
    if is_new:
        _drop_old_ledgers(notes)


def _drop_old_ledgers(notes: str) -> None:
    ledgers = sorted(name for name in names(notes) if name.startswith("injected-"))
    for name in ledgers[:-KEPT_MONTHS]:
        remove(f"{notes}/{name}")


def _exists(path: str) -> bool:
    try:
        posix.stat(path)
    except OSError:
        return False
    return True


def stamp(seconds: float) -> str:
    """A moment as UTC text; such texts compare as the moments do."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
