"""The data dictionary is up to date, and every indicator is made of what forms supply."""

import re
from pathlib import Path

import pytest

from wentong.declarations import Source
from wentong.dictionary import dictionary
from wentong.errors import DeclarationError
from wentong.forms import SCHEMAS, Table, forms
from wentong.indicators import catalogue, read_catalogue
from wentong.settings import PROJECT

TABLES: dict[str, Table] = {table.name: table for form in forms().values() for table in form.tables}
DECLARED = Source(SCHEMAS / "indicators.yml", "indicators").declared["indicators"]
INDICATOR = """\
indicators:
  - code: XX01
    title: 示例
    name: example
    unit: "%"
    period: quarter
    levels: [village]
    numerator: {count: village_center, where: {build_status: [built]}, filled: built_on}
    denominator: {sum: [village_center.reading_seats]}
    source: invented
left_out: {}
"""


def test_the_dictionary_is_up_to_date() -> None:
    kept = (PROJECT / "docs" / "data-dictionary.md").read_text(encoding="utf-8")
    assert kept == dictionary(), "run: wentong dictionary -o docs/data-dictionary.md"


def test_the_dictionary_has_every_field_code_and_indicator() -> None:
    text = dictionary()
    assert [name for name, table in TABLES.items() if f"### {name} {table.title}" not in text] == []
    assert [f.name for table in TABLES.values() for f in table.fields if f"| {f.name} | {f.title} |" not in text] == []
    assert [i.code for i in catalogue().indicators if f"| {i.code} | {i.title} | {i.name} |" not in text] == []


def test_every_table_and_column_of_the_warehouse_has_a_title_and_a_comment() -> None:
    """Titles are in include/schemas/warehouse_titles.csv, comments beside the tables and marts."""
    text = dictionary().partition("## 数据库 ops")[2]
    tables = re.findall(r"^### (\w+\.\w+)(.*)\n\n(.*)\n\n\|.*\n\|.*\n((?:\|.*\n)*)", text, re.MULTILINE)
    assert {"ops.submissions", "core.fct_obligation", "marts.observations", "ops.lineage"} <= {
        name for name, *_ in tables
    }
    assert len(tables) == text.count("\n### ")
    assert [name for name, title, comment, rows in tables if not (title.strip() and comment and rows)] == []
    columns = re.findall(r"^\| (.*) \| (.*) \| .* \| (.*) \|$", text, re.MULTILINE)
    assert [name for name, title, comment in columns if not (title and comment)] == []


@pytest.mark.parametrize("declared", DECLARED, ids=[declared["code"] for declared in DECLARED])
def test_every_part_of_an_indicator_is_a_field_of_a_table(declared: dict[str, dict[str, object]]) -> None:
    for part in (declared["numerator"], declared.get("denominator", {})):
        for written in (*part.get("sum", ()), *part.get("value", ())):  # type: ignore[misc]
            table, name = str(written).split(".")
            assert TABLES[table].field(name).is_number
        if "count" in part:
            table = TABLES[str(part["count"])]
            for name in (*part.get("where", ()), *part.get("at_least", ()), *filter(None, [part.get("filled")])):  # type: ignore[misc]
                assert table.field(str(name)).role == "value"


def test_no_indicator_is_both_supplied_and_left_out() -> None:
    assert not {i.code[:4] for i in catalogue().indicators} & catalogue().left_out.keys()
    assert all(i.source.startswith("domain §2.4 ") for i in catalogue().indicators)


def test_a_formula_in_words(tmp_path: Path) -> None:
    path = tmp_path / "indicators.yml"
    path.write_text(INDICATOR, encoding="utf-8")
    (indicator,) = read_catalogue(path).indicators
    assert indicator.formula == (
        "count(village_center where build_status in (built) and built_on is filled in) / sum(village_center.reading_seats)"
    )


@pytest.mark.parametrize(
    ("before", "after", "line", "says"),
    [
        ("reading_seats", "seats", 9, r"no form has a figure village_center\.seats; write table\.field"),
        ("reading_seats", "remark", 9, r"no form has a figure village_center\.remark"),
        ("count: village_center", "count: centers", 8, "there is no table centers; write one of village_center"),
        (
            "filled: built_on",
            "filled: opened_on",
            8,
            "there is no field opened_on to look at; write one of build_status",
        ),
        ("[built]", "[done]", 8, "done is no code of build_status; write one of built"),
        ("build_status:", "remark:", 8, "remark has no codes to compare with"),
        ("filled: built_on", "at_least: {floor_area_m2: area}", 8, r"no list include/schemas/thresholds/area\.csv"),
        ("{sum: [village_center.reading_seats]}", "{}", 9, "write one of sum, value, count, units"),
        ("period: quarter", "period: week", 6, "`period` is week; write one of month, quarter, year"),
        (
            "period: quarter",
            "period: month",
            8,
            "village_center is reported once a quarter; let the indicator be of a quarter",
        ),
        ("levels: [village]", "levels: [town]", 9, "no table is about towns; write `below: true`"),
        ("name: example", "name: XX01", 4, "`name` is XX01; write small Latin letters"),
    ],
)
def test_what_is_said_of_mistakes(tmp_path: Path, before: str, after: str, line: int, says: str) -> None:
    path = tmp_path / "indicators.yml"
    path.write_text(INDICATOR.replace(before, after), encoding="utf-8")
    with pytest.raises(DeclarationError, match=rf"^indicators\.yml, line {line}: .*{says}"):
        read_catalogue(path)
