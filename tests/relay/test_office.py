"""The way to the store: each post is in one pair of hands at a time."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import TYPE_CHECKING, Any

from orgpost import settings_file
from orgpost.clock import Clock
from orgpost.relay.office import Office

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from orgpost.post import Post


def test_no_two_threads_have_the_same_post(space: Path) -> None:
    """However they are interleaved, also while somebody puts everything away."""
    office = Office(space, settings_file.load(space, os.environ), Clock())
    held: set[int] = set()
    lock = Lock()

    def work(post: Post) -> int:
        with lock:
            assert id(post) not in held
            held.add(id(post))
        actors = len(post.contacts.load().actors)
        with lock:
            held.remove(id(post))
        return actors

    def turns(number: int) -> Iterator[int]:
        for turn in range(200):
            yield office.with_post(work)
            if number == 0 and turn % 20 == 0:
                office.settle()

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda number: [*turns(number)], range(8)))
    finally:
        sys.setswitchinterval(before)
    assert {actors for each in found for actors in each} == {3}
    office.settle()


class Emptied(list[Any]):
    """A list that another thread has emptied since somebody looked."""

    def __len__(self) -> int:
        return 1


def test_a_post_that_is_taken_meanwhile_is_made_anew(space: Path) -> None:
    """To look whether there is one is not to have it."""
    office = Office(space, settings_file.load(space, os.environ), Clock())
    office._idle = Emptied()
    assert office.with_post(lambda post: len(post.contacts.load().actors)) == 3
