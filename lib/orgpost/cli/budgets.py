"""`budget`: what was spent today, what is promised, and whether more would be let in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from orgpost.cli.show import one_line, several

if TYPE_CHECKING:
    import argparse

    from orgpost.cli.desk import Desk
    from orgpost.governor.accounts import Balance, Left

_MOST_EFFORT: Final = 100


def add(_command: str, parser: argparse.ArgumentParser) -> None:
    """Say what the command understands."""
    parser.description = "Say what tasks have cost today, and what may still be spent."
    below = parser.add_subparsers(metavar="show|check", required=True)
    showing = below.add_parser("show", help="what was spent, and what is promised")
    showing.add_argument("actor", metavar="ACTOR", nargs="?", help="of this one only")
    showing.add_argument("--day", metavar="YYYY-MM-DD", help="another day (UTC)")
    showing.set_defaults(run=_show)
    checking = below.add_parser("check", help="whether a task would be let in; writes nothing")
    checking.add_argument("actor", metavar="ACTOR", help="who would send it")
    checking.add_argument("--tokens", type=int, default=0, metavar="N", help="its estimate")
    checking.add_argument("--effort", type=int, default=1, metavar="N", help="1 to 100")
    checking.add_argument("--agent", metavar="AGENT", help="who would do it")
    checking.set_defaults(run=_check)


def _show(args: Any, desk: Desk) -> None:
    actor = None if args.actor is None else desk.actor(args.actor)
    balance = desk.post.governor.accounts.balance(actor, args.day)
    desk.show.answer(balance.to_dict(), _lines(balance, desk))


def _lines(balance: Balance, desk: Desk) -> list[str]:
    local = balance.resets_at.astimezone(desk.clock.zone())
    limit = f" of {balance.limit}" if balance.limit else ""
    return [
        f"{balance.day}: {balance.spent} spent, {balance.reserved} promised{limit} tokens",
        *map(_sender, balance.senders),
        *(
            one_line(f"{each.kind}  {each.tokens}  {each.sender}  {each.task}")
            for each in balance.open
        ),
        f"budgets begin anew at {local:%Y-%m-%d %H:%M}",
    ]


def _sender(left: Left) -> str:
    remaining = "no limit" if left.remaining is None else f"{left.remaining} left of {left.limit}"
    tasks = f"{several(left.tasks_today, 'task')} today, {left.tasks_this_hour} this hour"
    return (
        f"{left.actor}  {left.tier}  {left.spent} spent, {left.reserved} open, {remaining}; {tasks}"
    )


def _check(args: Any, desk: Desk) -> None:
    from orgpost.errors import InvalidField
    from orgpost.governor import must_be_allowed

    if not 1 <= args.effort <= _MOST_EFFORT:
        raise InvalidField("--effort", f"must be from 1 to {_MOST_EFFORT}")
    if args.tokens < 0:
        raise InvalidField("--tokens", "must not be negative")
    agent = None if args.agent is None else desk.post.inbox(args.agent).name
    verdict = desk.post.governor.check_task(
        desk.actor(args.actor), estimated_tokens=args.tokens, effort=args.effort, agent=agent
    )
    must_be_allowed(verdict)
    fate = "would be queued" if verdict.awaiting is None else f"would wait: {verdict.awaiting}"
    what = f"{verdict.tier}, {verdict.reserved_tokens} tokens of {verdict.charged_to}"
    desk.show.answer(verdict.to_dict(), [f"{fate} ({what})"])
