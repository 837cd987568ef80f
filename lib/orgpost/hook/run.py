"""One event from start to end: who asks, what is new, say it, note it.

Whatever is met, this ends in time (`limit`), with nothing or one document on stdout. The order of
the last steps is the promise: a message is noted as told only after stdout has taken the document,
and a stamp is left only after that.
"""

import posix
import time

from . import dialects, log
from .call import Call, Words
from .event import Event
from .limit import Limit, OverTime
from .stdin import Stdin
from .stdout import hand_over, keep_standard_descriptors

STDIN_SECONDS = 0.5
# How long a client is waited for that wants to hear that there is nothing to hear.
SILENCE_SECONDS = 0.2
WAIT = "--wait"
STDERR = 2


def main(words: list[str]) -> int:
    """`orgpost hook [EVENT] [--host CLIENT] [--space DIR] [--as ACTOR]`; 0, but for `--wait`."""
    told = Words([word for word in words if word != WAIT])
    event, *more = [*told.plain, ""]
    told.odd += [word for word in more if word]
    run = _wait if WAIT in words else _run
    return run(told, told.options.get("--host", ""), event)


def gate(words: list[str]) -> None:
    """What the gate hands over: `CLIENT EVENT [--space DIR] [--as ACTOR]`; ends the process."""
    told = Words([word for word in words if word != WAIT])
    client, event, *more = [*told.plain, "", ""]
    told.odd += [word for word in more if word]
    run = _wait if WAIT in words else _run
    status = run(told, told.options.get("--host", client), event)
    # Nothing is left to be closed or flushed, and taking the interpreter down costs a millisecond.
    posix._exit(status)  # noqa: SLF001  public in os


def _wait(words: Words, host: str, name: str) -> int:
    """Wait while a session is idle; 2 where it is to be woken."""
    # Only who waits pays for it.
    from .waiter import Waiter

    keep_standard_descriptors()
    started = time.monotonic()
    stdin = Stdin(started + STDIN_SECONDS)
    waiter: Waiter | None = None
    status = 0
    try:
        limit = Limit(started)
        with limit:
            waiter = Waiter(Call(host, name, words, stdin.read_object()), limit)
            waiter.answer()
        # Who drains stdin lets go of stderr, which is ours until the end.
        kept = posix.dup(STDERR)
        stdin.leave_the_rest()
        posix.dup2(kept, STDERR)
        posix.close(kept)
        status = waiter.wait()
    except OverTime:
        _blame(waiter, "over its time")
    except Exception as fault:  # noqa: BLE001  a hook never breaks its host, whatever it met
        _blame(waiter, _place_of(fault))
    if waiter is not None and waiter.notes:
        log.write(waiter.notes, waiter.line, round((time.monotonic() - started) * 1000))
    return status


def _run(words: Words, host: str, name: str) -> int:
    started = time.monotonic()
    can_speak = keep_standard_descriptors()
    stdin = Stdin(started + STDIN_SECONDS)
    event: Event | None = None
    limit = Limit(started)
    with limit:
        try:
            call = Call(host, name, words, stdin.read_object())
            event = Event(call, limit, can_speak=can_speak)
            event.answer()
        except OverTime:
            _blame(event, "over its time")
        except Exception as fault:  # noqa: BLE001  a hook never breaks its host, whatever it met
            _blame(event, _place_of(fault))
    nothing = dialects.silence(event.call.client if event else host)
    if nothing and can_speak and not (event and event.has_spoken):
        hand_over(nothing, time.monotonic() + SILENCE_SECONDS)
    if event is not None and event.notes:
        log.write(event.notes, event.line, round((time.monotonic() - started) * 1000))
    stdin.leave_the_rest()
    return 0


def _blame(event: Event | None, error: str) -> None:
    if event is not None:
        event.line.outcome, event.line.error = "failed", error


def _place_of(fault: BaseException) -> str:
    """The kind of a fault and the line of ours that met it; its words may hold a client's path."""
    trace = fault.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return type(fault).__name__
    file = trace.tb_frame.f_code.co_filename.rpartition("/")[2]
    return f"{type(fault).__name__} at {file}:{trace.tb_lineno}"
