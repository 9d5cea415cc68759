"""Spreadsheet files built byte by byte, for what no library writes: damaged, hostile, rare and never-calculated ones."""

import io
import struct
import zipfile
from collections.abc import Iterable, Mapping

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_MAIN = "http://purl.oclc.org/ooxml/spreadsheetml/main"
STRICT_RELATIONS = "http://purl.oclc.org/ooxml/officeDocument/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


def relationships(targets: Mapping[str, tuple[str, str]], base: str = RELATIONS) -> str:
    """A .rels part from id -> (kind, target)."""
    links = "".join(
        f'<Relationship Id="{identity}" Type="{base}/{kind}" Target="{target}"/>'
        for identity, (kind, target) in targets.items()
    )
    return f'<Relationships xmlns="{PACKAGE}/relationships">{links}</Relationships>'


def xlsx_parts(
    *rows: str,
    strings: str = "",
    formats: Mapping[int, str] | None = None,
    styles: Iterable[int] = (0,),
    workbook: str = "",
    before: str = "",
    after: str = "",
    main: str = MAIN,
    base: str = RELATIONS,
) -> dict[str, str]:
    """The parts of a workbook with one sheet 表一.

    `rows` are <row> elements, `strings` the <si> elements, `styles` the number format of each cell style, `formats` the
    declared ones, `workbook` further elements of the workbook, `before` and `after` what surrounds <sheetData>.
    """
    declared = "".join(f'<numFmt numFmtId="{n}" formatCode="{code}"/>' for n, code in (formats or {}).items())
    used = "".join(f'<xf numFmtId="{n}"/>' for n in styles)
    return {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"/>',
        "_rels/.rels": relationships({"rId1": ("officeDocument", "xl/workbook.xml")}, base),
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{base}">{workbook}'
        '<sheets><sheet name="表一" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relationships(
            {
                "rId1": ("worksheet", "worksheets/sheet1.xml"),
                "rId2": ("sharedStrings", "sharedStrings.xml"),
                "rId3": ("styles", "styles.xml"),
            },
            base,
        ),
        "xl/sharedStrings.xml": f'<sst xmlns="{main}">{strings}</sst>',
        "xl/styles.xml": f'<styleSheet xmlns="{main}"><numFmts>{declared}</numFmts><cellXfs>{used}</cellXfs></styleSheet>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}">{before}<sheetData>{"".join(rows)}</sheetData>{after}'
        "</worksheet>",
    }


def xlsx(*rows: str, **options: object) -> bytes:
    return zipped(xlsx_parts(*rows, **options))  # type: ignore[arg-type]


# --- OLE containers and xls -----------------------------------------------------------------------


def container(streams: Mapping[str, bytes]) -> bytes:
    """An OLE compound file with these streams in its root directory (sectors of 512 bytes, no small streams)."""
    directory = [_entry("Root Entry", 5, child=1, start=0xFFFFFFFE, size=0)]
    sectors: list[bytes] = []
    chains: list[int] = []
    for index, (name, data) in enumerate(streams.items(), start=1):
        data = data.ljust(4096, b"\0")
        blocks = [data[at : at + 512].ljust(512, b"\0") for at in range(0, len(data), 512)]
        first = len(sectors)
        sectors += blocks
        chains += [*range(first + 1, first + len(blocks)), 0xFFFFFFFE]
        right = index + 1 if index < len(streams) else 0xFFFFFFFF
        directory.append(_entry(name, 2, right=right, start=first, size=len(data)))
    listing = b"".join(directory)
    blocks = [listing[at : at + 512].ljust(512, b"\0") for at in range(0, len(listing), 512)]
    directory_start = len(sectors)
    sectors += blocks
    chains += [*range(directory_start + 1, directory_start + len(blocks)), 0xFFFFFFFE]
    tables = next(n for n in range(1, 100) if len(sectors) + n <= n * 128)
    table_start = len(sectors)
    chains += [0xFFFFFFFD] * tables
    chains += [0xFFFFFFFF] * (tables * 128 - len(chains))
    table = struct.pack(f"<{len(chains)}I", *chains)
    header = struct.pack(
        "<8s16xHHHHH6xIIIIIIIII",
        bytes.fromhex("d0cf11e0a1b11ae1"), 0x3E, 3, 0xFFFE, 9, 6,
        0, tables, directory_start, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0,
    )  # fmt: skip
    places = [*range(table_start, table_start + tables), *[0xFFFFFFFF] * (109 - tables)]
    return header + struct.pack("<109I", *places) + b"".join(sectors) + table


def _entry(name: str, kind: int, start: int, size: int, right: int = 0xFFFFFFFF, child: int = 0xFFFFFFFF) -> bytes:
    wide = name.encode("utf-16-le")
    return struct.pack("<64sHBBIII36xIII", wide, len(wide) + 2, kind, 1, 0xFFFFFFFF, right, child, start, size, 0)


def record(number: int, body: bytes = b"") -> bytes:
    return struct.pack("<HH", number, len(body)) + body


def label(row: int, column: int, text: str, encoding: str = "") -> bytes:
    """A text cell: of Excel 97 (UTF-16), or of Excel 95 when the encoding of its code page is given."""
    head = struct.pack("<HHH", row, column, 0)
    if encoding:
        data = text.encode(encoding)
        return record(0x204, head + struct.pack("<H", len(data)) + data)
    return record(0x204, head + struct.pack("<HB", len(text), 1) + text.encode("utf-16-le"))


def number(row: int, column: int, value: float, style: int = 0) -> bytes:
    return record(0x203, struct.pack("<HHHd", row, column, style, value))


def formula(row: int, column: int, result: bytes, flags: int = 0) -> bytes:
    return record(0x06, struct.pack("<HHH8sHIH", row, column, 0, result, flags, 0, 0))


def xls_stream(
    *cells: bytes, version: int = 0x0600, code_page: int | None = None, extra: bytes = b"", name: bytes = b"\x00Sheet1"
) -> bytes:
    """The record stream of a workbook with one sheet. Style 0 is plain, 1 a date; `extra` goes into the globals."""
    start = record(0x809, struct.pack("<HHHHII", version, 5, 0, 0, 0, 0))
    page = record(0x42, struct.pack("<H", code_page)) if code_page is not None else b""
    styles = record(0xE0, struct.pack("<HH16x", 0, 0)) + record(0xE0, struct.pack("<HH16x", 0, 14))
    length = len(name) - 1 if version == 0x0600 else len(name)
    bound_length = 4 + 6 + 1 + len(name)
    offset = len(start + page + styles + extra) + bound_length + 4
    bound = record(0x85, struct.pack("<IBBB", offset, 0, 0, length) + name)
    sheet = record(0x809, struct.pack("<HHHHII", version, 0x10, 0, 0, 0, 0)) + b"".join(cells) + record(0x0A)
    return start + page + styles + extra + bound + record(0x0A) + sheet


def xls(*cells: bytes, **options: object) -> bytes:
    """An Excel 97 file as an office program writes it."""
    return container({"Workbook": xls_stream(*cells, **options), "\x05SummaryInformation": b"-"})  # type: ignore[arg-type]


# --- xlsb -----------------------------------------------------------------------------------------


def binary_record(identity: int, body: bytes = b"") -> bytes:
    head = bytes([identity]) if identity < 0x80 else bytes([identity & 0x7F | 0x80, identity >> 7])
    length, size = len(body), b""
    while True:
        size += bytes([length & 0x7F | (0x80 if length > 0x7F else 0)])
        length >>= 7
        if not length:
            return head + size + body


def wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def xlsb(*sheet: bytes, after: bytes = b"", strings: Iterable[str] = ()) -> bytes:
    """A binary workbook with one sheet 表一; `sheet` are records between the begin and end of its data."""
    bound = struct.pack("<II", 0, 1) + wide("rId1") + wide("表一")
    styles = [
        binary_record(617, struct.pack("<I", 2)),
        binary_record(47, struct.pack("<HH12x", 0, 0)),
        binary_record(47, struct.pack("<HH12x", 0, 14)),
        binary_record(618),
    ]
    parts = xlsx_parts()
    return zipped(
        {
            "[Content_Types].xml": parts["[Content_Types].xml"],
            "_rels/.rels": relationships({"rId1": ("officeDocument", "xl/workbook.bin")}),
            "xl/_rels/workbook.bin.rels": relationships(
                {
                    "rId1": ("worksheet", "worksheets/sheet1.bin"),
                    "rId2": ("styles", "styles.bin"),
                    "rId3": ("sharedStrings", "sharedStrings.bin"),
                }
            ),
            "xl/workbook.bin": binary_record(156, bound),
            "xl/styles.bin": b"".join(styles),
            "xl/sharedStrings.bin": b"".join(binary_record(19, b"\0" + wide(text)) for text in strings),
            "xl/worksheets/sheet1.bin": binary_record(145) + b"".join(sheet) + binary_record(146) + after,
        }
    )


# --- ods ------------------------------------------------------------------------------------------

_ODF = "urn:oasis:names:tc:opendocument:xmlns"


def ods(tables: str, styles: str = "", kind: str = "spreadsheet") -> bytes:
    """An OpenDocument file with these <table:table> elements."""
    names = {name: f"{_ODF}:{name}:1.0" for name in ("office", "table", "text", "style")}
    names["calcext"] = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"
    declared = " ".join(f'xmlns:{prefix}="{name}"' for prefix, name in names.items())
    content = (
        f"<office:document-content {declared}><office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:{kind}>{tables}</office:{kind}></office:body></office:document-content>"
    )
    return zipped({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": content})
