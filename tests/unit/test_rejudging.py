"""What differs between two verdicts on a file, and how it is told."""

from datetime import UTC, datetime
from typing import Any

from wentong.findings import Finding
from wentong.rejudging import Rejudged, Summary, differences, text
from wentong.returns import Judgement, Row, RowStatus, Value

AT = datetime(2026, 10, 12, tzinfo=UTC)


def row(line: int, status: RowStatus = "accept", **values: Value) -> Row:
    cells = {name: (line, column, str(value)) for column, (name, value) in enumerate(values.items(), start=4)}
    return Row("表", line, status, f"4407831172{line:02}", "440783117000", values, {}, cells, "village_center")


def judged(*rows: Row, findings: tuple[Finding, ...] = (), **verdict: Any) -> Judgement:
    given = {
        "outcome": "load",
        "form": "基文01",
        "tables": ("village_center",),
        "period": "2026Q3",
        "unit": "440783117000",
    }
    return Judgement("季报.xlsx", "0" * 64, rows=list(rows), findings=list(findings), **{**given, **verdict})


def told(before: Judgement, after: Judgement) -> list[str]:
    found = differences(before, after)
    return text(Rejudged(12, "水口镇/季报.xlsx", AT, AT, 1, "基文01", "2026Q3", None, None, *found)).splitlines()[1:]


def test_equal_verdicts_differ_in_nothing() -> None:
    finding = Finding("signature_missing", "表", params={"missing": "审核人"})
    before = judged(row(7, books_total=1, floor_area_m2=None), findings=(finding, finding))
    assert not any(differences(before, judged(row(7, books_total=1, floor_area_m2=None), findings=(finding, finding))))


def test_everything_that_differs_is_told() -> None:
    odd = Finding("number_expected", "表", 7, 4, "books_total", "很多", {"label": "图书藏量"})
    lesser = judged(row(7, books_total=1), row(8), findings=(odd, odd))
    other = row(7, "quarantine", books_total=None)
    other.states["books_total"] = "withheld"
    assert told(lesser, judged(other, outcome="quarantine_file", findings=(odd,))) == [
        "  结论:入库 → 暂存",
        "  表!第7行 处理:采用 → 整行未采用",
        "  表!第7行 图书藏量:1 → 空(写法不符,未采用)",
        "  表!第8行 行:440783117208 采用 → 没有",
        "  不再有:表!D7 应填数字:“图书藏量”写的是“很多”,这里要填数字。",
    ]


def test_the_summary_counts_by_type_of_finding() -> None:
    odd = Finding("number_expected", "表", 7, 4, "books_total", "很多", {"label": "图书藏量"})
    about = ("水口镇/季报.xlsx", AT, AT, 1, "基文01", "2026Q3", None)
    summary = Summary()
    summary.add(Rejudged(1, *about, None, *differences(judged(), judged(findings=(odd,)))))
    summary.add(Rejudged(2, *about))
    summary.add(Rejudged(3, *about, "存档中没有原件"))
    assert not summary.is_same
    first, _, counted = summary.text().splitlines()
    assert first == "比较 2 个文件:结论相同 1 个,会有不同 1 个;无法比较 1 个。"
    assert counted == "  应填数字(number_expected):新增 1,减少 0"
