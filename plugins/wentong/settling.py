"""What closes a finding without a correction: the sender's explanation, or the county's waiver. Pure.

Applied once to a verdict, after the last check and before anything is recorded or answered.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from wentong.findings import Finding
from wentong.forms import forms
from wentong.returns import Judgement, Row

_CONFIRMS = re.compile(r"属实|核实|^\W*(说明|原因)(?!\W*(不|未|待|暂|无))")
"""What a remark says that is meant as an answer; 原因不明 is none."""
_DOUBTS = re.compile(
    r"([不未没待请需难拟]|无法|正在|进一步)\w{0,4}?核实|核实(中|后)|(不|是否|并非)(完全|全部|太|尽)?属实|属实(吗|与否)"
)
"""What only promises an answer, or denies it: 待核实, 需进一步核实, 是否属实, 不完全属实."""
_WORD = re.compile(r"[^\W_]")


@dataclass(frozen=True, slots=True)
class Waiver:
    """The county lets findings of one type pass, for a form and period, in a unit and everything below it."""

    waiver_id: int
    code: str
    form_code: str
    unit_code: str
    """A county, town or village (12 digits)."""
    period: str
    field: str | None
    """None: whichever field it is about."""
    reason: str
    approved_by: str
    approved_at: datetime
    valid_until: date

    def covers(self, finding: Finding, row: Row | None, judgement: Judgement) -> bool:
        """Whether it is about this finding, in this row or (None) about the file as a whole."""
        return (
            (self.code, self.form_code, self.period) == (finding.code, judgement.form, judgement.period)
            and self.field in (None, finding.field)
            and self.unit_code in _units(row, judgement)
            and finding.type.can_be_waived
        )


def waived(finding: Finding, row: Row | None, judgement: Judgement, waivers: Iterable[Waiver]) -> Finding:
    """The finding, saying so if the county lets it pass; then nothing follows from it."""
    waiver = next((waiver for waiver in waivers if waiver.covers(finding, row, judgement)), None)
    return replace(finding, waiver=waiver.waiver_id) if waiver else finding


def explained(finding: Finding, row: Row | None, judgement: Judgement) -> Finding:
    """The finding, with the remark of its row if that explains it: only warnings about a row can be explained away."""
    if row is None or finding.severity != "warning":
        return finding
    remark = _remark(row, judgement)
    return replace(finding, explanation=remark) if explains(remark, _is_correction(judgement)) else finding


def explains(remark: str | None, is_correction: bool) -> bool:
    """Whether a row's remark answers our warnings about the row: it says so (情况属实, 已核实, 说明…, 原因…), or it says
    anything in a marked copy that we sent out."""
    if not remark or not _WORD.search(remark) or remark.strip() == "无":
        return False
    return is_correction or (_CONFIRMS.search(remark) is not None and not _DOUBTS.search(remark))


def settle(judgements: Iterable[Judgement], waivers: Sequence[Waiver] = ()) -> None:
    """Note on every finding that it is explained or waived, where it is."""
    for judgement in judgements:
        if any(finding.type.can_be_waived for finding in judgement.findings):
            rows = RowsByCell(judgement)
            judgement.findings = [_settled(f, rows.of(f), judgement, waivers) for f in judgement.findings]


def _settled(finding: Finding, row: Row | None, judgement: Judgement, waivers: Sequence[Waiver]) -> Finding:
    return explained(waived(finding, row, judgement, waivers), row, judgement)


def _units(row: Row | None, judgement: Judgement) -> set[str]:
    """The places that a finding concerns: its row's village and town, who reports, and the county."""
    named = (judgement.unit, *((row.division_code, row.town_code) if row else ()))
    own = {code for code in named if code}
    return own | {f"{code[:6]}000000" for code in own}


def _is_correction(judgement: Judgement) -> bool:
    return judgement.answers_submission is not None


def _remark(row: Row, judgement: Judgement) -> str | None:
    field = forms()[judgement.form].table(row.table).reason_field if judgement.form else None
    remark = row.values.get(field) if field else None
    return remark if isinstance(remark, str) else None


class RowsByCell:
    """Finds the row that a finding is about: by its cell, else by its line."""

    def __init__(self, judgement: Judgement) -> None:
        self._by_place: dict[tuple[str, int | None, int | None], Row] = {}
        lines = {(f.sheet, f.row) for f in judgement.findings}
        for row in judgement.rows:
            self._by_place.setdefault((row.sheet, row.row, None), row)
            for line, column, _ in row.cells.values():
                if (row.sheet, line) in lines:
                    self._by_place[row.sheet, line, column] = row

    def of(self, finding: Finding) -> Row | None:
        """None for findings about the whole file and about lines that are no rows of data."""
        if finding.row is None:
            return None
        by_cell = self._by_place.get((finding.sheet, finding.row, finding.col))
        return by_cell or self._by_place.get((finding.sheet, finding.row, None))
