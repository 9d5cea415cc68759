"""Invented returns for the demonstration: 15 towns of Kaiping, three quarters of 2026, a handful of them faulty.

Places are real, every figure is made up and every file says so. The same call gives the same bytes. Each sample
carries what is intended with it, so that tests and the demonstration can say whether all went as intended.
"""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache
from html import escape
from pathlib import Path, PurePosixPath
from random import Random

from wentong.errors import DeclarationError
from wentong.forms import SCHEMAS, Form, Table, code_titles, find_form
from wentong.periods import Period
from wentong.returns import Outcome
from wentong.templates import DEMO_BANNER, SIGNATURES, columns, heading, write_return

COUNTY = "开平市"
PERIODS = ("2026Q1", "2026Q2", "2026Q3")
UNITS = SCHEMAS / "units" / "440783.csv"
TASKS = SCHEMAS / "plans" / "kaiping_2026_tasks.csv"
SILENT = ("大沙镇", "2026Q3")
"""The town and quarter for which nothing is sent."""

_MINIMUM_AREA = 200
"""Square metres from which a built centre counts (the plan's threshold)."""
_BUILT_BY_QUARTER = (126, 222, 242)
"""Tasks built by the end of each quarter, of 248. A few are too small to count, so that each quarter ends just short of its
milestone of 124, 224 and 248."""
_TOO_SMALL = frozenset({20, 55, 90, 121, 160, 200, 230})
"""Places in the order of completion whose centre stays below the threshold."""
_PACE = {
    "赤坎镇": -0.15, "塘口镇": -0.12, "水口镇": -0.08, "三埠街道": -0.05,
    "龙胜镇": 0.05, "赤水镇": 0.08, "金鸡镇": 0.10, "大沙镇": 0.12,
}  # fmt: skip
"""Towns ahead of (below 0) or behind the county."""

Row = dict[str, object]


@dataclass(frozen=True)
class Sample:
    """One file and what is intended with it."""

    path: PurePosixPath
    """Below the share: 开平市/收件箱/水口镇/….xlsx."""
    town: str
    period: str
    story: str
    """Why the file is there, in one sentence."""
    content: bytes = field(repr=False)
    outcome: Outcome = "load"
    findings: frozenset[str] = frozenset()
    """Codes of findings that must be among those of the file; a sample without any is clean."""
    met: Mapping[str, date] = field(default_factory=dict, repr=False)
    """Villages that this file, if loaded, shows as built and large enough -> date of completion."""


def write_samples(target_share: Path, periods: Sequence[str] = PERIODS) -> list[Path]:
    """Drop the samples into the inboxes of a share as stewards would, one plain copy after the other; returns the files."""
    written = []
    for sample in samples(periods):
        path = target_share / sample.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(sample.content)
        written.append(path)
    return written


def samples(periods: Sequence[str] = PERIODS) -> list[Sample]:
    """All samples of these quarters in the order in which they are handed in."""
    found: list[Sample] = []
    for period in periods:
        corrections: list[Sample] = []
        for town in _towns():
            if (town.name, period) != SILENT:
                story = _STORIES.get((town.name, period), _clean)
                first, *later = story(_Return(town, Period.parse(period)))
                found.append(first)
                corrections += later
        found += corrections
    return found


def expected_completion(given: Iterable[Sample]) -> dict[str, date]:
    """Villages that count as completed once all these samples are in -> date of completion, as known at the end."""
    completed: dict[str, date] = {}
    for sample in given:
        if sample.outcome == "load":
            for code, day in sample.met.items():
                completed[code] = min(day, completed.get(code, day))
    return completed


# -- the invented county --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Village:
    """One village or community and its centre. `finished` is the quarter of 2026 in which it is built: 0 before 2026, 4 not
    within the three quarters."""

    code: str
    name: str
    finished: int
    built_on: date | None
    floor_area: float


@dataclass(frozen=True)
class _Town:
    code: str
    name: str
    number: int
    villages: tuple[_Village, ...]


@cache
def _towns() -> tuple[_Town, ...]:
    """The towns that owe returns, with their villages, from the sample register and the plan's task list."""
    units = _read(UNITS)
    tasks = {row["division_code"] for row in _read(TASKS)}
    named = {row["division_code"]: row["name"] for row in units if row["owes_returns"] == "yes"}
    members = [row for row in units if row["level"] == "5" and row["parent_code"] in named]
    order = _order_of_completion([row for row in members if row["division_code"] in tasks], named)
    villages = [(row["parent_code"], _village(row, order.get(row["division_code"]))) for row in members]
    return tuple(
        _Town(code, name, number, tuple(village for parent, village in villages if parent == code))
        for number, (code, name) in enumerate(named.items())
    )


def _read(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        raise DeclarationError(f"{path.name} is missing: the samples are made for the units and tasks of Kaiping")
    with open(path, encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def _order_of_completion(tasks: Sequence[Mapping[str, str]], towns: Mapping[str, str]) -> dict[str, int]:
    """Division code -> place in the county's order of completion: towns advance side by side, each at its pace."""
    ranked: list[tuple[float, str]] = []
    for code, name in towns.items():
        own = sorted(row["division_code"] for row in tasks if row["parent_code"] == code)
        Random(f"order {code}").shuffle(own)
        ranked += [((n + 0.5) / len(own) + _PACE.get(name, 0), village) for n, village in enumerate(own)]
    return {village: place for place, (_, village) in enumerate(sorted(ranked))}


def _village(unit: Mapping[str, str], place: int | None) -> _Village:
    """A village's centre; `place` is its place in the order of completion, None for a demonstration point."""
    code = unit["division_code"]
    chance = Random(f"centre {code}")
    finished = 0 if place is None else 1 + sum(place >= built for built in _BUILT_BY_QUARTER)
    area = chance.randrange(120, 195) if place in _TOO_SMALL else chance.randrange(205, 620)
    return _Village(code, unit["name"], finished, _built_on(finished, chance), area + chance.choice((0, 0, 0.5)))


def _built_on(finished: int, chance: Random) -> date | None:
    if finished == 0:
        return date(chance.randrange(2016, 2026), chance.randrange(1, 13), chance.randrange(1, 28))
    if finished == 4:
        return None
    quarter = Period.quarter(2026, finished)
    return quarter.first_day + timedelta(days=chance.randrange(8, 85))


# -- one return -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Return:
    """A town's return for a quarter, before it becomes a file."""

    town: _Town
    period: Period

    @property
    def quarter(self) -> int:
        return self.period.last_day.month // 3

    def rows(self) -> list[Row]:
        return [_row(village, self.quarter) for village in self.town.villages]

    def met(self, rows: Iterable[Row]) -> dict[str, date]:
        """What these rows show as built and large enough; an undated centre counts at the end of the quarter."""
        shown: dict[str, date] = {}
        for row in rows:
            area, day = row.get("floor_area_m2"), row.get("built_on")
            if row["build_status"] == "built" and isinstance(area, int | float) and area >= _MINIMUM_AREA:
                shown[str(row["division_code"])] = day if isinstance(day, date) else self.period.last_day
        return shown

    def signatures(self) -> dict[str, str]:
        day = self.period.last_day + timedelta(days=2 + self.town.number % 4)
        people = {"head": "示例甲", "reviewer": "示例乙", "preparer": "示例丙", "phone": "0750-0000000"}
        return {**people, "reported_on": f"{day.year}年{day.month}月{day.day}日"}

    def name(self) -> str:
        """A file name as the stewards of this town like it."""
        year, quarter = self.period.first_day.year, self.quarter
        habits = (
            f"{self.town.name}{year}年第{quarter}季度",
            f"{year}年{'一二三四'[quarter - 1]}季度基层文化服务中心季报",
            f"{self.town.name}文化中心报表{year}年{quarter}季度",
            f"基文01 {self.town.name} {year}Q{quarter}",
            f"{year}年{quarter}季度",
        )
        return habits[self.town.number % len(habits)]

    def sample(self, story: str, name: str, content: bytes, met: Mapping[str, date] | None = None) -> Sample:
        path = PurePosixPath(COUNTY, "收件箱", self.town.name, name)
        return Sample(path, self.town.name, str(self.period), story, content, met=met or {})

    def workbook(self, rows: Iterable[Row], table: Table | None = None) -> bytes:
        form, stream = _form(), io.BytesIO()
        write_return(
            stream,
            replace(form, tables=(table or form.tables[0],)),
            self.period,
            self.town.code,
            f"{COUNTY}{self.town.name}",
            {form.tables[0].name: rows},
            banner=DEMO_BANNER,
            signatures=self.signatures(),
        )
        return stream.getvalue()


def _form() -> Form:
    return find_form("village_centers")


def _row(village: _Village, quarter: int) -> Row:
    """One village's row at the end of a quarter."""
    row: Row = {"village_name": village.name, "division_code": village.code}
    if village.finished > quarter:
        begun = village.finished == quarter + 1 and Random(f"begun {village.code} {quarter}").random() < 0.7
        status = "under_construction" if begun else "not_built"
        return row | {"build_status": status, "remark": "示例:正在施工" if begun else "示例:已列入计划"}
    return row | _figures(village, quarter) | {"remark": "示范点(示例)" if village.finished == 0 else None}


def _figures(village: _Village, quarter: int) -> Row:
    """The figures of a centre in use. Stocks grow from quarter to quarter, flows vary."""
    chance, now = Random(f"stock {village.code}"), Random(f"flow {village.code} {quarter}")
    sessions = now.randrange(2, 13)
    return {
        "build_status": "built",
        "floor_area_m2": village.floor_area,
        "outdoor_area_m2": chance.randrange(30, 150) * 10,
        "books_total": chance.randrange(1500, 3600) + quarter * chance.randrange(0, 60),
        "reading_seats": chance.randrange(10, 41),
        "full_time_staff": chance.randrange(1, 4),
        "weekly_open_hours": chance.choice((35, 40, 42, 45.5, 49, 56)),
        "activity_sessions": sessions,
        "activity_attendance": sessions * now.randrange(25, 120),
        "volunteer_count": chance.randrange(3, 40),
        "built_on": village.built_on if chance.random() < 0.97 else None,
    }


# -- stories: each gives the file as first handed in, then what is handed in after all others of the quarter --------------


def _clean(given: _Return) -> list[Sample]:
    rows = given.rows()
    return [given.sample("a clean return", f"{given.name()}.xlsx", given.workbook(rows), given.met(rows))]


def _corrected_later(given: _Return) -> list[Sample]:
    """Two finished centres reported as being built and a floor area with a digit too many; then the correction."""
    right, wrong = given.rows(), given.rows()
    built = [n for n, row in enumerate(right) if row["build_status"] == "built"]
    for n in built[-2:]:
        wrong[n] = {k: wrong[n][k] for k in ("village_name", "division_code")}
        wrong[n] |= {"build_status": "under_construction", "remark": "示例:正在施工"}
    area = wrong[built[0]]["floor_area_m2"]
    wrong[built[0]]["floor_area_m2"] = int(area) * 10 if isinstance(area, int | float) else area
    name = given.name()
    first = given.sample(
        "first version, wrong for three villages", f"{name}.xlsx", given.workbook(wrong), given.met(wrong)
    )
    second = given.sample("the town's correction", f"{name}(更正).xlsx", given.workbook(right), given.met(right))
    return [replace(first, findings=frozenset({"unusual_value"})), second]


def _without_books_column(given: _Return) -> list[Sample]:
    rows, table = given.rows(), _without("books_total")
    sample = given.sample("a column is missing", f"{given.name()}.xlsx", given.workbook(rows, table), given.met(rows))
    return [replace(sample, findings=frozenset({"missing_column"}))]


def _without_status_column(given: _Return) -> list[Sample]:
    content = given.workbook(given.rows(), _without("build_status"))
    sample = given.sample("the column that says what is built is missing", f"{given.name()}.xlsx", content)
    return [replace(sample, outcome="reject", findings=frozenset({"missing_key_column"}))]


def _without(name: str) -> Table:
    table = _form().tables[0]
    return replace(table, fields=tuple(f for f in table.fields if f.name != name))


def _text_in_numbers(given: _Return) -> list[Sample]:
    rows = given.rows()
    built = [row for row in rows if row["build_status"] == "built"]
    built[0]["outdoor_area_m2"] = "约500"
    built[1]["books_total"] = "三百"
    built[2]["activity_sessions"] = "12场次(含讲座3场)"
    built[3]["activity_attendance"] = "不详"
    expected = {"approximate_number", "number_in_words", "number_expected", "unknown_value"}
    sample = given.sample("text in cells for numbers", f"{given.name()}.xlsx", given.workbook(rows), given.met(rows))
    return [replace(sample, findings=frozenset(expected))]


def _wrong_villages(given: _Return) -> list[Sample]:
    """A finished village under a name nobody knows, and a row that belongs to a neighbouring town."""
    rows = given.rows()
    renamed = next(n for n, v in enumerate(given.town.villages) if v.finished == given.quarter)
    met = given.met(row for n, row in enumerate(rows) if n != renamed)
    rows[renamed] |= {"village_name": "幸福里新村", "division_code": None}
    neighbour = next(town for town in _towns() if town.name == "塘口镇")
    stranger = _row(neighbour.villages[-1], given.quarter) | {"division_code": None}
    content = given.workbook([*rows, stranger])
    sample = given.sample("a village of another town and an unknown one", f"{given.name()}.xlsx", content, met)
    return [replace(sample, findings=frozenset({"unknown_village", "wrong_town_village"}))]


def _under_last_quarters_name(given: _Return) -> list[Sample]:
    """Last quarter's file copied and filled anew: the title is right, the file name still says last quarter."""
    before = Period.quarter(given.period.first_day.year, given.quarter - 1)
    name = f"{_Return(given.town, before).name()} - 副本.xlsx"
    sample = given.sample("title and file name disagree about the quarter", name, given.workbook(given.rows()))
    return [replace(sample, outcome="quarantine_file", findings=frozenset({"period_conflict"}))]


def _scan_first(given: _Return) -> list[Sample]:
    """The signed scan with the ending of a workbook; the workbook itself follows."""
    scan = given.sample("a PDF renamed .xlsx", f"{given.name()}(盖章扫描件,示例).xlsx", _pdf())
    return [replace(scan, outcome="reject", findings=frozenset({"not_a_spreadsheet"})), *_clean(given)]


def _html_named_xls(given: _Return) -> list[Sample]:
    """What the office system of a town exports: a web page named .xls. Read right, with a warning about the name."""
    rows = given.rows()
    lines = [
        "<tr>" + "".join(f"<td style=\"mso-number-format:'\\@'\">{escape(text)}</td>" for text in line) + "</tr>"
        for line in _lines(given, rows)
    ]
    page = f'<html><head><meta charset="utf-8"></head><body><table border="1">{"".join(lines)}</table></body></html>'
    story = "a web page named .xls, as office systems export it"
    sample = given.sample(story, f"{given.name()}(系统导出).xls", page.encode(), given.met(rows))
    return [replace(sample, findings=frozenset({"extension_mismatch"}))]


def _csv_in_gb18030(given: _Return) -> list[Sample]:
    rows, stream = given.rows(), io.StringIO(newline="")
    csv.writer(stream).writerows(_lines(given, rows))
    content = stream.getvalue().encode("gb18030")
    return [given.sample("a CSV file in GB18030", f"{given.name()}.csv", content, given.met(rows))]


def _lines(given: _Return, rows: Iterable[Row]) -> list[list[str]]:
    """A return as lines of text, for formats without styles."""
    form = _form()
    fields = columns(form.tables[0])
    signatures = given.signatures()
    return [
        [f"《{form.title}》"],
        [DEMO_BANNER],
        [f"填报单位(盖章):{given.town.name}", f"统一编码:{given.town.code}"],
        [f"报告期:{given.period.title}"],
        [heading(f).replace("\n", "") for f in fields],
        *(
            [str(n) if f.role == "ignored" else _as_text(row.get(f.name), f.codes) for f in fields]
            for n, row in enumerate(rows, 1)
        ),
        [f"{title}:{signatures[key]}" for key, title in SIGNATURES.items()],
    ]


def _as_text(value: object, codes: str | None) -> str:
    if value is None:
        return ""
    return code_titles(codes).get(str(value), str(value)) if codes else str(value)


def _pdf() -> bytes:
    """The smallest PDF of one page that viewers open; it says that it is a sample."""
    text = b"BT /F1 18 Tf 60 760 Td (SAMPLE - invented, for demonstration only) Tj ET"
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(text), text),
    )
    body, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(body))
    return body + b"xref\n0 %d\n0000000000 65535 f \n" % size + table + trailer


_STORIES: dict[tuple[str, str], Callable[[_Return], list[Sample]]] = {
    ("长沙街道", "2026Q1"): _corrected_later,
    ("沙塘镇", "2026Q1"): _without_books_column,
    ("百合镇", "2026Q1"): _html_named_xls,
    ("水口镇", "2026Q2"): _text_in_numbers,
    ("龙胜镇", "2026Q2"): _wrong_villages,
    ("金鸡镇", "2026Q2"): _under_last_quarters_name,
    ("蚬冈镇", "2026Q2"): _csv_in_gb18030,
    ("赤水镇", "2026Q3"): _without_status_column,
    ("月山镇", "2026Q3"): _scan_first,
}
