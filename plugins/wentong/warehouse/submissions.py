"""What happened to every file: received, judged, answered, decided. The loads are in `loads`."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from wentong.archive import Archive, Receipt
from wentong.bronze import write_bronze
from wentong.errors import WentongError
from wentong.findings import Finding, most_important_first
from wentong.forms import forms
from wentong.journal import Entry, Journal
from wentong.returns import Judgement
from wentong.settling import RowsByCell
from wentong.warehouse import published
from wentong.warehouse.connections import query, storable
from wentong.warehouse.schema import decisions, evidence, findings, journal_position, submission_scopes, submissions

Stage = Literal["judge", "answer", "load"]


class Submission(NamedTuple):
    """One row of ops.submissions, as far as the verbs need it."""

    submission_id: int
    sha256: str
    archive_name: str
    county_code: str
    share: str
    inbox: str
    folder: str
    file_name: str
    received_at: datetime
    outcome: str | None
    form_code: str | None
    table_names: list[str] | None
    period: str | None
    unit_code: str | None
    decision: str | None
    answer_path: str | None
    load_id: int | None


def record_receipts(engine: sa.Engine, receipts: Iterable[Receipt]) -> None:
    """Give receipts their rows; those that have one are left alone."""
    with engine.begin() as connection:
        _record_receipts(connection, receipts)


def reconcile(engine: sa.Engine, journal: Journal) -> None:
    """Bring into the database what the journal knows and it does not: receipts, settlements, decisions about held files
    and evidence. Reads on from where it stopped, so it costs next to nothing and mends what a killed process left half
    done.

    Not what takes a load (lists of units, plans, waivers …): killed between its entry and its commit it has not taken
    effect, whatever the journal says, and is done again, which notes it a second time. Nor verdicts, likewise.

    Raises WentongError if the last entry read then is not in the journal any more: entries are missing at its end, or
    archive and database do not belong together.
    """
    with engine.begin() as connection:
        known = connection.execute(sa.select(journal_position).with_for_update()).one_or_none()
        entries = list(journal.read(after=known.seq - 1 if known else 0))
        if known and (not entries or entries[0]["hash"] != known.hash):
            raise WentongError(
                f"The warehouse has read entry {known.seq} of the journal, and {journal.path} has no such entry: "
                "entries are missing, or the archive belongs to another warehouse."
            )
        new = entries[1:] if known else entries
        if new:
            take_up(connection, new)
            note_position(connection, new[-1])


def take_up(connection: sa.Connection, entries: Sequence[Entry]) -> None:
    """Write what takes no load into the tables: receipts, settlements, decisions about held files, releases, evidence.
    What is there already is left alone, other events are passed over."""
    _record_receipts(connection, [Receipt.from_entry(entry) for entry in entries if entry["event"] == "received"])
    settled = [
        {"settled": entry["submission_id"], "at": datetime.fromisoformat(entry["at"])}
        for entry in entries
        if entry["event"] == "settled"
    ]
    if settled:
        one = submissions.c.submission_id == sa.bindparam("settled")
        connection.execute(submissions.update().where(one).values(settled_at=sa.bindparam("at")), settled)
    for entry in entries:
        if entry["event"] in ("release", "return"):
            _record_decision(connection, entry)
        elif entry["event"] == published.EVENT:
            published.record(connection, entry)
        elif entry["event"] == "evidence":
            _record_evidence(connection, entry)


def note_position(connection: sa.Connection, entry: Entry) -> None:
    """Note how far the journal was read."""
    position = {"seq": entry["seq"], "hash": entry["hash"]}
    statement = insert(journal_position).values(is_only_row=True, **position)
    connection.execute(statement.on_conflict_do_update(index_elements=["is_only_row"], set_=position))


def pending(engine: sa.Engine, stage: Stage) -> list[int]:
    """Submissions that wait for a verdict, an answer or their load, in order of receipt.

    To load: judged `load`, or held and released; but none as long as an older receipt from the same folder has no
    verdict, so that a town's corrections take effect in their order even where judging is spread over processes.
    """
    with engine.connect() as connection:
        return list(connection.scalars(query(f"pending_{stage}")))


class Judged(NamedTuple):
    """A verdict that was given, and the last list of units that was known then."""

    submission_id: int
    judged_at: datetime
    register_load: int | None


def judged(engine: sa.Engine, form_code: str | None, period: str | None, since: datetime | None) -> Iterator[Judged]:
    """The verdicts on files of a form and period that came in since then (None: any), in order of receipt, as they are read."""
    binds = {"form_code": form_code, "period": period, "since": since}
    with engine.connect().execution_options(yield_per=1000) as connection:
        yield from (Judged(*row) for row in connection.execute(query("judged"), binds))


def read_submissions(engine: sa.Engine, submission_ids: Sequence[int]) -> list[Submission]:
    """These submissions, in order of receipt."""
    columns = [submissions.c[name] for name in Submission._fields]
    wanted = sa.select(*columns).where(submissions.c.submission_id.in_(submission_ids))
    with engine.connect() as connection:
        return [Submission(*row) for row in connection.execute(wanted.order_by(submissions.c.submission_id))]


def record_judgements(engine: sa.Engine, archive: Path, judgements: Mapping[int, Judgement], at: datetime) -> None:
    """Record verdicts with their findings. A submission has one verdict: a second is ignored, never a silent change.

    The rows of those that are recorded, and of no others, are kept in the archive first: two processes that judge one
    submission wait for each other here, so the rows that are kept are those of the verdict that counts.
    """
    with engine.begin() as connection:
        waiting = sa.select(submissions.c.submission_id).where(
            submissions.c.submission_id.in_(judgements), submissions.c.judged_at.is_(None)
        )
        new = sorted(connection.scalars(waiting.with_for_update()))
        if not new:
            return
        kept = {str(number): write_bronze(archive, number, judgements[number]) for number in new}
        Archive(archive).journal.append("judged", {"rows": kept}, at)
        apply_judgements(connection, {number: judgements[number] for number in new}, at)


def apply_judgements(connection: sa.Connection, judgements: Mapping[int, Judgement], at: datetime) -> None:
    """Write verdicts that are kept in the archive into the tables."""
    connection.execute(
        submissions.update().where(submissions.c.submission_id == sa.bindparam("judged")),
        [
            {"judged": number, **_verdict(judgement), "judged_at": at, "failed_at": None}
            for number, judgement in judgements.items()
        ],
    )
    scopes = [row for number, judgement in judgements.items() for row in _scopes(number, judgement)]
    if scopes:
        connection.execute(submission_scopes.insert(), scopes)
    found = [row for number, judgement in judgements.items() for row in _findings(number, judgement.findings)]
    if found:
        connection.execute(findings.insert(), found)


def note_failures(engine: sa.Engine, submission_ids: Iterable[int], at: datetime) -> None:
    """Note that we failed to judge these: what others handed in need not wait for them."""
    failed = submissions.update().where(
        submissions.c.submission_id.in_(submission_ids), submissions.c.judged_at.is_(None)
    )
    with engine.begin() as connection:
        connection.execute(failed.values(failed_at=at))


def record_answers(engine: sa.Engine, journal: Journal, answers: Mapping[int, str], at: datetime) -> None:
    """Note that submissions were answered, and where below the share."""
    with engine.begin() as connection:
        entry = journal.note("answered", {"answers": {str(number): path for number, path in answers.items()}}, at)
        apply_answers(connection, entry)


def apply_answers(connection: sa.Connection, entry: Entry) -> None:
    """Write what the journal says about answers into the tables."""
    at = datetime.fromisoformat(entry["at"])
    connection.execute(
        submissions.update()
        .where(submissions.c.submission_id == sa.bindparam("answered"))
        .values(answered_at=at, answer_path=sa.bindparam("path")),
        [{"answered": int(number), "path": storable(path)} for number, path in entry["answers"].items()],
    )


def decide(
    engine: sa.Engine,
    journal: Journal,
    submission_id: int,
    kind: Literal["release", "return"],
    reason: str,
    by: str,
    at: datetime,
) -> None:
    """Release a held file, so that it is loaded, or return it to its sender; noted in the journal first.

    Raises WentongError if it is not held, decided already, or cannot be loaded because its period or form is unknown.
    """
    with engine.begin() as connection:
        row = connection.execute(
            sa.select(submissions).where(submissions.c.submission_id == submission_id).with_for_update()
        ).one_or_none()
        if row is None or row.outcome != "quarantine_file":
            raise WentongError(f"Submission {submission_id} is not held; `wentong held` lists those that are.")
        if row.decision:
            raise WentongError(f"Submission {submission_id} was {row.decision} already.")
        if not (reason.strip() and by.strip()):
            raise WentongError("A decision needs a reason and the name of who takes it.")
        if kind == "release" and not (row.form_code and row.table_names and row.period):
            raise WentongError(
                f"Submission {submission_id} does not say which form and period it is: return it, so that its sender adds that."
            )
        payload = {"submission_id": submission_id, "reason": reason.strip(), "by": by.strip()}
        seq = journal.append(kind, payload, at)
        _record_decision(connection, {**payload, "seq": seq, "event": kind, "at": at.isoformat()})


def _record_receipts(connection: sa.Connection, receipts: Iterable[Receipt]) -> None:
    rows = [
        {
            "submission_id": receipt.submission_id,
            "journal_seq": receipt.journal_seq,
            "sha256": receipt.sha256,
            "county_code": receipt.county_code,
            "share": storable(receipt.share),
            "inbox": storable(receipt.inbox),
            "folder": storable(receipt.folder),
            "file_name": storable(receipt.file_name),
            "size_bytes": receipt.size_bytes,
            "file_modified_at": receipt.modified_at,
            "received_at": receipt.received_at,
            "archive_name": receipt.archive_name,
        }
        for receipt in receipts
    ]
    if rows:
        connection.execute(insert(submissions).on_conflict_do_nothing(), rows)


def known_evidence(engine: sa.Engine, share: str) -> set[tuple[str, int, int]]:
    """Path, size and time of everything that lay in 佐证 of this share and was kept."""
    columns = (evidence.c.path, evidence.c.size_bytes, evidence.c.modified_ns)
    with engine.connect() as connection:
        return {tuple(row) for row in connection.execute(sa.select(*columns).where(evidence.c.share == share))}


_EVIDENCE_NUMBER = re.compile(r"[^\s()()\[\]【】_]+")


def _record_evidence(connection: sa.Connection, entry: Mapping[str, Any]) -> None:
    name = storable(entry["file_name"])
    number = _EVIDENCE_NUMBER.match(PurePosixPath(name).stem)
    row = {
        "evidence_id": entry["seq"],
        "evidence_number": number[0] if number else name,
        "received_at": datetime.fromisoformat(entry["at"]),
        **{key: storable(entry[key]) for key in ("folder", "file_name", "share", "path")},
        **{key: entry[key] for key in ("county_code", "size_bytes", "modified_ns", "sha256", "archive_name")},
    }
    connection.execute(insert(evidence).values(row).on_conflict_do_nothing())


def _record_decision(connection: sa.Connection, entry: Mapping[str, Any]) -> None:
    row = {
        "decision_id": entry["seq"],
        "kind": entry["event"],
        "submission_id": entry["submission_id"],
        "reason": storable(entry["reason"]),
        "decided_by": storable(entry["by"]),
        "decided_at": datetime.fromisoformat(entry["at"]),
    }
    connection.execute(insert(decisions).values(row).on_conflict_do_nothing())
    decision = "released" if entry["event"] == "release" else "returned"
    one = submissions.c.submission_id == entry["submission_id"]
    connection.execute(submissions.update().where(one, submissions.c.decision.is_(None)).values(decision=decision))


def _verdict(judgement: Judgement) -> dict[str, Any]:
    statuses = Counter(row.status for row in judgement.rows)
    return {
        "outcome": judgement.outcome,
        "form_code": judgement.form,
        "table_names": list(judgement.tables) or None,
        "period": judgement.period,
        "unit_code": judgement.unit,
        "file_format": judgement.format,
        "answers_submission": judgement.answers_submission,
        "rows_accepted": statuses["accept"],
        "rows_quarantined": statuses["quarantine"],
        "rows_duplicate": statuses["duplicate"],
    }


def _scopes(number: int, judgement: Judgement) -> list[dict[str, Any]]:
    """For whom a file speaks: its town, whatever villages of others it lists; in a county's file of a towns' form every
    town of a row."""
    if not (judgement.form and judgement.period) or judgement.outcome == "ignore":
        return []
    is_of_county = judgement.unit is None or (
        judgement.unit.endswith("000000") and forms()[judgement.form].reported_by == "town"
    )
    rows = RowsByCell(judgement)  # tables of several towns may stand side by side, in the same lines
    spoken_for = [row.town_code if is_of_county else judgement.unit for row in judgement.rows]
    statuses = Counter((town, row.status) for town, row in zip(spoken_for, judgement.rows, strict=True))
    errors: Counter[str | None] = Counter()
    for finding in judgement.findings:
        if finding.is_to_mend:
            row = rows.of(finding)
            errors[None if row is None else row.town_code if is_of_county else judgement.unit] += 1
    units = {town for town in (*spoken_for, judgement.unit) if town}
    # What cannot be laid at one town's door is everybody's.
    return [
        {
            "submission_id": number,
            "unit_code": unit,
            "form_code": judgement.form,
            "period": judgement.period,
            "rows_accepted": statuses[unit, "accept"],
            "rows_quarantined": statuses[unit, "quarantine"],
            "open_errors": errors[unit] + errors[None],
            "is_zero": judgement.is_zero,
        }
        for unit in sorted(units)
    ]


def _findings(number: int, found: Iterable[Finding]) -> list[dict[str, Any]]:
    return [
        {
            "submission_id": number,
            "finding_number": count,
            "code": finding.code,
            "severity": finding.severity,
            "sheet": storable(finding.sheet),
            "row_number": finding.row,
            "column_number": finding.col,
            "field": finding.field,
            "raw": None if finding.raw is None else storable(finding.raw),
            "message": storable(finding.message),
            "fix": storable(finding.fix),
            "explanation": finding.explanation and storable(finding.explanation),
            "waiver_id": finding.waiver,
        }
        for count, finding in enumerate(most_important_first(found), start=1)
    ]
