"""Bulletins: one set of facts, three formats that say the same, ready to print, whatever names they hold."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import golden_facts
import lxml.html
import openpyxl
import pytest
import typst

from wentong import bulletins
from wentong.bulletins import document, paper
from wentong.bulletins.facts import Bulletin
from wentong.milestones import LIGHTS

SCENES: dict[str, Callable[[], Bulletin]] = {
    "before publication": golden_facts.first_quarter,
    "restated": golden_facts.first_quarter_restated,
    "end of the year": golden_facts.year_end,
    "without tasks": golden_facts.standards_only,
    "prefecture": golden_facts.prefecture,
}


PROGRAMME = ("standards", "standard_gaps", "targets", "phases", "branches", "issue_counts", "issues")


@pytest.fixture(params=SCENES)
def facts(request: pytest.FixtureRequest) -> Bulletin:
    return SCENES[request.param]()


# -- what is said ------------------------------------------------------------------------------------------------------


def said(facts: Bulletin) -> str:
    made = document.compose(facts)
    return "\n".join([made.headline, *(text for section in made.sections for text in section.paragraphs), *made.notes])


@pytest.mark.parametrize(
    ("scene", "sentence"),
    [
        (
            "before publication",
            "截至2018年3月31日，全市任务20个，已验收达标9个，完成率45.0%，距第一季度要求差1个，未达成。",
        ),
        (
            "restated",
            "完成率45.0%，距第一季度要求差1个，未达成。另有1个在公布后补报，按最新资料第一季度为50.0%（10个），补报后达成。",
        ),
        ("end of the year", "截至2018年12月31日，全市任务20个，已验收达标18个，完成率90.0%，尚未完成2个。"),
        ("end of the year", "按经批准调整后的清单18/19（94.7%）；批准文号：示例市文〔2018〕45号。"),
        (
            "before publication",
            "要求18个，截至2018年3月31日已验收达标9个，还要9个，其中上一节点结转欠账1个，本节点新增8个。",
        ),
        ("before publication", "平均每月须验收3个（进位取整，精确值3）"),
        ("before publication", "预测，不是统计数："),
        ("without tasks", "标准94条，已核实达标28条（29.8%），要求90条，差62条，未达到要求。"),
    ],
)
def test_what_is_said(scene: str, sentence: str) -> None:
    assert sentence in said(SCENES[scene]())


def test_what_was_published_stays_in_the_headline_when_the_list_grows() -> None:
    facts = golden_facts.first_quarter_restated()
    area, *others = facts.standings
    facts = replace(facts, standings=(replace(area, tasks=21), *others))
    assert "任务20个，已验收达标9个，完成率45.0%" in said(facts)


def test_a_day_before_the_milestone_is_not_judged() -> None:
    facts = golden_facts.first_quarter()
    area, *others = facts.standings
    facts = replace(facts, as_of=date(2018, 2, 15), standings=(replace(area, verdict=None), *others))
    made = document.compose(facts)
    assert "距第一季度要求（10个）还差1个，考核日2018年3月31日未到。" in made.headline
    assert "未达成" not in made.headline


def test_what_is_published_is_no_longer_preliminary() -> None:
    assert document.compose(golden_facts.first_quarter()).status.startswith("初步数据")
    assert "2018Q1-1" in document.compose(golden_facts.first_quarter_restated()).status


def test_a_prefecture_has_its_counties_above_its_towns() -> None:
    sections = {section.sheet: section for section in document.compose(golden_facts.prefecture()).sections}
    counties, towns = (sections[name].tables[0] for name in ("分县进展", "分镇进展"))
    assert [row[0] for row in counties.rows] == ["全市合计", "东县", "西县"]
    assert [row[0] for row in towns.rows] == ["甲镇", "乙镇"]
    assert (counties.has_total, towns.has_total) == (True, False)


def test_at_the_end_of_the_year_every_milestone_stands_as_it_stands_now() -> None:
    table = document.compose(golden_facts.year_end()).sections[1].tables[0]
    assert [row[0] for row in table.rows] == ["第一季度", "第二季度", "第三季度"]
    assert table.rows[0][2:4] == (9, 10)
    assert table.rows[2][-1] == "达成后回落"


def test_no_section_is_lost_however_many_there_are() -> None:
    everything = replace(
        golden_facts.prefecture(),
        **{name: getattr(golden_facts.standards_only(), name) for name in PROGRAMME},
    )
    titles = [section.title for section in document.compose(everything).sections]
    numbers = [title.partition("、")[0] for title in titles]
    assert len(titles) > 15
    assert numbers[:3] == ["一", "二", "三"]
    assert numbers[9:11] == ["十", "十一"]
    assert len(set(numbers)) == len(titles)


def test_what_no_page_holds_is_not_drawn() -> None:
    facts = golden_facts.first_quarter()
    area = facts.standings[0]
    for count, is_drawn in ((39, True), (60, False)):
        towns = (golden_facts.standing(f"990100{n:03}000", f"镇{n}", 8, 4) for n in range(1, count + 1))
        sections = document.compose(replace(facts, standings=(area, *towns))).sections
        table = next(section.tables[0] for section in sections if section.sheet == "分镇进展")
        assert (table.chart is not None) is is_drawn


# -- the same in all formats -------------------------------------------------------------------------------------------


Tables = list[tuple[list[str], list[list[str]]]]
"""Of every table its headings and its rows, as a reader sees them."""


def test_every_figure_is_the_same_in_workbook_page_and_print(facts: Bulletin, tmp_path: Path) -> None:
    workbook, page, _ = bulletins.write(facts, tmp_path)
    of_page = page_tables(page)
    assert sum(len(rows) for _, rows in of_page) > 10
    assert workbook_tables(workbook) == of_page
    assert print_tables(facts) == of_page


def page_tables(path: Path) -> Tables:
    tree = lxml.html.fromstring(path.read_text(encoding="utf-8"))
    return [
        (
            [heading.text_content() for heading in table.xpath(".//thead//th")],
            [[cell.text_content().strip() for cell in row] for row in table.xpath(".//tbody/tr")],
        )
        for table in tree.xpath("//table")
    ]


def workbook_tables(path: Path) -> Tables:
    """Tables are what has borders; the headings are bold on a fill of their own."""
    found: Tables = []
    for sheet in openpyxl.load_workbook(path):
        before: Any = None
        for row in sheet.iter_rows():
            cells = [cell for cell in row if cell.border.left and cell.border.left.style == "thin"]
            if cells and before is None:
                found.append(([shown(cell) for cell in cells], []))
            elif cells:
                found[-1][1].append([shown(cell) for cell in cells])
            before = cells or None
    return found


def shown(cell: Any) -> str:
    """As Excel shows it."""
    value, form = cell.value, cell.number_format
    if value is None:
        return "—"
    if form == "0.0%":
        return f"{Decimal(str(value)) * 100:.1f}%"
    if form == "yyyy-mm-dd":
        return f"{value:%Y-%m-%d}"
    if isinstance(value, (int, float)):
        return f"{Decimal(str(value)):.{len(form.partition('.')[2])}f}"
    return str(value)


def print_tables(facts: Bulletin) -> Tables:
    """What Typst sets, asked of Typst."""
    words = paper.inputs(document.compose(facts))
    found: Tables = []
    for table in json.loads(typst.query(paper.TEMPLATE, "table", sys_inputs=words)):
        head, *cells = table["children"]
        headings = ["".join(words_in(cell)) for cell in head["children"]]
        texts = ["".join(words_in(cell)) for cell in cells]
        found.append((headings, [texts[at : at + len(headings)] for at in range(0, len(texts), len(headings))]))
    return found


def words_in(content: Any) -> Iterator[str]:
    if isinstance(content, dict):
        if content.get("func") == "text":
            yield content["text"]
        for part in content.values():
            yield from words_in(part)
    elif isinstance(content, list):
        for part in content:
            yield from words_in(part)


def test_every_sentence_stands_in_workbook_and_page(facts: Bulletin, tmp_path: Path) -> None:
    workbook, page, _ = bulletins.write(facts, tmp_path)
    made = document.compose(facts)
    on_page = lxml.html.fromstring(page.read_text(encoding="utf-8")).text_content()
    in_cells = [str(cell.value) for sheet in openpyxl.load_workbook(workbook) for row in sheet for cell in row]
    sentences = [made.masthead, made.number, made.title, made.status, made.headline, made.foot, *made.signatures]
    sentences += [text for section in made.sections for text in (section.title, *section.paragraphs)]
    for sentence in sentences:
        assert sentence in on_page
        assert sentence in in_cells
    for note in made.notes:
        assert note in on_page
        assert any(text.endswith(note) for text in in_cells)


def test_a_rate_is_never_rounded_up_to_all(tmp_path: Path) -> None:
    facts = golden_facts.first_quarter()
    area = golden_facts.standing(golden_facts.AREA, "示例市", 2000, 1999)
    facts = replace(facts, standings=(area,), ahead=None, trend=())
    workbook, page, _ = bulletins.write(facts, tmp_path)
    for tables in (workbook_tables(workbook), page_tables(page), print_tables(facts)):
        assert ["完成率", "99.9%"] in tables[0][1]


def test_the_same_facts_give_the_same_bytes(facts: Bulletin, tmp_path: Path) -> None:
    first, second = (bulletins.write(facts, tmp_path / name) for name in ("a", "b"))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


# -- each format -------------------------------------------------------------------------------------------------------


def test_the_workbook_is_ready_to_print_and_has_charts_of_its_own(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(bulletins.write(golden_facts.first_quarter(), tmp_path)[0])
    for sheet in book:
        assert sheet.page_setup.paperSize == 9
        assert sheet.page_setup.fitToWidth == 1
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.print_area
        assert "&P" in sheet.oddFooter.center.text
    assert {sheet.page_setup.orientation for sheet in book} == {"portrait", "landscape"}
    for name in ("分镇进展", "未完成清单"):
        assert book[name].print_title_rows
        assert book[name].freeze_panes
    (bars,), (line,) = book["分镇进展"]._charts, book["进度走势"]._charts
    assert [len(bars.series), len(line.series)] == [3, 2]
    assert type(bars).__name__, type(line).__name__ == ("BarChart", "LineChart")


def test_numbers_in_the_workbook_are_numbers(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(bulletins.write(golden_facts.first_quarter(), tmp_path)[0])
    rows = {row[0].value: row for row in book["分镇进展"].iter_rows()}
    assert [cell.value for cell in rows["甲镇"][1:7]] == [8, 4, 0.5, 4, 4, 0]
    assert [rows[town][5].value for town in ("全市合计", "甲镇", "乙镇", golden_facts.HOSTILE)] == [10, 4, 4, 2]


def test_lights_are_told_by_colour_and_word(tmp_path: Path) -> None:
    workbook, page, _ = bulletins.write(golden_facts.first_quarter(), tmp_path)
    cells = [row[9] for row in openpyxl.load_workbook(workbook)["分镇进展"].iter_rows()]
    fills = {cell.value: cell.fill.fgColor.rgb for cell in cells if cell.value in LIGHTS.values()}
    assert fills.keys() == {"黄", "绿", "灰"}
    assert len(set(fills.values())) == 3
    tree = lxml.html.fromstring(page.read_text(encoding="utf-8"))
    assert {(one.get("class"), one.text) for one in tree.xpath("//span[contains(@class, 'light')]")} == {
        ("light yellow", "黄"), ("light green", "绿"), ("light grey", "灰"),
    }  # fmt: skip


def test_the_page_needs_nothing_else_and_reads_on_a_telephone(facts: Bulletin, tmp_path: Path) -> None:
    page = bulletins.write(facts, tmp_path)[1].read_text(encoding="utf-8")
    tree = lxml.html.fromstring(page)
    assert not tree.xpath("//script | //link | //img | //iframe | //@src | //@href | //@onclick")
    assert set(re.findall(r"https?://[^\"' ]*", page)) <= {"http://www.w3.org/2000/svg"}
    assert "url(" not in page
    assert "@import" not in page
    assert tree.xpath("//meta[@name='viewport']")
    assert all(table.getparent().get("class") == "wide" for table in tree.xpath("//table"))


def test_hostile_names_stay_names(tmp_path: Path) -> None:
    name = "=HYPERLINK(\"http://x\")<script>alert('村')</script>#eval(1)\\ $x$ @a *b* \x07_x0041_"
    facts = golden_facts.first_quarter()
    standings = tuple(replace(one, scope_name=name) if one.scope_level == "town" else one for one in facts.standings)
    facts = replace(facts, standings=standings)
    workbook, page, printed = bulletins.write(facts, tmp_path)
    assert "<script" not in page.read_text(encoding="utf-8")
    cell = next(row[0] for row in openpyxl.load_workbook(workbook)["分镇进展"].iter_rows() if "村" in str(row[0].value))
    assert cell.data_type == "s"
    assert [row[0] for row in page_tables(page)[2][1][1:]] == [" ".join(name.replace("\x07", "\ufffd").split())] * 3
    assert print_tables(facts)[2][1][1][0] == name.replace("\x07", "\ufffd")
    assert printed.read_bytes().startswith(b"%PDF")


def test_charts_are_pictures_with_their_figures(tmp_path: Path) -> None:
    page = bulletins.write(golden_facts.first_quarter(), tmp_path)[1].read_text(encoding="utf-8")
    bars, line = (ElementTree.fromstring(svg) for svg in re.findall(r"<svg.*?</svg>", page, re.DOTALL))
    words = [element.text for element in bars.iter("{http://www.w3.org/2000/svg}text")]
    assert {"甲镇", "4/8  50.0%", golden_facts.HOSTILE, "2/5  40.0%"} <= set(words)
    dashes = [element.get("stroke-dasharray") for element in line.iter("{http://www.w3.org/2000/svg}polyline")]
    assert dashes[0] is not None, "the target is told apart without colour"
    assert dashes[1] is None


def test_invented_figures_say_so_in_every_format(tmp_path: Path) -> None:
    sample, real = golden_facts.first_quarter(), replace(golden_facts.first_quarter(), is_sample=False)
    for facts, expected in ((sample, True), (real, False)):
        workbook, page, _ = bulletins.write(facts, tmp_path / str(expected))
        sheets = openpyxl.load_workbook(workbook)
        assert [("虚构" in str(sheet["A1"].value)) for sheet in sheets] == [expected] * len(sheets.sheetnames)
        assert ("虚构" in page.read_text(encoding="utf-8")) is expected
        assert ("虚构" in paper.inputs(document.compose(facts))["document"]) is expected


def test_without_a_chinese_font_the_workbook_and_the_page_come_out_and_the_user_is_told_what_to_install(
    tmp_path: Path,
) -> None:
    (tmp_path / "none").mkdir()
    fonts = tmp_path / "fonts.conf"
    fonts.write_text(f"<fontconfig><dir>{tmp_path / 'none'}</dir></fontconfig>", encoding="utf-8")
    story = (
        "import golden_facts, pathlib, sys\n"
        "from wentong import bulletins, errors\n"
        "try:\n    bulletins.write(golden_facts.first_quarter(), pathlib.Path(sys.argv[1]))\n"
        "except errors.EnvironmentProblem as fault:\n    print(fault)\n"
    )
    path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    environment = {**os.environ, "FONTCONFIG_FILE": str(fonts), "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8"}
    told = subprocess.run(
        [sys.executable, "-c", story, str(tmp_path / "out")], env=environment, capture_output=True, check=True
    ).stdout.decode("utf-8")
    assert "fonts-noto-cjk" in told
    assert sorted(path.suffix for path in (tmp_path / "out").iterdir()) == [".html", ".xlsx"]
