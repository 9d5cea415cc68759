"""What today's rules would say of files that were judged before: differences of verdicts, and what they are called. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from wentong.findings import Finding, finding_types
from wentong.forms import Table, forms
from wentong.reports import OUTCOMES, STATES, STATUSES, one_line
from wentong.returns import Judgement, Row

WORDS = {
    "outcome": "结论",
    "form": "报表",
    "tables": "报表中的表",
    "period": "报告期",
    "unit": "填报单位",
    "is_zero": "零报",
}
"""What may differ of a file as a whole."""
ROWS = {"status": "处理", "division_code": "单位", "town_code": "所属镇(街)", "key": "行标识"}
"""What may differ of a row as a whole."""


class Change(NamedTuple):
    """Something that would be otherwise: of the file, of a row, or (`field`) of a value in it."""

    sheet: str
    row: int | None
    what: str
    before: Any
    after: Any


class Said(NamedTuple):
    """A finding that would be new, or would be no more."""

    code: str
    sheet: str
    row: int | None
    cell: str | None
    field: str | None
    is_settled: bool
    message: str


@dataclass(frozen=True, slots=True)
class Rejudged:
    """One submission: what would be otherwise today, or why that cannot be told."""

    submission_id: int
    file: str
    received_at: datetime
    judged_at: datetime
    register_load: int | None
    """The list of units it is judged by: the last one known when the verdict was given."""
    form: str | None
    period: str | None
    unit: str | None
    untold: str | None = None
    changes: Sequence[Change] = ()
    appeared: Sequence[Said] = ()
    gone: Sequence[Said] = ()

    @property
    def is_same(self) -> bool:
        return not (self.untold or self.changes or self.appeared or self.gone)


class Differences(NamedTuple):
    """What would be otherwise of one file."""

    changes: Sequence[Change]
    appeared: Sequence[Said]
    gone: Sequence[Said]


def differences(before: Judgement, after: Judgement) -> Differences:
    """Between two verdicts on a file, both as they are kept in bronze."""
    changes = [
        Change("", None, name, getattr(before, name), getattr(after, name))
        for name in WORDS
        if getattr(before, name) != getattr(after, name)
    ]
    old, new = _by_place(before.rows), _by_place(after.rows)
    for place in sorted(old.keys() | new.keys()):
        changes += _row_changes(place, old.get(place), new.get(place))
    said, says = _by_cell(before.findings), _by_cell(after.findings)
    return Differences(changes, _without(says, said), _without(said, says))


_Place = tuple[str, str, int, int]


def _by_place(rows: Iterable[Row]) -> dict[_Place, Row]:
    """Rows by table, sheet, line and, as tables may stand side by side, first column."""
    return {(r.table, r.sheet, r.row, min((c for _, c, _ in r.cells.values()), default=0)): r for r in rows}


def _row_changes(place: _Place, old: Row | None, new: Row | None) -> list[Change]:
    _, sheet, line, _ = place
    if old is None or new is None:
        return [Change(sheet, line, "row", old and _told(old), new and _told(new))]
    found = [
        Change(sheet, line, name, getattr(old, name), getattr(new, name))
        for name in ROWS
        if getattr(old, name) != getattr(new, name)
    ]
    for name in dict.fromkeys((*old.values, *new.values)):
        before, after = (
            (row.values.get(name), row.states.get(name, "no_column" if name not in row.values else None))
            for row in (old, new)
        )
        if before != after:
            found.append(Change(sheet, line, name, before, after))
    return found


def _told(row: Row) -> str:
    return f"{row.division_code or '—'} {STATUSES[row.status]}"


def _by_cell(findings: Iterable[Finding]) -> dict[tuple[Any, ...], list[Finding]]:
    found: dict[tuple[Any, ...], list[Finding]] = {}
    for one in findings:
        key = (one.code, one.sheet, one.row, one.col, one.field, one.explanation is not None, one.waiver)
        found.setdefault(key, []).append(one)
    return found


def _without(
    these: Mapping[tuple[Any, ...], Sequence[Finding]], others: Mapping[tuple[Any, ...], Sequence[Finding]]
) -> list[Said]:
    """The findings that the others do not have, or not as often."""
    return [
        Said(one.code, one.sheet, one.row, one.cell, one.field, one.is_settled, _message(one))
        for key, found in these.items()
        for one in found[len(others.get(key, ())) :]
    ]


def _message(finding: Finding) -> str:
    """Its sentence; where today's catalogue has no such words for it any more, its code."""
    try:
        return finding.message
    except KeyError:
        return finding.code


def as_json(one: Rejudged) -> dict[str, Any]:
    """One object with everything that would be otherwise."""
    told = {name: getattr(one, name) for name in Rejudged.__slots__}
    lists = {name: [each._asdict() for each in told[name]] for name in ("changes", "appeared", "gone")}
    return {**told, **lists}


# -- in Chinese --------------------------------------------------------------------------------------------------------


def text(one: Rejudged) -> str:
    """What would be otherwise of one file, line by line."""
    scope = " ".join(filter(None, (one.form, one.period, one.unit)))
    lines = [f"第{one.submission_id}号 {one_line(one.file)}  {scope}"]
    if one.untold:
        return f"{lines[0]}\n  无法比较:{one.untold}"
    lines += [f"  {_change(change, one.form)}" for change in one.changes]
    for word, findings in (("会新增", one.appeared), ("不再有", one.gone)):
        lines += [
            f"  {word}:{_where(said.sheet, said.row, said.cell)}{_title(said.code)}:{one_line(said.message)}"
            for said in findings
        ]
    return "\n".join(lines)


@dataclass(slots=True)
class Summary:
    """How many files were compared, and which findings would come and go."""

    compared: int = 0
    same: int = 0
    untold: int = 0
    appeared: Counter[str] = field(default_factory=Counter)
    gone: Counter[str] = field(default_factory=Counter)

    def add(self, one: Rejudged) -> None:
        self.untold += one.untold is not None
        self.compared += one.untold is None
        self.same += one.is_same
        self.appeared.update(said.code for said in one.appeared)
        self.gone.update(said.code for said in one.gone)

    @property
    def is_same(self) -> bool:
        return not self.untold and self.same == self.compared

    def as_json(self) -> dict[str, Any]:
        """The counts as one object."""
        counts = {name: getattr(self, name) for name in ("compared", "same", "untold")}
        return {"summary": {**counts, "appeared": dict(self.appeared), "gone": dict(self.gone)}}

    def text(self) -> str:
        """The counts, and by what they were taken."""
        lines = [
            f"比较 {self.compared} 个文件:结论相同 {self.same} 个,会有不同 {self.compared - self.same} 个;无法比较 {self.untold} 个。",
            "按现行规则重审;名录、豁免和日期按当时审核的时候。没有改动任何数据、答复和存档。",
        ]
        for code in sorted(self.appeared.keys() | self.gone.keys()):
            lines.append(f"  {_title(code)}({code}):新增 {self.appeared[code]},减少 {self.gone[code]}")
        return "\n".join(lines)


def _change(change: Change, form: str | None) -> str:
    before, after = (_shown(change.what, value) for value in (change.before, change.after))
    if change.row is None:
        return f"{WORDS[change.what]}:{before} → {after}"
    if change.what == "row":
        return f"{_where(change.sheet, change.row, None)}行:{before} → {after}"
    title = ROWS.get(change.what) or _field_title(form, change.what)
    return f"{_where(change.sheet, change.row, None)}{title}:{before} → {after}"


def _shown(what: str, value: Any) -> str:
    if value is None or value == () or value == "":
        return "没有"
    if isinstance(value, tuple) and what not in WORDS:
        stated, state = value
        shown = "空" if stated is None else one_line(str(stated))
        return f"{shown}({STATES.get(state, state)})" if state else shown
    if what == "outcome":
        return OUTCOMES[value]
    if what == "status":
        return STATUSES[value]
    return "、".join(value) if isinstance(value, tuple) else one_line(str(value))


def _where(sheet: str, row: int | None, cell: str | None) -> str:
    place = cell or (f"第{row}行" if row else "")
    return f"{one_line(sheet)}{'!' if sheet and place else ''}{place} " if sheet or place else ""


def _field_title(form: str | None, name: str) -> str:
    tables: Sequence[Table] = forms()[form].tables if form in forms() else ()
    return next((each.title for table in tables for each in table.fields if each.name == name), name)


def _title(code: str) -> str:
    return finding_types()[code].title if code in finding_types() else code
