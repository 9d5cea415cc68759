"""One file's bytes -> Book: every spreadsheet a town office can produce, read right or refused with a reason.

The format is decided by content. Two rules hold everywhere: nothing that was written is ever turned into a blank, and
what cannot be read with certainty is refused (`Unreadable`) instead of guessed. Readers are sparse: they hold the cells
that have content, never the rectangle around them. All of it runs in a worker with memory and time limits (`workers`).
"""

import csv
import gc
import io
import posixpath
import re
import struct
import unicodedata
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import IO, Final, Literal, NamedTuple, TypeVar

from lxml import etree

from wentong.grid import Book, Cell, Sheet, Unreadable

T = TypeVar("T")

MAX_FILE: Final = 256 << 20
"""Bytes of a submitted file."""
MAX_PART: Final = 256 << 20
"""Unpacked bytes of what must be held in memory: styles, shared strings, binary sheets, whole XML files."""
MAX_STREAMED: Final = 1 << 30
"""Unpacked bytes of all streamed parts together. A million styled-empty rows of 20 columns are 0.6 GB and harmless."""
MAX_CELLS: Final = 2_000_000
"""Cells with content in one file. 50 000 rows of 15 columns are 750 000; more than this would take all of a gigabyte."""
MAX_TEXT: Final = 4 * 32_767
"""Characters in one cell: four times what Excel can hold."""
MAX_ROW: Final = 1_048_576
MAX_COLUMN: Final = 16_384


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
        raise _xml_fault(error) from error
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
        return _read_xls(data, summary=False)
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
    parts = _Parts(data)
    if "[content_types].xml" in parts or "_rels/.rels" in parts:
        return _read_ooxml(parts)
    if "content.xml" in parts:
        return _read_ods(parts)
    if "ofd.xml" in parts:
        raise Unreadable("not_a_spreadsheet", kind="OFD文件")
    if "index/document.iwa" in parts or "index.zip" in parts:
        raise Unreadable("not_a_spreadsheet", kind="苹果iWork文档")
    raise Unreadable("archive_file", kind="zip")


_OLE_KINDS: Final = (
    ("worddocument", "Word文档"),
    ("powerpoint document", "演示文稿"),
    ("visiodocument", "Visio图"),
    ("__properties_version1.0", "邮件"),
    ("hwpsummaryinformation", "文字文档"),
)


def _read_ole(data: bytes) -> Book:
    def open_container() -> tuple[set[str], bytes | None]:
        container = _Container(data)
        return container.names(), container.stream("workbook") or container.stream("book")

    names, stream = _or_damaged(open_container)
    if "encryptedpackage" in names:
        raise Unreadable("encrypted_file")
    if stream is None:
        for entry, kind in _OLE_KINDS:
            if entry in names:
                raise Unreadable("not_a_spreadsheet", kind=kind)
        if names & {"workbook", "book"}:
            raise Unreadable("damaged_file")
        raise Unreadable("not_a_spreadsheet", kind="其他程序的文档")
    book = _read_xls(stream, summary="summaryinformation" in names)
    if "_vba_project_cur" in names:
        book.notices.append("macros_ignored")
    return book


def _read_text_or_markup(data: bytes) -> Book:
    text = _decode(data)
    start = text[:4096].lstrip("\ufeff \t\r\n").lower()
    if start.startswith("mime-version:"):
        raise Unreadable("not_a_spreadsheet", kind="网页归档文件(MHT)")
    if not start.startswith("<"):
        if _CONTROL.search(text.rstrip("\x1a")):
            raise Unreadable("not_a_spreadsheet", kind="无法识别的二进制文件")
        return _read_csv(text.rstrip("\x1a"))
    head = text[:65536].lower()
    if "urn:schemas-microsoft-com:office:spreadsheet" in head and "<html" not in head:
        return _read_xml_2003(text)
    if "urn:oasis:names:tc:opendocument:xmlns:office:1.0" in head:
        return Book("ods", list(_ods_sheets(io.BytesIO(_plain_utf8(text)))))
    if re.search(r"<(html|head|body|table|meta|!doctype html|style|div|tr)\b", head):
        return _read_html(text)
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


def _guard_size(sheets: list[Sheet], more: int = 0) -> None:
    if more + sum(len(sheet.cells) for sheet in sheets) > MAX_CELLS:
        raise Unreadable("unsafe_file", reason="单元格过多")


def _or_damaged(parse: Callable[[], T]) -> T:
    """Run a parser of binary records, which meets broken bytes as offsets that lead nowhere."""
    try:
        return parse()
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise Unreadable("damaged_file") from error


# --- cells ------------------------------------------------------------------------------------------------------------

_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_ERROR_TEXT: Final = re.compile(r"#(REF|N/A|NAME|VALUE|DIV/0|NUM|NULL|SPILL|CALC|GETTING_DATA)[!?]?|Err:\d+|#{3,}")
_ESCAPE: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")

DateStyle = Literal["", "date", "elapsed"]
"""What a number format makes of a number: nothing, a date or time of day, a duration such as [h]:mm."""


def _number(text: str, formula: bool = False) -> Cell:
    """The cell of a number stored as text. What is no plain number stays text, so that it can be questioned."""
    if len(text) < 16 and text.isascii():  # the usual ones, which are written as they are shown
        if text.isdigit():
            return Cell(int(text), "number", text, formula)
        if text.replace(".", "", 1).isdigit() and not (number := float(text)).is_integer():
            return Cell(number, "number", text, formula)
    if not _NUMBER.fullmatch(text):
        return Cell(text, "text", text, formula)
    return _float(float(text), formula)


def _float(number: float, formula: bool = False) -> Cell:
    """The cell of a binary number, with the 15 digits a spreadsheet program shows and calculates with."""
    if number - number != 0:  # infinite or not a number
        return Cell("#NUM!", "error", "#NUM!", formula)
    if number.is_integer() and abs(number) < 1e15:
        whole = int(number)
        return Cell(whole, "number", str(whole), formula)
    raw = f"{number:.15G}"
    return Cell(float(raw), "number", raw, formula)


def _dated(number: float, style: DateStyle, date1904: bool, formula: bool = False) -> Cell:
    """The cell of a number shown as date, time or duration."""
    if not 0 <= number < 2_958_466:  # the program shows ####
        return Cell("########", "error", "########", formula)
    days, seconds = divmod(round(number * 86_400), 86_400)
    if number < 1 and days == 0:
        return _moment(time(seconds // 3600, seconds // 60 % 60, seconds % 60), formula)
    if style == "elapsed":
        hours, rest = divmod(days * 86_400 + seconds, 3600)
        shown = f"{hours}:{rest // 60:02}:{rest % 60:02}"
        return Cell(shown, "text", shown, formula)
    if date1904:
        day = date(1904, 1, 1)
    elif days == 60:  # Excel's 29 February 1900, a day that never was
        return Cell("1900-02-29", "text", "1900-02-29", formula)
    else:
        day = date(1899, 12, 31) if days < 60 else date(1899, 12, 30)
    try:
        day += timedelta(days)
    except OverflowError:  # beyond 9999, on the 1904 calendar
        return Cell("########", "error", "########", formula)
    if not seconds:
        return _moment(day, formula)
    return _moment(datetime.combine(day, time(seconds // 3600, seconds // 60 % 60, seconds % 60)), formula)


def _moment(value: date | datetime | time, formula: bool) -> Cell:
    return Cell(value, "date", value.isoformat(" ") if isinstance(value, datetime) else value.isoformat(), formula)


def _iso_moment(text: str, formula: bool = False) -> Cell:
    """The cell of a date stored as ISO text. Day 0 of the calendar with a time is a time of day."""
    try:
        value = datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        return Cell(text, "text", text, formula)
    if value.microsecond:
        value = (value + timedelta(microseconds=500_000)).replace(microsecond=0)
    if value.date() in (date(1899, 12, 30), date(1899, 12, 31)) and "T" in text:
        return _moment(value.time(), formula)
    return _moment(value if value.time() != time() else value.date(), formula)


def _text(text: str, formula: bool = False) -> Cell | None:
    """The cell of a text, None when there is nothing to see."""
    if not text or text.isspace():
        return None
    if len(text) > MAX_TEXT:
        raise Unreadable("unsafe_file", reason="单元格中的文字过长")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return Cell(text, "text", text, formula)


def _unescape(text: str) -> str:
    """`_x000D_` is how OOXML writes characters that XML cannot carry."""
    if "_x" not in text:
        return text
    text = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
    # two escapes may be the halves of one character; a lone half or a NUL could not be stored anywhere
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", "\ufffd")


_BUILT_IN_DATES: Final = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59), *range(71, 82)}
"""Format numbers that are dates without being declared: western, Chinese (27–36, 50–58) and Thai."""
_FORMAT_LITERALS: Final = re.compile(r'"[^"]*"?|\\.|[_*].|\[(?!(?:h+|m+|s+)\])[^\]]*\]', re.I | re.S)
_FRACTIONS: Final = re.compile(r"s\.0+", re.I)


def _date_style(number: int, code: str | None) -> DateStyle:
    """What the number format does to a number. Literal text, colours, conditions and locales say nothing about it."""
    if code is None:
        return "elapsed" if number == 46 else "date" if number in _BUILT_IN_DATES else ""
    bare = _FORMAT_LITERALS.sub("", code).partition(";")[0].lower()
    if "general" in bare or "通用格式" in bare:
        return ""
    if re.search(r"\[(h+|m+|s+)\]", bare):
        return "elapsed"
    if re.search(r"[0#?@]", _FRACTIONS.sub("s", bare)):
        return ""
    return "date" if re.search(r"[ymdhse]", bare) else ""


# --- XML, safely ------------------------------------------------------------------------------------------------------


_PARSER: Final = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
    "remove_comments": True,
}
"""Nothing outside the file is ever fetched and no entity expanded."""
_DOCTYPES: Final = (b"<!DOCTYPE", "<!DOCTYPE".encode("utf-16-le"), "<!DOCTYPE".encode("utf-16-be"))
_EMPTY_CELLS: Final = re.compile(rb'<c r="[^<>]*/>(?=<c r="|</row>)')
_EMPTY_ROWS: Final = re.compile(rb'<row r="[^<>]*(?:/>|></row>)(?=<row r="|</sheetData>)')
_SMALL: Final = 1 << 20


def _parse_xml(data: bytes) -> etree._Element:
    _refuse_doctype(data)
    root = etree.fromstring(data, etree.XMLParser(**_PARSER))  # type: ignore[arg-type]
    if root.getroottree().docinfo.internalDTD is not None:  # in an encoding not foreseen above
        raise Unreadable("unsafe_file", reason="含有外部定义")
    return root


def _refuse_doctype(data: bytes) -> None:
    """No spreadsheet program writes one; entity bombs and external entities need one."""
    if any(doctype in data for doctype in _DOCTYPES):
        raise Unreadable("unsafe_file", reason="含有外部定义")


def _elements(
    stream: IO[bytes], size: int, events: tuple[str, ...], *tags: str
) -> Iterator[tuple[str, str, etree._Element]]:
    """Events, local names and elements of the given tags, each complete at its `end`, in flat memory.

    What was yielded at its end is emptied afterwards, and so is everything before it.
    """
    if size <= _SMALL and events == ("end",):  # twice as fast
        for element in _parse_xml(stream.read()).iter(*tags):
            yield "end", etree.QName(element).localname, element
        return
    parse = etree.iterparse(_Guarded(stream), events=events, tag=tags, **_PARSER)
    for event, element in parse:
        yield event, etree.QName(element).localname, element
        if event == "end":
            element.clear()
            parent = element.getparent()
            while parent is not None and element.getprevious() is not None:
                del parent[0]


class _Guarded:
    """A stream of XML that ends at a DOCTYPE and leaves out styled-empty cells and rows, which may be millions.

    An empty cell goes only if the next one states its own address, so that no other cell moves. Markup that could
    contain a look-alike (CDATA) stops the filter.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream, self.rest, self.filtering = stream, b"", True

    def read(self, size: int = -1) -> bytes:
        while True:
            chunk = self.stream.read(1 << 20)
            data = self.rest + chunk
            cut = data.rfind(b"<") if chunk else len(data)
            if cut > 0 or not chunk:
                break
            self.rest = data
            if len(data) > 10 * MAX_TEXT + (1 << 20):
                raise Unreadable("unsafe_file", reason="单元格中的文字过长")
        data, self.rest = data[:cut], data[cut:]
        _refuse_doctype(data)
        self.filtering = self.filtering and b"<![" not in data
        if self.filtering and b"<c " in data:
            data = _EMPTY_ROWS.sub(b"", _EMPTY_CELLS.sub(b"", data))
        return data


def _xml_fault(error: etree.XMLSyntaxError) -> Unreadable:
    """libxml2 reports its own limits and an exhausted memory as syntax errors, too."""
    message = str(error.msg or "").lower()
    if "memory" in message:
        raise MemoryError(message) from error
    if "unknown error" in message:  # what remains of running out of memory within the HTML parser
        return Unreadable("unsafe_file", reason="内容过大")
    if "huge" in message or "buffer size limit" in message:
        return Unreadable("unsafe_file", reason="单元格中的文字过长")
    if "entity" in message and ("loop" in message or "amplification" in message):
        return Unreadable("unsafe_file", reason="含有外部定义")
    if "depth" in message:
        return Unreadable("unsafe_file", reason="结构嵌套过深")
    return Unreadable("damaged_file")


# --- packages of parts (xlsx, xlsm, xlsb, ods) ------------------------------------------------------------------------


class _Parts:
    """The parts of a zip package by normalised name, with a budget for unpacking. Nothing is ever written to disk."""

    def __init__(self, data: bytes) -> None:
        self.infos: dict[str, zipfile.ZipInfo] = {}
        self.streamed = 0
        try:
            self.zip = zipfile.ZipFile(io.BytesIO(data))
            for info in self.zip.infolist():
                if not info.is_dir() and self.infos.setdefault(_part_name(info.filename), info) is not info:
                    raise Unreadable("damaged_file")  # programs would not agree which of the two counts
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
        if self.size(name) > MAX_PART:
            raise Unreadable("unsafe_file", reason="解压后过大")
        with self.stream(name) as stream:
            return stream.read()

    def stream(self, name: str) -> IO[bytes]:
        self.streamed += self.size(name)
        if self.streamed > MAX_STREAMED:
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


def _part_name(name: str) -> str:
    """Writers differ in case, slashes and leading slashes; Excel does not mind."""
    return posixpath.normpath(name.replace("\\", "/")).lstrip("/").lower()


def _local(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


# --- xlsx and xlsm ----------------------------------------------------------------------------------------------------

_OOXML_KINDS: Final = (("word/", "Word文档"), ("ppt/", "演示文稿"), ("visio/", "Visio图"), ("fixeddocseq", "XPS文件"))


@dataclass(slots=True)
class _Workbook:
    """What the cells of an OOXML workbook refer to."""

    strings: list[Cell | None] = field(default_factory=list)
    """The shared texts as the cells they make."""
    numbers: dict[str, Cell] = field(default_factory=dict)
    """Plain numbers met before, by their stored text: most numbers come again and again."""
    styles: dict[str | int, DateStyle] = field(default_factory=dict)
    """The styles that show dates, by their index as the file's cells write it: text in XML, a number in binary."""
    date1904: bool = False
    stale: bool = False
    """The writer asks for a full calculation on loading: cached results of formulas are placeholders."""

    def string(self, index: int) -> Cell | None:
        if not 0 <= index < len(self.strings):
            raise Unreadable("damaged_file")
        return self.strings[index]

    def numeric(self, cell: Cell, style: DateStyle) -> Cell:
        """A number as its format shows it. A placeholder 0 of a formula was never calculated."""
        if cell.formula and self.stale and cell.value == 0:
            return Cell(None, "uncalculated", "", True)
        if style and isinstance(cell.value, int | float):
            return _dated(cell.value, style, self.date1904, cell.formula)
        return cell


def _read_ooxml(parts: _Parts) -> Book:
    main = next((part for kind, _, part in _relations(parts, "") if kind == "officedocument"), "xl/workbook.xml")
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
    relations = {identity: (kind, part) for kind, identity, part in _relations(parts, main)}
    binary = main.endswith(".bin")
    book = _read_xlsb(parts, main, relations) if binary else _read_xlsx(parts, main, relations)
    if any(kind in ("vbaproject", "xlmacrosheet", "xlintlmacrosheet") for kind, _ in relations.values()):
        book.format = "xlsb" if binary else "xlsm"
        book.notices.append("macros_ignored")
    elif not binary and b"macroEnabled" in parts.read("[content_types].xml"):
        book.format = "xlsm"
    return book


def _relations(parts: _Parts, part: str) -> list[tuple[str, str, str]]:
    """(kind, id, target part) of what a part refers to; kinds in lower case without their namespace."""
    folder, _, name = part.rpartition("/")
    source = posixpath.join(folder, "_rels", f"{name}.rels")
    if source not in parts:
        return []
    return [
        (
            element.get("Type", "").rpartition("/")[2].lower(),
            element.get("Id", ""),
            _part_name(posixpath.join("/" + folder, element.get("Target", "").replace("\\", "/"))),
        )
        for element in _parse_xml(parts.read(source)).iter("{*}Relationship")
        if element.get("TargetMode") != "External"
    ]


def _read_xlsx(parts: _Parts, main: str, relations: dict[str, tuple[str, str]]) -> Book:
    root = _parse_xml(parts.read(main))
    workbook = _Workbook()
    for kind, part in relations.values():
        if kind == "sharedstrings" and part in parts:
            workbook.strings = _shared_strings(parts, part)
        elif kind == "styles" and part in parts:
            workbook.styles = _styles(_parse_xml(parts.read(part)))
    for element in root.iter("{*}workbookPr", "{*}calcPr"):
        workbook.date1904 |= _true(element.get("date1904"))
        workbook.stale |= _true(element.get("fullCalcOnLoad"))
    sheets: list[Sheet] = []
    for element in root.iterfind("{*}sheets/{*}sheet"):
        identity = next((str(value) for key, value in element.items() if str(key).endswith("}id")), "")
        kind, part = relations.get(identity, ("", ""))
        if kind == "worksheet":
            sheet = Sheet(element.get("name", ""), visible=element.get("state", "visible") == "visible")
            sheets.append(sheet)
            with parts.stream(part) as stream:
                _fill_sheet(stream, parts.size(part), sheet, workbook, sheets)
        elif identity and not kind:  # without identity it is a module of macros
            raise Unreadable("damaged_file")
    return Book("xlsx", sheets)


def _true(flag: str | None) -> bool:
    return flag in ("1", "true", "on")


def _styles(root: etree._Element) -> dict[str | int, DateStyle]:
    codes: dict[int, str] = {}
    for element in root.iterfind("{*}numFmts/{*}numFmt"):
        codes[_index(element.get("numFmtId"))] = element.get("formatCode", "")
    numbers = [_index(element.get("numFmtId", "0")) for element in root.iterfind("{*}cellXfs/{*}xf")]
    known = {number: _date_style(number, codes.get(number)) for number in set(numbers)}
    return {str(index): known[number] for index, number in enumerate(numbers) if known[number]}


def _index(text: str | None) -> int:
    if text is None or not (text.isascii() and text.isdigit()) or len(text) > 10:
        raise Unreadable("damaged_file")
    return int(text)


def _shared_strings(parts: _Parts, part: str) -> list[Cell | None]:
    strings: list[Cell | None] = []
    with parts.stream(part) as stream:
        for _, _, element in _elements(stream, parts.size(part), ("end",), "{*}si"):
            strings.append(_text(_rich_text(element)))
            if len(strings) > MAX_CELLS:
                raise Unreadable("unsafe_file", reason="单元格过多")
    return strings


def _rich_text(element: etree._Element) -> str:
    """Text of a string item or inline string: its runs, without the phonetic ones."""
    if len(element) == 1 and element[0].tag.endswith("}t"):
        return _unescape(element[0].text or "")
    pieces: list[str] = []
    for child in element:
        name = _local(child)
        if name == "t":
            pieces.append(child.text or "")
        elif name == "r":
            pieces += [run.text or "" for run in child if _local(run) == "t"]
    return _unescape("".join(pieces))


def _fill_sheet(stream: IO[bytes], size: int, sheet: Sheet, workbook: _Workbook, sheets: list[Sheet]) -> None:
    columns: dict[str, int] = {}
    row = 0
    for _, name, element in _elements(stream, size, ("end",), "{*}row", "{*}col", "{*}mergeCell"):
        if name == "row":
            number = element.get("r")
            row = _index(number) if number else row + 1
            if row > MAX_ROW or row == 0:
                raise Unreadable("damaged_file")
            if _true(element.get("hidden")) or element.get("ht") == "0":
                sheet.hidden_rows.add(row)
            _fill_row(element, row, columns, sheet, workbook)
            if len(sheet.cells) > MAX_CELLS // 8:
                _guard_size(sheets)
        elif name == "col":
            if _true(element.get("hidden")) or element.get("width") == "0":
                last = min(_index(element.get("max")), MAX_COLUMN)
                sheet.hidden_columns.update(range(_index(element.get("min")), last + 1))
        else:
            sheet.merged.append(_range(element.get("ref", ""), columns))
    _guard_size(sheets)


def _fill_row(element: etree._Element, row: int, columns: dict[str, int], sheet: Sheet, workbook: _Workbook) -> None:
    cells, numbers, styles = sheet.cells, workbook.numbers, workbook.styles
    namespace = element.tag[:-3]
    tag_v, tag_f, tag_is = namespace + "v", namespace + "f", namespace + "is"
    expected = str(row)
    width = len(expected)
    at_row, column = row, 0
    cell: Cell | None
    for node in element:
        address = node.get("r")
        if address is None:
            at_row, column = row, column + 1
        else:
            known = columns.get(address[:-width])
            if known and address.endswith(expected):
                at_row, column = row, known
            else:  # the cell's own address wins, as in Excel
                letters = address.rstrip("0123456789")
                at_row, column = _index(address[len(letters) :]), _column(letters, columns)
        text: str | None = None
        inline: str | None = None
        formula = False
        for child in node:
            tag = child.tag
            if tag == tag_v:
                text = child.text or ""
            elif tag == tag_f:
                formula = True
            elif tag == tag_is:
                inline = _rich_text(child)
        if text is None and inline is None and not formula:
            continue
        kind, style = node.get("t"), node.get("s", "0")
        plain = text and not formula and (kind is None or kind == "n") and style not in styles
        cell = numbers.get(text) if plain and text else None
        if cell is None:
            cell = _xlsx_cell(kind, style, text, inline, formula, workbook)
            if plain and text and cell:
                numbers[text] = cell
        if cell is not None:
            if column > MAX_COLUMN or not 0 < at_row <= MAX_ROW or (at_row, column) in cells:
                raise Unreadable("damaged_file")
            cells[at_row, column] = cell


def _xlsx_cell(
    kind: str | None, style_index: str, text: str | None, inline: str | None, formula: bool, workbook: _Workbook
) -> Cell | None:
    """One cell from its type, style, stored value, inline string, and whether it has a formula."""
    if kind == "s" and text:
        cell = workbook.string(_index(text.strip()))
        return cell._replace(formula=True) if cell and formula else cell
    if kind == "inlineStr" and inline is not None:
        return _text(inline, formula)
    if kind in ("str", "inlineStr", "s"):
        if text is None and formula:
            return Cell(None, "uncalculated", "", True)
        return _text(_unescape(text or ""), formula)
    text = (text or "").strip()
    if not text:
        return Cell(None, "uncalculated", "", True) if formula else None
    if kind == "e":
        return Cell(text, "error", text, formula)
    if kind == "b" and text in ("0", "1", "true", "false"):
        truth = text in ("1", "true")
        return Cell(truth, "boolean", "TRUE" if truth else "FALSE", formula)
    if kind == "d":
        return _iso_moment(text, formula)
    return workbook.numeric(_number(text, formula), workbook.styles.get(style_index, ""))


def _column(letters: str, columns: dict[str, int]) -> int:
    number = 0
    if not (letters.isascii() and letters.isalpha() and len(letters) <= 3):
        raise Unreadable("damaged_file")
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    columns[letters] = number
    return number


def _range(reference: str, columns: dict[str, int]) -> tuple[int, int, int, int]:
    first, _, last = reference.replace("$", "").partition(":")
    corners: list[int] = []
    for address in (first, last or first):
        letters = address.rstrip("0123456789")
        corners += [_index(address[len(letters) :]), _column(letters, columns)]
    return corners[0], corners[1], corners[2], corners[3]


# --- xlsb -------------------------------------------------------------------------------------------------------------

_ERRORS: Final = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}  # fmt: skip


def _read_xlsb(parts: _Parts, main: str, relations: dict[str, tuple[str, str]]) -> Book:
    """[MS-XLSB], the records that carry content. Cells of "short" records (12–18) stand right of the cell before."""

    def parse() -> Book:
        workbook = _Workbook()
        for kind, part in relations.values():
            if kind == "sharedstrings" and part in parts:
                workbook.strings = [
                    _text(_wide(record, 1)) for number, record in _records(parts.read(part)) if number == 19
                ]
            elif kind == "styles" and part in parts:
                workbook.styles = _xlsb_styles(parts.read(part))
        sheets: list[Sheet] = []
        pending: list[tuple[Sheet, str]] = []
        for number, record in _records(parts.read(main)):
            if number == 153:
                workbook.date1904 = bool(record[0] & 1)
            elif number == 156:
                state, _, length = struct.unpack_from("<III", record)
                kind, part = relations.get(record[12 : 12 + 2 * length].decode("utf-16-le"), ("", ""))
                if kind == "worksheet":
                    pending.append((Sheet(_wide(record, 12 + 2 * length), visible=state == 0), part))
                elif not kind:
                    raise Unreadable("damaged_file")
        for sheet, part in pending:
            sheets.append(sheet)
            _fill_xlsb_sheet(parts.read(part), sheet, workbook)
            _guard_size(sheets)
        return Book("xlsb", sheets)

    return _or_damaged(parse)


def _records(data: bytes) -> Iterator[tuple[int, bytes]]:
    at, end = 0, len(data)
    while at < end:
        number = data[at]
        at += 1
        if number & 0x80:
            number = number & 0x7F | (data[at] & 0x7F) << 7
            at += 1
        length = shift = 0
        while True:
            byte = data[at]
            at += 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80 or shift == 28:
                break
        if at + length > end:
            raise Unreadable("damaged_file")
        yield number, data[at : at + length]
        at += length


def _wide(record: bytes, at: int) -> str:
    (length,) = struct.unpack_from("<I", record, at)
    if at + 4 + 2 * length > len(record):
        raise Unreadable("damaged_file")
    return record[at + 4 : at + 4 + 2 * length].decode("utf-16-le", "replace")


def _xlsb_styles(data: bytes) -> dict[str | int, DateStyle]:
    codes: dict[int, str] = {}
    styles: dict[str | int, DateStyle] = {}
    inside, index = False, 0
    for number, record in _records(data):
        if number == 44:
            codes[struct.unpack_from("<H", record)[0]] = _wide(record, 2)
        elif number in (617, 618):
            inside = number == 617
        elif number == 47 and inside:
            (code,) = struct.unpack_from("<H", record, 2)
            styles[index] = _date_style(code, codes.get(code))
            index += 1
    return styles


def _fill_xlsb_sheet(data: bytes, sheet: Sheet, workbook: _Workbook) -> None:
    row = column = 0
    inside = False
    for number, record in _records(data):
        if number in (145, 146):
            inside = number == 145
        elif inside and (1 <= number <= 18 or number == 62):
            if number < 12 or number == 62:
                column, at = struct.unpack_from("<I", record)[0] + 1, 8
            else:
                column, at = column + 1, 4
            if not (0 < row <= MAX_ROW and column <= MAX_COLUMN):
                raise Unreadable("damaged_file")
            style = workbook.styles.get(int.from_bytes(record[at - 4 : at - 1], "little"), "")
            cell = _xlsb_cell(number if number < 12 or number == 62 else number - 11, record, at, style, workbook)
            if cell is not None:
                sheet.cells[row, column] = cell
        elif inside and number == 0:
            row, column = struct.unpack_from("<I", record)[0] + 1, 0
            if record[11] & 0x10:
                sheet.hidden_rows.add(row)
        elif number == 60:
            first, last = struct.unpack_from("<II", record)
            if record[16] & 1:
                sheet.hidden_columns.update(range(first + 1, min(last + 1, MAX_COLUMN) + 1))
        elif number == 176:
            first, last, left, right = struct.unpack_from("<IIII", record)
            sheet.merged.append((first + 1, left + 1, last + 1, right + 1))


def _xlsb_cell(number: int, record: bytes, at: int, style: DateStyle, workbook: _Workbook) -> Cell | None:
    """One cell by its record number: 1 blank, 2 RK, 3 error, 4 boolean, 5 real, 6 text, 7 shared text, 8–11 formula."""
    formula = 8 <= number <= 11
    if number == 1:
        return None
    if number == 7:
        return workbook.string(struct.unpack_from("<I", record, at)[0])
    if number in (6, 8, 62):
        return _text(_wide(record, at + (number == 62)), formula)
    if number in (3, 11):
        error = _ERRORS.get(record[at], "#ERR!")
        return Cell(error, "error", error, formula)
    if number in (4, 10):
        return Cell(bool(record[at]), "boolean", "TRUE" if record[at] else "FALSE", formula)
    value = _rk(struct.unpack_from("<i", record, at)[0]) if number == 2 else struct.unpack_from("<d", record, at)[0]
    return workbook.numeric(_float(value, formula), style)


def _rk(packed: int) -> float:
    """A number in 30 bits: integer or the high half of a float, perhaps in hundredths."""
    value: float = packed >> 2 if packed & 2 else struct.unpack("<d", struct.pack("<Q", (packed & 0xFFFFFFFC) << 32))[0]
    return value / 100 if packed & 1 else float(value)


# --- xls --------------------------------------------------------------------------------------------------------------


class _Container:
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


_CHINESE_PAGES: Final = {936: "gb18030", 950: "cp950", 54936: "gb18030"}


@dataclass(slots=True)
class _XlsWorkbook(_Workbook):
    """What the cells of an xls workbook refer to."""

    unicode: bool = True
    """Excel 97 and later. Before, text is in bytes of a code page."""
    code_page: int = 0
    summary: bool = True
    """Whether the program that wrote the file left a summary, as all office programs do."""

    def short_text(self, body: bytes, at: int, size: str = "<H") -> str:
        """A text within one record, led by its length as `size` packs it."""
        (length,) = struct.unpack_from(size, body, at)
        at += struct.calcsize(size)
        if self.unicode:
            wide = body[at] & 1
            data = body[at + 1 : at + 1 + (length << wide)]
            if len(data) < length << wide:
                raise Unreadable("damaged_file")
            return data.decode("utf-16-le" if wide else "latin-1", "replace")
        data = body[at : at + length]
        if data.isascii():
            return data.decode("ascii")
        # the page is often stated wrongly; only a Chinese one that fits is believed
        try:
            return data.decode(_CHINESE_PAGES[self.code_page])
        except (KeyError, UnicodeDecodeError) as error:
            raise Unreadable("old_format") from error


def _read_xls(stream: bytes, summary: bool) -> Book:
    """[MS-XLS] Excel 97–2003 (also WPS .et) and Excel 5/95, the records that carry content.

    Well-kept readers stop at damaged names, comments or runs of fonts, which are of no interest here; and they tell
    neither which cells are formulas nor whether those were ever calculated.
    """
    if stream[:2] != b"\x09\x08":
        raise Unreadable("old_format" if stream[:1] == b"\x09" else "damaged_file")

    def parse() -> Book:
        workbook = _XlsWorkbook(unicode=stream[4:6] == b"\x00\x06", summary=summary)
        sheets: list[Sheet] = []
        for sheet, start in _xls_globals(stream, workbook):
            sheets.append(sheet)
            _fill_xls_sheet(stream, start, sheet, workbook)
            _guard_size(sheets)
        return Book("xls", sheets)

    return _or_damaged(parse)


def _xls_records(stream: bytes, at: int) -> Iterator[tuple[int, bytes, list[bytes]]]:
    """Number, body and continuations of the records of one substream, without those of the charts embedded in it."""
    depth = 0
    held: tuple[int, bytes, list[bytes]] | None = None
    while True:
        number, length = struct.unpack_from("<HH", stream, at)
        at += 4 + length
        if at > len(stream):
            raise Unreadable("damaged_file")
        body = stream[at - length : at]
        if number == 0x3C and held:
            held[2].append(body)
            continue
        if held:
            yield held
        held = (number, body, []) if depth == 1 or number == 0x809 else None
        if number == 0x809:
            depth += 1
        elif number == 0x0A:
            depth -= 1
            if depth <= 0:
                return


def _xls_globals(stream: bytes, workbook: _XlsWorkbook) -> list[tuple[Sheet, int]]:
    """The worksheets and where each begins; fills `workbook`."""
    sheets: list[tuple[Sheet, int]] = []
    codes: dict[int, str] = {}
    formats: list[int] = []
    bounds: list[bytes] = []
    for number, body, more in _xls_records(stream, 0):
        if number == 0x2F:
            raise Unreadable("encrypted_file")
        if number == 0x42:
            (workbook.code_page,) = struct.unpack_from("<H", body)
        elif number == 0x22:
            workbook.date1904 = body[0] == 1
        elif number == 0x41E:
            (code,) = struct.unpack_from("<H", body)
            wide = workbook.unicode and body[4] & 1  # its length is often wrong and does not matter
            codes[code] = body[5 if workbook.unicode else 3 :].decode("utf-16-le" if wide else "latin-1", "replace")
        elif number == 0xE0:
            formats.append(struct.unpack_from("<H", body, 2)[0])
        elif number == 0x85 and body[5] & 0x0F == 0:
            bounds.append(body)
        elif number == 0xFC:
            workbook.strings = [_text(text) for text in _xls_strings([body[8:], *more])]
    for body in bounds:
        (start,) = struct.unpack_from("<I", body)
        sheets.append((Sheet(workbook.short_text(body, 6, "<B"), visible=body[4] & 3 == 0), start))
    for index, code in enumerate(formats):
        workbook.styles[index] = _date_style(code, codes.get(code))
    return sheets


def _xls_strings(pieces: list[bytes]) -> list[str]:
    """The table of strings. Where a cut between records falls into a text, its width is stated anew."""
    strings: list[str] = []
    data = b"".join(pieces)
    cuts: list[int] = []
    for piece in pieces[:-1]:
        cuts.append((cuts[-1] if cuts else 0) + len(piece))
    cuts.append(len(data))
    at = cut = 0
    while at + 3 <= len(data):
        length, flags = struct.unpack_from("<HB", data, at)
        at += 3
        runs = extra = 0
        if flags & 8:
            (runs,) = struct.unpack_from("<H", data, at)
            at += 2
        if flags & 4:
            (extra,) = struct.unpack_from("<I", data, at)
            at += 4
        text = ""
        wide = flags & 1
        while True:
            while cuts[cut] < at:
                cut += 1
            room = (cuts[cut] - at) >> wide
            take = min(length, room)
            text += data[at : at + (take << wide)].decode("utf-16-le" if wide else "latin-1", "replace")
            at += take << wide
            length -= take
            if not length or at >= len(data):
                break
            wide = data[at] & 1
            at += 1
        if length:
            break  # the file ends here; a cell that needs it will say so
        strings.append(text)
        at += 4 * runs + extra
    return strings


def _fill_xls_sheet(stream: bytes, start: int, sheet: Sheet, workbook: _XlsWorkbook) -> None:
    cells = sheet.cells
    waiting: tuple[int, int] | None = None  # the formula whose text comes in a record of its own
    for number, body, more in _xls_records(stream, start):
        if number in (0x203, 0x27E, 0xFD, 0x204, 0xD6, 0x205, 0x06):
            row, column, style_index = struct.unpack_from("<HHH", body)
            at = (row + 1, column + 1)
            style = workbook.styles.get(style_index, "")
            cell: Cell | None
            if number == 0xFD:
                cell = workbook.string(struct.unpack_from("<I", body, 6)[0])
            elif number in (0x204, 0xD6):
                cell = _text(workbook.short_text(body, 6))
            elif number == 0x205:
                cell = _xls_truth_or_error(body[6], bool(body[7]))
            elif number == 0x06:
                cell = _xls_formula(body, style, workbook)
                waiting = at if body[12:14] == b"\xff\xff" and body[6] == 0 else None
            else:
                (value,) = struct.unpack_from("<d" if number == 0x203 else "<i", body, 6)
                cell = workbook.numeric(_float(value if number == 0x203 else _rk(value)), style)
            if cell is not None:
                cells[at] = cell
        elif number == 0xBD:
            row, column = struct.unpack_from("<HH", body)
            for index, at_number in enumerate(range(4, len(body) - 2, 6)):
                style_index, packed = struct.unpack_from("<Hi", body, at_number)
                cell = workbook.numeric(_float(_rk(packed)), workbook.styles.get(style_index, ""))
                cells[row + 1, column + index + 1] = cell
        elif number == 0x207 and waiting:
            long = _xls_strings([body, *more])[0] if workbook.unicode else workbook.short_text(body + b"".join(more), 0)
            cell = _text(long, formula=True)
            if cell is not None:
                cells[waiting] = cell
            else:
                del cells[waiting]
            waiting = None
        elif number == 0x208:
            if body[12] & 0x20:
                sheet.hidden_rows.add(struct.unpack_from("<H", body)[0] + 1)
        elif number == 0x7D:
            first, last, width, _, options = struct.unpack_from("<HHHHH", body)
            if options & 1 or width == 0:
                sheet.hidden_columns.update(range(first + 1, min(last, 255) + 2))
        elif number == 0xE5:
            for index in range(struct.unpack_from("<H", body)[0]):
                top, bottom, left, right = struct.unpack_from("<HHHH", body, 2 + 8 * index)
                sheet.merged.append((top + 1, left + 1, bottom + 1, right + 1))


def _xls_truth_or_error(value: int, is_error: bool, formula: bool = False) -> Cell:
    if is_error:
        error = _ERRORS.get(value, "#ERR!")
        return Cell(error, "error", error, formula)
    return Cell(bool(value), "boolean", "TRUE" if value else "FALSE", formula)


def _xls_formula(body: bytes, style: DateStyle, workbook: _XlsWorkbook) -> Cell | None:
    """A formula by its cached result.

    Libraries that write formulas without calculating them leave traces: POI a 0 with the sole flag "calculate on load",
    xlwt an empty text in a file without a summary. A text result comes in the next record; until then there is none.
    """
    result, (flags,) = body[6:14], struct.unpack_from("<H", body, 14)
    if result[6:] != b"\xff\xff":
        if result == bytes(8) and flags & 3 == 2:
            return Cell(None, "uncalculated", "", True)
        return workbook.numeric(_float(struct.unpack("<d", result)[0], True), style)
    if result[0] in (1, 2):
        return _xls_truth_or_error(result[2], result[0] == 2, True)
    if result[0] == 3 and workbook.summary:
        return None
    return Cell(None, "uncalculated", "", True)


# --- ods --------------------------------------------------------------------------------------------------------------

_OFFICE: Final = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TABLE: Final = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_TEXT: Final = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_PARAGRAPH: Final = _TEXT + "p"
_STYLE: Final = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_CALC: Final = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"
_DURATION: Final = re.compile(r"-?PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:[.,]\d+)?S)?")


def _read_ods(parts: _Parts) -> Book:
    if "meta-inf/manifest.xml" in parts and b"encryption-data" in parts.read("meta-inf/manifest.xml"):
        raise Unreadable("encrypted_file")
    with parts.stream("content.xml") as stream:
        book = Book("ods", list(_ods_sheets(stream)))
    if any(name.startswith("basic/") and name.endswith(".xml") and "/script-l" not in name for name in parts.infos):
        book.notices.append("macros_ignored")
    return book


def _ods_sheets(stream: IO[bytes]) -> Iterator[Sheet]:
    hidden_styles: set[str] = set()
    sheets: list[Sheet] = []
    row = column = depth = 0
    spreadsheet = False
    tables = (_TABLE + "table", _TABLE + "table-column", _TABLE + "table-row")
    tags = (_OFFICE + "spreadsheet", _STYLE + "style", *tables)
    for event, name, element in _elements(stream, MAX_STREAMED, ("start", "end"), *tags):
        if name == "spreadsheet":
            spreadsheet = True
        elif name == "table":
            # tables within cells, drawings or tracked changes are no sheets
            depth += 1 if event == "start" else -1
            if event == "start" and depth == 1:
                style = element.get(_TABLE + "style-name", "")
                sheets.append(Sheet(element.get(_TABLE + "name", ""), visible=style not in hidden_styles))
                row = column = 0
        elif event == "start":
            continue
        elif name == "style":
            if any(child.get(_TABLE + "display") == "false" for child in element):
                hidden_styles.add(element.get(_STYLE + "name", ""))
        elif depth != 1 or not spreadsheet:
            continue
        elif name == "table-column":
            repeated = _repeated(element, "columns")
            if element.get(_TABLE + "visibility", "visible") != "visible":
                sheets[-1].hidden_columns.update(range(column + 1, min(column + repeated, MAX_COLUMN) + 1))
            column += repeated
        else:
            row += _fill_ods_row(element, row, sheets)
    if not spreadsheet:
        raise Unreadable("not_a_spreadsheet", kind="OpenDocument文档")
    yield from sheets


def _repeated(element: etree._Element, what: str) -> int:
    number = element.get(f"{_TABLE}number-{what}-repeated")
    return 1 if number is None else _index(number)


def _fill_ods_row(element: etree._Element, above: int, sheets: list[Sheet]) -> int:
    """Put one stored row, which may stand for many, below the row `above`; returns how many it stands for."""
    sheet = sheets[-1]
    repeated = _repeated(element, "rows")
    found: list[tuple[int, int, Cell]] = []  # column, how many times, what
    column = 0
    for node in element:
        times = _repeated(node, "columns")
        if node.tag == _TABLE + "table-cell":
            cell = _ods_cell(node)
            if cell is not None:
                found.append((column, times, cell))
            if node.get(_TABLE + "number-columns-spanned") or node.get(_TABLE + "number-rows-spanned"):
                down, right = (_index(node.get(f"{_TABLE}number-{what}-spanned", "1")) for what in ("rows", "columns"))
                sheet.merged.append((above + 1, column + 1, above + down, column + right))
        column += times
    if found:
        _guard_size(sheets, repeated * sum(times for _, times, _ in found))
        if above + repeated > MAX_ROW or found[-1][0] + found[-1][1] > MAX_COLUMN:
            raise Unreadable("damaged_file")
        for row in range(above + 1, above + repeated + 1):
            for first, times, cell in found:
                for column in range(first + 1, first + times + 1):
                    sheet.cells[row, column] = cell
    if element.get(_TABLE + "visibility", "visible") != "visible":
        sheet.hidden_rows.update(range(above + 1, min(above + repeated, MAX_ROW) + 1))
    return repeated


def _ods_cell(node: etree._Element) -> Cell | None:
    formula = node.get(_TABLE + "formula") is not None
    kind = node.get(_OFFICE + "value-type")
    paragraphs = [_ods_text(child) for child in node if child.tag == _PARAGRAPH]
    shown = "\n".join(paragraphs)
    if node.get(_CALC + "value-type") == "error" or (formula and _ERROR_TEXT.fullmatch(shown)):
        return Cell(shown or "#VALUE!", "error", shown or "#VALUE!", formula)
    if kind in ("float", "percentage", "currency"):
        return _number(node.get(_OFFICE + "value", shown).strip(), formula)
    if kind == "date":
        return _iso_moment(node.get(_OFFICE + "date-value", shown), formula)
    if kind == "time":
        return _duration(node.get(_OFFICE + "time-value", shown), formula)
    if kind == "boolean":
        truth = node.get(_OFFICE + "boolean-value", shown).lower() == "true"
        return Cell(truth, "boolean", "TRUE" if truth else "FALSE", formula)
    if formula and kind is None and not paragraphs:  # a calculated empty text leaves an empty paragraph
        return Cell(None, "uncalculated", "", True)
    return _text(shown or node.get(_OFFICE + "string-value", ""), formula)


def _duration(text: str, formula: bool) -> Cell:
    match = _DURATION.fullmatch(text)
    if not match or text.startswith("-"):
        return Cell(text, "text", text, formula)
    hours, minutes, seconds = (int(group or 0) for group in match.groups())
    return _dated((hours * 3600 + minutes * 60 + seconds) / 86_400, "elapsed", False, formula)


def _ods_text(paragraph: etree._Element) -> str:
    """A paragraph as seen: explicit spaces, tabs and breaks resolved, without notes and ruby."""
    if not len(paragraph):
        return paragraph.text or ""
    pieces = [paragraph.text or ""]
    for child in paragraph:
        if child.tag == _TEXT + "s":
            pieces.append(" " * min(_index(child.get(_TEXT + "c", "1")), MAX_TEXT))
        elif child.tag == _TEXT + "tab":
            pieces.append("\t")
        elif child.tag == _TEXT + "line-break":
            pieces.append("\n")
        elif child.tag not in (_OFFICE + "annotation", _TEXT + "ruby-text", _TEXT + "note"):
            pieces.append(_ods_text(child))
        pieces.append(child.tail or "")
    return "".join(pieces)


# --- SpreadsheetML 2003 -----------------------------------------------------------------------------------------------

_SS: Final = "{urn:schemas-microsoft-com:office:spreadsheet}"
_EXCEL: Final = "{urn:schemas-microsoft-com:office:excel}"
_FORBIDDEN: Final = re.compile(
    r"&#0*(?:[0-8]|1[124-9]|2\d|3[01]|x0*(?:[0-8bcefBCEF]|1[0-9a-fA-F]));|[\x00-\x08\x0b\x0c\x0e-\x1f]"
)
_XML_DECLARATION: Final = re.compile(r"\s*<\?xml[^>]*\?>")


def _plain_utf8(text: str) -> bytes:
    """The document without its declaration: decoded here, since what it declares (gb2312) is often too narrow.

    Excel writes control characters as references that XML forbids (`&#7;`): they become question marks.
    """
    text = _XML_DECLARATION.sub("", text.lstrip("\ufeff"), count=1)
    return _FORBIDDEN.sub("\ufffd", text).encode()


def _read_xml_2003(text: str) -> Book:
    data = _plain_utf8(text)
    sheets: list[Sheet] = []
    state = _Placing()
    tags = (_SS + "Worksheet", _SS + "Column", _SS + "Row", _EXCEL + "Visible")
    for event, name, element in _elements(io.BytesIO(data), MAX_STREAMED, ("start", "end"), *tags):
        if event == "start":
            if name == "Worksheet":
                sheets.append(Sheet(element.get(_SS + "Name", "")))
                state = _Placing()
        elif not sheets:
            raise Unreadable("damaged_file")  # rows of no sheet
        elif name == "Column":
            first = _index(element.get(_SS + "Index") or str(state.column + 1))
            state.column = first + _index(element.get(_SS + "Span", "0"))
            if element.get(_SS + "Hidden") == "1" or element.get(_SS + "Width") == "0":
                sheets[-1].hidden_columns.update(range(first, min(state.column, MAX_COLUMN) + 1))
        elif name == "Row":
            first = _index(element.get(_SS + "Index") or str(state.row + 1))
            state.row = first + _index(element.get(_SS + "Span", "0"))
            if element.get(_SS + "Hidden") == "1" or element.get(_SS + "Height") == "0":
                sheets[-1].hidden_rows.update(range(first, min(state.row, MAX_ROW) + 1))
            _fill_xml_2003_row(element, first, sheets, state)
        elif name == "Visible":
            sheets[-1].visible = not (element.text or "").startswith("Sheet")  # SheetHidden, SheetVeryHidden
    return Book("xml", sheets)


@dataclass(slots=True)
class _Placing:
    """Where the next cell without an address of its own goes."""

    row: int = 0
    column: int = 0
    covered: dict[int, int] = field(default_factory=dict)
    """Column -> last row that a merged cell above covers."""

    def free(self, row: int, column: int) -> int:
        while self.covered.get(column, 0) >= row:
            column += 1
        return column


def _fill_xml_2003_row(element: etree._Element, row: int, sheets: list[Sheet], state: _Placing) -> None:
    sheet = sheets[-1]
    column = 0
    for node in element.iterfind("{*}Cell"):
        column = _index(node.get(_SS + "Index") or str(state.free(row, column + 1)))
        cell = _xml_2003_cell(node)
        right, down = (_index(node.get(_SS + key, "0")) for key in ("MergeAcross", "MergeDown"))
        if not (0 < row + down <= MAX_ROW and 0 < column + right <= MAX_COLUMN):
            raise Unreadable("damaged_file")
        if cell is not None:
            sheet.cells[row, column] = cell
        if right or down:
            sheet.merged.append((row, column, row + down, column + right))
        if down:
            state.covered.update(dict.fromkeys(range(column, column + right + 1), row + down))
        column += right
    _guard_size(sheets)


def _xml_2003_cell(node: etree._Element) -> Cell | None:
    formula = node.get(_SS + "Formula") is not None
    data = node.find("{*}Data")
    if data is None:
        return Cell(None, "uncalculated", "", True) if formula else None
    kind, text = data.get(_SS + "Type"), "".join(str(piece) for piece in data.itertext())
    if kind == "Number" and text.strip():
        return _number(text.strip(), formula)
    if kind == "DateTime":
        return _iso_moment(text.strip(), formula)
    if kind == "Boolean" and text.strip() in ("0", "1"):
        return Cell(text.strip() == "1", "boolean", "TRUE" if text.strip() == "1" else "FALSE", formula)
    if kind == "Error":
        return Cell(text or "#VALUE!", "error", text or "#VALUE!", formula)
    return _text(text, formula)


# --- text: encodings, delimiters --------------------------------------------------------------------------------------

_DELIMITERS: Final = ("\t", ",", ";", "|", "，")


def _decode(data: bytes) -> str:
    """The text of a file. Unreadable when it is no text at all or its encoding stays doubtful."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _strictly(data, "utf-16")
    if data.startswith(b"\xef\xbb\xbf"):
        return _strictly(data, "utf-8-sig")
    if b"\0" in data:
        # without a mark UTF-16 can be told by its line ends and delimiters, which only one byte order makes
        for encoding in ("utf-16-le", "utf-16-be"):
            try:
                text = data.decode(encoding)
            except UnicodeDecodeError:
                continue
            if not _CONTROL.search(text) and re.search(r"[\n\t,;|<]", text) and _is_common(text):
                return text
        raise Unreadable("not_a_spreadsheet", kind="无法识别的二进制文件")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass  # the usual case: a Chinese code page
    if _is_torn_utf8(data):
        raise Unreadable("text_encoding")
    if _CONTROL.search(data.rstrip(b"\x1a").decode("latin-1")):
        raise Unreadable("not_a_spreadsheet", kind="无法识别的二进制文件")
    text = _strictly(data, "gb18030")
    if not _is_common(text):
        raise Unreadable("text_encoding")
    return text


def _strictly(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise Unreadable("text_encoding") from error


def _is_torn_utf8(data: bytes) -> bool:
    """UTF-8 with a few broken places (a copy cut short), which a Chinese code page would read as other characters."""
    text = data.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    return broken * 10 < sum(character > "\x7f" for character in text)


def _is_common(text: str) -> bool:
    """Does the text consist of characters people write? Bytes read in the wrong encoding give rare ones."""
    foreign = [character for character in text if character > "\x7f"]
    return sum(_is_gb2312(character) for character in foreign) * 10 >= len(foreign) * 6


def _is_gb2312(character: str) -> bool:
    try:
        return len(character.encode("gb2312")) == 2
    except UnicodeEncodeError:
        return False


def _read_csv(text: str) -> Book:
    """Delimited text. Rows are records counted from 1, blank ones too; a quoted field may span lines."""
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise Unreadable("empty_file")
    hint = re.match(r"sep=(.)\r?\n", text)  # Excel's own mark; it is not shown as a row
    if hint:
        text, delimiter = text[hint.end() :], hint[1]
    else:
        delimiter = _delimiter(text)
    end = "\x1aend"
    if not text.endswith(("\n", "\r")):
        text += "\n"
    sheet = Sheet("")
    last: list[str] = []
    try:
        for row, record in enumerate(csv.reader(io.StringIO(text + end, newline=""), delimiter=delimiter), start=1):
            last = record
            for column, value in enumerate(record, start=1):
                cell = _text(_unquote(value))
                if cell is not None:
                    sheet.cells[row, column] = cell
            if row % 10_000 == 0:
                _guard_size([sheet])
    except csv.Error as error:
        raise Unreadable("unsafe_file", reason="单元格中的文字过长") from error
    _guard_size([sheet])
    if last != [end]:  # an opening quote swallowed the rest of the file
        raise Unreadable("damaged_file")
    del sheet.cells[row, 1]
    return Book("csv", [sheet])


def _unquote(value: str) -> str:
    """`="0123"` is how exports keep a spreadsheet program from turning text into a number; it shows 0123."""
    return value[2:-1] if value.startswith('="') and value.endswith('"') and len(value) > 2 else value


def _delimiter(text: str) -> str:
    """The delimiter that cuts most of the first records into the same number of fields, and the most of them."""
    sample = text[: 1 << 18]

    def evidence(delimiter: str) -> int:
        if delimiter not in sample:
            return 0
        counts: Counter[int] = Counter()
        try:
            for number, record in enumerate(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)):
                counts[len(record)] += 1
                if number == 200:
                    break
        except csv.Error:  # a field beyond the limit; reading will say so
            return 0
        return max(((width - 1) * times for width, times in counts.items()), default=0)

    best = max(_DELIMITERS, key=evidence)
    return best if evidence(best) else ","


# --- HTML -------------------------------------------------------------------------------------------------------------

_BLOCKS: Final = {"p", "div", "li", "h1", "h2", "h3", "h4", "h5", "h6", "tr"}


def _read_html(text: str) -> Book:
    """Tables of a web page, one sheet for each that has content of its own; rows are its <tr> counted from 1."""
    from lxml import html

    opened, closed = (sum(1 for _ in re.finditer(tag, text, re.I)) for tag in (r"<table\b", r"</table\b"))
    if not opened:
        raise Unreadable("not_a_spreadsheet", kind="网页")
    if opened > closed:  # libxml2 would mend it and lose what is missing
        raise Unreadable("damaged_file")
    parser = html.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, huge_tree=False)
    root = html.document_fromstring(_plain_utf8(text), parser=parser)
    if any(entry.level_name == "FATAL" for entry in parser.error_log):
        raise Unreadable("unsafe_file", reason="结构嵌套过深或文字过长")
    sheets: list[Sheet] = []
    for table in root.iter("table"):
        sheet = Sheet("")
        sheets.append(sheet)
        _fill_html_table(table, sheet, sheets)
        if not sheet.cells:
            sheets.pop()
    return Book("html", sheets or [Sheet("")])


def _fill_html_table(table: etree._Element, sheet: Sheet, sheets: list[Sheet]) -> None:
    state = _Placing()
    row = 0
    for tr in table.iter("tr"):
        if next(tr.iterancestors("table"), None) is not table:
            continue  # of a table within a cell
        row += 1
        if _is_hidden(tr):
            sheet.hidden_rows.add(row)
        column = 0
        for node in tr.iterchildren("td", "th"):
            column = state.free(row, column + 1)
            right, down = _span(node, "colspan", MAX_COLUMN), _span(node, "rowspan", MAX_ROW)
            cell = _text(_html_text(node))
            if row > MAX_ROW or column + right > MAX_COLUMN:
                raise Unreadable("damaged_file")
            if cell is not None:
                sheet.cells[row, column] = cell
            if right or down:
                sheet.merged.append((row, column, row + down, column + right))
            if down:
                state.covered.update(dict.fromkeys(range(column, column + right + 1), row + down))
            column += right
    sheet.merged = [
        (top, left, bottom, right)
        for top, left, bottom, right in ((t, left, min(b, row), right) for t, left, b, right in sheet.merged)
        if (top, left) != (bottom, right)
    ]
    _guard_size(sheets)


def _span(node: etree._Element, key: str, most: int) -> int:
    """How many further rows or columns the cell takes."""
    digits = re.match(r"\s*(\d{1,6})", node.get(key, ""))
    return min(max(int(digits[1]) - 1, 0), most) if digits else 0


def _is_hidden(node: etree._Element) -> bool:
    style = node.get("style", "").replace(" ", "").lower()
    return "display:none" in style or node.get("hidden") is not None


def _html_text(node: etree._Element) -> str:
    """Text of a cell as a browser shows it, without the tables in it."""
    pieces: list[str] = []

    def collect(element: etree._Element) -> None:
        pieces.append(re.sub(r"\s+", " ", element.text or ""))
        for child in element:
            tag = child.tag
            if tag == "br":
                pieces.append("\n")
            elif isinstance(tag, str) and tag not in ("table", "script", "style") and not _is_hidden(child):
                if tag in _BLOCKS:
                    pieces.append("\n")
                collect(child)
                if tag in _BLOCKS:
                    pieces.append("\n")
            pieces.append(re.sub(r"\s+", " ", child.tail or ""))

    collect(node)
    lines = (line.strip() for line in "".join(pieces).replace("\xa0", " ").split("\n"))
    return re.sub(r"\n{2,}", "\n", "\n".join(lines)).strip("\n")
