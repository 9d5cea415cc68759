"""The journal: every input event, in order, in a file that shows when somebody has edited it."""

import fcntl
import hashlib
import json
import logging
import os
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from wentong.errors import EnvironmentProblem, WentongError

log = logging.getLogger(__name__)

NOTHING = "0" * 64
"""`prev` of the first entry."""
OWN = ("seq", "at", "event", "prev", "hash")
STEP = 1 << 16

Entry = Mapping[str, Any]
"""An entry as it stands in the journal: its payload with `seq`, `at` (ISO) and `event`."""


class JournalBroken(WentongError):
    """An entry is not as it was written. Names the file and the line."""


class Journal:
    """Append-only JSON lines `{"seq", "at", "event", …payload, "prev", "hash"}`, one file for one archive.

    `hash` is the SHA-256 of the entry's canonical JSON without it, `prev` the hash of the entry before, so a change
    anywhere breaks the chain there. What a chain alone cannot show is that entries are missing at the very end; the
    warehouse, which knows the last number, does. Sequence numbers begin at 1 and have no gaps.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, event: str, payload: Mapping[str, Any], at: datetime) -> int:
        """Write one entry to disk for good and return its sequence number. Reads the last entry only.

        A torn last line (the power failed while it was written) is set aside in `<journal>.torn` and cut off. Raises
        JournalBroken if the last complete entry is damaged: nothing is chained onto that.
        """
        if taken := payload.keys() & set(OWN):
            raise ValueError(f"an entry has its own {', '.join(sorted(taken))}")
        private_folder(self.path.parent)
        with open(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600), "r+b", buffering=0) as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            last = self._last(stream)
            seq = last["seq"] + 1 if last else 1
            entry = {
                **payload,
                "seq": seq,
                "at": at.isoformat(),
                "event": event,
                "prev": last["hash"] if last else NOTHING,
            }
            entry["hash"] = _hash(entry)
            end, line = stream.seek(0, os.SEEK_END), _canonical(entry) + b"\n"
            if stream.write(line) != len(line):
                stream.truncate(end)
                raise EnvironmentProblem(f"Cannot write to {self.path}: the disk is full.")
            os.fsync(stream.fileno())
        if seq == 1:
            flush_folder(self.path.parent)
        return seq

    def note(self, event: str, payload: Mapping[str, Any], at: datetime) -> Entry:
        """`append`, for those who go on with the entry."""
        return {**payload, "seq": self.append(event, payload, at), "at": at.isoformat(), "event": event}

    def read(self, after: int = 0) -> Iterator[dict[str, Any]]:
        """The entries with a higher sequence number, in order. Finds the place without reading what comes before."""
        if not self.path.exists():
            return
        with open(self.path, "rb") as stream:
            stream.seek(self._offset_after(stream, after))
            for line in stream:
                if not line.endswith(b"\n"):
                    return
                entry = _parse(line)
                if entry is None:
                    raise JournalBroken(
                        f"{self.path.name}: an entry after number {after} is damaged; run `wentong verify`."
                    )
                if entry["seq"] > after:
                    yield entry

    def head(self) -> Entry | None:
        """The last entry: whoever keeps its number and hash can tell later whether anything up to it was changed."""
        if not self.path.exists():
            return None
        with open(self.path, "rb") as stream:
            stream.seek(self._offset_after(stream, sys.maxsize))
            whole = [line for line in stream if line.endswith(b"\n")]
        return _parse(whole[-1]) if whole else None

    def verify(self) -> str | None:
        """None if every entry is as it was written, else a sentence naming the first broken line."""
        if not self.path.exists():
            return None
        prev = NOTHING
        with open(self.path, "rb") as stream:
            for number, line in enumerate(stream, start=1):
                if not line.endswith(b"\n"):
                    return None  # torn: not an entry yet
                entry = _parse(line)
                where = f"{self.path.name}, line {number}"
                if entry is None:
                    return f"{where}: not a journal entry"
                if entry["hash"] != _hash({key: value for key, value in entry.items() if key != "hash"}):
                    return f"{where}: entry {entry['seq']} was changed after it was written"
                if entry["prev"] != prev or entry["seq"] != number:
                    return f"{where}: entry {entry['seq']} does not follow the entry before it"
                if _canonical(entry) + b"\n" != line:
                    return f"{where}: entry {entry['seq']} was written anew"
                prev = entry["hash"]
        return None

    def _last(self, stream: IO[bytes]) -> dict[str, Any] | None:
        """The last entry, after cutting off a torn line. The stream is locked."""
        end = stream.seek(0, os.SEEK_END)
        tail, start = b"", end
        while start > 0 and tail.count(b"\n") < 2:
            step = min(max(STEP, len(tail)), start)
            start -= step
            stream.seek(start)
            tail = stream.read(step) + tail
        whole, _, torn = tail.rpartition(b"\n")
        if torn:
            self._set_aside(torn)
            stream.truncate(end - len(torn))
            os.fsync(stream.fileno())
        line = whole.rpartition(b"\n")[2]
        if not line:
            return None
        entry = _parse(line)
        if entry is None or entry["hash"] != _hash({key: value for key, value in entry.items() if key != "hash"}):
            raise JournalBroken(f"{self.path}: the last entry is damaged; run `wentong verify`, nothing was added.")
        return entry

    def _set_aside(self, torn: bytes) -> None:
        log.warning("%s ended in the middle of a line; %d bytes are set aside", self.path, len(torn))
        torn_lines = self.path.with_name(self.path.name + ".torn")
        with open(os.open(torn_lines, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as stream:
            stream.write(torn + b"\n")
            stream.flush()
            os.fsync(stream.fileno())

    def _offset_after(self, stream: IO[bytes], after: int) -> int:
        """Somewhere at or before the entry that follows number `after`, at the beginning of a line; by bisection."""
        low, high = 0, stream.seek(0, os.SEEK_END)
        while after and high - low > STEP:
            middle = (low + high) // 2
            stream.seek(middle)
            stream.readline()
            start, entry = stream.tell(), _parse(stream.readline())
            if entry is None or start >= high or entry["seq"] > after:
                high = middle
            else:
                low = start
        return low


def private_folder(folder: Path) -> None:
    """Make a folder that only its owner may enter; one that exists keeps what its administrator allowed."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)


def flush_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _canonical(entry: Mapping[str, Any]) -> bytes:
    """One byte sequence per content: sorted keys, no blanks. Bytes of file names that are no text stay as escapes."""
    text = json.dumps(entry, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8", "backslashreplace")


def _hash(entry: Mapping[str, Any]) -> str:
    return hashlib.sha256(_canonical(entry)).hexdigest()


def _parse(line: bytes) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) and set(OWN) <= entry.keys() else None
