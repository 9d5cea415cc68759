"""Receipts, verdicts, answers, decisions and obligations."""

from datetime import date, timedelta
from typing import Any

import pytest
from sites import A1, A2, AT, B1, COUNTY, FORM, TOWN_A, TOWN_B, Site, row

from wentong import warehouse
from wentong.archive import Archive
from wentong.bronze import read_bronze
from wentong.errors import WentongError
from wentong.findings import Finding
from wentong.returns import Judgement

DUE = date(2026, 10, 14)


def test_receipts_become_rows_once(site: Site) -> None:
    receipt = site.hand_in(name="季报\udcb4.xlsx")
    warehouse.record_receipts(site.engine, [receipt, receipt])
    assert warehouse.read_submissions(site.engine, [2, 99]) == [
        warehouse.Submission(
            submission_id=2,
            sha256=receipt.sha256,
            archive_name=receipt.archive_name,
            county_code=COUNTY,
            share="/share",
            inbox="收件箱",
            folder="甲镇",
            file_name="季报?.xlsx",
            received_at=AT + timedelta(minutes=1),
            outcome=None,
            form_code=None,
            table_names=None,
            period=None,
            unit_code=None,
            decision=None,
            answer_path=None,
            load_id=None,
        )
    ]


def test_reconcile_makes_up_for_what_a_killed_process_left(site: Site) -> None:
    journal = site.archive.journal
    receipt = site.hand_in()
    entry = list(journal.read())[-1]
    lost = {key: entry[key] for key in entry if key not in ("seq", "at", "event", "prev", "hash")}
    lost["submission_id"] += 1
    journal.append("received", lost, AT)
    journal.append("settled", {"submission_id": receipt.submission_id, "path": receipt.path, "moved_to": "x"}, AT)
    for _ in range(2):
        warehouse.reconcile(site.engine, journal)
        assert site.rows("select submission_id, settled_at from ops.submissions order by 1") == [(2, AT), (3, None)]
    assert site.rows("select seq from ops.journal_position") == [(entry["seq"] + 2,)]


def test_reconcile_brings_in_a_decision_that_only_the_journal_knows(site: Site) -> None:
    number = site.submit(row(A1), outcome="quarantine_file")
    warehouse.reconcile(site.engine, site.archive.journal)
    site.archive.journal.append("return", {"submission_id": number, "reason": "错报", "by": "王"}, AT)
    site.hand_in()
    warehouse.reconcile(site.engine, site.archive.journal)
    assert site.rows("select kind, submission_id, reason, decided_by, decided_at from ops.decisions") == [
        ("return", number, "错报", "王", AT)
    ]
    assert site.rows("select decision from ops.submissions where submission_id = 2") == [("returned",)]


def test_the_rows_that_are_kept_are_those_of_the_verdict_that_counts(site: Site) -> None:
    receipt = site.hand_in()
    for outcome in ("reject", "ignore"):
        site.record(receipt, Judgement(receipt.file_name, receipt.sha256, outcome))
    assert read_bronze(site.archive.root, receipt.sha256, receipt.submission_id).outcome == "reject"


@pytest.mark.parametrize("damage", ["cut", "other"])
def test_a_journal_that_lost_its_end_is_noticed(site: Site, damage: str) -> None:
    journal = site.archive.journal
    site.hand_in()
    site.hand_in()
    warehouse.reconcile(site.engine, journal)
    lines = journal.path.read_bytes().splitlines(keepends=True)
    journal.path.write_bytes(b"".join(lines[:-1]))
    if damage == "other":
        journal.append("received", {"something": "else"}, AT)
    assert journal.verify() is None
    with pytest.raises(WentongError, match="The warehouse has read entry 4 of the journal"):
        warehouse.reconcile(site.engine, journal)


def test_stages(site: Site) -> None:
    def waiting() -> dict[str, list[int]]:
        return {stage: warehouse.pending(site.engine, stage) for stage in ("judge", "answer", "load")}  # type: ignore[arg-type]

    receipts = [site.hand_in() for _ in range(5)]
    assert waiting() == {"judge": [2, 3, 4, 5, 6], "answer": [], "load": []}
    for receipt, outcome in zip(receipts, ("load", "reject", "quarantine_file", "ignore"), strict=False):
        site.judge(receipt, row(A1, books_total=1), outcome=outcome)
    assert waiting() == {"judge": [6], "answer": [2, 3, 4], "load": [2, 3, 4]}
    warehouse.record_answers(site.engine, site.archive.journal, {2: "回执/甲镇/a.xlsx", 3: "回执/甲镇/b.txt"}, AT)
    site.load(2, 3, 4)
    assert waiting() == {"judge": [6], "answer": [4], "load": []}
    assert site.rows(
        "select answered_at, answer_path from ops.submissions where submission_id in (2, 3) order by submission_id"
    ) == [
        (AT, "回执/甲镇/a.xlsx"),
        (AT, "回执/甲镇/b.txt"),
    ]


def test_returns_wait_for_the_verdict_on_what_came_before(site: Site) -> None:
    first, second, other_town = site.hand_in(), site.hand_in(), site.hand_in("乙镇")
    site.judge(second, row(A1))
    site.judge(other_town, row(B1), unit=TOWN_B)
    assert site.load(*warehouse.pending(site.engine, "load")) == []
    warehouse.note_failures(
        site.engine, [first.submission_id], AT
    )  # a fault of ours: only its own folder goes on waiting
    assert [one.submission_id for one in site.load(2, 3, 4)] == [other_town.submission_id]
    site.judge(first, row(A1))
    assert [one.submission_id for one in site.load(2, 3, 4)] == [2, 3]


def test_a_verdict_is_recorded_once_with_its_findings(site: Site) -> None:
    findings = [
        Finding("hidden_row", "表", 6),
        Finding("unknown_village", "表", 7, 2, "village_name", "甲\0村", {"town": "甲镇", "nearest": ""}),
    ]
    number = site.submit(row(A1), row(None, "quarantine", number=7), row(A1, "duplicate", number=8), findings=findings)
    expected = [
        (number, 1, "unknown_village", "row", "表", 7, 2, "village_name", "甲\ufffd村"),
        (number, 2, "hidden_row", "warning", "表", 6, None, None, None),
    ]
    columns = "submission_id, finding_number, code, severity, sheet, row_number, column_number, field, raw"
    assert site.rows(f"select {columns} from ops.findings order by finding_number") == expected
    second = Judgement("x", "0" * 64, "reject", findings=[Finding("empty_file")])
    warehouse.record_judgements(site.engine, site.archive.root, {number: second}, AT)
    assert site.rows(f"select {columns} from ops.findings order by finding_number") == expected
    counts = "outcome, form_code, table_names, period, unit_code, file_format, rows_accepted, rows_quarantined, rows_duplicate"
    assert site.rows(f"select {counts}, judged_at from ops.submissions") == [
        ("load", FORM, ["village_center"], "2026Q3", TOWN_A, "xlsx", 1, 1, 1, AT)
    ]


# ----------------------------------------------------------------------------------------------- decisions


def test_release_and_return(site: Site) -> None:
    released, returned = (site.submit(row(A1, books_total=n), outcome="quarantine_file") for n in (1, 2))
    warehouse.decide(site.engine, site.archive.journal, released, "release", " 已电话核实 ", "王", AT)
    warehouse.decide(site.engine, site.archive.journal, returned, "return", "不是本期", "王", AT)
    decided = [entry for entry in site.archive.journal.read() if entry["event"] in ("release", "return")]
    assert [(e["event"], e["submission_id"], e["reason"], e["by"]) for e in decided] == [
        ("release", released, "已电话核实", "王"),
        ("return", returned, "不是本期", "王"),
    ]
    assert site.load(released, returned)[0].inserted == 1
    assert site.rows("select load_id, kind, submission_id from ops.loads where load_id > 1 order by load_id") == [
        (2, "verdict", None), (3, "verdict", None), (4, "return", released), (5, "decision", None)
    ]  # fmt: skip
    assert site.history("books_total") == [(A1, 1, released, 4, None)]


def test_a_released_file_does_not_undo_its_correction(site: Site) -> None:
    held = site.submit(row(A1, books_total=1), outcome="quarantine_file")
    corrected = site.submit(row(A1, books_total=2))
    site.load(corrected)
    warehouse.decide(site.engine, site.archive.journal, held, "release", "误放", "王", AT)
    site.load(held)
    assert site.history("books_total") == [(A1, 2, corrected, 2, None)]


@pytest.mark.parametrize(
    ("verdict", "kind", "reason", "message"),
    [
        ({"outcome": "load"}, "release", "x", "Submission 2 is not held"),
        ({"outcome": "quarantine_file", "period": None}, "release", "x", "does not say which form and period it is"),
        ({"outcome": "quarantine_file"}, "return", " ", "A decision needs a reason"),
    ],
)
def test_decisions_that_are_refused(site: Site, verdict: Any, kind: Any, reason: str, message: str) -> None:
    number = site.submit(row(A1), **verdict)
    with pytest.raises(WentongError, match=message):
        warehouse.decide(site.engine, site.archive.journal, number, kind, reason, "王", AT)
    assert [e["event"] for e in site.archive.journal.read() if e["event"] in ("release", "return")] == []


def test_a_decision_is_taken_once(site: Site) -> None:
    number = site.submit(row(A1), outcome="quarantine_file")
    warehouse.decide(site.engine, site.archive.journal, number, "return", "x", "王", AT)
    with pytest.raises(WentongError, match="Submission 2 was returned already"):
        warehouse.decide(site.engine, site.archive.journal, number, "release", "x", "王", AT)


# --------------------------------------------------------------------------------------------- obligations


def standing(site: Site) -> dict[str, tuple[Any, ...]]:
    found = site.rows(
        "select place_code, submission, submission_id, submitted_at, open_errors "
        "from core.fct_obligation as duty inner join core.dim_org using (org_id) where duty.to_load is null order by 1"
    )
    return {code: rest for code, *rest in ((found[0], *found[1:]) for found in found)}  # type: ignore[misc]


def open_all(site: Site) -> int:
    return site.expect((FORM, "2026Q3", DUE))


def test_towns_owe_and_the_zone_does_not(site: Site) -> None:
    assert open_all(site) == 2
    assert open_all(site) == 0
    assert standing(site) == {TOWN_A: ["none", None, None, 0], TOWN_B: ["none", None, None, 0]}
    assert site.rows("select due_on, duty, review from core.fct_obligation") == [(DUE, "due", "open")] * 2
    assert site.expect((FORM, "2026Q2", DUE), county_code="440783000000") == 0


@pytest.mark.parametrize(
    ("outcome", "status", "expected"),
    [
        ("load", "accept", ["accepted", 2, AT + timedelta(minutes=1), 0]),
        ("load", "quarantine", ["returned", 2, None, 0]),
        ("quarantine_file", "accept", ["held", 2, None, 0]),
        ("reject", "accept", ["returned", 2, None, 0]),
        ("ignore", "accept", ["none", None, None, 0]),
    ],
)
def test_how_a_return_stands(site: Site, outcome: Any, status: Any, expected: list[Any]) -> None:
    open_all(site)
    number = site.submit(row(A1, status, books_total=1), outcome=outcome)
    for _ in range(2):
        site.load(number)
        assert standing(site) == {TOWN_A: expected, TOWN_B: ["none", None, None, 0]}


def test_the_latest_return_decides_and_the_first_accepted_one_dates(site: Site) -> None:
    first = site.submit(row(A1, books_total=1))
    error = Finding("number_expected", "表", 5, 4, "books_total", "很多", {"label": "图书藏量", "example": "300"})
    second = site.submit(
        row(A1), findings=[error, Finding("hidden_row", "表", 5), Finding("missing_column", params={"label": "备注"})]
    )
    site.load(first, second)
    open_all(site)  # opened late: what was received is counted at once
    assert standing(site)[TOWN_A] == ["accepted", second, AT + timedelta(minutes=1), 1]
    held = site.submit(row(A1), outcome="quarantine_file")
    site.load(held)
    assert standing(site)[TOWN_A] == ["held", held, AT + timedelta(minutes=1), 0]
    warehouse.decide(site.engine, site.archive.journal, held, "return", "x", "王", AT)
    site.load(held)
    assert standing(site)[TOWN_A] == ["returned", held, AT + timedelta(minutes=1), 0]


def test_what_a_release_overrules_is_no_open_error(site: Site) -> None:
    open_all(site)
    error = Finding("number_expected", "表", 5, 4, "books_total", "很多", {"label": "图书藏量", "example": "300"})
    critical = Finding("period_conflict", params={"places": "表头 2026Q2"})
    held = site.submit(row(A1), outcome="quarantine_file", findings=[critical, error])
    site.load(held)
    assert standing(site)[TOWN_A] == ["held", held, None, 2]
    warehouse.decide(site.engine, site.archive.journal, held, "release", "已核实", "王", AT)
    site.load(held)
    assert standing(site)[TOWN_A] == ["accepted", held, AT + timedelta(minutes=1), 1]
    load = site.rows("select max(load_id) from ops.loads")[0][0]
    site.load(site.submit(row(A1, books_total=1)))
    matrix = "select open_errors from marts.submission_matrix(:load) where unit_code = :town"
    then = site.rows(matrix, load=load, town=TOWN_A)
    assert then == [(1,)]


def test_a_county_workbook_answers_for_its_towns_and_a_town_only_for_itself(site: Site) -> None:
    open_all(site)
    error = Finding("number_expected", "表", 6, 4, "books_total", "很多", {"label": "图书藏量", "example": "300"})
    county = site.submit(row(A1, number=5, books_total=1), row(B1, number=6), unit=COUNTY, findings=[error])
    site.load(county)
    received = AT + timedelta(minutes=1)
    assert standing(site) == {TOWN_A: ["accepted", county, received, 0], TOWN_B: ["accepted", county, received, 1]}
    stray = Finding("wrong_town_village", "表", 6, 2, None, "乙一村", {"other_town": "乙镇", "town": "甲镇"})
    town = site.submit(row(A2, number=5, books_total=1), row(B1, "quarantine", number=6), findings=[stray])
    site.load(town)
    assert standing(site) == {TOWN_A: ["accepted", town, received, 1], TOWN_B: ["accepted", county, received, 1]}


def test_two_archives_do_not_mix(site: Site, tmp_path_factory: pytest.TempPathFactory) -> None:
    site.hand_in()
    warehouse.reconcile(site.engine, site.archive.journal)
    other = Archive(tmp_path_factory.mktemp("other"))
    with pytest.raises(WentongError, match="belongs to another warehouse"):
        warehouse.reconcile(site.engine, other.journal)
