"""Milestones against a plain reading of domain §4 in Python, over whatever happens to the tasks and whenever it is known."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from math import ceil
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_county import AT, COUNTY, TOWN_A, TOWN_B, Warehouse, period_end

FROZEN_ON = date(2026, 1, 1)
SHARES = {1: Fraction(1, 2), 2: Fraction(9, 10), 3: Fraction(1), 4: None}
ENDS = {number: period_end(f"2026Q{number}") for number in SHARES}
TOWN_OF = {**dict.fromkeys((4, 5, 6, *range(100, 108)), TOWN_A), **dict.fromkeys((8, 9), TOWN_B)}
"""The frozen list, by organisations: eleven villages of one town and two of the other."""
OUTSIDE = {7: TOWN_A}
"""Due to have a centre, and not on the list."""
SCOPES = {COUNTY: (TOWN_A, TOWN_B), TOWN_A: (TOWN_A,), TOWN_B: (TOWN_B,)}
Event = tuple[date, str]

# -- what happens ------------------------------------------------------------------------------------------------------

days = st.one_of(
    st.sampled_from([*ENDS.values(), *(end + timedelta(1) for end in ENDS.values()), FROZEN_ON]),
    st.dates(FROZEN_ON, date(2026, 12, 31)),
)


@st.composite
def histories(draw: st.DrawFn) -> tuple[Event, ...]:
    """The events of a village: taken and lost in turns, begun and built before, looked at now and then."""
    turns = sorted(draw(st.sets(days, max_size=4)))
    events = [(day, ("accepted", "regressed")[n % 2]) for n, day in enumerate(turns)]
    before = turns[0] if turns else date(2027, 1, 1)
    stages = sorted(day for day in draw(st.sets(days, max_size=2)) if day < before)
    events += list(zip(stages, ("started", "built") if draw(st.booleans()) else ("built",), strict=False))
    return (*events, *((day, "rechecked") for day in draw(st.sets(days, max_size=1))))


steps = st.one_of(
    st.tuples(st.just("events"), st.dictionaries(st.sampled_from([*TOWN_OF, *OUTSIDE]), histories(), min_size=1)),
    st.tuples(st.just("accept"), st.integers(5, len(TOWN_OF)), days),
    st.tuples(st.just("remove"), st.sampled_from([*TOWN_OF]), days),
    st.tuples(st.just("add"), st.just(7), days),
    st.tuples(st.just("publish"), st.integers(1, 4)),
    st.tuples(st.just("report"), st.sampled_from([(TOWN_A, 201), (TOWN_B, 201)]), st.integers(1, 3)),
)


@dataclass
class State:
    """What is known at a load."""

    events: dict[int, tuple[Event, ...]] = field(default_factory=dict)
    removed: dict[int, date] = field(default_factory=dict)
    added: dict[int, date] = field(default_factory=dict)
    reported: set[tuple[str, int]] = field(default_factory=set)

    def copy(self) -> "State":
        return State(dict(self.events), dict(self.removed), dict(self.added), set(self.reported))


class Story:
    """Plays steps into the tables, each as a load, and remembers what was known at each."""

    def __init__(self, tables: Warehouse) -> None:
        self.tables = tables
        tables.empty()
        tables.register()
        tables.plan()
        tables.submit(TOWN_A, "2026Q1")
        for org_id in range(100, 108):
            tables.insert("core.orgs", {"org_id": org_id, "from_load": 1})
            self._list({"org_id": org_id, "town_code": TOWN_A, "from_load": 2})
        self._list({"org_id": 7, "town_code": TOWN_A, "from_load": 2, "role": "baseline"})
        tables.insert(
            "core.plan_milestones", {"plan_code": "plan_2026", "number": 4, "period": "2026Q4", "from_load": 2}
        )
        self.states = {2: State()}
        self.releases: dict[int, int] = {}

    def _list(self, row: Mapping[str, Any]) -> None:
        self.tables.insert("core.plan_tasks", {"plan_code": "plan_2026", **row})

    @property
    def last(self) -> int:
        return max(self.states)

    def play(self, kind: str, *given: Any) -> None:
        if kind == "publish":
            (number,) = given
            if number not in self.releases:
                self._publish(number)
            return
        state = self.states[self.last].copy()
        if kind == "report":
            (town, village), quarter = given
            load = self.tables.report(town, f"2026Q{quarter}", {village: {"build_status": "not_built"}})
            state.reported.add((town, quarter))
        else:
            load = self.tables.next_load("decision")
            getattr(self, f"_{kind}")(load, state, *given)
        self.states[load] = state

    def _events(self, load: int, state: State, changed: Mapping[int, tuple[Event, ...]]) -> None:
        ended = "update core.acceptance_events set to_load = :load where to_load is null and org_id = any(:orgs)"
        self.tables.do(ended, load=load, orgs=list(changed))
        source = {"period": "2026Q1", "submission_id": 1, "sheet": "表", "row_number": 4, "from_load": load}
        for org_id, events in changed.items():
            for day, kind in events:
                event = {"plan_code": "plan_2026", "org_id": org_id, "kind": kind, "event_on": day}
                self.tables.insert("core.acceptance_events", {**event, **source})
            state.events[org_id] = events

    def _accept(self, load: int, state: State, count: int, day: date) -> None:
        """So many villages are accepted at once, and nothing else is known of them."""
        self._events(load, state, dict.fromkeys([*TOWN_OF][:count], ((day, "accepted"),)))

    def _remove(self, load: int, state: State, org_id: int, day: date) -> None:
        self._change(load, org_id, {"removed_on": day})
        state.removed[org_id] = day

    def _add(self, load: int, state: State, org_id: int, day: date) -> None:
        self._change(load, org_id, {"added_on": day, "role": "added"})
        state.added[org_id] = day

    def _change(self, load: int, org_id: int, terms: Mapping[str, Any]) -> None:
        ended = "update core.plan_tasks set to_load = :load where to_load is null and org_id = :org"
        self.tables.do(ended, load=load, org=org_id)
        town = {**TOWN_OF, **OUTSIDE}[org_id]
        self._list({"org_id": org_id, "town_code": town, "from_load": load, "approval_no": f"{load}号", **terms})

    def _publish(self, number: int) -> None:
        release = {"name": f"2026Q{number}-1", "period": f"2026Q{number}", "load_id": self.last, "title": "示例"}
        by = {"published_at": AT, "published_by": "王", "journal_seq": 5000 + number, "sha256": "0" * 64}
        self.tables.insert("ops.releases", {**release, **by})
        self.releases[number] = self.last

    def board(self, load: int, day: date) -> dict[tuple[str, int], dict[str, Any]]:
        rows = self.tables.rows("select * from marts.milestones(:load, :day)", load=load, day=day)
        return {(row["scope_code"], row["milestone_number"]): row for row in rows}


# -- the plain reading -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Oracle:
    """Milestones of a scope as known at a load, counted village by village."""

    story: Story
    load: int
    towns: Sequence[str]

    @property
    def known(self) -> State:
        return self.story.states[self.load]

    @property
    def frozen(self) -> list[int]:
        return [org_id for org_id, town in TOWN_OF.items() if town in self.towns]

    def adjusted(self, day: date) -> list[int]:
        kept = [o for o in self.frozen if o not in self.known.removed or self.known.removed[o] > day]
        return kept + [o for o, added_on in self.known.added.items() if OUTSIDE[o] in self.towns and added_on <= day]

    def reached(self, org_id: int, day: date, *kinds: str) -> bool:
        return any(kind in kinds and on <= day for on, kind in self.known.events.get(org_id, ()))

    def is_accepted(self, org_id: int, day: date) -> bool:
        turns = [e for e in self.known.events.get(org_id, ()) if e[1] in ("accepted", "regressed") and e[0] <= day]
        return bool(turns) and max(turns)[1] == "accepted"

    def accepted(self, day: date) -> int:
        return sum(self.is_accepted(org_id, day) for org_id in self.frozen)

    def required(self, number: int, size: int | None = None) -> int:
        share = SHARES[number]
        assert share is not None
        return ceil(share * (len(self.frozen) if size is None else size))

    def published(self, number: int) -> int | None:
        """Accepted by the milestone's day, as known at its first release."""
        load = self.story.releases.get(number)
        if load is None or load >= self.load:
            return None
        return Oracle(self.story, load, self.towns).accepted(ENDS[number])

    def ever(self, day: date) -> Iterator[date]:
        return (FROZEN_ON + timedelta(n) for n in range((day - FROZEN_ON).days + 1))

    def verdict(self, number: int, day: date) -> str | None:
        if SHARES[number] is None or day < ENDS[number]:
            return None
        required, published = self.required(number), self.published(number)
        was_met = published is not None and published >= required
        if not was_met and not any(self.accepted(on) >= required for on in self.ever(day)):
            return "not_met"
        if self.accepted(day) < required:
            return "fell_back"
        if self.accepted(ENDS[number]) >= required or was_met:
            return "met" if was_met or published is None else "met_by_late_reports"
        return "met_late"

    def adjusted_verdict(self, number: int, day: date) -> str | None:
        if SHARES[number] is None or day < ENDS[number] or not self.adjusted(ENDS[number]):
            return None

        def is_met(on: date) -> bool:
            listed = self.adjusted(on)
            return sum(self.is_accepted(o, on) for o in listed) >= self.required(number, len(listed))

        if not any(is_met(on) and self.adjusted(on) for on in self.ever(day)):
            return "not_met"
        if not is_met(day):
            return "fell_back"
        return "met" if is_met(ENDS[number]) else "met_late"

    def light(self, number: int, day: date) -> str | None:
        """Profile P1 of domain §4.7."""
        begins = ENDS[number - 1] if number > 1 else FROZEN_ON - timedelta(1)
        if SHARES[number] is None or day <= begins:
            return None
        size, end, accepted = len(self.frozen), ENDS[number], self.accepted(day)
        if day >= end:
            if not any((town, number) in self.known.reported for town in self.towns):
                return "grey"
            short = self.required(number) - accepted
            if short <= 0:
                return "green"
            if size <= 5:
                return "yellow" if short == 1 else "red"
            is_close = short <= max(1, Fraction(size, 10))
            return "yellow" if is_close and day <= end + timedelta(30) else "red"

        def behind(on: date) -> Fraction:
            base = self.required(number - 1) if number > 1 else 0
            gone = Fraction(max(0, (on - begins).days), (end - begins).days)
            return base + (self.required(number) - base) * gone - self.accepted(on)

        gap = behind(day)
        if gap <= 0:
            return "green"
        if size <= 5:
            return "yellow" if ceil(gap) == 1 else "red"
        month_before = day.replace(day=1) - timedelta(1)
        return "red" if gap * 100 / size > 10 or behind(month_before) > 0 else "yellow"


def compare(story: Story, load: int, day: date, board: Mapping[tuple[str, int], Mapping[str, Any]]) -> None:
    assert len(board) == len(SCOPES) * len(SHARES)
    for (scope, number), row in board.items():
        oracle, counted_on = Oracle(story, load, SCOPES[scope]), min(ENDS[number], day)
        expected = {
            "tasks": len(oracle.frozen),
            "accepted": oracle.accepted(counted_on),
            "gross": sum(oracle.reached(o, counted_on, "accepted") for o in oracle.frozen),
            "built": sum(oracle.reached(o, counted_on, "accepted", "built") for o in oracle.frozen),
            "started": sum(oracle.reached(o, counted_on, "accepted", "built", "started") for o in oracle.frozen),
            "accepted_now": oracle.accepted(day),
            "adjusted_tasks": len(oracle.adjusted(counted_on)),
            "adjusted_accepted": sum(oracle.is_accepted(o, counted_on) for o in oracle.adjusted(counted_on)),
            "published_accepted": oracle.published(number),
            "verdict": oracle.verdict(number, day),
            "adjusted_verdict": oracle.adjusted_verdict(number, day),
            "light": oracle.light(number, day),
        }
        if SHARES[number] is not None:
            expected["required"] = oracle.required(number)
            expected["short"] = max(0, oracle.required(number) - oracle.accepted(counted_on))
            expected["next_due"] = max(0, oracle.required(number) - oracle.accepted(day))
            expected["is_met"] = oracle.accepted(counted_on) >= oracle.required(number)
        assert {name: row[name] for name in expected} == expected, (scope, number, load, day)

        counts = [row[name] for name in ("accepted", "gross", "built", "started", "tasks")]
        assert counts == sorted(counts)
        assert row["accepted"] >= 0
        assert row["regressed"] == row["gross"] - row["accepted"]
        assert 0 <= row["adjusted_accepted"] <= row["adjusted_tasks"]
        assert 0 <= row["covered_units"] <= row["due_units"]
        if row["published_accepted"] is not None and day >= ENDS[number]:
            restated = row["published_accepted"] + row["added_late"] + row["corrected"] - row["withdrawn"]
            assert restated == row["accepted"]
        if scope == COUNTY:
            for name in ("tasks", "started", "built", "gross", "accepted", "adjusted_tasks", "adjusted_accepted",
                         "accepted_now", "due_units", "covered_units", "published_accepted", "added_late", "withdrawn",
                         "rechecked", "recheck_base", "defects_found", "defects_closed"):  # fmt: skip
                parts = [board[town, number][name] for town in SCOPES[COUNTY]]
                assert row[name] == (None if None in parts else sum(parts)), (name, number)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(steps, min_size=1, max_size=6), st.lists(days, min_size=1, max_size=2, unique=True))
def test_the_board_is_what_a_plain_count_says(
    migrated: Warehouse, story: list[tuple[Any, ...]], seen_from: list[date]
) -> None:
    played = Story(migrated)
    boards: dict[tuple[int, date], Any] = {}
    for step in story:
        played.play(*step)
        for day in (*seen_from, date(2026, 12, 31)):
            board = played.board(played.last, day)
            assert boards.setdefault((played.last, day), board) == board, "publishing changes nothing of its own load"
            compare(played, played.last, day, board)
    for (load, day), board in boards.items():
        assert played.board(load, day) == board, "as known at a load it is the same ever after"
    for number in SHARES:
        published = {
            row["published_accepted"]
            for board in boards.values()
            for (scope, of_number), row in board.items()
            if (scope, of_number) == (COUNTY, number) and row["published_accepted"] is not None
        }
        assert len(published) <= 1, "what was published is never rewritten"


@pytest.mark.parametrize(
    ("size", "asked"),
    [
        (15, [8, 14, 15]), (20, [10, 18, 20]), (21, [11, 19, 21]), (94, [47, 85, 94]), (247, [124, 223, 247]),
        (329, [165, 297, 329]), (502, [251, 452, 502]),
    ],
)  # fmt: skip
def test_requirements(warehouse: Warehouse, size: int, asked: list[int]) -> None:
    """Domain §4.8, at the end."""
    extra = size - 5
    orgs = "insert into core.orgs (org_id, from_load) select 100 + n, 1 from generate_series(1, :extra) as n"
    tasks = (
        "insert into core.plan_tasks (plan_code, org_id, town_code, from_load) "
        "select 'plan_2026', 100 + n, :town, 2 from generate_series(1, :extra) as n"
    )
    warehouse.do(orgs, extra=extra)
    warehouse.do(tasks, extra=extra, town=TOWN_A)
    found = warehouse.rows(
        "select tasks, required from marts.coverage_board where scope_level = 'county' order by period"
    )
    assert found == [{"tasks": size, "required": required} for required in asked]


@pytest.mark.parametrize(
    ("number", "accepted", "day", "light"),
    [
        (1, {date(2026, 3, 1): 10}, date(2026, 3, 31), "green"),
        (1, {date(2026, 3, 1): 8}, date(2026, 3, 31), "yellow"),  # 2 of 20 short: 10 %
        (1, {date(2026, 3, 1): 7}, date(2026, 3, 31), "red"),
        (1, {date(2026, 3, 1): 9}, date(2026, 4, 30), "yellow"),
        (1, {date(2026, 3, 1): 9}, date(2026, 5, 1), "red"),  # more than 30 days
        (1, {date(2026, 3, 1): 9, date(2026, 5, 1): 1}, date(2026, 5, 1), "green"),
        # the line to the second milestone: 12.6 on 30 April, 14.0 on 15 May
        (2, {date(2026, 4, 1): 14}, date(2026, 5, 15), "green"),
        (2, {date(2026, 4, 1): 13}, date(2026, 5, 15), "yellow"),  # 4.8 points behind
        (2, {date(2026, 4, 1): 12, date(2026, 5, 5): 1}, date(2026, 5, 15), "red"),  # behind in April, too
        (2, {date(2026, 4, 1): 11}, date(2026, 5, 15), "red"),  # 14.8 points behind
        (2, {}, date(2026, 3, 31), None),
    ],
)
def test_lights_of_twenty_tasks(
    warehouse: Warehouse, number: int, accepted: dict[date, int], day: date, light: str | None
) -> None:
    """Profile P1 of domain §4.7, where a tenth of the tasks is more than one."""
    warehouse.do("insert into core.orgs (org_id, from_load) select n, 1 from generate_series(100, 114) as n")
    tasks = "insert into core.plan_tasks (plan_code, org_id, town_code, from_load) select 'plan_2026', n, :town, 2"
    warehouse.do(f"{tasks} from generate_series(100, 114) as n", town=TOWN_A)
    warehouse.report(TOWN_A, "2026Q1", {201: {"build_status": "not_built"}})
    villages = iter((*range(4, 7), 8, 9, *range(100, 115)))
    for on, count in accepted.items():
        for _ in range(count):
            event = {"plan_code": "plan_2026", "org_id": next(villages), "kind": "accepted", "event_on": on}
            source = {"period": "2026Q1", "submission_id": 1, "sheet": "表", "row_number": 4, "from_load": 3}
            warehouse.insert("core.acceptance_events", {**event, **source})
    (row,) = warehouse.rows(
        "select light from marts.milestones(3, :day) where scope_level = 'county' and milestone_number = :number",
        day=day, number=number,
    )  # fmt: skip
    assert row["light"] == light
