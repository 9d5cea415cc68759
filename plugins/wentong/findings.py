"""What is wrong with a file, said to the person who can mend it.

Detection and wording are apart: code anywhere says `Finding("number_expected", …)`; severity, who must act and the
Chinese sentences live in include/schemas/finding_types.csv.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from functools import cache
from typing import Literal

from wentong.errors import DeclarationError
from wentong.settings import INCLUDE

Severity = Literal["critical", "row", "error", "warning", "notice"]
SEVERITIES: tuple[Severity, ...] = ("critical", "row", "error", "warning", "notice")
"""By blast radius, widest first: file, row, value, a word of explanation, said only (design: severity)."""
EFFECTS: Mapping[str, tuple[str, ...]] = {
    "critical": ("reject", "hold"), "row": ("quarantine",), "error": ("withhold", "contest"), "warning": ("none",),
    "notice": ("none",),
}  # fmt: skip
"""Severity -> what may follow from a finding."""
MUST_MEND: tuple[Severity, ...] = ("critical", "row", "error")
"""Severities that somebody must mend."""


@dataclass(frozen=True, slots=True)
class FindingType:
    """One row of finding_types.csv. `message` and `fix` hold named placeholders in braces."""

    code: str
    severity: Severity
    effect: str
    """What happens to the data: reject or hold (critical), quarantine (row), withhold or contest (error), none."""
    who: str
    """Who must act: steward, supervisor, us."""
    title: str
    message: str
    fix: str

    @property
    def can_be_waived(self) -> bool:
        """Whether the county may let it pass: what kept a value, a row or a file out cannot be wished in."""
        return self.severity == "warning" or self.effect == "contest"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found at one place. Coordinates are 1-based; None means the whole sheet or file."""

    code: str
    sheet: str = ""
    row: int | None = None
    col: int | None = None
    field: str | None = None
    raw: str | None = None
    """What was written, verbatim."""
    params: Mapping[str, str] = dataclass_field(default_factory=dict)
    """Further placeholders of the message; `raw`, `cell`, `row`, `label` are filled in from the finding itself."""
    explanation: str | None = None
    """What the sender wrote in the row about it: closes a warning, and nothing else."""
    waiver: int | None = None
    """The number of the waiver under which the county lets it pass."""

    @property
    def type(self) -> FindingType:
        return finding_types()[self.code]

    @property
    def severity(self) -> Severity:
        return self.type.severity

    @property
    def is_settled(self) -> bool:
        """Explained or waived: nobody need do anything about it."""
        return self.explanation is not None or self.waiver is not None

    @property
    def is_to_mend(self) -> bool:
        return self.severity in MUST_MEND and not self.is_settled

    @property
    def is_to_explain(self) -> bool:
        return self.severity == "warning" and not self.is_settled

    @property
    def cell(self) -> str | None:
        """The address as Excel writes it (`E17`), or None when the finding is not about one cell."""
        return f"{column_letters(self.col)}{self.row}" if self.row and self.col else None

    @property
    def message(self) -> str:
        """One Chinese sentence: what was written and what is expected."""
        return self._fill(self.type.message)

    @property
    def fix(self) -> str:
        """One Chinese sentence: what to do."""
        return self._fill(self.type.fix)

    def _fill(self, template: str) -> str:
        shown = self.raw if self.raw is None or len(self.raw) <= 60 else self.raw[:60] + "…"
        own = {"raw": shown or "", "cell": self.cell or "", "row": str(self.row or ""), "sheet": self.sheet}
        return template.format_map({**own, **self.params})


def column_letters(col: int) -> str:
    """1 -> A, 27 -> AA."""
    letters = ""
    while col:
        col, rest = divmod(col - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


@cache
def finding_types() -> dict[str, FindingType]:
    """The catalogue by code. Raises DeclarationError for a row that is no finding: too few or too many cells, a code that
    there is already, an effect that its severity cannot have."""
    with open(INCLUDE / "schemas" / "finding_types.csv", encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        found = {}
        for row in reader:
            if None in row or None in row.values():
                raise DeclarationError(
                    f"finding_types.csv, line {reader.line_num}: {row['code']} has not as many cells as the first line; "
                    "a text with a comma in it stands in double quotes"
                )
            if row["code"] in found:
                raise DeclarationError(
                    f"finding_types.csv, line {reader.line_num}: there is a finding {row['code']} already"
                )
            if row["effect"] not in (allowed := EFFECTS.get(row["severity"] or "", ())):
                raise DeclarationError(
                    f"finding_types.csv, line {reader.line_num}: {row['code']} is {row['severity']},{row['effect']}; "
                    f"write one of {', '.join(SEVERITIES)} and, with {row['severity']}, {' or '.join(allowed) or 'its effect'}"
                )
            found[row["code"]] = FindingType(**row)  # type: ignore[arg-type]
    return found


def most_important_first(findings: Iterable[Finding]) -> list[Finding]:
    """Sorted by severity, then as the sheet reads; what is settled comes last."""
    return sorted(
        findings,
        key=lambda f: (f.is_settled, SEVERITIES.index(f.severity), f.sheet, f.row or 0, f.col or 0, f.code),
    )
