"""One abstract workbook written in the formats town offices send; nothing but openpyxl and the standard library.

The small writers exist because a library writes only what is tidy: openpyxl cannot keep a formula's cached value, and
nothing at hand writes BIFF8, ODS, HTML exports or SpreadsheetML 2003 the way office systems do.
"""

import csv
import io
import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from html import escape

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import CALENDAR_MAC_1904


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula with the result the file keeps; None: never calculated."""

    text: str
    cached: "str | int | float | Fault | None"


@dataclass(frozen=True, slots=True)
class Fault:
    """An error cell such as #REF!."""

    text: str


@dataclass(frozen=True, slots=True)
class Styled:
    """A number that Excel shows as a time, a duration or a percentage."""

    value: float
    style: str
    """time, duration, percent"""
    shown: str


Content = None | str | bool | int | float | date | datetime | Formula | Fault | Styled


@dataclass(slots=True)
class Sheet:
    name: str
    cells: dict[tuple[int, int], Content] = field(default_factory=dict)
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    """(first row, first column, last row, last column), 1-based."""
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    hidden: bool = False

    @property
    def height(self) -> int:
        return max((row for row, _ in self.cells), default=0)

    @property
    def width(self) -> int:
        return max((column for _, column in self.cells), default=0)


@dataclass(slots=True)
class Book:
    sheets: list[Sheet]
    epoch_1904: bool = False


def serial(day: date, epoch_1904: bool) -> float:
    """The number Excel keeps for a day (or a moment)."""
    start = datetime(1904, 1, 1) if epoch_1904 else datetime(1899, 12, 30)  # noqa: DTZ001
    moment = day if isinstance(day, datetime) else datetime(day.year, day.month, day.day)  # noqa: DTZ001
    passed = moment - start
    return passed.days + passed.seconds / 86400


def shown(content: Content) -> str:
    """What Excel would write for a cell when it saves text."""
    match content:
        case None:
            return ""
        case bool():
            return "TRUE" if content else "FALSE"
        case str():
            return content
        case int():
            return str(content)
        case float():
            return str(int(content)) if content.is_integer() else repr(content)
        case datetime() if (content.hour, content.minute) != (0, 0):
            return f"{content.year}/{content.month}/{content.day} {content.hour}:{content.minute:02}"
        case date():
            return f"{content.year}/{content.month}/{content.day}"
        case Formula():
            return shown(content.cached)
        case Fault():
            return content.text
        case Styled():
            return content.shown


# -- xlsx ------------------------------------------------------------------------------------------------------------

_FORMATS = {"date": "yyyy/m/d", "moment": "yyyy/m/d h:mm", "time": "h:mm", "duration": "[h]:mm", "percent": "0%"}


def xlsx(book: Book) -> bytes:
    """As openpyxl saves: formulas have no cached values."""
    made = Workbook()
    made.remove(made.worksheets[0])
    if book.epoch_1904:
        made.epoch = CALENDAR_MAC_1904
    for sheet in book.sheets:
        page = made.create_sheet(sheet.name)
        page.sheet_state = "hidden" if sheet.hidden else "visible"
        for (row, column), content in sheet.cells.items():
            cell = page.cell(row, column)
            match content:
                case Formula():
                    cell.value = content.text
                case Fault():
                    cell.value = content.text
                    cell.data_type = "e"
                case Styled():
                    cell.value = content.value
                    cell.number_format = _FORMATS[content.style]
                case str():
                    cell.value = content
                    cell.data_type = "s"  # text that begins with = stays text
                case _:
                    cell.value = content
        for first_row, first_column, last_row, last_column in sheet.merges:
            page.merge_cells(start_row=first_row, start_column=first_column, end_row=last_row, end_column=last_column)
        for row in sheet.hidden_rows:
            page.row_dimensions[row].hidden = True
        for column in sheet.hidden_columns:
            page.column_dimensions[get_column_letter(column)].hidden = True
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


_STYLE_IDS = {"general": 0, "date": 1, "moment": 2, "time": 3, "duration": 4, "percent": 5}
_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def raw_xlsx(book: Book, *, inline: bool = False, references: bool = True) -> bytes:
    """As other systems write: cached formula results, inline or shared strings, cells with or without references."""
    shared: dict[str, int] = {}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as parts:
        sheets = range(1, len(book.sheets) + 1)
        parts.writestr("[Content_Types].xml", _content_types(sheets))
        relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
        package = "http://schemas.openxmlformats.org/package/2006/relationships"
        parts.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{package}"><Relationship Id="rId1" Type="{relation}/officeDocument"'
            ' Target="xl/workbook.xml"/></Relationships>',
        )
        parts.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{package}">'
            + "".join(
                f'<Relationship Id="rId{n}" Type="{relation}/worksheet" Target="worksheets/sheet{n}.xml"/>'
                for n in sheets
            )
            + f'<Relationship Id="rId900" Type="{relation}/styles" Target="styles.xml"/>'
            + f'<Relationship Id="rId901" Type="{relation}/sharedStrings" Target="sharedStrings.xml"/>'
            + "</Relationships>",
        )
        names = "".join(
            f'<sheet name="{escape(sheet.name)}" sheetId="{n}"{" state=" + chr(34) + "hidden" + chr(34) if sheet.hidden else ""}'
            f' r:id="rId{n}"/>'
            for n, sheet in zip(sheets, book.sheets, strict=True)
        )
        epoch = '<workbookPr date1904="1"/>' if book.epoch_1904 else ""
        parts.writestr(
            "xl/workbook.xml", f'<workbook {_MAIN} xmlns:r="{relation}">{epoch}<sheets>{names}</sheets></workbook>'
        )
        custom = "".join(
            f'<numFmt numFmtId="{170 + n}" formatCode="{code}"/>' for n, code in enumerate(_FORMATS.values())
        )
        styles = "".join(f'<xf numFmtId="{170 + n}" applyNumberFormat="1"/>' for n in range(len(_FORMATS)))
        parts.writestr(
            "xl/styles.xml",
            f'<styleSheet {_MAIN}><numFmts count="{len(_FORMATS)}">{custom}</numFmts>'
            "<fonts><font/></fonts><fills><fill/></fills><borders><border/></borders>"
            f'<cellStyleXfs><xf/></cellStyleXfs><cellXfs><xf numFmtId="0"/>{styles}</cellXfs></styleSheet>',
        )
        for n, sheet in zip(sheets, book.sheets, strict=True):
            xml = _sheet_xml(sheet, book.epoch_1904, shared if not inline else None, references)
            parts.writestr(f"xl/worksheets/sheet{n}.xml", xml)
        strings = "".join(f'<si><t xml:space="preserve">{escape(text, quote=False)}</t></si>' for text in shared)
        parts.writestr("xl/sharedStrings.xml", f"<sst {_MAIN}>{strings}</sst>")
    return stream.getvalue()


def _content_types(sheets: range) -> str:
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    overrides = [("/xl/workbook.xml", f"{kind}.sheet.main+xml"), ("/xl/styles.xml", f"{kind}.styles+xml")]
    overrides += [("/xl/sharedStrings.xml", f"{kind}.sharedStrings+xml")]
    overrides += [(f"/xl/worksheets/sheet{n}.xml", f"{kind}.worksheet+xml") for n in sheets]
    return (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        + "".join(f'<Override PartName="{part}" ContentType="{name}"/>' for part, name in overrides)
        + "</Types>"
    )


def _sheet_xml(sheet: Sheet, epoch_1904: bool, shared: dict[str, int] | None, references: bool) -> str:
    columns = "".join(f'<col min="{c}" max="{c}" width="9" hidden="1"/>' for c in sorted(sheet.hidden_columns))
    lines = []
    for row in range(1, sheet.height + 1):
        cells = []
        for column in range(1, sheet.width + 1):
            content = sheet.cells.get((row, column))
            if content is None and references:
                continue
            address = f' r="{get_column_letter(column)}{row}"' if references else ""
            cells.append(_cell_xml(content, address, epoch_1904, shared))
        hidden = ' hidden="1"' if row in sheet.hidden_rows else ""
        number = f' r="{row}"' if references else ""
        lines.append(f"<row{number}{hidden}>{''.join(cells)}</row>")
    merges = "".join(
        f'<mergeCell ref="{get_column_letter(c1)}{r1}:{get_column_letter(c2)}{r2}"/>' for r1, c1, r2, c2 in sheet.merges
    )
    return (
        f"<worksheet {_MAIN}>{'<cols>' + columns + '</cols>' if columns else ''}<sheetData>{''.join(lines)}</sheetData>"
        f"{'<mergeCells>' + merges + '</mergeCells>' if merges else ''}</worksheet>"
    )


def _cell_xml(content: Content, address: str, epoch_1904: bool, shared: dict[str, int] | None) -> str:
    match content:
        case None:
            return f"<c{address}/>"
        case bool():
            return f'<c{address} t="b"><v>{int(content)}</v></c>'
        case str() if shared is None:
            return f'<c{address} t="inlineStr"><is><t xml:space="preserve">{escape(content, quote=False)}</t></is></c>'
        case str():
            assert shared is not None
            return f'<c{address} t="s"><v>{shared.setdefault(content, len(shared))}</v></c>'
        case int() | float():
            return f"<c{address}><v>{content!r}</v></c>"
        case date():
            style = "moment" if isinstance(content, datetime) and (content.hour or content.minute) else "date"
            return f'<c{address} s="{_STYLE_IDS[style]}"><v>{serial(content, epoch_1904):.10g}</v></c>'
        case Styled():
            return f'<c{address} s="{_STYLE_IDS[content.style]}"><v>{content.value!r}</v></c>'
        case Fault():
            return f'<c{address} t="e"><v>{content.text}</v></c>'
        case Formula():
            formula = f"<f>{escape(content.text.removeprefix('='), quote=False)}</f>"
            match content.cached:
                case None:
                    return f"<c{address}>{formula}</c>"
                case Fault():
                    return f'<c{address} t="e">{formula}<v>{content.cached.text}</v></c>'
                case str():
                    return f'<c{address} t="str">{formula}<v>{escape(content.cached, quote=False)}</v></c>'
                case _:
                    return f"<c{address}>{formula}<v>{content.cached!r}</v></c>"


def macro_enabled(package: bytes) -> bytes:
    """The same workbook as .xlsm: another content type and a project of macros."""
    link = '<Relationship Id="rId999" Type="http://schemas.microsoft.com/office/2006/relationships/vbaProject" Target="vbaProject.bin"/>'

    def edit(name: str, text: str) -> str:
        if name == "[Content_Types].xml":
            text = text.replace(
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
                "application/vnd.ms-excel.sheet.macroEnabled.main+xml",
            )
        elif name == "xl/_rels/workbook.xml.rels":
            text = text.replace("</Relationships>", f"{link}</Relationships>")
        return text

    return _edited(package, edit, {"xl/vbaProject.bin": bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504)})


def strict(package: bytes) -> bytes:
    """The same workbook as Strict Open XML, as Excel saves it on request: other names for the same elements."""
    names = {
        "http://schemas.openxmlformats.org/spreadsheetml/2006/main": "http://purl.oclc.org/ooxml/spreadsheetml/main",
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships": (
            "http://purl.oclc.org/ooxml/officeDocument/relationships"
        ),
    }

    def edit(_: str, text: str) -> str:
        for loose, tight in names.items():
            text = text.replace(loose, tight)
        return text

    return _edited(package, edit, {})


def _edited(package: bytes, edit: Callable[[str, str], str], more: dict[str, bytes]) -> bytes:
    """The package with its XML parts changed and further parts."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as old, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, edit(name, old.read(name).decode()))
        for name, content in more.items():
            new.writestr(name, content)
    return stream.getvalue()


# -- xls (BIFF8 in an OLE file) ----------------------------------------------------------------------------------------

_ERROR_CODES = {
    "#NULL!": 0x00,
    "#DIV/0!": 0x07,
    "#VALUE!": 0x0F,
    "#REF!": 0x17,
    "#NAME?": 0x1D,
    "#NUM!": 0x24,
    "#N/A": 0x2A,
}
_BIFF_FORMATS = {"general": 0, "date": 14, "moment": 22, "time": 20, "duration": 46, "percent": 9}
_BIFF_STYLE = {name: 16 + n for n, name in enumerate(_BIFF_FORMATS)}
"""Excel expects 16 cell styles of its own before the first one a cell may use."""


def xls(book: Book) -> bytes:
    """Excel 97-2003 as WPS saves it."""
    strings: dict[str, int] = {}
    bodies = [_biff_sheet(sheet, strings, book.epoch_1904) for sheet in book.sheets]
    head = b"".join(
        (
            _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0x0DBB, 0x07CC, 0, 6)),
            _record(0x0042, struct.pack("<H", 1200)),
            _record(0x003D, struct.pack("<9H", 0, 0, 15000, 9000, 0x38, 0, 0, 1, 600)),
            _record(0x0022, struct.pack("<H", int(book.epoch_1904))),
            _record(0x0031, struct.pack("<HHHHHBBBB", 220, 0, 0x7FFF, 400, 0, 0, 0, 134, 0) + _short("宋体")) * 5,
            b"".join(_record(0x00E0, _xf(0, True)) for _ in range(16)),
            b"".join(_record(0x00E0, _xf(number, False)) for number in _BIFF_FORMATS.values()),
            _record(0x0293, struct.pack("<HBB", 0x8000, 0, 0xFF)),
        )
    )
    directory_size = sum(4 + 6 + len(_short(sheet.name)) for sheet in book.sheets)
    tail = _shared_strings(strings) + _record(0x000A, b"")
    position = len(head) + directory_size + len(tail)
    directory = b""
    for sheet, body in zip(book.sheets, bodies, strict=True):
        directory += _record(0x0085, struct.pack("<IBB", position, int(sheet.hidden), 0) + _short(sheet.name))
        position += len(body)
    return _ole(head + directory + tail + b"".join(bodies))


def _record(number: int, data: bytes) -> bytes:
    return struct.pack("<HH", number, len(data)) + data


def _xf(number_format: int, style: bool) -> bytes:
    kind = 0xFFF5 if style else 0x0001
    return struct.pack("<HHHBBBBIIH", 0, number_format, kind, 0x20, 0, 0, 0, 0, 0, 0x20C0)


def _short(text: str) -> bytes:
    encoded = text.encode("utf-16-le")
    return struct.pack("<BB", len(encoded) // 2, 1) + encoded


def _long(text: str) -> bytes:
    encoded = text.encode("utf-16-le")
    return struct.pack("<HB", len(encoded) // 2, 1) + encoded


def _shared_strings(strings: dict[str, int]) -> bytes:
    """Cut between strings only, so that none is split over two records."""
    chunks = [struct.pack("<II", len(strings), len(strings))]
    for text in strings:
        encoded = _long(text)
        if len(chunks[-1]) + len(encoded) > 8000:
            chunks.append(b"")
        chunks[-1] += encoded
    return b"".join(_record(0x00FC if n == 0 else 0x003C, chunk) for n, chunk in enumerate(chunks))


def _biff_sheet(sheet: Sheet, strings: dict[str, int], epoch_1904: bool) -> bytes:
    parts = [_record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0x0DBB, 0x07CC, 0, 6))]
    for column in sorted(sheet.hidden_columns):
        parts.append(_record(0x007D, struct.pack("<HHHHHH", column - 1, column - 1, 2304, 15, 1, 0)))
    parts.append(_record(0x0200, struct.pack("<IIHHH", 0, sheet.height, 0, sheet.width, 0)))
    for row in sorted({row for row, _ in sheet.cells}):
        height, flags = (0, 0x0160) if row in sheet.hidden_rows else (255, 0x0100)
        parts.append(_record(0x0208, struct.pack("<HHHHHHHH", row - 1, 0, sheet.width, height, 0, 0, flags, 15)))
    for (row, column), content in sorted(sheet.cells.items()):
        parts.append(_biff_cell(row - 1, column - 1, content, strings, epoch_1904))
    parts.append(_record(0x023E, struct.pack("<HHHIHHI", 0x06B6, 0, 0, 64, 0, 0, 0)))
    if sheet.merges:
        ranges = b"".join(struct.pack("<4H", r1 - 1, r2 - 1, c1 - 1, c2 - 1) for r1, c1, r2, c2 in sheet.merges)
        parts.append(_record(0x00E5, struct.pack("<H", len(sheet.merges)) + ranges))
    parts.append(_record(0x000A, b""))
    return b"".join(parts)


def _biff_cell(row: int, column: int, content: Content, strings: dict[str, int], epoch_1904: bool) -> bytes:
    def number(value: float, style: str = "general") -> bytes:
        return _record(0x0203, struct.pack("<HHHd", row, column, _BIFF_STYLE[style], value))

    general = _BIFF_STYLE["general"]
    match content:
        case None:
            return _record(0x0201, struct.pack("<HHH", row, column, general))
        case bool():
            return _record(0x0205, struct.pack("<HHHBB", row, column, general, int(content), 0))
        case str():
            index = strings.setdefault(content, len(strings))
            return _record(0x00FD, struct.pack("<HHHI", row, column, general, index))
        case int() | float():
            return number(content)
        case date():
            moment = isinstance(content, datetime) and (content.hour or content.minute)
            return number(serial(content, epoch_1904), "moment" if moment else "date")
        case Styled():
            return number(content.value, content.style)
        case Fault():
            return _record(0x0205, struct.pack("<HHHBB", row, column, general, _ERROR_CODES[content.text], 1))
        case Formula():
            follows = b""
            match content.cached:
                case Fault():
                    result = struct.pack("<BBBBBBH", 2, 0, _ERROR_CODES[content.cached.text], 0, 0, 0, 0xFFFF)
                case str():
                    result = struct.pack("<BBBBBBH", 0, 0, 0, 0, 0, 0, 0xFFFF)
                    follows = _record(0x0207, _long(content.cached))
                case _:
                    result = struct.pack("<d", content.cached or 0)
            tokens = struct.pack("<BH", 0x1E, 1)
            head = struct.pack("<HHH", row, column, general)
            return _record(0x0006, head + result + struct.pack("<HIH", 0, 0, len(tokens)) + tokens) + follows


def _ole(stream: bytes) -> bytes:
    """One stream named Workbook in a compound file of 512-byte sectors."""
    stream += b"\0" * (-len(stream) % 512 if len(stream) >= 4096 else 4096 - len(stream))
    stream_sectors = len(stream) // 512
    table_sectors = 1
    while table_sectors * 128 < stream_sectors + 1 + table_sectors:
        table_sectors += 1
    free, end, table = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    chain = [*range(1, stream_sectors), end, end] + [table] * table_sectors
    chain += [free] * (table_sectors * 128 - len(chain))

    def entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
        encoded = name.encode("utf-16-le") + b"\0\0" if name else b""
        return struct.pack(
            "<64sHBBIII16sIQQIQ",
            encoded, len(encoded), kind, 1, free, free, child, b"", 0, 0, 0, start, size,
        )  # fmt: skip

    directory = entry("Root Entry", 5, 1, end, 0) + entry("Workbook", 2, free, 0, len(stream))
    directory += entry("", 0, free, 0, 0) * 2
    first_table = stream_sectors + 1
    header = struct.pack(
        "<8s16sHHHHH6sIIIIIIIII",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", 0x3E, 3, 0xFFFE, 9, 6, b"",
        0, table_sectors, stream_sectors, 0, 4096, end, 0, end, 0,
    )  # fmt: skip
    places = [first_table + n for n in range(table_sectors)]
    header += struct.pack("<109I", *(places + [free] * (109 - len(places))))
    return header + stream + directory + struct.pack(f"<{len(chain)}I", *chain)


# -- ods ---------------------------------------------------------------------------------------------------------------


def ods(book: Book) -> bytes:
    """OpenDocument as LibreOffice or 永中 Office saves it: empty cells and rows are counted, not written."""
    tables = []
    for sheet in book.sheets:
        covered = {
            (row, column)
            for r1, c1, r2, c2 in sheet.merges
            for row in range(r1, r2 + 1)
            for column in range(c1, c2 + 1)
            if (row, column) != (r1, c1)
        }
        spans = {(r1, c1): (r2 - r1 + 1, c2 - c1 + 1) for r1, c1, r2, c2 in sheet.merges}
        lines = [
            f"<table:table-column{' table:visibility=' + chr(34) + 'collapse' + chr(34) if c in sheet.hidden_columns else ''}/>"
            for c in range(1, sheet.width + 1)
        ]
        for row in range(1, sheet.height + 1):
            hidden = ' table:visibility="collapse"' if row in sheet.hidden_rows else ""
            cells = []
            empty = 0
            for column in range(1, sheet.width + 1):
                content = sheet.cells.get((row, column))
                if content is None and (row, column) not in covered and (row, column) not in spans:
                    empty += 1
                    continue
                if empty:
                    cells.append(f'<table:table-cell table:number-columns-repeated="{empty}"/>')
                    empty = 0
                if (row, column) in covered:
                    cells.append("<table:covered-table-cell/>")
                    continue
                rows, columns = spans.get((row, column), (1, 1))
                spanned = (
                    f' table:number-rows-spanned="{rows}" table:number-columns-spanned="{columns}"'
                    if (row, column) in spans
                    else ""
                )
                cells.append(_ods_cell(content, spanned))
            lines.append(f"<table:table-row{hidden}>{''.join(cells) or '<table:table-cell/>'}</table:table-row>")
        lines.append('<table:table-row table:number-rows-repeated="1000"><table:table-cell/></table:table-row>')
        display = ' table:style-name="ta2"' if sheet.hidden else ""
        tables.append(f'<table:table table:name="{escape(sheet.name)}"{display}>{"".join(lines)}</table:table>')
    spaces = " ".join(
        f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for prefix, name in (("office", "office"), ("table", "table"), ("text", "text"), ("style", "style"))
    )
    content_xml = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces} office:version="1.2">'
        '<office:automatic-styles><style:style style:name="ta2" style:family="table">'
        '<style:table-properties table:display="false"/></style:style></office:automatic-styles>'
        f"<office:body><office:spreadsheet>{''.join(tables)}</office:spreadsheet></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.2">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
    )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr(zipfile.ZipInfo("mimetype"), kind)
        parts.writestr("content.xml", content_xml)
        parts.writestr("META-INF/manifest.xml", manifest)
    return stream.getvalue()


def _ods_cell(content: Content, spanned: str) -> str:
    def cell(attributes: str, text: str) -> str:
        paragraphs = "".join(f"<text:p>{_ods_text(line)}</text:p>" for line in text.split("\n"))
        return f"<table:table-cell{spanned}{attributes}>{paragraphs}</table:table-cell>"

    formula = ""
    if isinstance(content, Formula):
        formula = f' table:formula="of:{escape(content.text)}"'
        content = content.cached
    match content:
        case None:
            return f"<table:table-cell{spanned}{formula}/>"
        case bool():
            value = str(content).lower()
            return cell(f'{formula} office:value-type="boolean" office:boolean-value="{value}"', shown(content))
        case str():
            return cell(f'{formula} office:value-type="string"', content)
        case Fault():
            return cell(f'{formula or " table:formula=" + chr(34) + "of:=#REF!" + chr(34)} office:value-type="string"'
                        ' office:string-value=""', content.text)  # fmt: skip
        case int() | float():
            return cell(f'{formula} office:value-type="float" office:value="{content!r}"', shown(content))
        case date():
            return cell(f' office:value-type="date" office:date-value="{content.isoformat()}"', shown(content))
        case Styled() if content.style == "percent":
            return cell(f' office:value-type="percentage" office:value="{content.value!r}"', content.shown)
        case Styled():
            hours, minutes = divmod(round(content.value * 1440), 60)
            return cell(f' office:value-type="time" office:time-value="PT{hours:02}H{minutes:02}M00S"', content.shown)


def _ods_text(text: str) -> str:
    """Runs of spaces, and spaces at the ends, would be lost in XML."""
    if text != " ".join(text.split(" ")) or text != text.strip(" ") or "  " in text:
        return "".join("<text:s/>" if mark == " " else escape(mark, quote=False) for mark in text)
    return escape(text, quote=False)


# -- text, HTML, SpreadsheetML 2003 ------------------------------------------------------------------------------------


def delimited(sheet: Sheet, encoding: str, delimiter: str = ",") -> bytes:
    """As Excel saves text: every row has all its delimiters, line ends are CRLF."""
    stream = io.StringIO(newline="")
    rows = csv.writer(stream, delimiter=delimiter, lineterminator="\r\n")
    for row in range(1, sheet.height + 1):
        rows.writerow([shown(sheet.cells.get((row, column))) for column in range(1, sheet.width + 1)])
    return stream.getvalue().encode(encoding)


def html(sheet: Sheet, encoding: str) -> bytes:
    """The export of office systems: one HTML table that calls itself .xls."""
    covered = {
        (row, column)
        for r1, c1, r2, c2 in sheet.merges
        for row in range(r1, r2 + 1)
        for column in range(c1, c2 + 1)
        if (row, column) != (r1, c1)
    }
    spans = {(r1, c1): (r2 - r1 + 1, c2 - c1 + 1) for r1, c1, r2, c2 in sheet.merges}
    lines = []
    for row in range(1, sheet.height + 1):
        cells = []
        for column in range(1, sheet.width + 1):
            if (row, column) in covered:
                continue
            rows, columns = spans.get((row, column), (1, 1))
            spanned = (f' rowspan="{rows}"' if rows > 1 else "") + (f' colspan="{columns}"' if columns > 1 else "")
            text = escape(shown(sheet.cells.get((row, column))), quote=False).replace("\n", "<br>") or "&nbsp;"
            cells.append(f"<td{spanned}>{text}</td>")
        hidden = ' style="display:none"' if row in sheet.hidden_rows else ""
        lines.append(f"<tr{hidden}>\r\n{''.join(cells)}\r\n</tr>")
    named = {"gb18030": "gb2312"}.get(encoding, encoding)
    page = (
        '<html xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:x="urn:schemas-microsoft-com:office:excel">\r\n<head>'
        f'<meta http-equiv="Content-Type" content="text/html; charset={named}">'
        '<style>td{mso-number-format:"\\@";}</style></head>\r\n'
        f'<body><table border="1" cellspacing="0">{"".join(lines)}</table></body></html>'
    )
    return page.encode(encoding)


def xml_2003(book: Book) -> bytes:
    """SpreadsheetML 2003: skipped cells are told by ss:Index, merges by how far they reach."""
    pages = []
    for sheet in book.sheets:
        covered = {
            (row, column)
            for r1, c1, r2, c2 in sheet.merges
            for row in range(r1, r2 + 1)
            for column in range(c1, c2 + 1)
            if (row, column) != (r1, c1)
        }
        spans = {(r1, c1): (r2 - r1, c2 - c1) for r1, c1, r2, c2 in sheet.merges}
        lines = [f'<Column ss:Index="{c}" ss:Hidden="1"/>' for c in sorted(sheet.hidden_columns)]
        for row in range(1, sheet.height + 1):
            cells = []
            expected = 1
            for column in range(1, sheet.width + 1):
                content = sheet.cells.get((row, column))
                if (row, column) in covered or (content is None and (row, column) not in spans):
                    continue
                index = "" if column == expected else f' ss:Index="{column}"'
                down, across = spans.get((row, column), (0, 0))
                reach = (f' ss:MergeAcross="{across}"' if across else "") + (f' ss:MergeDown="{down}"' if down else "")
                cells.append(f"<Cell{index}{reach}{_xml_2003_content(content)}</Cell>")
                expected = column + across + 1
            if cells:
                hidden = ' ss:Hidden="1"' if row in sheet.hidden_rows else ""
                lines.append(f'<Row ss:Index="{row}"{hidden}>{"".join(cells)}</Row>')
        options = '<WorksheetOptions xmlns="urn:schemas-microsoft-com:office:excel"><Visible>SheetHidden</Visible></WorksheetOptions>'
        pages.append(
            f'<Worksheet ss:Name="{escape(sheet.name)}"><Table>{"".join(lines)}</Table>{options if sheet.hidden else ""}</Worksheet>'
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\r\n<?mso-application progid="Excel.Sheet"?>\r\n'
        '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">'
        f"{''.join(pages)}</Workbook>"
    ).encode()


def _xml_2003_content(content: Content) -> str:
    formula = ""
    if isinstance(content, Formula):
        formula = f' ss:Formula="{escape(content.text)}"'
        content = content.cached
    if content is None:
        return f"{formula}>"
    kind, text = "String", shown(content)
    if isinstance(content, bool):
        kind, text = "Boolean", str(int(content))
    elif isinstance(content, (int, float)):
        kind = "Number"
    elif isinstance(content, date):
        moment = content if isinstance(content, datetime) else datetime(content.year, content.month, content.day)  # noqa: DTZ001
        kind, text = "DateTime", moment.strftime("%Y-%m-%dT%H:%M:%S.000")
    elif isinstance(content, Fault):
        kind = "Error"
    return f'{formula}><Data ss:Type="{kind}">{escape(text, quote=False)}</Data>'


# -- the formats -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Format:
    """One way to save a book, with what it can hold."""

    name: str
    extension: str
    write: Callable[[Book], bytes]
    can: frozenset[str]
    """typed, merges, sheets, hidden, cached (formula results), uncalculated, errors, styled, epoch, spaces (white space is
    kept), encodes_rare (characters outside GB2312)"""


def _text(encoding: str, delimiter: str = ",") -> Callable[[Book], bytes]:
    return lambda book: delimited(book.sheets[0], encoding, delimiter)


_SHEETS = {"typed", "merges", "sheets", "hidden", "spaces"}


def formats() -> Iterator[tuple[Format, int]]:
    """Every format with how often it is met."""
    full = frozenset(_SHEETS | {"cached", "uncalculated", "errors", "styled", "epoch"})
    yield Format("xlsx", "xlsx", xlsx, full - {"cached"}), 40
    yield Format("raw xlsx", "xlsx", raw_xlsx, full), 20
    yield Format("inline xlsx", "xlsx", lambda book: raw_xlsx(book, inline=True, references=False), full), 5
    yield Format("xls", "xls", xls, full - {"uncalculated"}), 14
    yield Format("ods", "ods", ods, frozenset(_SHEETS | {"cached", "styled"})), 5
    yield Format("csv utf-8", "csv", _text("utf-8"), frozenset({"spaces", "text"})), 3
    yield Format("csv utf-8 bom", "csv", _text("utf-8-sig"), frozenset({"spaces", "text"})), 4
    yield Format("csv gb18030", "csv", _text("gb18030"), frozenset({"spaces", "text"})), 5
    yield Format("csv utf-16", "csv", _text("utf-16", "\t"), frozenset({"spaces", "text"})), 2
    yield Format("tsv", "tsv", _text("utf-8", "\t"), frozenset({"spaces", "text"})), 2
    yield Format("html", "xls", lambda book: html(book.sheets[0], "utf-8"), frozenset({"merges", "text"})), 4
    yield Format("html gb", "xls", lambda book: html(book.sheets[0], "gb18030"), frozenset({"merges", "text"})), 2
    yield Format("xml 2003", "xls", xml_2003, frozenset((_SHEETS | {"cached", "errors"}) - {"spaces"})), 3
