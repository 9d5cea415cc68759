"""Holds a verdict against the truth and names every difference."""

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal

from generator import FileTruth, Return, RowTruth
from spellings import Spelling

from wentong.findings import Finding
from wentong.returns import Judgement, Row

ALARMS = {"critical", "row", "error", "warning"}
ROUNDING = Decimal("0.01")
"""Conversions from mu do not come out even."""

SILENTLY_WRONG = "silently wrong"


@dataclass(frozen=True, slots=True)
class Mismatch:
    kind: str
    where: str
    detail: str
    story: str = ""


@dataclass(slots=True)
class Result:
    mismatches: list[Mismatch] = field(default_factory=list)
    right_cells: int = 0
    """Cells that are right beyond doubt."""
    extracted: int = 0
    cells: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    """How often each way of writing was met in a row that loaded."""

    def say(self, kind: str, where: str, detail: str, story: str = "") -> None:
        self.mismatches.append(Mismatch(kind, where, detail, story))


def compare(one: Return, judgement: Judgement) -> Result:
    truth, result = one.truth, Result()
    result.cells = sum(len(row.cells) for row in truth.rows)
    criticals = [f.code for f in judgement.findings if f.severity == "critical"]
    if judgement.outcome not in truth.outcomes:
        wanted = "/".join(sorted(truth.outcomes))
        result.say("outcome", one.name, f"{judgement.outcome} {criticals}, expected {wanted}")
        return result
    if judgement.outcome != "load":
        if not criticals:
            result.say("outcome", one.name, f"{judgement.outcome} without saying why")
        return result
    if truth.period and judgement.period != truth.period:
        result.say("period", one.name, f"{judgement.period}, expected {truth.period}")
    if truth.unit and judgement.unit != truth.unit:
        result.say("unit", one.name, f"{judgement.unit}, expected {truth.unit}")
    judged = list(judgement.rows)
    for row in truth.rows:
        found = _take(judged, row)
        _compare_row(result, row, found, judgement.findings)
    for extra in judged:
        kind = "row that is none"
        result.say(kind, f"{extra.sheet}!{extra.row}", f"{extra.status} {extra.division_code} {_some(extra)}")
    _compare_file(result, truth, judgement.findings)
    return result


def _some(row: Row) -> str:
    return str({name: value for name, value in list(row.values.items())[:4] if value is not None})


def _take(judged: list[Row], row: RowTruth) -> Row | None:
    """The verdict on a row; of two at the same height, the one with the right code."""
    same = [one for one in judged if (one.sheet, one.row) == (row.sheet, row.row)]
    if len(same) > 1:
        # beside each other: the one that took its cells from the right columns
        columns = {cell.column for cell in (*row.cells.values(), *row.identity.values())}
        same = [one for one in same if any(place[1] in columns for place in one.cells.values())] or same
    if not same:
        return None
    best = next((one for one in same if one.division_code in row.codes), same[0])
    judged.remove(best)
    return best


def _compare_row(result: Result, row: RowTruth, found: Row | None, findings: list[Finding]) -> None:
    where = f"{row.sheet}!{row.row}"
    # in a vertical form the cells of one village stand below each other
    own: set[tuple[int, int | None]] = {
        (cell.row, cell.column) for cell in (*row.cells.values(), *row.identity.values())
    }
    own.add((row.row, None))
    here = [f for f in findings if f.sheet == row.sheet and (f.row, f.col) in own]
    alarms = [f for f in here if f.severity in ALARMS]
    right = [cell for cell in row.cells.values() if _right_beyond_doubt(row, cell.spelling.finding, cell.spelling.open)
             and cell.spelling.values[0] is not None]  # fmt: skip
    result.right_cells += len(right)
    if row.must_be_flagged and row.story != "identical rows":
        hits = [f for f in here if f.severity in row.must_be_flagged]
        if not hits:
            result.say("unflagged row", where, f"{[f.code for f in here]}", row.story)
        elif row.at:
            held = row.identity | row.cells
            places = {(held[name].row, held[name].column) for name in row.at if name in held}
            if not any((f.row, f.col) in places for f in hits):
                result.say(
                    "finding at the wrong cell",
                    where,
                    f"{[(f.code, f.cell) for f in hits]}, expected {row.at}",
                    row.story,
                )
    if row.story == "identical rows" and not any(f.code == "identical_rows" and f.sheet == row.sheet for f in findings):
        result.say("unflagged row", where, "no word about identical rows", row.story)
    if found is None:
        if row.story == "preprinted" and any(f.code == "units_absent" for f in findings):
            return
        if "accept" in row.statuses or "duplicate" in row.statuses or not alarms:
            result.say("row lost", where, f"{ {n: c.raw for n, c in row.identity.items()} }", row.story)
        return
    if found.status not in row.statuses:
        if not (row.loose and alarms):
            detail = f"{found.status} {[f.code for f in alarms]}, expected {sorted(row.statuses)}"
            names = {n: c.raw for n, c in row.identity.items()}
            status = row.cells.get("build_status")
            result.say("row status", where, f"{detail}: {names} {status.raw if status else ''}", row.story)
        return
    if found.status != "accept":
        return
    if row.codes and found.division_code not in row.codes:
        if not (row.loose and alarms):
            result.say(
                SILENTLY_WRONG, where, f"{found.division_code}, expected {sorted(map(str, row.codes))}", "village"
            )
        return
    for name, cell in row.identity.items():
        _flags(result, f"{where} {name}", cell.spelling, cell.raw, _at(findings, row.sheet, cell.row, cell.column))
    for name, cell in row.cells.items():
        spelling = cell.spelling
        at = _at(findings, row.sheet, cell.row, cell.column)
        place = f"{where} {name}"
        result.kinds[spelling.kind] += 1
        _flags(result, place, spelling, cell.raw, at)
        value = _plain(found.values.get(name))
        matches = any(_same(value, expected) for expected in spelling.values)
        if matches and cell in right:
            result.extracted += 1
        if matches or (spelling.open and at):
            continue
        if value is None and any(f.code == "duplicate_column" and f.field == name for f in findings):
            continue
        wanted = spelling.values[0]
        story = f"{cell.raw!r} -> {value!r}, expected {wanted!r}; {[f.code for f in at]}"
        if value is None:
            result.say("not extracted", place, story, spelling.kind)
        else:
            result.say("wrong but flagged" if at else SILENTLY_WRONG, place, story, spelling.kind)
    for name, given in found.values.items():
        if name not in row.cells and given is not None:
            result.say(SILENTLY_WRONG, f"{where} {name}", f"{given!r} where there is no such column", "invented")


def _right_beyond_doubt(row: RowTruth, finding: str, is_open: bool) -> bool:
    return row.statuses == {"accept"} and not row.loose and finding != "must" and not is_open


def _at(findings: list[Finding], sheet: str, row: int, column: int) -> list[Finding]:
    return [
        f for f in findings
        if (f.sheet, f.row, f.col) == (sheet, row, column) and f.severity in ALARMS and f.code != "hidden_row"
    ]  # fmt: skip


def _flags(result: Result, place: str, spelling: Spelling, raw: str, at: list[Finding]) -> None:
    said = [(f.code, f.severity) for f in at]
    if spelling.finding == "never" and at:
        result.say("false alarm", place, f"{raw!r} {said}", spelling.kind)
    if spelling.finding == "must" and not any(f.severity in spelling.severities for f in at):
        result.say("unflagged cell" if not at else "wrong severity", place, f"{raw!r} {said}", spelling.kind)


def _plain(value: object) -> str | Decimal | None:
    if value is None or isinstance(value, str):
        return value
    return Decimal(str(value))


def _same(value: str | Decimal | None, expected: str | Decimal | None) -> bool:
    if isinstance(value, Decimal) and isinstance(expected, Decimal):
        return abs(value - expected) <= ROUNDING
    return value == expected


def _compare_file(result: Result, truth: FileTruth, findings: list[Finding]) -> None:
    by_code = Counter(f.code for f in findings)
    for finding in findings:
        if not (finding.message and finding.fix):  # raises when a placeholder is not given
            result.say("wordless finding", finding.code, "")
    for sheet, row in truth.hidden_rows:
        if not any(f.code == "hidden_row" and (f.sheet, f.row) == (sheet, row) for f in findings):
            result.say("unflagged hidden row", f"{sheet}!{row}", "")
    for sheet, column in truth.hidden_columns:
        if not any(f.code == "hidden_column" and (f.sheet, f.col) == (sheet, column) for f in findings):
            result.say("unflagged hidden column", f"{sheet} column {column}", "")
    hidden = {(f.sheet, f.row) for f in findings if f.code == "hidden_row"}
    concealed = {(f.sheet, f.col) for f in findings if f.code == "hidden_column"}
    if len(hidden) > len(truth.hidden_rows) or not concealed <= set(truth.hidden_columns):
        result.say("false alarm", "hidden", f"rows {sorted(map(str, hidden))}, columns {sorted(map(str, concealed))}")
    for sheet, row, column, right in truth.totals:
        said = any(f.code == "total_mismatch" and (f.sheet, f.row, f.col) == (sheet, row, column) for f in findings)
        if said is right:
            result.say(
                "total", f"{sheet}!{row} column {column}", "right but doubted" if right else "wrong but not doubted"
            )
    missing = {f.field for f in findings if f.code == "missing_column"}
    # whether a return without 备注 wants a word is left open
    silent = truth.missing_columns - missing - {"remark"}
    if silent:
        result.say("unflagged missing column", "", str(silent))
    for name in missing - truth.missing_columns - {"division_code", "village_name", "town_name"}:
        result.say("false alarm", "missing column", str(name))
    for sheet, column in truth.personal_columns:
        if not any(f.code == "personal_data_column" and (f.sheet, f.col) == (sheet, column) for f in findings):
            result.say("unflagged personal data", f"{sheet} column {column}", "")
    if by_code["duplicate_column"] and not truth.rivals:
        result.say("false alarm", "duplicate column", str([f.raw for f in findings if f.code == "duplicate_column"]))
    for code in truth.said - by_code.keys():
        result.say("unflagged file", "", code)
    if truth.code_warned and not by_code["unit_code_differs"]:
        result.say("unflagged code in the heading", "", "")
