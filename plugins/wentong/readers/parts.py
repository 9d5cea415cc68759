"""Packages: the zip files that xlsx, xlsm, xlsb and ods are. Parts are unpacked in memory only, within a budget.

Names in a package are written in any case and with any slashes; Excel does not mind, so neither does this. A package in
which two parts go by one name is refused, for programs would not agree which of the two counts.
"""

import io
import posixpath
import zipfile
from typing import IO

from wentong.grid import Unreadable
from wentong.readers import safe_xml


class Parts:
    """The parts of a package by normalised name. Nothing is ever written to disk.

    At most `held` unpacked bytes of one part are read as a whole, and `streamed` bytes of all parts together.
    """

    def __init__(self, data: bytes, held: int, streamed: int) -> None:
        self.infos: dict[str, zipfile.ZipInfo] = {}
        self.held, self.left = held, streamed
        try:
            self.zip = zipfile.ZipFile(io.BytesIO(data))
            for info in self.zip.infolist():
                if not info.is_dir() and self.infos.setdefault(_normal(info.filename), info) is not info:
                    raise Unreadable("damaged_file")
        except (ValueError, IndexError) as error:  # names that are no text, offsets before the beginning
            raise Unreadable("damaged_file") from error

    def __contains__(self, name: str) -> bool:
        return name in self.infos

    def size(self, name: str) -> int:
        if name not in self.infos:
            raise Unreadable("damaged_file")
        return self.infos[name].file_size

    def read(self, name: str) -> bytes:
        """A whole part. Where the directory states less than there is the reading ends, and the checksum fails."""
        if self.size(name) > self.held:
            raise Unreadable("unsafe_file", reason="解压后过大")
        with self.stream(name) as stream:
            return stream.read()

    def stream(self, name: str) -> IO[bytes]:
        self.left -= self.size(name)
        if self.left < 0:
            raise Unreadable("unsafe_file", reason="解压后过大")
        info = self.infos[name]
        if info.flag_bits & 1:
            raise Unreadable("encrypted_file")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # no spreadsheet program uses others
            raise Unreadable("damaged_file")
        try:
            return self.zip.open(info)
        except ValueError as error:
            raise Unreadable("damaged_file") from error

    def relations(self, part: str) -> list[tuple[str, str, str]]:
        """(kind, id, target part) of what a part of an Office package refers to; kinds are lower case and bare."""
        folder, _, name = part.rpartition("/")
        source = posixpath.join(folder, "_rels", f"{name}.rels")
        if source not in self:
            return []
        return [
            (
                element.get("Type", "").rpartition("/")[2].lower(),
                element.get("Id", ""),
                _normal(posixpath.join("/" + folder, element.get("Target", "").replace("\\", "/"))),
            )
            for element in safe_xml.parse(self.read(source)).iter("{*}Relationship")
            if element.get("TargetMode") != "External"
        ]


def _normal(name: str) -> str:
    return posixpath.normpath(name.replace("\\", "/")).lstrip("/").lower()
