"""The verbs: receive, judge, answer, load, build, mark, remind. DAGs and the command line call these and nothing else.

Each can run twice; each leaves a state from which the next run goes on, whenever it is killed. What travels between
them is submission numbers.
"""

import hashlib
import logging
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from wentong import alerts, answers, archive, bronze, deadlines, judging, plans, readers, warehouse
from wentong.archive import Archive
from wentong.errors import WentongError
from wentong.findings import Finding
from wentong.forms import SCHEMAS, Form, find_form, forms
from wentong.grid import Unreadable
from wentong.judging import Incoming
from wentong.milestones import Crossing
from wentong.periods import Period
from wentong.places import Register
from wentong.returns import Judgement
from wentong.settings import Settings
from wentong.templates import DEMO_BANNER
from wentong.workers import Pool, WorkerDied

log = logging.getLogger(__name__)

STABLE_SECONDS = 2.0
"""A file that was written to within this time is looked at twice."""
PROCESSES = len(os.sched_getaffinity(0))


@contextmanager
def ready(settings: Settings, now: datetime, *, sample: bool = True) -> Iterator[None]:
    """The warehouse is reachable and made for as long as the block lasts.

    An embedded one is made on first use; with `sample`, an empty one gets the sample county with its plan.
    """
    with warehouse.engine(settings, "wentong_owner") as owner:
        if settings.database_url is None and not warehouse.is_made(owner):
            warehouse.migrate(settings)
        if settings.database_url is None and sample and not warehouse.read_places(owner):
            kept = Archive(settings.archive)
            with warehouse.engine(settings) as engine:
                for units in sorted((SCHEMAS / "units").glob("*.csv")):
                    warehouse.import_units(engine, kept, units, now)
                for plan in sorted((SCHEMAS / "plans").glob("*.yml")):
                    plans.import_plan(engine, kept.journal, plan, None, now)
        yield


def open_share(settings: Settings) -> None:
    """Make the folders that stewards drop into, one per town that owes returns; a share we may only read stays as it is."""
    with warehouse.engine(settings) as engine:
        register = Register(warehouse.read_places(engine))
    for county in register.counties():
        towns = [town.name for town in register.towns(county.code) if town.owes_returns]
        archive.make_folders(settings.share / county.name, towns)


# -- receive -----------------------------------------------------------------------------------------------------------


def receive(settings: Settings, now: datetime, share: Path | None = None) -> list[list[int]]:
    """Take in every complete file of the share; returns batches of submission numbers that are not finished yet."""
    share = share or settings.share
    kept = Archive(settings.archive)
    with warehouse.engine(settings) as engine:
        warehouse.reconcile(engine, kept.journal)
        kept.settle_leftovers(share, now)
        counties = {place.name: place.code for place in warehouse.read_places(engine) if place.level == 3}
        for file in sorted(archive.incoming(share, STABLE_SECONDS, now), key=lambda f: (f.modified_ns, f.path)):
            county_code = counties.get(file.inbox.county_name or "", settings.county_code)
            if receipt := kept.receive(file, county_code, now):
                warehouse.record_receipts(engine, [receipt])
                kept.settle(receipt, share, now)
        warehouse.reconcile(engine, kept.journal)
        unfinished = sorted({n for stage in ("judge", "answer", "load") for n in warehouse.pending(engine, stage)})
    return [unfinished[i : i + settings.batch_size] for i in range(0, len(unfinished), settings.batch_size)]


# -- judge -------------------------------------------------------------------------------------------------------------


def judge(settings: Settings, now: datetime, batch: Sequence[int]) -> list[int]:
    """Give every submission of the batch that has none its verdict, kept in the archive and in the warehouse."""
    kept = Archive(settings.archive)
    with warehouse.engine(settings) as engine:
        waiting = [s for s in warehouse.read_submissions(engine, batch) if s.outcome is None]
        if waiting:
            register = Register(warehouse.read_places(engine))
            files = [
                Incoming(
                    kept.original(s.archive_name),
                    s.file_name,
                    s.sha256,
                    tuple(Path(s.folder).parts),
                    s.county_code,
                )
                for s in waiting
            ]
            judgements = _judged(settings, files, register, now.date())
            verdicts = {s.submission_id: j for s, j in zip(waiting, judgements, strict=True)}
            for submission_id, judgement in verdicts.items():
                bronze.write_bronze(settings.archive, submission_id, judgement)
            warehouse.record_judgements(engine, verdicts, now)
    return list(batch)


def _judged(settings: Settings, files: Sequence[Incoming], register: Register, today: date) -> list[Judgement]:
    """Verdicts in the order of the files: drafted one by one in limited workers, then checked all together."""
    drafts = []
    with _pool(settings, partial(judging.draft, register=register, today=today)) as pool:
        for file, draft in pool.map(files):
            if isinstance(draft, WorkerDied):
                draft = _unsafe(file, draft)
            drafts.append(draft)
    from wentong import checks  # takes seconds to import; the workers above do without it

    checks.check(drafts, register)
    return drafts


def _unsafe(file: Incoming, death: WorkerDied) -> Judgement:
    reasons = {"timeout": "读取时间过长", "memory": "占用内存过多", "crash": "内容结构异常"}
    finding = Finding("unsafe_file", params={"reason": reasons[death.reason]})
    return Judgement(file.name, file.sha256, "reject", findings=[finding])


def _pool(settings: Settings, function: Callable[[Any], Any]) -> Pool[Any, Any]:
    return Pool(function, size=PROCESSES, seconds=settings.parse_seconds, bytes=settings.parse_bytes)


# -- answer ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Answer:
    """One answer to write: crosses into the worker that opens the foreign file."""

    original: Path
    name: str
    judgement: Judgement
    submission_id: int | None
    received_at: datetime
    folder: Path
    unit_name: str | None


def answer(settings: Settings, now: datetime, batch: Sequence[int], share: Path | None = None) -> None:
    """Answer every judged submission of the batch in the share: a receipt, or the sender's own workbook, marked."""
    share = share or settings.share
    kept = Archive(settings.archive)
    with warehouse.engine(settings) as engine:
        names = {place.code: place.name for place in warehouse.read_places(engine)}
        waiting = sorted(set(warehouse.pending(engine, "answer")) & set(batch))
        orders = [
            _Answer(
                kept.original(s.archive_name),
                s.file_name,
                bronze.read_bronze(settings.archive, s.sha256, s.submission_id),
                s.submission_id,
                s.received_at,
                archive.answers_folder(share, s.inbox, s.folder),
                names.get(s.unit_code or ""),
            )
            for s in warehouse.read_submissions(engine, waiting)
        ]
        for order, path in _written(settings, orders):
            assert order.submission_id is not None
            warehouse.record_answers(engine, {order.submission_id: os.path.relpath(path, share)}, now)


def precheck(settings: Settings, now: datetime, share: Path | None = None) -> int:
    """Answer every file in the 预审 folders as if it had been handed in, and count none of them; returns how many."""
    files = archive.incoming(share or settings.share, STABLE_SECONDS, now, archive.PRECHECK)
    if not files:
        return 0
    with warehouse.engine(settings) as engine, TemporaryDirectory(prefix="wentong-") as folder:
        register = Register(warehouse.read_places(engine))
        counties = {place.name: place.code for place in register.counties()}
        copies = [Path(folder, str(number)) for number in range(len(files))]
        for file, copy in zip(files, copies, strict=True):
            shutil.copyfile(file.path, copy)  # judged and marked must be the same bytes
        tasks = [
            Incoming(
                copy,
                file.path.name,
                _sha256(copy),
                tuple(Path(file.folder).parts),
                counties.get(file.inbox.county_name or "", settings.county_code),
            )
            for file, copy in zip(files, copies, strict=True)
        ]
        orders = []
        for file, task, judgement in zip(files, tasks, _judged(settings, tasks, register, now.date()), strict=True):
            unit = register.by_code.get(judgement.unit or "")
            target = file.inbox.path / archive.ANSWERS / file.folder
            orders.append(_Answer(task.path, task.name, judgement, None, now, target, unit and unit.name))
        for file, _ in zip(files, _written(settings, orders), strict=True):
            archive.put_aside(file, archive.CHECKED, now)
    return len(files)


def _written(settings: Settings, orders: Sequence[_Answer]) -> Iterator[tuple[_Answer, Path]]:
    """Write answers in limited workers, for they open the foreign files again; without the file where even that dies."""
    with _pool(settings, _write_answer) as pool:
        for order, path in pool.map(orders):
            yield order, _write_answer(order, readable=False) if isinstance(path, WorkerDied) else path


def _write_answer(order: _Answer, readable: bool = True) -> Path:
    book = None
    if readable:
        with suppress(Unreadable):  # the verdict says so already
            book = readers.read(order.original, order.name)
    return answers.answer(
        order.original,
        book,
        order.judgement,
        order.submission_id,
        order.received_at,
        order.folder,
        order.name,
        unit_name=order.unit_name,
    )


# -- load, build, mark, remind -----------------------------------------------------------------------------------------


def load(settings: Settings, now: datetime) -> list[str]:
    """Let every judged return that waits take effect, in order of receipt; returns the periods of which rows changed."""
    with warehouse.engine(settings) as engine:
        loaded = warehouse.load(engine, settings.archive, warehouse.pending(engine, "load"), now)
        warehouse.relate(engine)
    return sorted({one.period for one in loaded if one.inserted or one.changed})


def build(settings: Settings, now: datetime) -> None:
    """Bring up to date what follows from facts: obligations, and the acceptance events of every plan."""
    expect_returns(settings, now)
    with warehouse.engine(settings) as engine:
        for plan in plans.codes(engine):
            plans.derive_events(engine, plan)


def expect_returns(settings: Settings, now: datetime) -> None:
    """Expect every form for this year's periods that are over, and for any other period that somebody reported."""
    with warehouse.engine(settings) as engine:
        for form in forms().values():
            for period in sorted({*ended_periods(form, now.date()), *warehouse.periods_seen(engine, form.code)}):
                due_on = deadlines.due_on(form.due_working_days, Period.parse(period))
                warehouse.open_obligations(engine, form, period, due_on)
        warehouse.relate(engine)


def ended_periods(form: Form, today: date) -> list[str]:
    """This year's periods of a form that are over."""
    if form.period != "quarter":
        return []
    quarters = (Period.quarter(today.year, quarter) for quarter in (1, 2, 3, 4))
    return [str(quarter) for quarter in quarters if quarter.last_day < today]


def mark(settings: Settings, now: datetime) -> list[Crossing]:
    """Record milestones reached for the first time; only those are returned."""
    with warehouse.engine(settings) as engine:
        return [crossing for plan in plans.codes(engine) for crossing in plans.mark(engine, plan, now)]


def remind(settings: Settings, now: datetime, channels: Sequence[str]) -> bool:
    """Send the county's digest of the day; False on days off and when it was sent already."""
    expect_returns(settings, now)
    with warehouse.engine(settings) as engine:
        note = DEMO_BANNER if settings.is_sample else ""
        return alerts.remind(engine, settings.county_code, channels, now, note)


# -- all at once -------------------------------------------------------------------------------------------------------


def collect(settings: Settings, now: datetime, share: Path | None = None) -> list[warehouse.Submission]:
    """Receive, judge, answer and load everything in the share once; returns what was received, with its verdicts."""
    batches = receive(settings, now, share)
    for batch in batches:
        judge(settings, now, batch)
        answer(settings, now, batch, share)
    precheck(settings, now, share)
    load(settings, now)
    build(settings, now)
    mark(settings, now)
    with warehouse.engine(settings) as engine:
        return warehouse.read_submissions(engine, [number for batch in batches for number in batch])


# -- check -------------------------------------------------------------------------------------------------------------


def check(
    settings: Settings, now: datetime, paths: Sequence[Path], form: str | None, period: str | None, unit: str | None
) -> Iterator[tuple[Path, Judgement]]:
    """Judge files where they lie and load nothing; one verdict a path, in order, each file on its own."""
    expected = find_form(form).code if form else None
    with warehouse.engine(settings) as engine:
        register = Register(warehouse.read_places(engine))
    county_code = f"{unit[:6]}000000" if unit else settings.county_code
    for start in range(0, len(paths), settings.batch_size):
        chunk = paths[start : start + settings.batch_size]
        files = {
            path: Incoming(
                path, path.name, _sha256(path), _folders(path, register, county_code), county_code, period, unit
            )
            for path in chunk
            if not archive.is_dropping(path.name)
        }
        judged = dict(zip(files, _judged(settings, list(files.values()), register, now.date()), strict=True))
        for path in chunk:
            judgement = judged.get(path) or Judgement(path.name, _sha256(path), "ignore")
            if expected and judgement.form not in (None, expected):
                raise WentongError(f"{path.name} is a return of {judgement.form}, not of {expected}")
            yield path, judgement


def _sha256(path: Path) -> str:
    try:
        with open(path, "rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise WentongError(f"cannot read {path}: {error.strerror}") from error


def _folders(path: Path, register: Register, county_code: str) -> tuple[str, ...]:
    """What the place of a file says: the folders below an inbox, else the folder it lies in if that is named for a town."""
    parts = path.absolute().parent.parts
    if archive.INBOX in parts:
        return tuple(part for part in parts[parts.index(archive.INBOX) + 1 :] if part != archive.RECEIVED)
    parent = parts[-1]
    return (parent,) if register.town_written(parent, county_code) else ()


def as_json(path: Path, judgement: Judgement) -> dict[str, Any]:
    """One line of `check --json` (design: command line)."""
    return {
        "file": str(path),
        "sha256": judgement.sha256,
        "outcome": judgement.outcome,
        "form": judgement.form,
        "period": judgement.period,
        "unit": judgement.unit,
        "rows": [
            {
                "sheet": row.sheet,
                "row": row.row,
                "division_code": row.division_code,
                "status": row.status,
                "values": {name: _json_value(value) for name, value in row.values.items()},
            }
            for row in judgement.rows
        ],
        "findings": [
            {
                "sheet": f.sheet,
                "row": f.row,
                "col": f.col,
                "cell": f.cell,
                "code": f.code,
                "severity": f.severity,
                "field": f.field,
                "raw": f.raw,
                "message": f"{f.message}{f.fix}",
            }
            for f in judgement.findings
        ],
    }


def _json_value(value: Any) -> Any:
    """Measures as JSON numbers; whole ones without a fraction."""
    if value is None or isinstance(value, (str, int)):
        return value
    return int(value) if value == value.to_integral_value() else float(value)
