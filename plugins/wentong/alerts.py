"""Who hears what, through which channel: one Chinese message each working morning, sent at most once.

The prose stands in include/templates; channels are Apprise addresses (mailto://, wecombot://, dingtalk://, feishu://).
Addresses hold secrets: they come from the caller, are never logged and never stored.
"""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any

import jinja2
from apprise import Apprise, NotifyBase, NotifyFormat
from sqlalchemy import Connection, Engine, text

from wentong.audits import Audit
from wentong.deadlines import china
from wentong.errors import WentongError
from wentong.findings import column_letters
from wentong.milestones import percentage
from wentong.periods import CHINA, Period
from wentong.settings import INCLUDE

log = logging.getLogger(__name__)

COMING_WORKING_DAYS = 5
"""From how many working days before its due date a return is asked for (domain §5.3)."""
FINDINGS_SHOWN = 3
"""Of each unit; the sender has all of them in the marked workbook."""
FILES_SHOWN = 20
TOWNS_SHOWN = 5
ROOM_FOR_NUMBERS = 64
"""Bytes of a part left for (1/3) and what the service adds."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent: the same words as text and as HTML."""

    subject: str
    body_text: str
    body_html: str


def digest(engine: Engine, county_code: str, today: date, note: str = "") -> Message:
    """The morning's message about one county, as known now.

    Who has not reported what is due (or due within five working days), who must correct what, which files are held or
    could not be read, and how far it is to the milestones. `note` stands on top, e.g. that the data are invented.
    """
    with engine.connect() as connection:
        since = _last_sent(connection, county_code, today) or _last_morning(today)
        duties = _rows(connection, _DUTIES, county_code=county_code, today=today)
        facts: dict[str, Any] = {
            "county": connection.scalar(text(_COUNTY), {"county_code": county_code}) or county_code,
            "today": today,
            "note": note,
            "overdue": [duty for duty in _duties(duties, today) if duty["due_on"] < today],
            "coming": [duty for duty in _duties(duties, today) if duty["due_on"] >= today and duty["is_near"]],
            "corrections": _corrections(connection, county_code),
            "held": [_file(row) for row in _rows(connection, _HELD, county_code=county_code)],
            "rejected": [_file(row) for row in _rows(connection, _REJECTED, county_code=county_code, since=since)],
            "files_shown": FILES_SHOWN,
            "stages": _stages(connection, county_code, today),
        }
    ahead = [stage for stage in facts["stages"] if not stage["is_past"]]
    facts["next"] = next(iter(ahead or facts["stages"][-1:]), None)
    render = _templates()
    return Message(
        subject=_one_line(render.get_template("digest_subject.txt").render(facts)),
        body_text=render.get_template("digest.txt").render(facts),
        body_html=render.get_template("digest.html").render(facts),
    )


def audit_report(audit: Audit, note: str = "") -> Message:
    """What an audit of the warehouse found: for engineers, never for stewards."""
    facts = {"audit": audit, "day": audit.audited_at.astimezone(CHINA), "note": note}
    render = _templates()
    return Message(
        subject=_one_line(render.get_template("audit_subject.txt").render(facts)),
        body_text=render.get_template("audit.txt").render(facts),
        body_html=render.get_template("audit.html").render(facts),
    )


def send(message: Message, urls: Sequence[str]) -> None:
    """Send to every channel, mail as HTML, robots as text in as many parts as they take.

    Every channel is tried. Raises WentongError naming those that refused; the reason is in the log.
    """
    channels = [_channel(url) for url in urls]
    refused = [_recipient(channel) for channel in channels if not _deliver(message, channel)]
    if refused:
        raise WentongError(f"the message was not accepted by {', '.join(refused)}; see the log for the reason")


def remind(engine: Engine, county_code: str, urls: Sequence[str], now: datetime, note: str = "") -> bool:
    """Send the digest to every channel that has not had it today; nothing on days off. True if anything was sent.

    What was sent is kept in ops.notifications. A channel is marked in the transaction that sends, so two processes
    cannot both send, and a channel that refuses is tried again next time. Raises WentongError naming those.
    """
    today = now.astimezone(CHINA).date()
    if not urls or not china().is_working_day(today):
        return False
    message = digest(engine, county_code, today, note)
    was_sent, refused = False, []
    for channel in map(_channel, urls):
        recipient = _recipient(channel)
        row = {"kind": _kind(county_code), "day": today, "recipient": recipient, "at": now}
        with engine.connect() as connection, connection.begin() as transaction:
            content = {"subject": message.subject, "body": message.body_text}
            if connection.execute(text(_KEEP_NOTIFICATION), {**row, **content}).rowcount == 0:
                continue
            if _deliver(message, channel):
                was_sent = True
            else:
                transaction.rollback()
                refused.append(recipient)
    if refused:
        raise WentongError(f"the message was not accepted by {', '.join(refused)}; see the log for the reason")
    return was_sent


# -------------------------------------------------------------------------------------------------- channels


def _channel(url: str) -> NotifyBase:
    channel = Apprise.instantiate(url, suppress_exceptions=True)
    if channel is None:
        kind = url.partition("://")[0]
        raise WentongError(
            f"an address that begins with {kind}:// is not complete; see the page of this service on Apprise"
        )
    return channel


def _deliver(message: Message, channel: NotifyBase) -> bool:
    """Hand the message over; False if any part of it is refused."""
    formats = channel.notify_format if isinstance(channel.notify_format, tuple) else (channel.notify_format,)
    box = Apprise()
    box.add(channel)
    if NotifyFormat.HTML in formats:
        return bool(box.notify(title=message.subject, body=message.body_html, body_format=NotifyFormat.HTML))
    room = channel.body_maxlen - len(message.subject.encode()) - ROOM_FOR_NUMBERS
    parts = _parts(message.body_text, room)
    for number, part in enumerate(parts, start=1):
        title = f"{message.subject}({number}/{len(parts)})" if len(parts) > 1 else message.subject
        if not box.notify(title=title, body=part, body_format=NotifyFormat.TEXT):
            return False
    return True


def _parts(body: str, room: int) -> list[str]:
    """Whole lines in parts of at most `room` bytes of UTF-8, which is what robots count; a longer line is cut short."""
    parts, size = [""], 0
    for line in body.splitlines(keepends=True):
        encoded = line.encode()[:room]
        if size + len(encoded) > room:
            parts.append("")
            size = 0
        parts[-1] += encoded.decode(errors="ignore")
        size += len(encoded)
    return parts


def _recipient(channel: NotifyBase) -> str:
    """Who is reached, without secrets: mail addresses, or the service and a fingerprint of the address."""
    scheme = channel.url(privacy=True).partition("://")[0]
    if scheme.startswith("mailto"):
        return ",".join(sorted(address for _, address in channel.targets))
    return f"{scheme}:{hashlib.sha256(channel.url(privacy=False).encode()).hexdigest()[:12]}"


# ----------------------------------------------------------------------------------------------------- facts


def _duties(rows: Sequence[Any], today: date) -> list[dict[str, Any]]:
    """Returns that are owed, by form, period and due date, with the units that owe them: `days` working days late, or
    left until they are due."""
    found = []
    for (due, form, period), group in groupby(rows, key=lambda row: (row["due_on"], row["form_title"], row["period"])):
        days = china().days_late(due, today) if due < today else china().days_late(today, due)
        units = [{"name": row["unit_name"], "label": _duty_label(row, today)} for row in group]
        found.append(
            {
                "form": form,
                "period": Period.parse(period).title,
                "due_on": due,
                "days": days,
                "is_near": days <= COMING_WORKING_DAYS,
                "units": units,
                "count": len(units),
            }
        )
    return found


def _duty_label(row: Any, today: date) -> str:
    """What is to be said besides that it is owed."""
    if row["duty"] == "extended" and row["submission"] == "none" and row["due_on"] < today:
        return "缓报期已过"
    return "" if row["label"] == "未报" else str(row["label"])


def _corrections(connection: Connection, county_code: str) -> list[dict[str, Any]]:
    """Returns that wait for corrections, those with most to correct first, each with its most important findings."""
    found = []
    rows = _rows(connection, _CORRECTIONS, county_code=county_code, shown=FINDINGS_SHOWN)
    for _, group in groupby(rows, key=lambda row: (row["unit_code"], row["form_code"], row["period"])):
        listed = list(group)
        first = listed[0]
        findings = [_finding(row) for row in listed if row["message"]]
        found.append(
            {
                "name": first["unit_name"],
                "form": first["form_title"],
                "period": Period.parse(first["period"]).title,
                "count": first["open_errors"],
                "findings": findings,
                "more": max(0, first["open_errors"] - len(findings)),
            }
        )
    return found


def _finding(row: Any) -> dict[str, str]:
    cell = (
        f"{column_letters(row['column_number'])}{row['row_number']}"
        if row["column_number"] and row["row_number"]
        else ""
    )
    place = " ".join(filter(None, [row["sheet"], cell]))
    return {"place": f"{place}:" if place else "", "message": row["message"], "fix": row["fix"]}


def _file(row: Any) -> dict[str, Any]:
    return {
        "folder": f"{row['folder']}/" if row["folder"] else "",
        "name": row["file_name"],
        "received": row["received_at"].astimezone(CHINA).date(),
        "message": row["message"] or "",
    }


def _stages(connection: Connection, county_code: str, today: date) -> list[dict[str, Any]]:
    """The last milestone that has passed and the next one of each plan, with the towns that miss most."""
    rows = _rows(connection, _COVERAGE, county_code=county_code)
    stages = []
    for _, of_plan in groupby(rows, key=lambda row: row["plan_code"]):
        listed = list(of_plan)
        ends = sorted({row["period_end"] for row in listed})
        shown = [day for day in ends if day < today][-1:] + [day for day in ends if day >= today][:1]
        for day in shown:
            at_end = [row for row in listed if row["period_end"] == day]
            towns = [_standing(row) for row in at_end if row["scope_level"] == "town" and row["short"]]
            towns.sort(key=lambda town: -town["short"])
            stages.append(
                {
                    "plan": at_end[0]["plan_title"],
                    "title": Period.parse(at_end[0]["period"]).title,
                    "day": day,
                    "is_past": day < today,
                    "county": next(_standing(row) for row in at_end if row["scope_level"] == "county"),
                    "behind": towns[:TOWNS_SHOWN],
                    "more": len(towns[TOWNS_SHOWN:]),
                }
            )
    return stages


def _standing(row: Any) -> dict[str, Any]:
    kept = {key: row[key] for key in ("tasks", "accepted", "required", "short", "is_reported")}
    return {**kept, "name": row["scope_name"], "rate": percentage(row["accepted"], row["tasks"])}


def _last_sent(connection: Connection, county_code: str, today: date) -> datetime | None:
    """When the last digest before today was sent; None if there was none."""
    sent: datetime | None = connection.scalar(text(_LAST_SENT), {"kind": _kind(county_code), "today": today})
    return sent


def _kind(county_code: str) -> str:
    return f"digest {county_code}"


def _last_morning(today: date) -> datetime:
    """Nine o'clock on the working day before: where the first digest begins."""
    day = today - timedelta(days=1)
    while not china().is_working_day(day):
        day -= timedelta(days=1)
    return datetime.combine(day, time(9), CHINA)


def _rows(connection: Connection, sql: str, **binds: Any) -> Sequence[Any]:
    return connection.execute(text(sql), binds).mappings().all()


def _templates() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(INCLUDE / "templates"),
        autoescape=jinja2.select_autoescape(["html"]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: _one_line(value) if isinstance(value, str) else value,
    )


def _one_line(value: str) -> str:
    """What people wrote (file names, cells) cannot break a line or a mail header."""
    return " ".join(value.split())


_COUNTY = "select name from marts.places where place_code = :county_code"

_DUTIES = """
select unit_name, form_title, period, due_on, duty, submission, label
from marts.submission_matrix
where
    county_code = :county_code
    and duty <> 'not_applicable'
    and submitted_at is null
    and due_on < cast(:today as date) + 30
order by due_on, form_code, period, unit_code
"""

_CORRECTIONS = """
with important as (
    select
        finding.*,
        row_number() over (
            partition by finding.submission_id
            order by array_position(array['critical', 'row', 'error'], finding.severity), finding.finding_number
        ) as place
    from ops.findings as finding
    where finding.severity in ('critical', 'row', 'error') and finding.waiver_id is null
)

select
    duty.unit_code, duty.unit_name, duty.form_code, duty.form_title, duty.period, duty.open_errors,
    finding.sheet, finding.row_number, finding.column_number, finding.message, finding.fix
from marts.submission_matrix as duty
left join important as finding on duty.submission_id = finding.submission_id and finding.place <= :shown
where duty.county_code = :county_code and duty.label = '待改正'
order by duty.open_errors desc, duty.unit_code, duty.form_code, duty.period, finding.place
"""

_FILES = """
select receipt.folder, receipt.file_name, receipt.received_at, finding.message
from ops.submissions as receipt
left join ops.findings as finding
    on receipt.submission_id = finding.submission_id and finding.finding_number = 1
where receipt.county_code = :county_code
"""

_HELD = f"""
{_FILES}
and receipt.outcome = 'quarantine_file' and receipt.decision is null and receipt.load_id is null
order by receipt.submission_id
"""

_REJECTED = f"""
{_FILES}
and receipt.outcome = 'reject' and receipt.received_at >= :since
order by receipt.submission_id
"""

_COVERAGE = """
select
    plan_code, plan_title, scope_code, scope_name, scope_level, period, period_end, tasks, accepted, required, short,
    is_reported
from marts.coverage_board
where county_code = :county_code and required is not null
order by plan_code, period_end, scope_code
"""

_LAST_SENT = "select max(sent_at) from ops.notifications where kind = :kind and day < :today"

_KEEP_NOTIFICATION = """
insert into ops.notifications (kind, day, recipient, subject, body, sent_at)
values (:kind, :day, :recipient, :subject, :body, :at)
on conflict (kind, day, recipient) do nothing
"""
