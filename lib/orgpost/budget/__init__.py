"""What may be spent, by whom, on what: the values that the governor judges by. Pure.

`decision` says yes or no, `row` and `books` are what a ledger says, `work` is how work is
recognised. Nothing here knows where any of it is kept.
"""

from __future__ import annotations

from orgpost.budget.limits import Limits, Tier
from orgpost.budget.verdict import Ask, TaskFact, Unneeded, Verdict

__all__ = ["Ask", "Limits", "TaskFact", "Tier", "Unneeded", "Verdict"]
