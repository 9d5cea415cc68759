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
from sqlalchemy import Connection, Engine

from wentong.audits import Audit
from wentong.deadlines import china
from wentong.errors import WentongError
from wentong.findings import column_letters
from wentong.milestones import EVENTS, LIGHTS, percentage, shortfall
from wentong.periods import CHINA, Period
from wentong.settings import INCLUDE
from wentong.warehouse.connections import query

log = logging.getLogger(__name__)

COMING_WORKING_DAYS = 5
"""From how many working days before its due date a return is asked for (domain §5.3)."""
FINDINGS_SHOWN = 3
"""Of each unit; the sender has all of them in the marked workbook."""
FILES_SHOWN = 20
TOWNS_SHOWN = 5
ISSUES_SHOWN = 10
ROOM_FOR_NUMBERS = 64
"""Bytes of a part left for (1/3) and what the service adds."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent: the same words as text and as HTML."""

    subject: str
    body_text: str
    body_html: str


def digest(engine: Engine, county_code: str, today: date, note: str = "", known_at: int | None = None) -> Message:
    """The morning's message about one county, as known now; what it says of milestones and problems, as known at a load
    (None: the last).

    Which milestones were reached, lost or missed since the last one, how far it is to the next, which problems are
    overdue; who has not reported what is due (or due within five working days), who must correct what, and which files
    are held or could not be read. `note` stands on top, e.g. that the data are invented.
    """
    with engine.connect() as connection:
        last = _last_digest(connection, county_code, today)
        now = {"known_at": known_at or _last_load(connection), "today": today, "county_code": county_code}
        duties = _rows(connection, "digest_duties", county_code=county_code, today=today)
        files = _rows(connection, "digest_files", county_code=county_code, since=last.sent_at)
        facts: dict[str, Any] = {
            "county": connection.scalar(query("name_of_place"), {"place_code": county_code}) or county_code,
            "today": today,
            "note": note,
            "events": _events(
                _rows(connection, "digest_events", **now, told_at=last.known_at, told_on=last.day), county_code
            ),
            "stages": _stages(_rows(connection, "digest_standings", **now), county_code, today),
            "issues": _rows(connection, "digest_issues", **now),
            "issues_shown": ISSUES_SHOWN,
            "overdue": [duty for duty in _duties(duties, today) if duty["due_on"] < today],
            "coming": [duty for duty in _duties(duties, today) if duty["due_on"] >= today and duty["is_near"]],
            "corrections": _corrections(connection, county_code),
            "held": [_file(row) for row in files if row["outcome"] == "quarantine_file"],
            "rejected": [_file(row) for row in files if row["outcome"] == "reject"],
            "files_shown": FILES_SHOWN,
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
    with engine.connect() as connection:
        known_at = _last_load(connection)
    message = digest(engine, county_code, today, note, known_at)
    was_sent, refused = False, []
    for channel in map(_channel, urls):
        recipient = _recipient(channel)
        row = {"kind": _kind(county_code), "day": today, "recipient": recipient, "at": now, "load_id": known_at}
        with engine.connect() as connection, connection.begin() as transaction:
            content = {"subject": message.subject, "body": message.body_text}
            if connection.execute(query("keep_notification"), {**row, **content}).rowcount == 0:
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
    rows = _rows(connection, "digest_corrections", county_code=county_code, shown=FINDINGS_SHOWN)
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


def _events(rows: Sequence[Any], county_code: str) -> list[dict[str, Any]]:
    """What became of milestones, by plan, milestone and kind: the county first, then the towns that lack most."""
    found = []
    for _, of_kind in groupby(rows, key=lambda row: (row["plan_code"], row["milestone_number"], row["event"])):
        listed = list(of_kind)
        scopes = [{**row, "short": shortfall(row["required"], row["accepted"])} for row in listed]
        scopes.sort(key=lambda scope: (scope["scope_code"] != county_code, -scope["short"]))
        found.append(
            {
                "plan": listed[0]["plan_title"],
                "title": Period.parse(listed[0]["period"]).title,
                "kind": listed[0]["event"],
                "words": EVENTS[listed[0]["event"]],
                "scopes": scopes[: TOWNS_SHOWN + 1],
                "more": len(scopes[TOWNS_SHOWN + 1 :]),
            }
        )
    return found


def _stages(rows: Sequence[Any], county_code: str, today: date) -> list[dict[str, Any]]:
    """The last milestone that has passed and the next one of each plan, with the towns that miss most."""
    stages = []
    for _, of_plan in groupby(rows, key=lambda row: row["plan_code"]):
        listed = list(of_plan)
        ends = sorted({row["period_end"] for row in listed})
        shown = [day for day in ends if day < today][-1:] + [day for day in ends if day >= today][:1]
        for day in shown:
            at_end = [row for row in listed if row["period_end"] == day]
            towns = [_standing(row) for row in at_end if row["scope_code"] != county_code and row["short"]]
            towns.sort(key=lambda town: -town["short"])
            stages.append(
                {
                    "plan": at_end[0]["plan_title"],
                    "title": Period.parse(at_end[0]["period"]).title,
                    "day": day,
                    "is_past": day < today,
                    "county": next(_standing(row) for row in at_end if row["scope_code"] == county_code),
                    "behind": towns[:TOWNS_SHOWN],
                    "more": len(towns[TOWNS_SHOWN:]),
                }
            )
    return stages


def _standing(row: Any) -> dict[str, Any]:
    kept = {key: row[key] for key in ("tasks", "accepted", "required", "short", "is_reported")}
    light = f"【{LIGHTS[row['light']]}】" if row["light"] else ""
    return {**kept, "name": row["scope_name"], "rate": percentage(row["accepted"], row["tasks"]), "light": light}


@dataclass(frozen=True, slots=True)
class _Last:
    """What recipients know of already."""

    sent_at: datetime
    day: date
    known_at: int | None
    """The last load it knew of."""


def _last_digest(connection: Connection, county_code: str, today: date) -> _Last:
    """The last digest before today; without one, what it would have said on the morning of the working day before."""
    sent = _rows(connection, "last_notification", kind=_kind(county_code), today=today)
    if not sent:
        morning = _last_morning(today)
        return _Last(morning, morning.date(), _last_load(connection, morning))
    (row,) = sent
    return _Last(row["sent_at"], row["day"], row["load_id"] or _last_load(connection, row["sent_at"]))


def _last_load(connection: Connection, until: datetime | None = None) -> int | None:
    load_id: int | None = connection.scalar(query("last_load"), {"until": until})
    return load_id


def _kind(county_code: str) -> str:
    return f"digest {county_code}"


def _last_morning(today: date) -> datetime:
    """Nine o'clock on the working day before: where the first digest begins."""
    day = today - timedelta(days=1)
    while not china().is_working_day(day):
        day -= timedelta(days=1)
    return datetime.combine(day, time(9), CHINA)


def _rows(connection: Connection, name: str, **binds: Any) -> Sequence[Any]:
    """The rows of include/sql/queries/<name>.sql."""
    return connection.execute(query(name), binds).mappings().all()


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
