"""The hook's second stage: what a coding agent is told where the gate cannot say "nothing new".

It runs in a bare interpreter (`python3 -I -S`) and imports nothing of orgpost, nothing that anybody
installed, and of the standard library only what costs less than it saves; a test lists what is
loaded after a run. The gate loads this folder as `hook`, the command line as `orgpost.hook`.

Read `run` first, then `event`, then `tell`. What is on disk is described where it is written:
`told` (what a session knows), `stamps`, `copy` (tiers and settings, from the library) and `log`.
"""

from .run import gate, main

__all__ = ["gate", "main"]
