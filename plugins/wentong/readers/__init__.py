"""One file's bytes -> Book: every spreadsheet a town office can produce, read right or refused with a reason.

The format is decided by content; each has a module of its own here. Two rules hold everywhere: nothing that was written is
ever turned into a blank, and what cannot be read with certainty is refused (`Unreadable`) instead of guessed. Readers are
sparse: they hold the cells that have content, never the rectangle around them. All of it runs in a worker with memory and
time limits (`wentong.workers`).
"""

import gc
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from lxml import etree

from wentong.grid import Book, Sheet, Unreadable
from wentong.readers import html, ods, safe_xml, text, xls, xlsb, xlsx, xml2003
from wentong.readers.excel import or_damaged
from wentong.readers.ole import Container
from wentong.readers.parts import Parts

MAX_FILE: Final = 256 << 20
"""Bytes of a submitted file."""
MAX_PART: Final = 256 << 20
"""Unpacked bytes of what must be held in memory: styles, shared strings, binary sheets, whole XML files."""
MAX_STREAMED: Final = 1 << 30
"""Unpacked bytes of all streamed parts together. A million styled-empty rows of 20 columns are 0.6 GB and harmless."""


def read(path: Path, name: str) -> Book:
    """Read the file at `path`, which its sender called `name`.

    The name decides nothing; an extension of another kind of spreadsheet adds the notice `extension_mismatch`. Blank
    cells, cells of white space only, and cells hidden under a merged range are absent. Hidden rows and columns are
    those within the used area. Raises Unreadable with the code of the finding its sender gets; OSError when the file
    cannot be opened.
    """
    if path.stat().st_size > MAX_FILE:
        raise Unreadable("unsafe_file", reason="文件过大")
    data = path.read_bytes()
    try:
        with _without_collector():
            book = _read_content(data)
    except etree.XMLSyntaxError as error:
        raise safe_xml.fault(error) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        # a broken archive, a broken stream in it, a stream cut short, an archive of another kind
        raise Unreadable("damaged_file") from error
    if not book.sheets:
        raise Unreadable("no_sheets")
    for sheet in book.sheets:
        _keep_what_is_seen(sheet)
    if _says_otherwise(name, book.format):
        book.notices.append("extension_mismatch")
    return book


@contextmanager
def _without_collector() -> Iterator[None]:
    """Cells form no cycles: walking through millions of them to look for some would take a third of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


# --- which format is it -----------------------------------------------------------------------------------------------

_FOREIGN: Final = (
    (b"%PDF", "PDF文件"),
    (b"{\\rtf", "Word文档(RTF)"),
    (b"\x89PNG", "图片"),
    (b"\xff\xd8\xff", "图片"),
    (b"GIF8", "图片"),
    (b"BM", "图片"),
    (b"II*\0", "图片"),
    (b"MM\0*", "图片"),
    (b"RIFF", "图片或音视频"),
    (b"MZ", "程序"),
    (b"\x7fELF", "程序"),
    (b"L\0\0\0\x01\x14\x02\0", "快捷方式(只是指向文件的链接,不是文件本身)"),
    (b"SQLite format 3\0", "数据库文件"),
    (b"\0\x01\0\0Standard ", "数据库文件"),
    (b"ID3", "音视频"),
)
_ARCHIVES: Final = (
    (b"Rar!", "rar"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\x1f\x8b", "gz"),
    (b"BZh", "bz2"),
    (b"\xfd7zXZ", "xz"),
    (b"\x28\xb5\x2f\xfd", "zst"),
    (b"MSCF", "cab"),
)
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BARE_BIFF: Final = tuple(
    bytes.fromhex(start) for start in ("09000400", "09020600", "09040600", "09080800", "09081000")
)
"""The first record of an Excel file without container: versions 2, 3, 4, 5 and 97."""


def _read_content(data: bytes) -> Book:
    if not data:
        raise Unreadable("empty_file")
    if not data.strip(b"\0"):
        raise Unreadable("damaged_file")  # space reserved for a copy that never came
    if data.startswith(_OLE):
        return _read_ole(data)
    if data.startswith(_BARE_BIFF):
        return xls.read(data, summary=False)
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return _read_zip(data)
    for magic, kind in _ARCHIVES:
        if data.startswith(magic):
            raise Unreadable("archive_file", kind=kind)
    for magic, kind in _FOREIGN:
        # two letters could begin a text file, too; then there is no NUL near
        if data.startswith(magic) and (len(magic) > 2 or b"\0" in data[:64]):
            raise Unreadable("not_a_spreadsheet", kind=kind)
    if data[4:8] == b"ftyp":
        raise Unreadable("not_a_spreadsheet", kind="图片或音视频")
    return _read_text_or_markup(data)


def _read_zip(data: bytes) -> Book:
    parts = Parts(data, held=MAX_PART, streamed=MAX_STREAMED)
    if "[content_types].xml" in parts or "_rels/.rels" in parts:
        return _read_ooxml(parts)
    if "content.xml" in parts:
        return ods.read(parts)
    if "ofd.xml" in parts:
        raise Unreadable("not_a_spreadsheet", kind="OFD文件")
    if "index/document.iwa" in parts or "index.zip" in parts:
        raise Unreadable("not_a_spreadsheet", kind="苹果iWork文档")
    raise Unreadable("archive_file", kind="zip")


_OOXML_KINDS: Final = (("word/", "Word文档"), ("ppt/", "演示文稿"), ("visio/", "Visio图"), ("fixeddocseq", "XPS文件"))


def _read_ooxml(parts: Parts) -> Book:
    main = next((part for kind, _, part in parts.relations("") if kind == "officedocument"), "xl/workbook.xml")
    if main not in parts:
        for prefix, kind in _OOXML_KINDS:
            if any(name.startswith(prefix) for name in parts.infos):
                raise Unreadable("not_a_spreadsheet", kind=kind)
        if not any(name.startswith("xl/") for name in parts.infos):
            raise Unreadable("archive_file", kind="zip")
        raise Unreadable("damaged_file")
    for prefix, kind in _OOXML_KINDS:
        if main.startswith(prefix):
            raise Unreadable("not_a_spreadsheet", kind=kind)
    relations = {identity: (kind, part) for kind, identity, part in parts.relations(main)}
    binary = main.endswith(".bin")
    book = xlsb.read(parts, main, relations) if binary else xlsx.read(parts, main, relations)
    if any(kind in ("vbaproject", "xlmacrosheet", "xlintlmacrosheet") for kind, _ in relations.values()):
        book.format = "xlsb" if binary else "xlsm"
        book.notices.append("macros_ignored")
    elif not binary and b"macroEnabled" in parts.read("[content_types].xml"):
        book.format = "xlsm"
    return book


_OLE_KINDS: Final = (
    ("worddocument", "Word文档"),
    ("powerpoint document", "演示文稿"),
    ("visiodocument", "Visio图"),
    ("__properties_version1.0", "邮件"),
    ("hwpsummaryinformation", "文字文档"),
)


def _read_ole(data: bytes) -> Book:
    def open_container() -> tuple[set[str], bytes | None]:
        container = Container(data)
        return container.names(), container.stream("workbook") or container.stream("book")

    names, stream = or_damaged(open_container)
    if "encryptedpackage" in names:
        raise Unreadable("encrypted_file")
    if stream is None:
        for entry, kind in _OLE_KINDS:
            if entry in names:
                raise Unreadable("not_a_spreadsheet", kind=kind)
        if names & {"workbook", "book"}:
            raise Unreadable("damaged_file")
        raise Unreadable("not_a_spreadsheet", kind="其他程序的文档")
    book = xls.read(stream, summary="summaryinformation" in names)
    if "_vba_project_cur" in names:
        book.notices.append("macros_ignored")
    return book


def _read_text_or_markup(data: bytes) -> Book:
    content = text.decode(data)
    start = content[:4096].lstrip("\ufeff \t\r\n").lower()
    if start.startswith("mime-version:"):
        raise Unreadable("not_a_spreadsheet", kind="网页归档文件(MHT)")
    if not start.startswith("<"):
        if text.CONTROL.search(content.rstrip("\x1a")):
            raise Unreadable("not_a_spreadsheet", kind="无法识别的二进制文件")
        return text.read(content.rstrip("\x1a"))
    head = content[:65536].lower()
    if "urn:schemas-microsoft-com:office:spreadsheet" in head and "<html" not in head:
        return xml2003.read(content)
    if "urn:oasis:names:tc:opendocument:xmlns:office:1.0" in head:
        return ods.read_flat(content)
    if re.search(r"<(html|head|body|table|meta|!doctype html|style|div|tr)\b", head):
        return html.read(content)
    raise Unreadable("not_a_spreadsheet", kind="XML文件" if start.startswith("<?xml") else "标记文本")


_EXTENSIONS: Final = {
    "xlsx": {"xlsx", "xltx"},
    "xlsm": {"xlsm", "xltm", "xlam"},
    "xls": {"xls", "xlt", "xla", "et", "ett"},
    "xlsb": {"xlsb"},
    "ods": {"ods", "ots", "fods"},
    "csv": {"csv", "tsv", "txt", "tab", "prn"},
    "html": {"html", "htm"},
    "xml": {"xml"},
}


def _says_otherwise(name: str, format: str) -> bool:
    """Does the extension promise another kind of spreadsheet? Full-width names (`．ＸＬＳＸ`) are names, too."""
    extension = unicodedata.normalize("NFKC", name).rpartition(".")[2].strip().lower()
    return extension not in _EXTENSIONS[format] and any(extension in known for known in _EXTENSIONS.values())


def _keep_what_is_seen(sheet: Sheet) -> None:
    """Drop values under merged ranges, which nobody sees, and hidden rows and columns beyond the used area."""
    cells = sheet.cells
    for first_row, first_column, last_row, last_column in sheet.merged:
        area = (last_row - first_row + 1) * (last_column - first_column + 1)
        if area <= len(cells):
            covered = [
                (row, column)
                for row in range(first_row, last_row + 1)
                for column in range(first_column, last_column + 1)
                if (row, column) in cells
            ]
        else:
            covered = [at for at in cells if first_row <= at[0] <= last_row and first_column <= at[1] <= last_column]
        for at in covered:
            if at != (first_row, first_column):
                del cells[at]
    if sheet.hidden_rows:
        last = max((row for row, _ in cells), default=0)
        sheet.hidden_rows = {row for row in sheet.hidden_rows if row <= last}
    if sheet.hidden_columns:
        last = max((column for _, column in cells), default=0)
        sheet.hidden_columns = {column for column in sheet.hidden_columns if column <= last}
