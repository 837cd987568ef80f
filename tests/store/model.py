"""What two files should show, entry by entry, and what each of them may show instead."""

from __future__ import annotations
