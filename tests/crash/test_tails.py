"""The last entry of a file, and the last record of its journal, cut and garbled at every byte."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
