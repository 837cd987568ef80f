"""The page about the relay is compared with the relay."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from orgpost.relay import protocol

ROOT: Final = Path(__file__).resolve().parents[2]
PAGE: Final = (ROOT / "docs" / "relay.md").read_text()
TABLES: Final = {
    "client frames": protocol.table_of_client_frames,
    "relay frames": protocol.table_of_relay_frames,
    "closes": protocol.table_of_closes,
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_the_page_is_that_of_the_protocol(name: str) -> None:
    """Whoever writes a client reads what is true."""
    found = re.search(rf"(?s)<!-- made from protocol.py: {name} -->\n(.*?)\n?<!-- end -->", PAGE)
    assert found is not None
    assert found[1].split("\n") == TABLES[name]()
