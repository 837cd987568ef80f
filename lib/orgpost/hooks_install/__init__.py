"""Registering orgpost's hooks with the clients of coding agents, and taking them out again.

`plan_install` and `plan_uninstall` say what would change; `commit` does it. Nothing of a client's
file is rendered anew: our text is put in by place, and goes by place (`json_place`, `toml_form`).
"""

from __future__ import annotations

from orgpost.hooks_install.clients import CLIENTS, PROJECT, USER, Place
from orgpost.hooks_install.documented import DocumentedOnly, is_documented, refuse
from orgpost.hooks_install.install import backup_of, commit
from orgpost.hooks_install.listing import Listing
from orgpost.hooks_install.plan import (
    Change,
    Wish,
    find_gate,
    plan_install,
    plan_uninstall,
    said_words,
)
from orgpost.hooks_install.records import Records
from orgpost.hooks_install.trial import run

__all__ = [
    "CLIENTS",
    "PROJECT",
    "USER",
    "Change",
    "DocumentedOnly",
    "Listing",
    "Place",
    "Records",
    "Wish",
    "backup_of",
    "commit",
    "find_gate",
    "is_documented",
    "plan_install",
    "plan_uninstall",
    "refuse",
    "run",
    "said_words",
]
