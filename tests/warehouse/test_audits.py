"""Audits: a healthy warehouse passes; whatever the owner's hand has damaged is named with table and row."""

from datetime import timedelta
from typing import Any

import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
from sites import A1, A2, A3, AT, B1, TOWN_A, Site, row, row_of

from wentong import alerts, audits, pipeline, warehouse
from wentong.bronze import bronze_path
from wentong.returns import Row

LATER = AT + timedelta(days=1)


def event(title: str, **values: Any) -> Row:
    usual = {"started_on": "2027-01-05", "ended_on": "2027-01-05", "venue": "广场", "sessions": 1, "attendance": 10}
    return row_of("activity", TOWN_A, **{**usual, "title": title, **values})


def damage(site: Site, *statements: str) -> None:
    with warehouse.engine(site.settings, "wentong_owner") as owner, owner.begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))


@pytest.fixture
def healthy(site: Site) -> Site:
    """Receipts loaded in and out of order, rows changed, confirmed, superseded, contested, withdrawn and stated again."""
    site.load(site.submit(outcome="reject"))  # which has no rows
    first, second, third = (
        site.submit(row(A1, books_total=books, build_status="built", number=5), row(A2, number=6, floor_area_m2=80))
        for books in (1, 2, 3)
    )
    site.load(first)
    site.load(third)
    site.load(second)
    site.load(site.submit(row(A1, "quarantine", books_total=9), row(A3, number=6, floor_area_m2=90)))
    site.load(site.submit(row(B1, books_total=5), period="2026Q2", unit="990001101000"))
    for titles in ("一二", "二", "一二"):
        site.load(site.submit(*map(event, titles), period="2027-01"))
    older, newer = (site.submit(event("三", attendance=count), period="2027-02") for count in (1, 2))
    site.load(newer)
    site.load(older)
    site.load(site.submit(row(A2), outcome="reject"))
    return site


def audit(site: Site) -> audits.Audit:
    return pipeline.audit(site.settings, LATER)


def reason(site: Site) -> str | None:
    with site.engine.connect() as connection:
        return audits.blocks_publication(connection)


def test_what_is_healthy_passes_and_what_came_since_is_to_be_audited(healthy: Site) -> None:
    assert reason(healthy) == "数据还没有核查过:请管理员先运行 wentong audit。"
    healthy.load(healthy.submit(*(event(f"活动{n}", venue="礼堂", series="夏日") for n in range(25)), period="2027-03"))
    first = audit(healthy)
    assert (first.faults, first.warnings, reason(healthy)) == ([], [], None)
    assert "全部通过" in alerts.audit_report(first).body_text

    healthy.load(healthy.submit(*(event(f"活动{n}", venue="礼堂") for n in range(25)), period="2027-03"))
    assert reason(healthy) == "最近一次数据核查(10月9日 17:00)以后又有变动:请管理员再运行一次 wentong audit。"
    second = audit(healthy)
    assert (second.faults, reason(healthy)) == ([], None)
    (fewer,) = second.warnings
    assert (fewer.code, fewer.table_name) == ("filled", "core.fct_activity")
    assert fewer.examples == [{"period": "2027-03", "field": "series", "percent_before": "100", "percent_now": "0"}]


def test_every_damage_is_named_with_table_and_row(healthy: Site) -> None:
    healthy.hand_in()
    assert audit(healthy).faults == []
    (lost,) = healthy.rows("select submission_id, sha256 from ops.submissions where period = '2026Q2'")
    path = bronze_path(healthy.archive.root, lost[1], lost[0])
    pq.write_table(pq.read_table(path, partitioning=None)[:0], path)
    of = "core.fct_village_center"
    damage(
        healthy,
        f"update {of} set books_total = -5, build_status = 'finished' where division_code = '{A1}' and to_load is null",
        f"update {of} set to_load = to_load + 1 where division_code = '{A1}' and to_load is not null",
        f"update {of} set floor_area_m2 = null where division_code = '{A2}' and to_load is null",
        f"update {of} set division_code = '990001199201' where division_code = '{A3}'",
        "delete from core.fct_activity where title = '三'",
        "delete from ops.submissions where judged_at is null",
    )
    found = audit(healthy)
    named = {(fault.code, fault.table_name, fault.field): fault for fault in found.faults}
    keys = {
        key: {tuple(example.get(name) for name in ("division_code", "period")) for example in fault.examples}
        for key, fault in named.items()
    }
    assert keys == {
        ("limits", of, "books_total"): {(A1, "2026Q3")},
        ("codes", of, "build_status"): {(A1, "2026Q3")},
        ("versions", of, None): {(A1, "2026Q3")},
        ("units", of, None): {("990001199201", "2026Q3")},
        ("sources", of, None): {(B1, "2026Q2")},
        ("history", of, None): {(None, "2026Q3")},
        ("history", "core.fct_activity", None): {(None, "2027-02")},
        ("rows", "core.fct_activity", None): {(TOWN_A, "2027-02")},
        ("receipts", "ops.submissions", None): {(None, None)},
        ("verdicts", "ops.submissions", None): {(None, None)},
    }
    (emptied,) = named["history", of, None].examples
    assert (emptied["field"], emptied["empty_rows"]) == ("floor_area_m2", [A2])
    assert named["verdicts", "ops.submissions", None].examples[0]["submission_id"] == lost[0]

    kept = healthy.rows(
        "select code, found, jsonb_array_length(examples) from ops.audit_results where not is_passed and audit_id = :audit_id "
        "order by result_number",
        audit_id=found.audit_id,
    )
    assert kept == [(fault.code, fault.found, len(fault.examples)) for fault in found.faults]
    assert reason(healthy) == (
        "最近一次数据核查(10月9日 17:00)没有通过:代码不在代码表中、数值超出范围、同一行的各版本重叠或中断等9类问题。请管理员先排除。"
    )
    message = alerts.audit_report(found)
    assert "division_code=990001199201" in message.body_text
    assert "990001199201" in message.body_html
    assert message.subject.endswith("10项不通过,暂停发布")
