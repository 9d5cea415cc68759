"""OLE compound files: the file system in a file that xls, old Word documents and encrypted workbooks are stored in.

The root directory says what kind of document it is. Everything in it is a chain of sectors; rings and chains that lead
out of the file are damage.
"""

import struct
from typing import NamedTuple

from wentong.grid import Unreadable


class Container:
    """An OLE compound file: a file system in a file, whose root directory says what kind of document it is."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        shift, self.mini_shift = struct.unpack_from("<HH", data, 30)
        directory, self.cutoff, mini_table, extension = struct.unpack_from("<I4xII4xI", data, 48)
        if shift not in (9, 12) or self.mini_shift != 6:
            raise Unreadable("damaged_file")
        self.sector = 1 << shift
        tables = list(struct.unpack_from("<109I", data, 76))
        seen: set[int] = set()
        while extension < 0xFFFFFFFA and extension not in seen:
            seen.add(extension)
            *more, extension = struct.unpack(f"<{self.sector // 4}I", self._block(extension))
            tables += more
        self.next = [
            number
            for table in tables
            if table < 0xFFFFFFFA
            for number in struct.unpack(f"<{self.sector // 4}I", self._block(table))
        ]
        self.entries = self._entries(self._chain(directory))
        self.mini_next = struct.unpack(f"<{len(table) // 4}I", table) if (table := self._chain(mini_table)) else ()
        root = next((entry for entry in self.entries if entry.kind == 5), None)
        self.mini = self._chain(root.start)[: root.size] if root else b""

    def names(self) -> set[str]:
        """Lower-case names in the root directory, without the control character some begin with."""
        return {entry.name for entry in self._root()}

    def stream(self, name: str) -> bytes | None:
        """A stream of the root directory, or None. Embedded documents further down have streams of the same names."""
        for entry in self._root():
            if entry.name == name and entry.kind == 2:
                data = self._chain(entry.start) if entry.size >= self.cutoff else self._mini_chain(entry.start)
                if len(data) < entry.size:
                    raise Unreadable("damaged_file")
                return data[: entry.size]
        return None

    def _block(self, number: int) -> bytes:
        start = (number + 1) * self.sector
        return self.data[start : start + self.sector].ljust(self.sector, b"\0") if start < len(self.data) else b""

    def _chain(self, number: int) -> bytes:
        blocks: list[bytes] = []
        while number < len(self.next):
            blocks.append(self._block(number))
            number = self.next[number]
            if len(blocks) > len(self.next):  # a ring
                raise Unreadable("damaged_file")
        return b"".join(blocks)

    def _mini_chain(self, number: int) -> bytes:
        blocks: list[bytes] = []
        while number < len(self.mini_next):
            blocks.append(self.mini[number << 6 : (number + 1) << 6])
            number = self.mini_next[number]
            if len(blocks) > len(self.mini_next):
                raise Unreadable("damaged_file")
        return b"".join(blocks)

    @staticmethod
    def _entries(directory: bytes) -> list["_Entry"]:
        entries: list[_Entry] = []
        for at in range(0, len(directory) - 127, 128):
            (length,) = struct.unpack_from("<H", directory, at + 64)
            name = directory[at : at + max(min(length, 64) - 2, 0)].decode("utf-16-le", "replace")
            left, right, child = struct.unpack_from("<III", directory, at + 68)
            start, size = struct.unpack_from("<II", directory, at + 116)
            entries.append(_Entry(name.lower().lstrip("\x01\x05"), directory[at + 66], left, right, child, start, size))
        return entries

    def _root(self) -> list["_Entry"]:
        """The entries of the root directory, which is a tree; all of them where the tree is broken."""
        found: dict[int, _Entry] = {}
        waiting = [entry.child for entry in self.entries if entry.kind == 5][:1]
        while waiting:
            number = waiting.pop()
            if number < len(self.entries) and number not in found:
                entry = found[number] = self.entries[number]
                waiting += [entry.left, entry.right]
        return list(found.values()) or self.entries


class _Entry(NamedTuple):
    name: str
    kind: int
    """1 folder, 2 stream, 5 root."""
    left: int
    right: int
    child: int
    start: int
    size: int
