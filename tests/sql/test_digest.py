"""The morning's message: what it says about a county, and that it is sent once."""

import email
import email.policy
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from small_county import CHINA, COUNTY, TOWN_A, TOWN_B, Warehouse, mark

from wentong.alerts import digest, remind
from wentong.errors import WentongError
from wentong.postgres import free_port

MORNING = datetime(2026, 7, 9, 9, tzinfo=CHINA)
"""A Thursday, two working days after the second quarter's returns were due."""


@pytest.fixture
def county(warehouse: Warehouse) -> Warehouse:
    """The first quarter reported, 甲镇's with errors; of the second only a held file and one that could not be read."""
    built = {"build_status": "built", "floor_area_m2": 250}
    warehouse.report(TOWN_B, "2026Q1", {201: built})
    warehouse.report(TOWN_A, "2026Q1", {201: built, 202: {"build_status": "under_construction"}}, open_errors=5)
    cell = {"submission_id": 2, "sheet": "汇总表", "column_number": 5, "field": "books_total"}
    for number, severity in enumerate(("error", "row", "error", "warning", "error", "error"), start=1):
        words = {"message": f"“图书藏量”写的是“约{number}”。", "fix": "请改成一个数字。", "code": "number_expected"}
        warehouse.insert(
            "ops.findings", {**cell, **words, "finding_number": number, "row_number": 10 + number, "severity": severity}
        )
    held = warehouse.submit(
        TOWN_A, "2026Q2", "quarantine_file", folder="甲镇", file_name="二季度 <b>\n.xlsx", received_at=MORNING
    )
    warehouse.do(
        "update core.fct_obligation set submission = 'held', submission_id = :n where org_id = 2 and period = '2026Q2'",
        n=held,
    )
    unread = warehouse.submit(TOWN_B, "2026Q2", "reject", folder="乙镇", file_name="照片.jpg", received_at=MORNING)
    for submission, severity, message in (
        (held, "critical", "表里的报告期不一致。系统暂存了这个文件,没有入库。"),
        (unread, "critical", "这个文件是图片,不是电子表格。"),
    ):
        finding = {
            "submission_id": submission,
            "finding_number": 1,
            "severity": severity,
            "sheet": "",
            "message": message,
        }
        warehouse.insert("ops.findings", {**finding, "code": "period_conflict", "fix": ""})
    mark(warehouse.engine, "plan_2026", MORNING)
    return warehouse


def test_the_digest_of_a_county(county: Warehouse) -> None:
    message = digest(county.engine, COUNTY, MORNING.date(), note="示例数据(虚构)")
    assert message.subject == "【文统】示例县7月9日:未报2个,待改正1个单位,暂存1个文件,距2026年第3季度目标差3个"
    assert (
        message.body_text
        == """\
示例县基层公共文化服务统计 2026年7月9日 每日提要
示例数据(虚构)

一、要事
距里程碑还差几个:
- 示例县建设任务,2026年第2季度(6月30日,已到期):【灰】要求5个,已达标2个(2/5,40.0%),差3个
  · 【灰】甲镇差2个(1/3,33.3%),本期未报
  · 【灰】乙镇差1个(1/2,50.0%),本期未报
- 示例县建设任务,2026年第3季度(9月30日):【红】要求5个,已达标2个(2/5,40.0%),差3个
  · 【红】甲镇差2个(1/3,33.3%)
  · 【黄】乙镇差1个(1/2,50.0%)

二、谁还没有报
- 2026年第2季度《基层综合性文化服务中心情况季报》应于7月7日报出,已逾期2个工作日:甲镇(暂存待处理)、乙镇

三、谁要改什么
- 甲镇:2026年第1季度《基层综合性文化服务中心情况季报》有5处要改
  · 汇总表 E12:“图书藏量”写的是“约2”。请改成一个数字。
  · 汇总表 E11:“图书藏量”写的是“约1”。请改成一个数字。
  · 汇总表 E13:“图书藏量”写的是“约3”。请改成一个数字。
  · 其余2处见退回表格里的批注

四、暂存待处理的文件
- 甲镇/二季度 <b> .xlsx(7月9日收到):表里的报告期不一致。系统暂存了这个文件,没有入库。
上一个工作日以来无法读取、已退回的文件:
- 乙镇/照片.jpg:这个文件是图片,不是电子表格。

本信由文统自动生成,每个工作日一封。数字以截至目前已入库的报表为准。"""
    )
    assert "二季度 &lt;b&gt; .xlsx" in message.body_html
    assert "<b>" not in message.body_html
    assert "{{" not in message.body_html


def test_problems_that_are_overdue(county: Warehouse) -> None:
    of_row = {"town_code": TOWN_A, "county_code": COUNTY, "sheet": "表", "row_number": 5, "from_load": 3}
    source = {"submission_id": 1, "confirmed_by": 1, "period": "2026-06", "responsible_unit": "甲镇综合文化站"}
    for number, due, state in ((1, 7, "rectifying"), (2, 8, "rectifying"), (3, 9, "rectifying"), (4, 1, "closed")):
        said = {"row_key": f"2026-Q2-{number}", "issue_id": f"2026-Q2-{number}", "description": f"<b>没开放\n{number}"}
        dates = {"due_on": date(2026, 7, due), "found_on": date(2026, 6, 1), "closed_on": None}
        unit = {"org_id": 4, "division_code": f"{TOWN_A[:9]}201", "issue_state": state}
        county.insert("personal.fct_issue_ledger", {**of_row, **source, **said, **dates, **unit})
    message = digest(county.engine, COUNTY, MORNING.date())
    assert ",整改超期3个,距" in message.subject
    assert (
        """\
问题整改超期3个:
- 2026-Q2-4 甲1村:<b>没开放 4(甲镇综合文化站,应于7月1日整改完,已超期8天;不能销号:缺佐证、未核查、缺销号日期)
- 2026-Q2-1 甲1村:<b>没开放 1(甲镇综合文化站,应于7月7日整改完,已超期2天)
- 2026-Q2-2 甲1村:<b>没开放 2(甲镇综合文化站,应于7月8日整改完,已超期1天)
距里程碑"""
        in message.body_text
    )
    assert "&lt;b&gt;没开放 4" in message.body_html
    assert "整改超期" not in digest(county.engine, COUNTY, date(2026, 7, 1)).body_text


def test_a_town_that_reported_owes_no_more_when_a_later_file_is_held(county: Warehouse) -> None:
    owing = "select unit_name, period from marts.overdue_list where period = '2026Q1'"
    assert county.rows(owing) == []
    later = county.submit(TOWN_A, "2026Q1", "quarantine_file", folder="甲镇", received_at=MORNING)
    county.do(
        "update core.fct_obligation set submission = 'held', submission_id = :n where org_id = 2 and period = '2026Q1'",
        n=later,
    )
    assert county.rows(owing) == []
    assert (
        "2026年第1季度"
        not in digest(county.engine, COUNTY, MORNING.date()).body_text.partition("二、")[2].partition("三、")[0]
    )
    matrix = "select label from marts.submission_matrix where unit_name = '甲镇' and period = '2026Q1'"
    assert county.rows(matrix) == [{"label": "暂存待处理"}]


def test_an_extension_that_has_passed_is_overdue(county: Warehouse) -> None:
    county.do(
        "update core.fct_obligation set duty = 'extended', due_on = '2026-07-08' where org_id = 3 and period = '2026Q2'"
    )
    day = MORNING.date()
    assert "应于7月8日报出,已逾期1个工作日:乙镇(缓报期已过)" in digest(county.engine, COUNTY, day).body_text
    coming = digest(county.engine, COUNTY, day - timedelta(days=1)).body_text
    assert "7月8日截止,就是今天:乙镇(缓报(已批准))" in coming


def test_a_report_of_nothing_is_a_report(county: Warehouse) -> None:
    county.do(
        "update core.fct_obligation set submission = 'zero', submitted_at = :at, submission_id = 4"
        " where org_id = 3 and period = '2026Q2'",
        at=MORNING,
    )
    text = digest(county.engine, COUNTY, MORNING.date()).body_text
    assert "已逾期2个工作日:甲镇(暂存待处理)\n" in text
    assert "乙镇差1个(1/2,50.0%)\n" in text
    assert "甲镇差2个(1/3,33.3%),本期未报" in text


def test_what_is_waived_need_not_be_corrected(county: Warehouse) -> None:
    scope = {"form_code": "基文01", "unit_code": TOWN_A, "period": "2026Q1", "reason": "停电", "approved_by": "王"}
    terms = {"waiver_id": 9, "code": "built_with_zero", "approved_at": MORNING, "valid_until": MORNING.date()}
    county.insert("ops.waivers", {**scope, **terms})
    words = {"message": "已建成却填0", "fix": "", "code": "built_with_zero", "sheet": "", "severity": "error"}
    county.insert("ops.findings", {**words, "submission_id": 2, "finding_number": 0, "waiver_id": 9})
    assert "已建成却填0" not in digest(county.engine, COUNTY, MORNING.date()).body_text


def test_what_is_due_soon_is_asked_for(county: Warehouse) -> None:
    text = digest(county.engine, COUNTY, date(2026, 9, 30)).body_text
    assert "2026年第3季度《基层综合性文化服务中心情况季报》10月13日截止,还有5个工作日" in text
    assert "截止" not in digest(county.engine, COUNTY, date(2026, 9, 29)).body_text
    assert digest(county.engine, COUNTY, date(2026, 10, 13)).subject.endswith("距2026年第3季度目标差3个")
    assert "10月13日截止,就是今天" in digest(county.engine, COUNTY, date(2026, 10, 13)).body_text


def test_a_county_with_nothing_to_say(empty_warehouse: Warehouse) -> None:
    message = digest(empty_warehouse.engine, COUNTY, MORNING.date())
    assert message.subject == f"【文统】{COUNTY}7月9日:未报0个,待改正0个单位,暂存0个文件"
    for sentence in ("已到期的都已报送。", "没有待改正的报表。", "没有暂存的文件。", "没有进行中的建设任务。"):
        assert sentence in message.body_text
        assert sentence in message.body_html


class Inbox:
    """What a mail server received; refuses every mail while it is closed."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.is_closed = False

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.is_closed:
            return "451 try again later"
        found = email.message_from_bytes(envelope.content or b"", policy=email.policy.default)
        assert isinstance(found, EmailMessage)
        self.mails.append(found)
        return "250 OK"


@pytest.fixture
def mail() -> Iterator[tuple[Inbox, str]]:
    inbox = Inbox()
    controller = Controller(inbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield inbox, f"mailto://127.0.0.1:{controller.port}?from=wentong@example.cn&to="
    controller.stop()


SENT = "select kind, day, recipient, subject from ops.notifications"


def test_it_is_sent_once_a_day_to_each(county: Warehouse, mail: tuple[Inbox, str]) -> None:
    inbox, address = mail
    assert remind(county.engine, COUNTY, [address + "a@example.cn"], MORNING)
    assert not remind(county.engine, COUNTY, [address + "a@example.cn"], MORNING.replace(hour=15))
    assert remind(county.engine, COUNTY, [address + "a@example.cn", address + "b@example.cn"], MORNING)
    assert [mail["To"] for mail in inbox.mails] == ["a@example.cn", "b@example.cn"]
    subject = "【文统】示例县7月9日:未报2个,待改正1个单位,暂存1个文件,距2026年第3季度目标差3个"
    assert inbox.mails[0]["Subject"] == subject
    html = inbox.mails[0].get_body(("html",))
    plain = inbox.mails[0].get_body(("plain",))
    assert html is not None
    assert plain is not None
    for body in (html.get_content(), plain.get_content()):
        assert "甲镇" in body
        assert "已逾期2个工作日" in body
        assert "本信由文统自动生成" in body
    assert county.rows(SENT) == [
        {"kind": f"digest {COUNTY}", "day": date(2026, 7, 9), "recipient": f"{name}@example.cn", "subject": subject}
        for name in "ab"
    ]


def test_two_at_once_send_one(county: Warehouse, mail: tuple[Inbox, str]) -> None:
    inbox, address = mail
    with ThreadPoolExecutor() as pool:
        sent = list(pool.map(lambda _: remind(county.engine, COUNTY, [address + "a@example.cn"], MORNING), range(4)))
    assert sorted(sent) == [False, False, False, True]
    assert len(inbox.mails) == 1


def test_nothing_on_days_off_and_without_channels(county: Warehouse, mail: tuple[Inbox, str]) -> None:
    inbox, address = mail
    assert not remind(county.engine, COUNTY, [address + "a@example.cn"], datetime(2026, 7, 11, 9, tzinfo=CHINA))
    assert not remind(county.engine, COUNTY, [address + "a@example.cn"], datetime(2026, 10, 5, 9, tzinfo=CHINA))
    assert not remind(county.engine, COUNTY, [], MORNING)
    assert inbox.mails == []
    assert remind(county.engine, COUNTY, [address + "a@example.cn"], datetime(2026, 10, 10, 9, tzinfo=CHINA)), (
        "a make-up Saturday"
    )


def test_a_channel_that_refuses_is_tried_again(county: Warehouse, mail: tuple[Inbox, str]) -> None:
    inbox, address = mail
    inbox.is_closed = True
    with pytest.raises(WentongError, match=r"a@example\.cn"):
        remind(county.engine, COUNTY, [address + "a@example.cn"], MORNING)
    assert county.rows(SENT) == []
    inbox.is_closed = False
    assert remind(county.engine, COUNTY, [address + "a@example.cn"], MORNING)


def test_what_came_since_the_last_message_is_in_the_next(county: Warehouse, mail: tuple[Inbox, str]) -> None:
    """Sent at half past eight: what could not be read at a quarter to nine must not fall between two messages."""
    last = datetime(2026, 7, 8, 8, 30, tzinfo=CHINA)
    for minute in (-1, 15):
        county.submit(
            TOWN_A, "2026Q2", "reject", file_name=f"照片{minute}.jpg", received_at=last + timedelta(minutes=minute)
        )
    assert "照片15.jpg" not in digest(county.engine, COUNTY, MORNING.date()).body_text  # no message: since nine o'clock
    assert remind(county.engine, COUNTY, [mail[1]], last)
    for _ in range(2):
        text = digest(county.engine, COUNTY, MORNING.date()).body_text
        assert "照片15.jpg" in text
        assert "照片-1.jpg" not in text
        remind(county.engine, COUNTY, [mail[1]], MORNING)  # today's own message does not move the window


def test_what_became_of_milestones_is_told_once(county: Warehouse, mail: tuple[Inbox, str]) -> None:
    """Whatever day it is of: told in the first message after it is known, as text and as HTML, and never again."""
    inbox, address = mail
    for day in (2, 3, 8, 9, 10):
        if day == 9:
            # taken up before the last message, known only after it: counted by loads, not by clocks
            county.report(TOWN_B, "2026Q2", {201: {"build_status": "not_built"}})
            mark(county.engine, "plan_2026", MORNING)
        assert remind(county.engine, COUNTY, [address + "a@example.cn"], MORNING.replace(day=day))
    first, missed, fell = "2026年第1季度达到要求", "2026年第1季度未按期达到要求", "2026年第1季度回潮后跌破要求"
    expected = [
        {first: "乙镇(3月31日,1/2)", missed: "示例县(2/5,差1个)、甲镇(1/3,差1个)"},
        {},
        {"2026年第2季度未按期达到要求": "示例县(2/5,差3个)、甲镇(1/3,差2个)、乙镇(1/2,差1个)"},
        {fell: "乙镇(6月30日起,0/2,差1个)"},
        {},
    ]
    for mail_, events in zip(inbox.mails, expected, strict=True):
        html, plain = (mail_.get_body((kind,)) for kind in ("html", "plain"))
        assert html is not None
        assert plain is not None
        found = re.findall(r"- 示例县建设任务,([^(]*要求):(.*?)\r?\n", plain.get_content())
        assert dict(found) == events
        assert ("上一次提要以来" in html.get_content()) == bool(events)
        assert [scopes for scopes in events.values() if scopes not in re.sub("<.*?>", "", html.get_content())] == []
