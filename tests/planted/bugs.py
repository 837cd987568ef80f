"""Known bugs of stores, each a patch of a line or two, and the suite that must notice it.

`old` stands exactly once in the file; `suite` is what pytest is given, as small as it may be.
"""

from __future__ import annotations

from typing import NamedTuple


class Bug(NamedTuple):
    """One bug to be planted in a copy of the library."""

    number: int
    what: str
    file: str
    old: str
    new: str
    suite: tuple[str, ...]
    size: str = "ci"


HOLD = (
    "            with self.held(path) as held:\n                try:\n"
    "                    with held.alone():\n"
)
DECIDED = "                        return self._decided(held, decide)\n"
POWER = ("tests/crash/test_states.py", "-k", "told")
EIO = "tests/fault/test_eio.py"
TEXT = ("tests/fuzz/test_text.py",)
CLAIMS = ("tests/race/test_claims.py", "-k", "old_token")

BUGS = (
    Bug(
        1,
        "record written, not synced",
        "store/journal_file.py",
        "        try:\n            self._disk.sync_data(fd)\n        except OSError as error:\n",
        "        try:\n            self._disk.calls.fstat(fd)\n        except OSError as error:\n",
        POWER,
        "small",
    ),
    Bug(
        2,
        "file written before the record is synced",
        "store/keeper.py",
        "        self._put(record)\n        self.check_lock()\n",
        "        fd = self.disk.calls.open(self.name, os.O_RDWR, folder=self.folder)\n"
        "        for part in parts if kind == Kind.SPLICE else ():\n"
        "            self.disk.write_at(fd, part.new, part.offset)\n"
        "        self.found = self.disk.calls.fstat(fd)\n"
        "        self._put(record)\n        self.check_lock()\n",
        POWER,
        "small",
    ),
    Bug(
        3,
        "acknowledged before the record is synced",
        "store/journal_file.py",
        "            self._disk.write_at(fd, data, end)\n"
        "        try:\n            self._disk.sync_data(fd)\n",
        "        try:\n            self._disk.sync_data(fd)\n"
        "            self._disk.write_at(fd, data, end)\n",
        POWER,
        "small",
    ),
    Bug(
        4,
        "scratch not synced before the rename",
        "store/disk.py",
        "                self.sync(fd)\n            finally:\n",
        "                self.calls.fstat(fd)\n            finally:\n",
        POWER,
        "small",
    ),
    Bug(
        5,
        "folder not synced",
        "store/disk.py",
        "        if self._sync:\n            self.calls.fsync(folder)\n",
        "        if self._sync:\n            self.calls.fstat(folder)\n",
        POWER,
        "small",
    ),
    Bug(
        6,
        "lock by existence instead of by kernel",
        "store/calls.py",
        "        if filelock.lock_descriptor(fd, blocking=False):\n            return True\n",
        "        if filelock.lock_descriptor is not None:\n            return True\n",
        ("tests/store/test_rows.py", "-k", "only_one_decides_at_a_time"),
    ),
    Bug(
        7,
        "lock file unlinked on release",
        "store/lock.py",
        "                self._disk.calls.unlock(self._fd)\n",
        "                self._disk.calls.unlock(self._fd)\n"
        "                with self._disk.folder(FOLDER) as folder:\n"
        "                    self._disk.calls.unlink(self._name, folder=folder)\n",
        # Who writes looks once more whether the lock is still everybody's: no race ever shows it.
        ("tests/race/test_locks.py", "-k", "one_file_for_ever"),
    ),
    Bug(
        8,
        "sync retried after an error",
        "store/journal_file.py",
        "        try:\n            self._disk.sync_data(fd)\n",
        "        with suppress(OSError):\n            self._disk.sync_data(fd)\n"
        "        try:\n            self._disk.sync_data(fd)\n",
        (EIO,),
    ),
    Bug(
        9,
        "length ignored on a short write",
        "store/disk.py",
        "            view = view[self.calls.write(fd, view) :]",
        "            view = view[self.calls.write(fd, view) * 0 + len(view) :]",
        (EIO, "-k", "short"),
    ),
    Bug(
        10,
        "confirm without syncing the file",
        "store/keeper.py",
        "            self.disk.sync_data(fd)\n",
        "            self.disk.calls.fstat(fd)\n",
        POWER,
        "small",
    ),
    Bug(
        11,
        "confirm without looking at foreign changes",
        "store/file_state.py",
        "        return self.is_our_print(block) and not self._journal",
        "        return not self._journal",
        ("tests/store/test_contract.py", "-k", "editor_without_locks_wrote_over"),
    ),
    Bug(
        12,
        "recovery trusts offsets without the id",
        "store/image.py",
        "            if scan.entry_id(self._data, span) == story.id:\n",
        "            if scan.entry_id(self._data, span) is not None:\n",
        ("tests/store/test_contract.py", "-k", "old_place"),
    ),
    Bug(
        13,
        "replace empties the journal before its rename",
        "store/held.py",
        "            file.confirm()\n            file.replace(",
        "            file.forget(file.at.last)\n            file.replace(",
        POWER,
        "small",
    ),
    Bug(
        14,
        "CRC not checked",
        "store/journal.py",
        "    if _CRC.unpack_from(data, end)[0] != crc32(memoryview(data)[at:end]):\n",
        "    if not crc32(memoryview(data)[at:end]):\n",
        ("tests/crash/test_tails.py", "-k", "record"),
        "small",
    ),
    Bug(
        15,
        "recovery appends without looking for the id",
        "store/image.py",
        "            if self._is_repaired(wreck, span):\n                return\n"
        "            if span is None:\n",
        "            if story.entry.part.new:\n",
        ("tests/crash/test_kill_points.py", "-k", "anywhere and at_call and send"),
        "small",
    ),
    Bug(
        16,
        "page read before the lock",
        "store/writer.py",
        f"{HOLD}{DECIDED}",
        "            with self.held(path) as held, held.alone():\n"
        "                page = held.page()\n                result = decide(page)\n"
        f"            self._clock.sleep(0.01)\n{HOLD}"
        "                        held.write(page)\n                        return result\n",
        ("tests/store/test_outcomes.py", "-k", "decided_on_what_waits"),
    ),
    Bug(
        17,
        "stale editor lock obeyed for ever",
        "store/watch.py",
        "        if not self._calls.process_alive(editor.pid):\n            return True\n",
        "        if not self._calls.process_alive(editor.pid):\n            return False\n",
        ("tests/race/test_editor_locks.py",),
    ),
    Bug(
        18,
        "live editor lock ignored",
        "store/watch.py",
        "                    return editor\n",
        "                    return None\n",
        ("tests/race/test_editor_locks.py",),
    ),
    Bug(
        19,
        "generation kept after a replace",
        "store/file_state.py",
        "        self._flags = self._flags_of(data)\n        self._moved()\n",
        "        self._flags = self._flags_of(data)\n",
        ("tests/store/test_layout.py",),
    ),
    Bug(
        20,
        "sizes compared, mtime not",
        "store/disk.py",
        "(found.st_size, found.st_mtime_ns, found.st_ino)\n",
        "(found.st_size, 0, found.st_ino)\n",
        ("tests/store/test_layout.py", "-k", "nobody_relies_on_places_after_a_persons_change"),
    ),
    Bug(
        21,
        "splitlines in the scanner",
        "org/scan.py",
        '    starts = [found.start() + 1 for found in re.finditer(rb"\\n\\* ", data)]\n',
        '    lines = data.decode(errors="replace").splitlines(keepends=True)\n'
        "    ends = [sum(map(len, lines[:count])) for count in range(1, len(lines))]\n"
        '    starts = [at for at, line in zip(ends, lines[1:]) if line.startswith("* ")]\n',
        TEXT,
    ),
    Bug(
        22,
        "body raw where a line starts with a star",
        "org/quote.py",
        "syntax.INLINE, syntax.TRAIL, syntax.LINE)\n",
        "syntax.INLINE, syntax.TRAIL)\n",
        TEXT,
    ),
    Bug(
        23,
        "scratch mode 0644",
        "store/disk.py",
        "            self.calls.chmod(fd, like)\n",
        "            self.calls.chmod(fd, 0o644)\n",
        ("tests/security/test_modes.py",),
    ),
    Bug(
        24,
        "replace forgets waiting entries",
        "store/held.py",
        "            data = with_tail(file.with_header(mended.data), mended.tail)\n",
        "            data = file.with_header(mended.data)\n",
        ("tests/store/test_contract.py", "-k", "folded_in_once_and_in_order"),
    ),
    Bug(
        24,
        "folding loses order",
        "store/held.py",
        "            data = with_tail(file.with_header(mended.data), mended.tail)\n",
        "            data = with_tail(file.with_header(mended.data), mended.tail[::-1])\n",
        ("tests/store/test_contract.py", "-k", "folded_in_once_and_in_order"),
        "small",
    ),
    Bug(
        25,
        "reservation without lock",
        "governor/__init__.py",
        "        return self._store.rows.alone(FOLDER, work)\n",
        '        return self._store.rows.alone(f"{FOLDER}-{self._clock.token(16)}", work)\n',
        ("tests/race/test_budget.py", "-k", "killed"),
        "small",
    ),
    Bug(
        26,
        "a new day forgets what is open",
        "governor/ledger.py",
        '            first += mending.carried(account.must_be_good().books, f"{day}T00:00:00Z")\n',
        "            account.must_be_good()\n",
        ("tests/governor/test_ledger.py", "-k", "midnight"),
    ),
    Bug(
        27,
        "rows that wait are put in without a look whether they are there",
        "store/row_file.py",
        "        if not self._are_in(rows, data):\n",
        "        if rows:\n",
        ("tests/store/test_rows.py", "-k", "doubles"),
    ),
    Bug(
        28,
        "no fence token: the token is not compared",
        "agent_inbox/rights.py",
        "    if token is not None and token != task.token:\n",
        "    if token is None and token != task.token:\n",
        CLAIMS,
    ),
    Bug(
        29,
        "lease not checked under the lock",
        "agent_inbox/holding.py",
        """        def decide(task: Task, entry: Entry, sheet: Sheet) -> Step:
            must_hold(task, entry, hold, event, sheet.leases_at)
            return report.step(task, sheet.when)
""",
        """        self.check(hold, event, life.Result())

        def decide(task: Task, entry: Entry, sheet: Sheet) -> Step:
            return report.step(task, sheet.when)
""",
        ("tests/tasks/test_late_holders.py", "-k", "late_for_the_lock"),
    ),
    Bug(
        30,
        "an expiry gives the token to the next one",
        "agent_inbox/life.py",
        "    return _moved(task, to, RAN_OUT, when, _freed(task))\n",
        "    again = Lease(None, task.token - 1, None).text()\n"
        '    return _moved(task, to, RAN_OUT, when, {"LEASE": again})\n',
        CLAIMS,
    ),
    Bug(
        31,
        "places relied on after a whole write",
        "agent_inbox/kept.py",
        " or layout.generation != reading.generation:\n",
        ":\n",
        ("tests/tasks/test_kept_places.py", "-k", "first_line"),
    ),
    Bug(
        32,
        "what was taken back is told as if it stood there",
        "store/file_state.py",
        "        return None if records is None else without_voids(records)\n",
        "        return records\n",
        ("tests/tasks/test_kept_places.py", "-k", "taken_back"),
    ),
    Bug(
        33,
        "outcomes forgotten before they are in the file",
        "store/held.py",
        "            file.replace(self._with_outcomes(data, report=True))\n",
        "            new = self._with_outcomes(data, report=True)\n"
        "            file.forget(file.at.last)\n            file.replace(new)\n",
        ("tests/crash/test_states.py", "-k", "outcome and told"),
        "small",
    ),
    Bug(
        34,
        "an outcome that is in the file is taken for overtaken",
        "agent_inbox/outcomes.py",
        "    return raw if _is_applied(task, entry) else None\n",
        "    return None\n",
        ("tests/crash/test_task_kills.py", "-k", "at_call and folded"),
    ),
    Bug(
        35,
        "a file that is missing again is taken for one that was missing all the time",
        "store/watch.py",
        "            del self._seen[path]\n",
        "            pass\n",
        ("tests/store/test_saves.py",),
    ),
)
