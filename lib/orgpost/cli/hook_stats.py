"""`hooks stats`: what hooks have put into sessions' contexts, and what that may have cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from orgpost.cli.show import one_line

if TYPE_CHECKING:
    import argparse

    from orgpost.cli.desk import Desk
    from orgpost.hook_ledger import Stats, Sum


HELP: Final = "what sessions were told, and about what it cost"


def add_stats(parser: argparse.ArgumentParser) -> None:
    """Say what the verb understands."""
    parser.add_argument("--since", metavar="WHEN", help="a time, or 24h: what was told since then")
    parser.add_argument(
        "--by", choices=["day", "client", "session"], default="day", help="in which parts"
    )
    parser.set_defaults(run=_stats)


def _stats(args: Any, desk: Desk) -> None:
    from orgpost.cli.when import since
    from orgpost.hook_ledger import stats

    found = stats(desk.space(), since=since(args.since, desk.clock, "since"), by=args.by)
    desk.show.answer(found.to_dict(), _lines(found))


def _lines(found: Stats) -> list[str]:
    tokens = f"about {found.total.estimated_tokens} tokens (an estimate)"
    return [f"{_words(found.total)}, {tokens}", *map(_row, found.rows)]


def _row(row: Sum) -> str:
    return one_line(f"  {row.key}  {_words(row)}")


def _words(row: Sum) -> str:
    texts = "text" if row.injections == 1 else "texts"
    return f"{row.injections} {texts}, {row.characters} characters, {row.bytes} bytes"
