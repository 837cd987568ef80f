"""What the store promises of wall clocks that stand wrong, jump, or stand still."""

from __future__ import annotations
