"""What a bulletin (通报) says, as numbers: nothing here is worded or rounded yet.

Read from the marts by `gathering`, worded once by `document`, so that the workbook, the page and the print cannot differ.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction

from wentong.pace import Outlook, Schedule
from wentong.periods import CHINA, Period


class Light(StrEnum):
    """Where a scope stands (domain §4.7). The word is always printed beside the colour."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    GREY = "grey"
    WATCH = "watch"


@dataclass(frozen=True, slots=True)
class Plan:
    """The programme that is reported on."""

    code: str
    title: str
    document: str
    """Which document sets the task."""
    frozen_on: date
    area_code: str
    area_name: str
    area_level: str
    """prefecture or county."""


@dataclass(frozen=True, slots=True)
class Milestone:
    """A cumulative share of the list, due at the end of a period."""

    number: int
    period: Period
    share: Fraction | None
    """None: a check without a share of its own (第四季度查漏补缺)."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One scope at one milestone: a row of marts.milestones, whose columns these are."""

    scope_code: str
    scope_name: str
    scope_level: str
    milestone_number: int
    tasks: int
    started: int
    built: int
    gross: int
    regressed: int
    accepted: int
    required: int | None
    short: int | None
    adjusted_tasks: int
    adjusted_accepted: int
    adjusted_required: int | None
    adjusted_short: int | None
    approvals: str | None
    due_units: int
    covered_units: int
    accepted_now: int
    published_release: str | None
    published_tasks: int | None
    published_accepted: int | None
    added_late: int | None
    corrected: int | None
    withdrawn: int | None
    verdict: str | None
    adjusted_verdict: str | None
    reached_on: date | None
    adjusted_reached_on: date | None
    days_late: int | None
    carried: int | None
    next_due: int | None
    light: str | None
    rechecked: int | None
    recheck_base: int | None
    defects_found: int | None
    defects_closed: int | None
    units_due: int
    units_reported: int
    is_reported: bool
    list_id: str

    @property
    def waiting(self) -> int:
        """Built and not accepted yet: 建成待验收."""
        return self.built - self.gross

    @property
    def is_adjusted(self) -> bool:
        """Whether approved changes make another list than the frozen one."""
        return (self.adjusted_tasks, self.adjusted_accepted) != (self.tasks, self.accepted)

    @property
    def is_restated(self) -> bool:
        """Whether what is known now differs from what was published."""
        published = self.published_accepted, self.published_tasks
        changes = self.added_late, self.corrected, self.withdrawn
        return self.published_release is not None and (any(changes) or published != (self.accepted, self.tasks))


@dataclass(frozen=True, slots=True)
class TrendDay:
    """The area on the last day of a month, or on the day of the bulletin."""

    day: date
    accepted: int | None
    """Net accepted; None in days to come."""
    target: Fraction
    """Where the line through the milestones stands (domain §4.4)."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """The way to the next milestone, seen from the day of what is known, which may be later than that of the figures."""

    day: date
    area: Standing
    """The whole area at that milestone, on that day."""
    outlook: Outlook
    schedules: tuple[tuple[str, Schedule], ...]
    """Of every town that still owes some, by its name."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A village that is not accepted: a row of marts.gap_list, with the person whom its return names.

    Names of persons stand in bulletins, which are for supervisors (责任到人), and in no mart and no package."""

    town_code: str
    town_name: str | None
    division_code: str
    village_name: str | None
    role: str
    """task, added (on the adjusted list only), or baseline (outside the list, counts for coverage)."""
    removed_on: date | None
    approval_no: str | None
    reason: str
    task_stage: str | None
    planned_accept_on: date | None
    days_late: int | None
    next_step: str | None
    responsible_person: str | None = None


@dataclass(frozen=True, slots=True)
class LateReturn:
    """A return that was due and is not accepted."""

    unit_name: str
    form_code: str
    form_title: str
    period: Period
    due_on: date
    days_late: int
    label: str


@dataclass(frozen=True, slots=True)
class Quality:
    """How good the returns of a scope were in the period."""

    scope_name: str
    is_area: bool
    returns_due: int
    returns_in_time: int
    returns_late: int
    returns_missing: int
    sent_back: int
    withheld: int
    contested: int
    score: Fraction | None
    """0 to 100."""


@dataclass(frozen=True, slots=True)
class StandardsPart:
    """How many acceptance standards are met: of the programme, one of its tasks or one responsible unit. A row of
    marts.standards_board."""

    part_kind: str
    """programme, task or unit."""
    part: str
    period: str
    items: int
    claimed: int
    verified: int
    claimed_not_verified: int
    on_course: int
    needs_effort: int
    required: int
    short: int
    veto_failed: int
    lost: int
    is_met: bool
    light: str


@dataclass(frozen=True, slots=True)
class StandardGap:
    """A standard that is not verified: a row of marts.standards_gaps."""

    item_no: int
    title: str
    is_veto: bool
    responsible_unit: str | None
    expected_on: date | None
    days_late: int | None
    next_step: str


@dataclass(frozen=True, slots=True)
class Target:
    """A value that was promised: a row of marts.target_board."""

    title: str
    strength: str
    """must (力保) or stretch (力争)."""
    unit: str
    at_least: Fraction
    due_period: str
    period: str
    value: Fraction | None
    without_value: str | None
    is_met: bool | None
    light: str


@dataclass(frozen=True, slots=True)
class Phase:
    """A row of marts.plan_phases."""

    phase_number: int
    title: str
    first_day: date
    last_day: date
    phase_state: str
    ended_before_issue: bool | None
    days_left: int | None


@dataclass(frozen=True, slots=True)
class BranchScore:
    """What a town's branch scores in a quarter: of marts.branch_scorecard what is the town's."""

    town_name: str
    total_points: Fraction
    measured_weight: int
    full_weight: int
    rank: int | None
    missing_titles: str | None


@dataclass(frozen=True, slots=True)
class IssueCount:
    """How many problems a county or town has: a row of marts.issue_summary."""

    scope_name: str
    scope_level: str
    issues: int
    open: int
    overdue: int
    closed: int
    closed_in_name: int
    reopened: int


@dataclass(frozen=True, slots=True)
class Issue:
    """A problem that is not settled: of marts.issue_board."""

    issue_id: str
    unit_name: str | None
    description: str | None
    responsible_unit: str | None
    due_on: date | None
    days_overdue: int | None
    light: str | None
    blocked_by: str | None


@dataclass(frozen=True, slots=True)
class Event:
    """A milestone reached, fallen below again or missed: of marts.milestone_events."""

    event_on: date
    scope_name: str
    milestone_number: int
    event: str
    """crossed, fell_below or missed."""
    tasks: int
    accepted: int
    required: int


@dataclass(frozen=True, slots=True)
class Release:
    """What was published for the period."""

    name: str
    load_id: int
    published_at: datetime


@dataclass(frozen=True, slots=True)
class Seal:
    """The last entry of the journal: whoever has it can tell whether the past was changed."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Bulletin:
    """Everything one bulletin says about one plan."""

    plan: Plan
    period: Period
    as_of: date
    """The day whose figures are shown: the period's last, or earlier while it lasts."""
    known_at: int
    """The load up to which is known what is shown."""
    known_on: datetime
    """When that load was."""
    issued_on: date
    is_sample: bool
    release: Release | None
    """That of the very figures shown, else the period's first one; None: preliminary."""
    milestones: tuple[Milestone, ...]
    focus: int
    """Number of the milestone that the bulletin is about; 0 in programmes without tasks."""
    standings: tuple[Standing, ...]
    """Every scope at every milestone."""
    trend: tuple[TrendDay, ...]
    ahead: Ahead | None
    """None when the last milestone has come."""
    gaps: tuple[Gap, ...]
    late_returns: tuple[LateReturn, ...]
    quality: tuple[Quality, ...]
    events: tuple[Event, ...]
    """Since the period began."""
    standards: tuple[StandardsPart, ...]
    standard_gaps: tuple[StandardGap, ...]
    targets: tuple[Target, ...]
    phases: tuple[Phase, ...]
    branches: tuple[BranchScore, ...]
    issue_counts: tuple[IssueCount, ...]
    issues: tuple[Issue, ...]
    seal: Seal | None

    @property
    def known_day(self) -> date:
        """The day, in China, of what is known."""
        return self.known_on.astimezone(CHINA).date()

    def milestone(self, number: int) -> Milestone | None:
        return next((one for one in self.milestones if one.number == number), None)

    def at(self, number: int) -> tuple[Standing, ...]:
        """All scopes at a milestone: the area first, then the others by code, a county before its towns."""
        found = [one for one in self.standings if one.milestone_number == number]
        return tuple(sorted(found, key=lambda one: (one.scope_code != self.plan.area_code, one.scope_code)))

    @property
    def area(self) -> Standing | None:
        """The whole area at the milestone the bulletin is about; None in programmes without tasks."""
        return next(iter(self.at(self.focus)), None)

    @property
    def code(self) -> str:
        """Plan, period and load: no two bulletins share it."""
        return f"{self.plan.code}-{self.period}-{self.known_at}"
