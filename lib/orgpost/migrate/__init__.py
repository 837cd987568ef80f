"""Brings a space of v0.1 or v0.2 over: plan purely, back up, write, compare, then move aside."""

from orgpost.migrate.run import Report, migrate

__all__ = ["Report", "migrate"]
