"""A marked copy that comes back corrected is read like any return: marks, comments and the list are no data."""

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
import writers
from handed_in import NAMES, HandedIn, Sheet, built, csv, html, official, saved, workbook, xlsb
from openpyxl import load_workbook
from test_stories import draft

from wentong import answers, readers

NOW = datetime(2026, 10, 8, 1, 30, tzinfo=UTC)
ROWS = official(built(1, NAMES[0]), built(2, "永安村", area="二三十"), built(3, "幸福里"))


FORMATS = {
    "xlsx": workbook(Sheet(ROWS, "季报")),
    "xlsm": writers.macro_enabled(workbook(Sheet(ROWS, "季报"))),
    "strict.xlsx": writers.strict(workbook(Sheet(ROWS, "季报"))),
    "xls": saved(writers.xls, Sheet(ROWS, "季报")),
    "xlsb": xlsb(ROWS),
    "ods": saved(writers.ods, Sheet(ROWS, "季报")),
    "csv": csv(ROWS),
    "htm.xls": html(ROWS),
    "xml": saved(writers.xml_2003, Sheet(ROWS, "季报")),
}
ABOUT_THE_FILE = {"extension_mismatch", "macros_ignored"}


@pytest.mark.parametrize("ending", FORMATS)
def test_a_corrected_copy_is_judged_as_the_original_was(tmp_path: Path, ending: str) -> None:
    """Whatever was handed in comes back as a workbook of the same cells, marked."""
    handed = HandedIn(FORMATS[ending], f"水口镇2026年3季度.{ending}")
    first = draft(handed, tmp_path)
    cells = _cells(tmp_path / "content", 0)
    copy = _answer(handed, tmp_path, 12)
    mend = sum(finding.is_to_mend for finding in first.findings)
    assert copy.name == f"需修改{mend}处_{Path(handed.name).stem}_第12号.xlsx"
    assert _cells(copy, 1) == cells
    (sheet,) = load_workbook(copy).worksheets[1:-1]
    assert [address for address in ("E5", "B6") if sheet[address].comment] == ["E5", "B6"]

    again = draft(HandedIn(copy.read_bytes(), copy.name), tmp_path)
    assert again.answers_submission == 12
    assert (again.outcome, again.period, again.unit) == (first.outcome, first.period, first.unit)
    assert [(row.division_code, row.status, row.values) for row in again.rows] == [
        (row.division_code, row.status, row.values) for row in first.rows
    ]
    assert [finding.code for finding in again.findings] == [
        finding.code for finding in first.findings if finding.code not in ABOUT_THE_FILE
    ]


def _cells(path: Path, sheet: int) -> dict[tuple[int, int], tuple[str, str]]:
    """What stands where, and of which kind it is."""
    found = readers.read(path, path.name).sheets[sheet].cells
    return {place: (cell.kind, cell.raw) for place, cell in found.items()}


def test_corrections_in_the_copy_count(tmp_path: Path) -> None:
    handed = HandedIn(workbook(Sheet(ROWS, "季报")))
    copy = _answer(handed, tmp_path, 3)  # 第3号 is no third quarter
    book = load_workbook(copy)
    sheet = book["季报"]
    sheet["E5"], sheet["B6"] = 230, "泮南村委会"
    stream = io.BytesIO()
    book.save(stream)
    corrected = draft(HandedIn(stream.getvalue(), copy.name, ()), tmp_path)
    assert [(row.division_code, row.status, row.values["floor_area_m2"]) for row in corrected.rows] == [
        ("440783117001", "accept", 200), ("440783117200", "accept", 230), ("440783117201", "accept", 200),
    ]  # fmt: skip
    assert {finding.code for finding in corrected.findings} == {"units_absent"}


def test_the_answers_name_says_nothing_about_the_period(tmp_path: Path) -> None:
    text = official(built(1, "永安村"), head=("综合性文化服务中心",))
    unknown = draft(HandedIn(workbook(text), "需修改3处_水口镇_第4号.xlsx"), tmp_path)
    assert (unknown.period, unknown.unit) == (None, "440783117000")
    known = draft(HandedIn(workbook(text), "需修改3处_水口镇2026年2季度_第14号.xlsx"), tmp_path)
    assert (known.outcome, known.period) == ("load", "2026Q2")


def _answer(handed: HandedIn, folder: Path, number: int) -> Path:
    verdict = draft(handed, folder)
    original = folder / "content"
    book = readers.read(original, handed.name)
    return answers.answer(original, book, verdict, number, NOW, folder / "回执", handed.name, unit_name="水口镇")
