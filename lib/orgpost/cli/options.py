"""`config`: the settings, where each comes from, and setting one by place."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from orgpost.cli.show import one_line
from orgpost.errors import BadSettings, Usage

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from orgpost.cli.desk import Desk
    from orgpost.config import Settings
    from orgpost.errors import Problem


def add(_command: str, parser: argparse.ArgumentParser) -> None:
    """Say what the command understands."""
    parser.description = "Show, check and change settings."
    below = parser.add_subparsers(metavar="show|get|set|check|path|completion", required=True)
    showing = below.add_parser("show", help="all settings")
    showing.add_argument("--origin", action="store_true", help="and where each comes from")
    showing.set_defaults(run=_show)
    getting = below.add_parser("get", help="one setting")
    getting.add_argument("key", metavar="KEY")
    getting.set_defaults(run=_get)
    setting = below.add_parser("set", help="change one setting")
    setting.add_argument("key", metavar="KEY")
    setting.add_argument("value", metavar="VALUE", help="as YAML")
    setting.add_argument("--user", action="store_true", help="for all your spaces")
    setting.set_defaults(run=_set)
    below.add_parser("check", help="what is wrong with them").set_defaults(run=_check)
    below.add_parser("path", help="the files").set_defaults(run=_path)
    completing = below.add_parser("completion", help="a script that teaches a shell the words")
    completing.add_argument("shell", nargs="?", choices=("bash", "zsh", "fish"), help="which one")
    kinds = ("actors", "agents", "messages", "tasks")
    completing.add_argument("--list", choices=kinds, help="what such a script asks for")
    completing.add_argument("--prefix", metavar="P", help="with --list: what begins so")
    completing.set_defaults(run=_completion)


def _show(args: Any, desk: Desk) -> None:
    from orgpost import settings_file

    settings = settings_file.load(desk.space_or_none(), os.environ)
    found = {name: settings.found(name) for name in settings.names()}
    data = {name: {"value": f.value, "origin": f.origin} for name, f in found.items()}
    lines = [
        one_line(f"{name}: {_said(f.value)}" + (f"  ({f.origin})" if args.origin else ""))
        for name, f in found.items()
    ]
    desk.show.answer({"settings": data}, lines)


def _get(args: Any, desk: Desk) -> None:
    from orgpost import settings_file
    from orgpost.config import nearest_name

    settings = settings_file.load(desk.space_or_none(), os.environ)
    if args.key not in settings.names():
        near = nearest_name(args.key)
        hint = f"did you mean {near}?" if near else "orgpost config show lists all"
        raise Usage(f"no such setting: {args.key}", hint=hint)
    found = settings.found(args.key)
    data = {"key": args.key, "value": found.value, "origin": found.origin}
    desk.show.answer(data, [one_line(_said(found.value))])


def _set(args: Any, desk: Desk) -> None:
    from orgpost import settings_file

    change = settings_file.set_key(
        _file(args, desk), args.key, args.value, check=lambda found: _owners(found, desk)
    )
    _tell_hooks(desk)
    data = {
        "key": change.key,
        "value": change.value,
        "file": str(change.file),
        "changed": change.changed,
    }
    words = "set in" if change.changed else "was so already in"
    desk.show.answer(data, [one_line(f"{change.key} {words} {change.file}")])


def _tell_hooks(desk: Desk) -> None:
    from orgpost.hook_copy import renew

    space = desk.space_or_none()
    if space is not None:
        renew(space, os.environ)


def _file(args: Any, desk: Desk) -> Path:
    from orgpost import settings_file

    if args.user:
        return settings_file.user_file(os.environ)
    space = desk.space_or_none()
    if space is None:
        raise Usage("there is no space here", hint="orgpost config set --user KEY VALUE")
    return settings_file.space_file(space)


def _check(_args: Any, desk: Desk) -> None:
    from orgpost import settings_file

    settings, problems = settings_file.examine(desk.space_or_none(), os.environ)
    if problems := problems + _owners(settings, desk):
        raise BadSettings(problems)
    desk.show.answer({"problems": []}, ["The settings are good."])


def _owners(settings: Settings, desk: Desk) -> list[Problem]:
    """Tell whom the settings make an owner though the space knows them as no person."""
    space = desk.space_or_none()
    if space is None or "owner" not in settings.tiers("messaging.trust_overrides").values():
        return []
    from orgpost import config
    from orgpost.contact import Contacts, Trust
    from orgpost.post import Post

    with Post(space, config.Settings()) as post:
        actors = post.contacts.load().actors
    trust = Trust(overrides=settings.tiers("messaging.trust_overrides"))
    return config.refuse_overrides(settings, Contacts(actors, trust).bad_overrides())


def _path(_args: Any, desk: Desk) -> None:
    from orgpost import settings_file

    space = desk.space_or_none()
    paths = settings_file.files(space, os.environ)
    data = [{"path": str(path), "exists": path.exists()} for path in paths]
    answer = {"files": data, "space": str(space) if space else None}
    desk.show.answer(answer, [one_line(str(path)) for path in paths])


def _completion(args: Any, desk: Desk) -> None:
    if bool(args.shell) == bool(args.list) or (args.prefix and args.shell):
        raise Usage("completion takes a shell, or --list", hint="orgpost config completion bash")
    if args.list:
        from orgpost.cli.candidates import listed

        found = listed(args.list, args.prefix or "", desk.space_named, desk.actor_named)
        desk.show.answer({"words": found}, found)
        return
    from orgpost.cli.completion import script

    text = script(args.shell)
    desk.show.answer({"shell": args.shell, "script": text}, [text.removesuffix("\n")])


def _said(value: Any) -> str:
    import json

    return value if isinstance(value, str) else json.dumps(value, default=str)
