"""Plans (programmes) as they are declared: what was promised, for which units, by when. Knows no database.

A plan is a YAML file of include/schemas/plans with any of these parts: tasks with cumulative milestones (a frozen list
of villages), acceptance standards with a pass line, target values of indicators, dated phases, a scorecard of branches.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from wentong.declarations import Source
from wentong.errors import DeclarationError
from wentong.forms import find_form
from wentong.indicators import find_indicator
from wentong.periods import Period

EVENT_TABLES = ("village_center", "construction_task")
"""Tables whose rows say how far a task is (include/sql/acceptance)."""


@dataclass(frozen=True, slots=True)
class Milestone:
    """A cumulative share of the list, due at the end of a period."""

    number: int
    period: Period
    share: Fraction | None
    """None: a check without a share of its own (第四季度查漏补缺)."""


@dataclass(frozen=True, slots=True)
class Phase:
    """A dated part of a programme; both days belong to it."""

    number: int
    title: str
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class Standard:
    """One acceptance standard: the list differs from batch to batch, so it is data (domain §1.3)."""

    item_no: int
    task_no: int
    indicator_no: int
    title: str
    is_veto: bool


@dataclass(frozen=True, slots=True)
class Standards:
    """The standards of a programme and what passing means (domain §4.9)."""

    pass_share: Fraction
    verified_by: str
    """county or prefecture: whose check counts as verified."""
    items: tuple[Standard, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """A value of an indicator of the plan's area, due at the end of a period."""

    number: int
    title: str
    indicator_code: str
    item: str
    at_least: Decimal
    period: Period
    strength: str
    """must (力保) or stretch (力争)."""


@dataclass(frozen=True, slots=True)
class Scored:
    """One line of the branches' scorecard."""

    number: int
    indicator_code: str
    weight: int
    full_at: Decimal


@dataclass(frozen=True, slots=True)
class Plan:
    """One file of include/schemas/plans."""

    code: str
    title: str
    year: int
    county_code: str
    """Whose plan it is: a county, or a prefecture."""
    document: str
    """Which document sets the task."""
    frozen_on: date
    issued_on: date | None = None
    """Date of that document: phases that had ended by then are flagged."""
    form: str | None = None
    table: str | None = None
    """Form and table whose rows show completion; None: the programme has no tasks."""
    completion_stage: str | None = None
    minimum_floor_area_m2: Decimal | None = None
    reading: str = "task"
    """task: the list is what had still to be built on `frozen_on`; coverage: all units that should have a centre (domain §4.1)."""
    lights: str = "p1"
    milestones: tuple[Milestone, ...] = ()
    phases: tuple[Phase, ...] = ()
    standards: Standards | None = None
    targets: tuple[Target, ...] = ()
    scorecard: tuple[Scored, ...] = ()
    task_list: Path | None = None
    """The frozen list that ships beside the plan."""


def load_plan(path: Path) -> Plan:
    """Read and check one plan file. Raises DeclarationError naming the file, the line and what to write."""
    try:
        source = Source(path, "plan")
    except OSError as error:
        raise DeclarationError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DeclarationError(f"{path.name}: save the plan in UTF-8") from error
    written = source.declared
    if standards := written.get("standards"):
        items = [_standard_as_kept(each) for each in _load_standards(path.parent / standards["list"])]
        written = {**written, "standards": {**standards, "items": items}}
    _check(source, written)
    return plan_from(written, path.parent)


def plan_from(kept: Mapping[str, Any], folder: Path | None = None) -> Plan:
    """A plan from its YAML, or from what `kept_of` wrote into the journal. Raises DeclarationError for an unknown form."""
    standards, listed, issued_on = kept.get("standards"), kept.get("task_list"), kept.get("issued_on")
    area = kept.get("minimum_floor_area_m2")
    return Plan(
        **{key: kept[key] for key in ("code", "title", "year", "county_code", "document")},
        frozen_on=date.fromisoformat(str(kept["frozen_on"])),
        issued_on=date.fromisoformat(str(issued_on)) if issued_on else None,
        form=find_form(kept["form"]).code if kept.get("form") else None,
        table=kept.get("table"),
        completion_stage=kept.get("completion_stage"),
        minimum_floor_area_m2=Decimal(str(area)) if area is not None else None,
        reading=kept.get("reading", "task"),
        lights=kept.get("lights", "p1"),
        milestones=tuple(
            Milestone(m["number"], Period.parse(m["period"]), Fraction(m["share"]) if m.get("share") else None)
            for m in kept.get("milestones", ())
        ),
        phases=tuple(
            Phase(
                phase["number"],
                phase["title"],
                Period.parse(phase["first_period"]).first_day,
                Period.parse(phase["last_period"]).last_day,
            )
            for phase in kept.get("phases", ())
        ),
        standards=Standards(
            Fraction(standards["pass_share"]),
            standards["verified_by"],
            tuple(Standard(**item) for item in standards["items"]),
        )
        if standards
        else None,
        targets=tuple(
            Target(
                number,
                target["title"],
                find_indicator(target["indicator"]).code,
                target.get("item", ""),
                Decimal(target["at_least"]),
                Period.parse(target["period"]),
                target["strength"],
            )
            for number, target in enumerate(kept.get("targets", ()), start=1)
        ),
        scorecard=tuple(
            Scored(number, find_indicator(line["indicator"]).code, line["weight"], Decimal(line["full_at"]))
            for number, line in enumerate(kept.get("scorecard", ()), start=1)
        ),
        task_list=folder / listed if folder and listed else None,
    )


def kept_of(plan: Plan) -> dict[str, Any]:
    """The other way round: what the journal keeps of a plan. Parts that a plan does not have are left out."""
    kept: dict[str, Any] = {
        **{key: getattr(plan, key) for key in ("code", "title", "year", "county_code", "document")},
        "frozen_on": plan.frozen_on.isoformat(),
    }
    if plan.issued_on:
        kept["issued_on"] = plan.issued_on.isoformat()
    if plan.form:
        area = plan.minimum_floor_area_m2
        kept |= {"form": plan.form, "table": plan.table, "completion_stage": plan.completion_stage}
        kept["minimum_floor_area_m2"] = _plain(area) if area is not None else None
        kept["milestones"] = [
            {"number": m.number, "period": str(m.period), "share": str(m.share) if m.share is not None else None}
            for m in plan.milestones
        ]
    kept |= {"reading": plan.reading} if plan.reading != "task" else {}
    kept |= {"lights": plan.lights} if plan.lights != "p1" else {}
    if plan.phases:
        kept["phases"] = [
            {
                "number": phase.number,
                "title": phase.title,
                "first_period": f"{phase.first_day:%Y-%m}",
                "last_period": f"{phase.last_day:%Y-%m}",
            }
            for phase in plan.phases
        ]
    if plan.standards:
        kept["standards"] = {
            "pass_share": str(plan.standards.pass_share),
            "verified_by": plan.standards.verified_by,
            "items": [_standard_as_kept(item) for item in plan.standards.items],
        }
    if plan.targets:
        kept["targets"] = [
            {
                "title": target.title,
                "indicator": target.indicator_code,
                "item": target.item,
                "at_least": _plain(target.at_least),
                "period": str(target.period),
                "strength": target.strength,
            }
            for target in plan.targets
        ]
    if plan.scorecard:
        kept["scorecard"] = [
            {"indicator": line.indicator_code, "weight": line.weight, "full_at": _plain(line.full_at)}
            for line in plan.scorecard
        ]
    return kept


def load_task_list(path: Path) -> dict[str, int]:
    """Village code -> line of the file. Reads the column division_code; the other columns are for people.

    Raises DeclarationError naming the line for a code that is not 12 digits or comes twice.
    """
    tasks: dict[str, int] = {}
    for line, row in _rows(path, ["division_code"], "task list"):
        code = row["division_code"]
        if not (len(code) == 12 and code.isascii() and code.isdigit()):
            raise DeclarationError(f"{path.name}, line {line}: {code!r} is no code of 12 digits")
        if code in tasks:
            raise DeclarationError(f"{path.name}, line {line}: {code} is on the list already, in line {tasks[code]}")
        tasks[code] = line
    return tasks


def _load_standards(path: Path) -> list[Standard]:
    found: dict[int, Standard] = {}
    columns = ["item_no", "task_no", "indicator_no", "title", "is_veto"]
    for line, row in _rows(path, columns, "list of standards"):
        where = f"{path.name}, line {line}"
        for name in ("item_no", "task_no", "indicator_no"):
            if not (row[name].isascii() and row[name].isdigit() and int(row[name]) > 0):
                raise DeclarationError(f"{where}, {name}: {row[name]!r} is no number; write 1, 2, 3 …")
        if row["is_veto"] not in ("yes", "no"):
            raise DeclarationError(f"{where}, is_veto: write yes or no, not {row['is_veto']!r}")
        numbers = int(row["item_no"]), int(row["task_no"]), int(row["indicator_no"])
        if numbers[0] in found:
            raise DeclarationError(f"{where}: standard {numbers[0]} is on the list already")
        found[numbers[0]] = Standard(*numbers, row["title"], row["is_veto"] == "yes")
    return list(found.values())


def _rows(path: Path, columns: list[str], what: str) -> list[tuple[int, dict[str, str]]]:
    """Line and stripped cells of a CSV. Raises DeclarationError when a column is missing or nothing is in it."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as stream:
            rows = csv.DictReader(stream)
            for column in columns:
                if column not in (rows.fieldnames or ()):
                    raise DeclarationError(f"{path.name}, line 1: a {what} needs the column {column}")
            found = [(rows.line_num, {name: (row[name] or "").strip() for name in columns}) for row in rows]
    except OSError as error:
        raise DeclarationError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DeclarationError(f"{path.name}: save the list as CSV in UTF-8") from error
    if not found:
        raise DeclarationError(f"{path.name}: the list is empty")
    return found


def _check(source: Source, written: Mapping[str, Any]) -> None:
    """What the JSON schema cannot say."""
    for name in ("frozen_on", "issued_on"):
        try:
            date.fromisoformat(written.get(name, "2000-01-01"))
        except ValueError:
            source.fail([name], f"`{name}` is {written[name]}: there is no such day")
    if form_code := written.get("form"):
        try:
            form = find_form(form_code)
        except DeclarationError as error:
            source.fail(["form"], str(error))
        tables = [table.name for table in form.tables]
        if written["table"] not in tables:
            source.fail(["table"], f"{form.code} has no table {written['table']}; it has {', '.join(tables)}")
        if written["table"] not in EVENT_TABLES:
            source.fail(["table"], f"whether a task is done is not read from {written['table']}")
        if (written["completion_stage"] == "met_in_return") != (written["table"] == "village_center"):
            source.fail(["completion_stage"], f"{written['completion_stage']} is not what {written['table']} shows")
    _check_milestones(source, written)
    for position, phase in enumerate(written.get("phases", ())):
        if phase["number"] != position + 1:
            source.fail(["phases", position, "number"], "number the phases 1, 2, 3 … in order of time")
        if Period.parse(phase["first_period"]).first_day > Period.parse(phase["last_period"]).last_day:
            source.fail(["phases", position], f"phase {phase['number']} ends before it begins")
    area = "prefecture" if written["county_code"].endswith("00000000") else "county"
    for part in ("targets", "scorecard"):
        for position, line in enumerate(written.get(part, ())):
            try:
                indicator = find_indicator(line["indicator"])
            except DeclarationError as error:
                source.fail([part, position, "indicator"], str(error))
            level = "town" if part == "scorecard" else area
            if level not in indicator.levels:
                figures_of = ", ".join(indicator.levels)
                source.fail(
                    [part, position, "indicator"], f"{indicator.code} is no figure of a {level}, only of: {figures_of}"
                )


def _check_milestones(source: Source, written: Mapping[str, Any]) -> None:
    share, ended = Fraction(0), date.min
    for position, milestone in enumerate(written.get("milestones", ())):
        steps: list[str | int] = ["milestones", position]
        period = Period.parse(milestone["period"])
        if milestone["number"] != position + 1:
            source.fail([*steps, "number"], "number the milestones 1, 2, 3 … in order of time")
        if period.last_day.year != written["year"]:
            source.fail([*steps, "period"], f"{period} does not end in {written['year']}")
        if period.last_day <= ended:
            source.fail([*steps, "period"], f"{period} does not end after the milestone before")
        ended = period.last_day
        if stated := milestone.get("share"):
            if not share <= Fraction(stated) <= 1:
                source.fail([*steps, "share"], f"shares are cumulative and at most 1/1, not {stated}")
            share = Fraction(stated)


def _standard_as_kept(item: Standard) -> dict[str, Any]:
    return {name: getattr(item, name) for name in ("item_no", "task_no", "indicator_no", "title", "is_veto")}


def _plain(number: Decimal) -> str:
    return format(number.normalize(), "f")
