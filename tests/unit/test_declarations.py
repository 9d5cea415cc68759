"""A form file with a mistake is refused: with the file, the line, and what to write."""

from pathlib import Path

import pytest

from wentong.declarations import load_form, read_forms
from wentong.errors import DeclarationError
from wentong.forms import forms

FORM = """\
code: 示例01
name: example
title: 示例季报
edition: "2027"
period: quarter
first_period: 2027Q1
reported_by: town
due: {working_days: 5}
tables:
  - name: house
    title: 示例
    grain: one row per village
    key: [unit, period]
    unit: village
    essential: [state]
    resubmission: roll
    fields:
      - name: village_name
      - name: state
        title: 是否建成
        type: enum
        codes: build_status
        required: true
      - name: area
        title: 建筑面积
        type: number
        unit: 平方米
        aliases: [面积]
      - name: seats
        title: 座位数
        type: count
        unit: 个
      - {name: opened_on, title: 开放日期, type: date}
    rules:
      - {kind: within, field: area, minimum: 50, when: {state: [built]}, finding: few_books}
"""
RULE = "      - {kind: within, field: area, minimum: 50, when: {state: [built]}, finding: few_books}"
ENUM = "type: enum\n        codes: build_status"


def rule(text: str) -> tuple[str, str]:
    return RULE, f"      - {{{text}}}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "example.yml").write_text(FORM, encoding="utf-8")
    return tmp_path


def test_the_form_without_a_mistake(folder: Path) -> None:
    (form,) = read_forms(folder).values()
    assert form.table("house").field("village_name").title == "村(社区)名称"  # what is shared
    assert form.table("house").field("area").aliases == ("面积",)


MISTAKES = {
    "unknown word": (("title: 座位数", "colour: 红\n        title: 座位数"), 30,
        "`colour` is no word that belongs here; write one of name, title, type, role, unit, codes, required"),
    "wrong type word": (("type: count", "type: integer"), 31,
        "`type` is integer; write one of count, number, enum, set, date, text"),
    "wrong period": (("period: quarter", "period: quarterly"), 5, "`period` is quarterly; write one of month, quarter, year"),
    "text for true": (("required: true", "required: 必填"), 23, "`required` is 必填; write true or false"),
    "number for text": (('edition: "2027"', "edition: 2027"), 4,
        "`edition` is 2027; write a text; put numbers, dates, yes and no in quotes"),
    "yes for a code": (("when: {state: [built]}", "when: {state: [yes]}"), 35, "`state` is true; write a text; put numbers, dates, yes"),
    "Chinese name": (("name: house", "name: 中心"), 10, "`name` is 中心; write small Latin letters, digits and _, a letter first"),
    "long name": (("name: house", f"name: {'house' * 7}"), 10, "write small Latin letters, digits and _, a letter first, 32 at most"),
    "period written otherwise": (("2027Q1", "2027年1季度"), 6, r"write 2027-01 \(month\), 2027Q1 \(quarter\)"),
    "period of another kind": (("2027Q1", "2027-01"), 6, "2027-01 is no quarter, which the form is reported for"),
    "no grain": (("    grain: one row per village\n", ""), 10, "`grain` is missing here"),
    "no fields": ((FORM[FORM.index("    fields:"):FORM.index("    rules:")], "    fields: []\n"), 17, "`fields` is an empty list"),
    "missing title": (("        title: 座位数\n", ""), 29, "field seats: it needs a title, the official heading"),
    "unknown list": (("codes: build_status", "codes: build_states"), 19,
        "table house: field state: there is no list include/schemas/codes/build_states.csv; add it, or write another"),
    "no list": ((ENUM, "type: enum"), 19, "field state: a field of type enum needs `codes:` naming a file of include/schemas/codes"),
    "list of a count": (("unit: 个", "codes: yes_no"), 29, "field seats: codes belong to fields of type enum or set, and this is count"),
    "unknown unit": (("unit: 个", "unit: 把"), 29,
        r"field seats: 把 is no quantity of include/schemas/codes/units_of_measure\.csv; add a line there, or write one of 平方米, 册"),
    "field twice": (("name: seats", "name: area"), 29, "field area: it is declared twice"),
    "headings alike": (("aliases: [面积]", "aliases: [面积, 座位 数]"), 29,
        "field seats: area is headed 座位数, too; a heading names one field"),
    "shared field contradicted": (("- name: seats", "- name: books_total"), 32,
        r"field books_total: unit is 册 in every form \(fields\.yml\); a field that is something else has another name"),
    "no unit of the rows": (("      - name: village_name\n", ""), 14,
        "rows about a village name it; add a field village_name or division_code"),
    "key without its period": (("key: [unit, period]", "key: [unit]"), 13, r"key: period is missing; write \[unit, …, period\]"),
    "unknown field in the key": (("key: [unit, period]", "key: [unit, kind, period]"), 13,
        "key: there is no field kind; write one of village_name, state, area"),
    "unknown essential field": (("essential: [state]", "essential: [status]"), 15, "essential: there is no field status; write one of"),
    "unknown kind": (rule("kind: between, field: area, finding: few_books"), 35,
        "`kind` is between; write one of required_when, absent"),
    "unknown field in a rule": (rule("kind: within, field: surface, minimum: 50, finding: few_books"), 35,
        "rule within: there is no field surface; write one of village_name, state"),
    "rule without its words": (rule("kind: at_most, field: area, finding: above_other"), 35,
        "rule at_most: it needs `with`: field <= the sum of `with`"),
    "rule without limits": (rule("kind: within, field: area, finding: few_books"), 35, "rule within: it needs `minimum` or `maximum`"),
    "rule about a date": (rule("kind: at_most, field: area, with: opened_on, finding: above_other"), 35,
        "rule at_most: it reads fields of type count or number, and opened_on is date"),
    "unknown code in a rule": (rule("kind: within, field: area, minimum: 5, when: {state: [done]}, finding: few_books"), 35,
        "rule within: done is no code of build_status; write one of built, under_construction, not_built"),
    "unknown finding": (rule("kind: within, field: area, minimum: 50, finding: few_boks"), 35,
        r"rule within: there is no finding few_boks \(did you mean few_books\?\); add a row to include/schemas/finding_types\.csv"),
    "finding that says more": (rule("kind: within, field: area, minimum: 50, finding: above_other"), 35,
        "finding above_other says {other_label}, which this rule does not tell; it tells cell, label, low"),
    "what is reported once, without a place": (
        rule("kind: reported_once, fields: [village_name, opened_on], finding: activity_reported_twice"), 35,
        "rule reported_once: it needs just three `fields`: what it is, the day",
    ),
    "relation that says more": (
        rule("kind: stays, field: state, codes: [built], finding: not_built_with_figures"), 35,
        "finding not_built_with_figures says {filled}, which this rule does not tell",
    ),
    "unknown thresholds": (rule("kind: meets_threshold, field: area, table: least_area, finding: unusual_value"), 35,
        r"there is no list include/schemas/thresholds/least_area\.csv"),
    "unknown table elsewhere": (rule("kind: equals_sum, field: area, with: house_part.area, finding: ledger_sum_differs"), 35,
        "rule equals_sum: house_part.area: there is no table house_part; write one of house"),
    "unknown field elsewhere": (rule("kind: equals_sum, field: area, with: house.surface, finding: ledger_sum_differs"), 35,
        "rule equals_sum: house.surface: table house has no field surface; write one of state, area"),
    "word twice": (("    title: 示例\n", "    title: 示例\n    title: 例\n"), 12, "`title` stands here twice"),
    "bad indentation": (("    grain: one", "     grain: one"), 12, "not valid YAML .*: words of one level stand exactly below each other"),
    "colon in a text": (("grain: one row", "grain: rows: one"), 12, "not valid YAML .*a text with `: ` or ` #` in it stands in quotes"),
    "tab": (("        title: 座位数", "\ttitle: 座位数"), 30, "not valid YAML .*: indent with spaces, not with tabs"),
}  # fmt: skip
"""What -> what is replaced by what, the line to name, and what is said."""


@pytest.mark.parametrize(("change", "line", "says"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named_with_its_line(folder: Path, change: tuple[str, str], line: int, says: str) -> None:
    before, after = change
    assert before in FORM
    (folder / "example.yml").write_text(FORM.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(DeclarationError, match=rf"^example\.yml, line {line}(, |: ).*{says}"):
        read_forms(folder)


@pytest.mark.parametrize(
    ("change", "line", "says"),
    [
        (("name: example", "name: other"), 1, r"code 示例01 is that of example\.yml; every form has its own"),
        (("示例01", "示例02"), 2, r"name example is that of example\.yml"),
        (("code: 示例01\nname: example", "code: 示例02\nname: other"), 3, r"title 示例季报 is that of example\.yml"),
        (
            ("code: 示例01\nname: example\ntitle: 示例", "code: 示例02\nname: other\ntitle: 另"),
            10,
            r"example\.yml has a table house; every table has its own name",
        ),
    ],
)
def test_two_files_contradict_each_other(folder: Path, change: tuple[str, str], line: int, says: str) -> None:
    (folder / "other.yml").write_text(FORM.replace(*change), encoding="utf-8")
    with pytest.raises(DeclarationError, match=rf"^other\.yml, line {line}: {says}"):
        read_forms(folder)


def test_a_table_declared_twice_in_one_file(folder: Path) -> None:
    table = FORM[FORM.index("  - name: house") :]
    (folder / "example.yml").write_text(FORM + table, encoding="utf-8")
    with pytest.raises(DeclarationError, match=r"^example\.yml, line 36: example\.yml has a table house"):
        read_forms(folder)


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "empty.yml").write_text("", encoding="utf-8")
    with pytest.raises(DeclarationError, match=r"^empty\.yml, line 1: the file is null; write words with values"):
        load_form(tmp_path / "empty.yml")


def test_every_declared_form_is_without_mistakes() -> None:
    assert len({form.title for form in forms().values()}) == len(forms()) >= 9
