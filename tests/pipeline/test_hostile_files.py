"""Files meant to do harm, or as good as: each is answered in Chinese, nothing is lost, and the returns beside them load."""

import hashlib
import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import spreadsheet_files as build
import sqlalchemy as sa

from wentong import pipeline, rebuilding, warehouse
from wentong.archive import Archive
from wentong.periods import CHINA
from wentong.samples import Sample, samples
from wentong.settings import Settings

pytestmark = pytest.mark.slow
NOW = datetime(2026, 10, 12, 9, tzinfo=CHINA)


@cache
def clean() -> dict[str, Sample]:
    """Town -> its clean first-quarter return."""
    return {
        s.town: s for s in samples(("2026Q1",)) if s.outcome == "load" and not s.findings and s.path.suffix == ".xlsx"
    }


# -- the files ---------------------------------------------------------------------------------------------------------

SHEET = "xl/worksheets/sheet1.xml"


def repacked(town: str, edits: dict[str, Callable[[str], str]], more: dict[str, str] | None = None) -> bytes:
    """The town's clean return with some parts edited, and more parts."""
    with zipfile.ZipFile(io.BytesIO(clean()[town].content)) as package:
        parts = {name: package.read(name).decode() for name in package.namelist()}
    parts |= {name: edit(parts[name]) for name, edit in edits.items()}
    return build.zipped({**parts, **(more or {})})


def with_cells(town: str, texts: dict[str, str]) -> bytes:
    workbook = openpyxl.load_workbook(io.BytesIO(clean()[town].content))
    for address, text in texts.items():
        cell: Any = workbook.worksheets[0][address]
        cell.value, cell.data_type = text, "s"
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def zip_bomb() -> bytes:
    """Two gigabytes of zeros in two megabytes: one compressed block, many times over."""
    deflate = zlib.compressobj(9, wbits=-15)
    block = deflate.compress(bytes(1 << 20)) + deflate.flush(zlib.Z_FULL_FLUSH)
    stream = io.BytesIO(build.zipped({name: part for name, part in build.xlsx_parts().items() if name != SHEET}))
    with zipfile.ZipFile(stream, "a") as package:
        package.writestr(SHEET, block * 2047 + deflate.flush())
        local = package.getinfo(SHEET).header_offset
    content = bytearray(stream.getvalue())
    directory = content.rindex(b"PK\x01\x02")
    for method, size in ((local + 8, local + 22), (directory + 10, directory + 24)):
        content[method : method + 2] = struct.pack("<H", zipfile.ZIP_DEFLATED)
        content[size : size + 4] = struct.pack("<I", 2047 << 20)
    return bytes(content)


def text_row(text: str) -> str:
    return f'<row r="900"><c r="A900" t="inlineStr"><is><t>{text}</t></is></c></row>'


def with_entity(declared: str, name: str) -> Callable[[str], str]:
    """A sheet that declares entities and uses one in a cell."""
    return lambda xml: f"<!DOCTYPE x [{declared}]>" + with_rows(text_row(f"&{name};"))(xml[xml.index("<worksheet") :])


LAUGHS = '<!ENTITY l0 "哈">' + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
OUTSIDE = '<!ENTITY x SYSTEM "file:///etc/passwd">'


def with_rows(rows: str) -> Callable[[str], str]:
    return lambda xml: xml.replace("</sheetData>", f"{rows}</sheetData>")


def million_styled_rows(xml: str) -> str:
    first = xml.count("<row ") + 1000
    return with_rows("".join(f'<row r="{n}"><c r="A{n}" s="1"/></row>' for n in range(first, 1_048_577)))(xml)


def wide_csv() -> bytes:
    lines = (
        "赤坎镇2026年第一季度基层综合性文化服务中心情况季报",
        "村(社区)名称,是否建成,建筑面积(平方米),图书藏量(册)" + "," * 99_996,
        "小海村委会,未建成,," + "," * 99_997,
    )
    return "\r\n".join(lines).encode("gb18030")


def long_remarks() -> bytes:
    """Sixty megabytes of text: more than a small worker can hold."""
    head = "水口镇2026年第一季度基层综合性文化服务中心情况季报\n村(社区)名称,是否建成,备注\n"
    return (head + f"幸福里村,未建成,{'长' * 1000}\n" * 20_000).encode()


def many_villages() -> bytes:
    """Villages nobody knows: in a few megabytes more than can be judged in time."""
    head = "水口镇2026年第一季度基层综合性文化服务中心情况季报\n村(社区)名称,是否建成,建筑面积(平方米),图书藏量(册)\n"
    return (head + "".join(f"幸{n}福{n % 7}里村,未建成,,\n" for n in range(200_000))).encode()


@dataclass(frozen=True)
class Hostile:
    """One file, what becomes of it and what its sender must be told."""

    name: str
    make: Callable[[], bytes]
    said: str
    outcome: str = "reject"
    town: str = "水口镇"

    @cache  # noqa: B019 - they live as long as the module
    def content(self) -> bytes:
        return self.make()


DAMAGED, UNSAFE = "已损坏或没有传完整", "文件无法安全读取"
FORMULA = '=HYPERLINK("http://evil","点我")'
HOSTILE = [
    Hostile("空.xlsx", lambda: b"", "空的(0字节)"),
    Hostile("截断.xlsx", lambda: clean()["水口镇"].content[:-700], DAMAGED),
    Hostile("只有头.xls", lambda: build.xls(build.label(0, 0, "村名"))[:600], DAMAGED),
    Hostile(
        "加密.xlsx", lambda: build.container({"EncryptionInfo": b"x", "EncryptedPackage": b"x"}), "请在 Excel 或 WPS 中取消密码"
    ),
    Hostile("加密.xls", lambda: build.xls(extra=build.record(0x2F, bytes(54))), "加了打开密码"),
    Hostile("扫描件.xlsx", lambda: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "这个文件是PDF文件"),
    Hostile("公文.xlsx", lambda: build.zipped({"[Content_Types].xml": "<Types/>", "word/document.xml": "<x/>"}), "是Word文档"),
    Hostile("公文.xls", lambda: build.container({"WordDocument": b"x"}), "是Word文档"),
    Hostile("几个表.xlsx", lambda: build.zipped({"水口镇/报表.xlsx": b"x"}), "这是一个压缩包"),
    Hostile("压缩炸弹.xlsx", zip_bomb, f"{UNSAFE}(解压后过大)"),
    Hostile("实体炸弹.xlsx", lambda: repacked("水口镇", {SHEET: with_entity(LAUGHS, "l9")}), f"{UNSAFE}(含有外部定义)"),
    Hostile("外部实体.xlsx", lambda: repacked("水口镇", {SHEET: with_entity(OUTSIDE, "x")}), f"{UNSAFE}(含有外部定义)"),
    Hostile(
        "巨格.xlsx",
        lambda: repacked("水口镇", {SHEET: with_rows(text_row("长" * 17_000_000))}),
        f"{UNSAFE}(单元格中的文字过长)",
    ),
    Hostile(
        "穿越.xlsx",
        lambda: repacked("塘口镇", {}, {"../../../../evil.xml": "<x/>", "/tmp/evil.xml": "<x/>", "..\\..\\evil.dll": "MZ"}),
        "检查通过", "load", "塘口镇",
    ),
    Hostile("百万空行.xlsx", lambda: repacked("月山镇", {SHEET: million_styled_rows}), "检查通过", "load", "月山镇"),
    Hostile(
        "最远一格.xlsx",
        lambda: repacked("金鸡镇", {SHEET: with_rows('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')}),
        "检查通过", "load", "金鸡镇",
    ),
    Hostile("十万列.csv", wide_csv, "缺少一列", "load", "赤坎镇"),
    Hostile("公式.xlsx", lambda: with_cells("赤水镇", {"B7": FORMULA, "O8": "@SUM(1)|' /C calc'!A0"}), "像公式的文字", "load", "赤水镇"),
]  # fmt: skip
GOOD = ("马冈镇", "苍城镇", "蚬冈镇")


# -- the site ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    folder = tmp_path_factory.mktemp("hostile")
    for parent in (folder, folder.parent):
        parent.chmod(0o755)  # as root the server may run as nobody, who must get there
    own = {"home": folder, "share": folder / "share", "archive": folder / "archive"}
    made = replace(Settings.from_environment(), **own, database_url=None, parse_seconds=120.0)
    with pipeline.ready(made, NOW):
        yield made


def drop(settings: Settings, town: str, name: str, content: bytes) -> None:
    path = settings.share / "开平市" / "收件箱" / town / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def collected(settings: Settings) -> dict[str, warehouse.Submission]:
    return {one.file_name: one for one in pipeline.collect(settings, NOW)}


def told(settings: Settings, one: warehouse.Submission) -> str:
    """Everything that the answer says: the text, or the cells of its first sheet, none of them a formula."""
    assert one.answer_path
    path = settings.share / one.answer_path
    assert path.parent == settings.share / "开平市" / "回执" / one.folder
    if path.suffix == ".txt":
        return path.read_text("utf-8-sig")
    workbook = openpyxl.load_workbook(path)
    cells = [cell for sheet in workbook for row in sheet.iter_rows(max_row=400, max_col=50) for cell in row]
    assert "f" not in {cell.data_type for cell in cells}
    return "\n".join(str(cell.value) for cell in cells if cell.value is not None)


def loaded(settings: Settings, town: str) -> int:
    """Rows of the town that count."""
    with warehouse.engine(settings) as engine, engine.connect() as connection:
        code = {place.name: place.code for place in warehouse.read_places(engine)}[town]
        count = "select count(*) from core.fct_village_center where town_code = :town and to_load is null"
        return int(connection.execute(sa.text(count), {"town": code}).scalar_one())


@pytest.fixture(scope="module")
def received(settings: Settings) -> dict[str, warehouse.Submission]:
    """All hostile files and some good ones, dropped together and collected once."""
    for number, file in enumerate(HOSTILE):
        drop(settings, file.town, file.name, file.content())
        if number < len(GOOD):
            drop(settings, GOOD[number], f"{GOOD[number]}.xlsx", clean()[GOOD[number]].content)
    return collected(settings)


# -- what is promised --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", HOSTILE, ids=lambda file: file.name)
def test_a_hostile_file_is_answered(
    settings: Settings, received: dict[str, warehouse.Submission], file: Hostile
) -> None:
    one = received[file.name]
    assert one.outcome == file.outcome
    said = told(settings, one)
    assert file.said in said
    assert "root:" not in said
    assert (loaded(settings, file.town) > 0) == (file.outcome == "load")


@pytest.mark.parametrize("town", GOOD)
def test_the_returns_beside_them_load(settings: Settings, received: dict[str, warehouse.Submission], town: str) -> None:
    assert "检查通过" in told(settings, received[f"{town}.xlsx"])
    assert loaded(settings, town) > 0


def test_nothing_is_lost(settings: Settings, received: dict[str, warehouse.Submission]) -> None:
    kept = Archive(settings.archive)
    assert set(received) == {file.name for file in HOSTILE} | {f"{town}.xlsx" for town in GOOD}
    for file in HOSTILE:
        one, content = received[file.name], file.content()
        assert one.sha256 == hashlib.sha256(content).hexdigest()
        assert kept.original(one.archive_name).read_bytes() == content
        assert (settings.share / "开平市" / "收件箱" / "已收" / file.town / file.name).read_bytes() == content
    assert list(rebuilding.damages_of_archive(kept)) == []
    assert pipeline.collect(settings, NOW) == []


def test_nothing_is_written_elsewhere(settings: Settings, received: dict[str, warehouse.Submission]) -> None:
    assert not list(settings.home.parent.rglob("evil*"))
    assert not Path("/tmp/evil.xml").exists()


@pytest.mark.parametrize(
    ("limits", "make", "reason", "town"),
    [
        ({"parse_bytes": 256 << 20}, long_remarks, "占用内存过多", "龙胜镇"),
        ({"parse_seconds": 5.0}, many_villages, "读取时间过长", "大沙镇"),
    ],
    ids=["memory", "time"],
)
def test_a_file_that_its_reader_does_not_survive(
    settings: Settings, limits: dict[str, Any], make: Callable[[], bytes], reason: str, town: str
) -> None:
    """Answered without being opened again."""
    drop(settings, "水口镇", f"{reason}.csv", make())
    drop(settings, town, f"{town}.xlsx", clean()[town].content)
    both = collected(replace(settings, **limits))
    assert {one.file_name: one.outcome for one in both.values()} == {f"{reason}.csv": "reject", f"{town}.xlsx": "load"}
    assert (both[f"{reason}.csv"].answer_path or "").rpartition("/")[2].startswith(f"需重新报送_{reason}_")
    assert f"文件无法安全读取({reason})。" in told(settings, both[f"{reason}.csv"])
    assert loaded(settings, town) > 0
