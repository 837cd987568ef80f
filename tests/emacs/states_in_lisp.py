"""The state tables as Emacs Lisp: what `emacs/orgpost-states.el` must hold, and what writes it.

`python -m tests.emacs.states_in_lisp` writes the file anew.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from orgpost.states import COMPOSED, MOVES, TASK_ENDS, TASK_MOVES, TaskState

if TYPE_CHECKING:
    from collections.abc import Iterable

FILE: Final = Path(__file__).resolve().parents[2] / "emacs" / "orgpost-states.el"

_TEXT: Final = """\
;;; orgpost-states.el --- The state tables of orgpost  -*- lexical-binding: t; -*-

;; Copyright (c) 2026 orgpost contributors
;; SPDX-License-Identifier: MIT

;; This file is not part of GNU Emacs.

;;; Commentary:

;; Which moves there are.  This file is written by tests/emacs/states_in_lisp.py
;; from lib/orgpost/states.py, and a test compares the two: do not edit it.

;;; Code:

(defconst orgpost-message-moves
  '({moves})
  "For each state of a message the states to which it may be marked.")

(defconst orgpost-message-composed
  '({composed})
  "Moves of messages that are made as several, which follow: (FROM TO STEP...).")

(defconst orgpost-task-moves
  '({task_moves})
  "For each state of a task its events, each with the states to which it may lead.")

(defconst orgpost-task-ends
  '({task_ends})
  "The states of a task to which nothing happens by itself any more.")

(provide 'orgpost-states)
;;; orgpost-states.el ends here
"""


def states_in_lisp() -> str:
    """Return the whole file."""
    return _TEXT.format(
        moves=_lines(_list([state, *to]) for state, to in MOVES.items()),
        composed=_lines(_list([*move, *steps]) for move, steps in COMPOSED.items()),
        task_moves=_lines(map(_of_task, TaskState)),
        task_ends=_lines(f'"{state}"' for state in TaskState if state in TASK_ENDS),
    )


def _of_task(state: TaskState) -> str:
    events = [_list([event, *to]) for (of, event), to in TASK_MOVES.items() if of == state]
    return f'("{state}"' + "".join(f"\n     {event}" for event in events) + ")"


def _list(words: Iterable[str]) -> str:
    return "(" + " ".join(f'"{word}"' for word in words) + ")"


def _lines(items: Iterable[str]) -> str:
    return "\n    ".join(items)


if __name__ == "__main__":
    FILE.write_text(states_in_lisp(), encoding="utf-8")
