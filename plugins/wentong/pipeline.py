"""The verbs: open, receive, judge, answer, load, build, mark, remind, publish, export. DAGs and the command line call
these and nothing else.

Each can run twice; each leaves a state from which the next run goes on, whenever it is killed. What travels between
them is submission numbers.
"""

import hashlib
import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache, partial
from importlib import import_module
from itertools import groupby, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

from pyarrow import ArrowInvalid

from wentong import (
    alerts,
    answers,
    archive,
    audits,
    bronze,
    bulletins,
    deadlines,
    issuing,
    judging,
    readers,
    rejudging,
    releases,
    warehouse,
)
from wentong.archive import Archive
from wentong.errors import EnvironmentProblem, Unfinished, WentongError
from wentong.findings import Finding
from wentong.forms import SCHEMAS, Form, find_form, forms
from wentong.grid import Unreadable
from wentong.journal import Journal
from wentong.judging import Incoming
from wentong.milestones import Crossing
from wentong.periods import CHINA, Period
from wentong.places import Register
from wentong.rejudging import Rejudged
from wentong.returns import Judgement
from wentong.settings import Settings
from wentong.settling import Waiver, settle
from wentong.templates import DEMO_BANNER
from wentong.workers import FunctionFailed, Pool, WorkerDied

log = logging.getLogger(__name__)

STABLE_SECONDS = 3.0
"""Between the two looks at a file that was written to lately."""
PROCESSES = len(os.sched_getaffinity(0))


@contextmanager
def ready(settings: Settings, now: datetime, *, sample: bool = True) -> Iterator[None]:
    """The warehouse is reachable and made for as long as the block lasts.

    An embedded one is made on first use; with `sample`, an empty one gets the sample county with its plan.
    """
    with warehouse.engine(settings, "wentong_owner") as owner:
        if settings.database_url is None and not warehouse.is_made(owner):
            warehouse.migrate(settings)
        units = SCHEMAS / "units" / f"{settings.county_code[:6]}.csv"
        if settings.database_url is None and sample and units.exists() and not warehouse.read_places(owner):
            kept = Archive(settings.archive)
            with warehouse.engine(settings) as engine:
                warehouse.import_units(engine, kept, units, now)
                for plan in sorted((SCHEMAS / "plans").glob("*.yml")):
                    warehouse.import_plan(engine, kept.journal, plan, None, now)
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
        counties = _county_codes(Register(warehouse.read_places(engine)))
        if settings.county_code not in counties.values():
            raise WentongError(
                f"The county {settings.county_code} is not in the register: bring its list in with `wentong units import`."
            )
        for file in sorted(archive.incoming(share, STABLE_SECONDS, now), key=lambda f: (f.modified_ns, f.path)):
            county_code = counties.get(file.inbox.county_name or "", settings.county_code)
            if receipt := kept.receive(file, county_code, now):
                warehouse.record_receipts(engine, [receipt])
                kept.settle(receipt, share, now)
        _keep_evidence(engine, kept, share, counties, settings.county_code, now)
        warehouse.reconcile(engine, kept.journal)
        judged = warehouse.read_submissions(engine, warehouse.pending(engine, "answer"))
        unanswered = [s.submission_id for s in _of_share(judged, share)]
        unfinished = sorted({*warehouse.pending(engine, "judge"), *unanswered, *warehouse.pending(engine, "load")})
    return [unfinished[i : i + settings.batch_size] for i in range(0, len(unfinished), settings.batch_size)]


def _keep_evidence(
    engine: warehouse.Engine, kept: Archive, share: Path, counties: Mapping[str, str], county_code: str, now: datetime
) -> None:
    """Keep what is new in 佐证. It stays where it lies, for its owners look at it there."""
    known = warehouse.known_evidence(engine, archive.share_name(share))
    for file in archive.incoming(share, STABLE_SECONDS, now, archive.EVIDENCE):
        path = file.path.relative_to(share).as_posix().encode("utf-8", "replace").decode("utf-8")
        if (path, file.size_bytes, file.modified_ns) not in known:
            kept.keep_evidence(file, counties.get(file.inbox.county_name or "", county_code), now)


def _county_codes(register: Register) -> dict[str, str]:
    """Name of a county's folder in the share -> its code."""
    return {place.name: place.code for place in register.counties()}


# -- judge -------------------------------------------------------------------------------------------------------------


def judge(settings: Settings, now: datetime, batch: Sequence[int]) -> list[int]:
    """Give every submission of the batch that has none its verdict, kept in the archive and in the warehouse.

    Raises Unfinished when we failed on some files; the others have their verdicts by then.
    """
    kept = Archive(settings.archive)
    with warehouse.engine(settings) as engine:
        waiting = [s for s in warehouse.read_submissions(engine, batch) if s.outcome is None]
        if waiting:
            register = Register(warehouse.read_places(engine))
            files = [_handed_in(kept, submission) for submission in waiting]
            waivers = _waivers(engine, now)
            with _drafting(settings, register, now.date()) as pool:
                judged, faults = _judged(pool, files, register, waivers)
            warehouse.note_failures(
                engine, [s.submission_id for f, s in zip(files, waiting, strict=True) if f not in judged], now
            )
            # The same bytes under the same name twice are one key here and two submissions.
            verdicts = {s.submission_id: judged[f] for f, s in zip(files, waiting, strict=True) if f in judged}
            warehouse.record_judgements(engine, settings.archive, verdicts, now)
            faults.raise_if_any()
    return list(batch)


def _handed_in(kept: Archive, one: warehouse.Submission) -> Incoming:
    """An archived file with what its place in the share said."""
    original = kept.original(one.archive_name)
    return Incoming(original, one.file_name, one.sha256, tuple(Path(one.folder).parts), one.county_code)


@dataclass(slots=True)
class _Faults:
    """Files on which we failed while the others went on."""

    names: list[str] = field(default_factory=list)

    def note(self, name: str, fault: object) -> None:
        log.error("%s: %s", name, fault)
        self.names.append(name)

    def raise_if_any(self) -> None:
        if self.names:
            raise Unfinished(
                f"{len(self.names)} files could not be dealt with, the log says why: {', '.join(self.names[:5])}"
            )


@contextmanager
def _drafting(settings: Settings, register: Register, today: date) -> Iterator[Pool[Incoming, Judgement]]:
    """The limited workers that draft verdicts, for any number of batches.

    Great Expectations takes seconds to import. The workers do without it and begin; it is imported meanwhile.
    """
    Thread(target=import_module, args=["wentong.checks"]).start()
    with _pool(settings, partial(judging.draft, register=register, today=today)) as pool:
        yield pool


def _waivers(engine: warehouse.Engine, now: datetime) -> list[Waiver]:
    with engine.connect() as connection:
        return warehouse.waivers_in_force(connection, now)


def _judged(
    pool: Pool[Incoming, Judgement], files: Sequence[Incoming], register: Register, waivers: Sequence[Waiver] = ()
) -> tuple[dict[Incoming, Judgement], _Faults]:
    """Verdicts by file, in order: drafted one by one in limited workers, then checked all together; what the senders
    explained and the county waived is settled last."""
    drafts: dict[Incoming, Judgement] = {}
    faults = _Faults()
    for file, draft in pool.map(files):
        if isinstance(draft, FunctionFailed):
            faults.note("/".join((*file.folders, file.name)), draft)
        else:
            drafts[file] = _unsafe(file, draft) if isinstance(draft, WorkerDied) else draft
    from wentong import checks  # waits until it is imported

    checks.check(list(drafts.values()), register, waivers)
    settle(drafts.values(), waivers)
    return drafts, faults


def _unsafe(file: Incoming, death: WorkerDied) -> Judgement:
    reasons = {"timeout": "读取时间过长", "memory": "占用内存过多", "crash": "内容结构异常"}
    finding = Finding("unsafe_file", params={"reason": reasons[death.reason]})
    return Judgement(file.name, file.sha256, "reject", findings=[finding])


def _pool(settings: Settings, function: Callable[[Any], Any]) -> Pool[Any, Any]:
    return Pool(function, size=PROCESSES, seconds=settings.parse_seconds, bytes=settings.parse_bytes)


def rejudge(settings: Settings, form: str | None, period: str | None, since: datetime | None) -> Iterator[Rejudged]:
    """Judge archived files again by today's rules and tell what would be otherwise, one after the other. Writes nothing.

    The list of units, the waivers and the day are those of the first verdict, so that only the rules differ.
    """
    kept = Archive(settings.archive)
    with warehouse.engine(settings) as engine:
        engine = engine.execution_options(postgresql_readonly=True)
        listed = warehouse.judged(engine, form and find_form(form).code, period, since)
        in_force = cache(partial(_waivers, engine))

        def circumstances(one: warehouse.Judged) -> tuple[int | None, date, list[Waiver]]:
            return one.register_load, one.judged_at.astimezone(CHINA).date(), in_force(one.judged_at)

        for (load_id, day, waivers), group in groupby(listed, circumstances):
            register = Register(warehouse.read_places(engine, known_at=load_id or 0))
            with _drafting(settings, register, day) as pool:
                while batch := list(islice(group, settings.batch_size)):
                    yield from _rejudged(
                        engine, kept, batch, partial(_judged, pool, register=register, waivers=waivers)
                    )


def _rejudged(
    engine: warehouse.Engine,
    kept: Archive,
    batch: Sequence[warehouse.Judged],
    judged: Callable[[Sequence[Incoming]], tuple[dict[Incoming, Judgement], _Faults]],
) -> Iterator[Rejudged]:
    found = {one.submission_id: one for one in warehouse.read_submissions(engine, [v.submission_id for v in batch])}
    files = {number: _handed_in(kept, submission) for number, submission in found.items()}
    intact = {number: file for number, file in files.items() if _sha256(file.path) == file.sha256}
    drafts, _ = judged(list(intact.values()))
    for verdict in batch:
        number = verdict.submission_id
        one, file = found[number], files[number]
        same = partial(
            Rejudged,
            number,
            "/".join((*file.folders, file.name)),
            one.received_at,
            verdict.judged_at,
            verdict.register_load,
            one.form_code,
            one.period,
            one.unit_code,
        )
        try:
            before = bronze.read_bronze(kept.root, one.sha256, number)
        except (OSError, ArrowInvalid):
            yield same(untold="存档中没有当时的审核记录")
            continue
        if number not in intact:
            yield same(untold="存档中没有原件,或原件与 SHA-256 不符")
        elif file not in drafts:
            yield same(untold="系统这次没有审成,日志中有原因")
        else:
            yield same(**rejudging.differences(before, bronze.as_kept(drafts[file]))._asdict())


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
    share: Path


def _of_share(submissions: Sequence[warehouse.Submission], share: Path) -> list[warehouse.Submission]:
    """Those received from this share. Senders of another one wait until that is collected again."""
    own = archive.share_name(share)
    return [submission for submission in submissions if submission.share == own]


def answer(settings: Settings, now: datetime, batch: Sequence[int], share: Path | None = None) -> None:
    """Answer every judged submission of the batch in the share: a receipt, or the sender's own workbook, marked.

    Raises Unfinished when some could not be answered; the others are.
    """
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
                share,
            )
            for s in _of_share(warehouse.read_submissions(engine, waiting), share)
        ]
        faults = _Faults()
        for order, path in _written(settings, orders, faults):
            assert order.submission_id is not None
            told = {order.submission_id: os.path.relpath(path, share)}
            warehouse.record_answers(engine, kept.journal, told, now)
        faults.raise_if_any()


def precheck(settings: Settings, now: datetime, share: Path | None = None) -> int:
    """Answer every file in the 预审 folders as if it had been handed in, and count none of them; returns how many."""
    files = archive.incoming(share or settings.share, STABLE_SECONDS, now, archive.PRECHECK)
    if not files:
        return 0
    with warehouse.engine(settings) as engine, TemporaryDirectory(prefix="wentong-") as folder:
        register = Register(warehouse.read_places(engine))
        waivers = _waivers(engine, now)
        counties = _county_codes(register)
        # Judged and marked must be the same bytes; what changes while it is copied has its turn next time.
        copied = [(file, Path(folder, str(number))) for number, file in enumerate(files)]
        copied = [(file, copy) for file, copy in copied if archive.copy_safely(file, copy)]
        tasks = [
            Incoming(
                copy,
                file.path.name,
                _sha256(copy) or "",
                tuple(Path(file.folder).parts),
                counties.get(file.inbox.county_name or "", settings.county_code),
            )
            for file, copy in copied
        ]
        with _drafting(settings, register, now.date()) as pool:
            judged, faults = _judged(pool, tasks, register, waivers)
        lying = {copy: file for file, copy in copied}
        orders = []
        for task, judgement in judged.items():
            unit = register.ever(judgement.unit or "")
            target = lying[task.path].inbox.path / archive.ANSWERS / lying[task.path].folder
            name = unit and unit.name
            orders.append(_Answer(task.path, task.name, judgement, None, now, target, name, lying[task.path].share))
        for order, _ in _written(settings, orders, faults):
            archive.put_aside(lying[order.original], archive.CHECKED, now)
        faults.raise_if_any()
    return len(copied)


def _written(settings: Settings, orders: Sequence[_Answer], faults: _Faults) -> Iterator[tuple[_Answer, Path]]:
    """Write answers in limited workers, for they open the foreign files again; without the file where even that dies."""
    with _pool(settings, _write_answer) as pool:
        for order, path in pool.map(orders):
            written: Path | Exception = path if not isinstance(path, WorkerDied) else _written_unread(order)
            if isinstance(written, Exception):
                faults.note(f"{order.folder.name}/{order.name}", written)
            else:
                yield order, written


def _written_unread(order: _Answer) -> Path | EnvironmentProblem:
    try:
        return _write_answer(order, readable=False)
    except EnvironmentProblem as fault:
        return fault


def _write_answer(order: _Answer, readable: bool = True) -> Path:
    book = None
    is_safe = all(finding.code != "unsafe_file" for finding in order.judgement.findings)
    if readable and is_safe:  # what killed a worker is not opened again
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
        share=order.share,
    )


def tell_decision(settings: Settings, now: datetime, submission_id: int, kind: str, reason: str) -> Path:
    """Tell the sender of a held file what the county decided about it, and why; returns where it is said."""
    with warehouse.engine(settings) as engine:
        (one,) = warehouse.read_submissions(engine, [submission_id])
    share = Path(one.share)  # where it was handed in, whichever share is set today
    folder = archive.answers_folder(share, one.inbox, one.folder)
    return answers.tell_decision(share, folder, one.file_name, submission_id, kind == "release", reason, now)


# -- load, build, mark, remind -----------------------------------------------------------------------------------------


def load(settings: Settings, now: datetime) -> list[str]:
    """Let every judged return that waits take effect, in order of receipt; returns the periods of which rows changed."""
    with warehouse.engine(settings) as engine:
        _expect_ended(engine, settings, now)
        loaded = warehouse.load(engine, settings.archive, warehouse.pending(engine, "load"), now, _due_on)
        _tell_relations(engine, Archive(settings.archive).journal, now)
    return sorted({one.period for one in loaded if one.has_changed})


def _tell_relations(engine: warehouse.Engine, journal: Journal, now: datetime) -> None:
    """Tell senders what the comparison of loaded rows with others found. Who cannot be reached is told the next time."""
    untold: dict[int, list[warehouse.Related]] = {}
    for one in warehouse.untold_relations(engine):
        untold.setdefault(one.submission_id, []).append(one)
    for submission in warehouse.read_submissions(engine, list(untold)):
        found = untold[submission.submission_id]
        share = Path(submission.share)
        folder = archive.answers_folder(share, submission.inbox, submission.folder)
        findings = [one.finding for one in found]
        try:
            answers.tell_relations(share, folder, submission.file_name, submission.submission_id, findings, now)
        except EnvironmentProblem as fault:
            log.error("submission %s: %s", submission.submission_id, fault)
        else:
            warehouse.note_told(engine, journal, found, now)


def build(settings: Settings, now: datetime) -> None:
    """Bring up to date what time brings: returns for periods that have ended are expected, loads or not."""
    with warehouse.engine(settings) as engine:
        _expect_ended(engine, settings, now)


def _expect_ended(engine: warehouse.Engine, settings: Settings, now: datetime) -> None:
    ended = [(form, period) for form in forms().values() for period in ended_periods(form, now.date())]
    _open(engine, settings, ended, now)


def ended_periods(form: Form, today: date) -> list[Period]:
    """This year's periods of a form that are over, and the last one before them; none before its first."""
    last_year, this_year = (Period.of_year(form.period, year) for year in (today.year - 1, today.year))
    ended = [last_year[-1], *(period for period in this_year if period.last_day < today)]
    return [period for period in ended if issuing.is_owed(form, period)]


def _open(engine: warehouse.Engine, settings: Settings, owed: Sequence[tuple[Form, Period]], now: datetime) -> None:
    expected = [
        (form.code, str(period), deadlines.due_on(form.due_working_days, period))
        for form, period in owed
        if issuing.is_owed(form, period)
    ]
    warehouse.open_obligations(engine, Archive(settings.archive).journal, expected, now)


def _due_on(form_code: str, period: str) -> date | None:
    form, of_period = find_form(form_code), Period.parse(period)
    return deadlines.due_on(form.due_working_days, of_period) if issuing.is_owed(form, of_period) else None


def extend(
    settings: Settings, form: Form, unit_code: str, period: Period, until: date, approval: warehouse.Approval
) -> int:
    """Approve that one unit's return comes later (缓报); returns the number of the extension. Raises WentongError when
    it is not owed, or the day is no later one."""
    with warehouse.engine(settings) as engine:
        _open(engine, settings, [(form, period)], approval.at)
        return warehouse.extend(engine, Archive(settings.archive).journal, form, unit_code, period, until, approval)


def mark(settings: Settings, now: datetime) -> list[Crossing]:
    """Record milestones reached for the first time; only those are returned."""
    with warehouse.engine(settings) as engine:
        return warehouse.mark(engine, now)


def remind(settings: Settings, now: datetime, channels: Sequence[str]) -> bool:
    """Send the county's digest of the day; False on days off and when it was sent already.

    Builds first: who owes what must be known before the first return of a quarter, and a build may have been missed.
    """
    build(settings, now)
    with warehouse.engine(settings) as engine:
        note = DEMO_BANNER if settings.is_sample else ""
        return alerts.remind(engine, settings.county_code, channels, now, note)


# -- audit -------------------------------------------------------------------------------------------------------------


def audit(settings: Settings, now: datetime, channels: Sequence[str] = ()) -> audits.Audit:
    """Audit the warehouse against itself, the archive and earlier audits, and tell engineers what does not hold.

    Raises WentongError, after the results are kept, naming the channels that refused.
    """
    kept = Archive(settings.archive)
    with warehouse.engine(settings) as engine:
        warehouse.reconcile(engine, kept.journal)
        found = audits.audit(engine, kept, now)
    if found.faults or found.warnings:
        alerts.send(alerts.audit_report(found, DEMO_BANNER if settings.is_sample else ""), channels)
    return found


# -- publish -----------------------------------------------------------------------------------------------------------


def publish(
    settings: Settings, now: datetime, period: Period, name: str | None, title: str | None, by: str
) -> dict[str, Any]:
    """Publish the figures known now, for a period, as a package in `settings.releases`; returns the release.

    Raises WentongError when no audit that passed has seen them, or the name is taken.
    """
    build(settings, now)
    journal = Archive(settings.archive).journal
    with warehouse.engine(settings) as engine:
        warehouse.reconcile(engine, journal)
        return releases.publish(engine, journal, settings.releases, period, name, title, by, now, _banner(settings))


def export(settings: Settings, now: datetime) -> Path:
    """Lay the figures known now as a package into `settings.exports`, in the place of the one before; returns it."""
    build(settings, now)
    with warehouse.engine(settings) as engine:
        return releases.export(engine, settings.exports, now, _banner(settings))


def issue_bulletins(
    settings: Settings,
    now: datetime,
    period: Period,
    plan: str | None = None,
    known_at: str | None = None,
    folder: Path | None = None,
) -> list[Path]:
    """Write the bulletins of a plan (None: of all that run then) for a period into `folder`, else into
    `settings.bulletins`; returns them.

    `known_at` is a load number or a time. Raises WentongError when there is no such plan or the period has not begun, and
    EnvironmentProblem, once everything else is written, when there is no Chinese font to print with.
    """
    build(settings, now)
    faults: list[EnvironmentProblem] = []
    written: list[Path] = []
    with warehouse.engine(settings) as engine, engine.connect() as connection:
        load_id = warehouse.known_at(connection, known_at)
        head = Archive(settings.archive).journal.head()
        seal = bulletins.Seal(head["seq"], head["hash"]) if head else None
        for code in [plan] if plan else bulletins.current_plans(connection, period, load_id):
            facts = bulletins.gather(connection, code, period, load_id, now.date(), seal, settings.is_sample)
            try:
                written += bulletins.write(facts, folder or settings.bulletins / str(period))
            except EnvironmentProblem as fault:
                faults.append(fault)
    if faults:
        raise faults[0]
    return written


def issue_ended_bulletins(settings: Settings, now: datetime) -> list[Path]:
    """The bulletins of the month that ended last, and of the quarter if it ended with it."""
    last_day = now.date().replace(day=1) - timedelta(days=1)
    ended = [Period.parse(f"{last_day:%Y-%m}")]
    if last_day.month % 3 == 0:
        ended.append(Period.quarter(last_day.year, last_day.month // 3))
    return [path for period in ended for path in issue_bulletins(settings, now, period)]


# -- open a period -----------------------------------------------------------------------------------------------------


def write_template(settings: Settings, form: Form, unit_code: str, period: Period, path: Path) -> None:
    """Write the workbook in which a unit reports a form for a period. Raises WentongError when the unit is not in the
    register, or the form is not that unit's to report for such a period."""
    with warehouse.engine(settings) as engine:
        register = Register(warehouse.read_places(engine)).on(period.last_day)
        unit = register.place(unit_code.ljust(12, "0"))
        if unit is None:
            raise WentongError(f"{unit_code} is no town or county of the register")
        content = issuing.template(
            register,
            form,
            unit,
            period,
            partial(warehouse.last_rows, engine, unit_code=unit.code, before=period.first_day),
            _banner(settings),
        )
    try:
        path.write_bytes(content)
    except OSError as error:
        raise EnvironmentProblem(f"Cannot write {path}: {error.strerror}.") from error


def open_begun_periods(settings: Settings, now: datetime) -> list[Path]:
    """Open the month of `now`, and the quarter and the year if they begin with it; returns where the templates lie."""
    return [path for period in Period.begun_in(now.date()) for path in open_period(settings, now, period)]


def open_period(settings: Settings, now: datetime, period: Period) -> list[Path]:
    """Fix who owes which return for a period, and lay a template into the share for everyone who does.

    A template that lies there is left; where its content would be another by now, a new one stands beside it. Returns
    where they lie. Raises EnvironmentProblem if the share cannot be written.
    """
    owed = {form.code: form for form in forms().values() if issuing.is_owed(form, period)}
    written = []
    with warehouse.engine(settings) as engine:
        _open(engine, settings, [(form, period) for form in owed.values()], now)
        register = Register(warehouse.read_places(engine)).on(period.last_day)
        for duty in warehouse.matrix(engine, now.date(), str(period)):
            unit = register.place(duty["unit_code"])
            if unit is None or duty["form_code"] not in owed or duty["duty"] == "not_applicable":
                continue
            form = owed[duty["form_code"]]
            last_rows = partial(warehouse.last_rows, engine, unit_code=unit.code, before=period.first_day)
            content = issuing.template(register, form, unit, period, last_rows, _banner(settings))
            county = register.by_code[unit.parent_code] if unit.level > issuing.LEVELS["county"] else unit
            folder = settings.share / county.name / archive.TEMPLATES / unit.name
            try:
                settings.share.mkdir(parents=True, exist_ok=True)
                path = archive.write_once(settings.share, folder, f"{form.code}_{period}", ".xlsx", content)
            except OSError as error:
                raise EnvironmentProblem(f"Cannot write templates to {folder}: {error.strerror}.") from error
            written.append(path)
    return written


def _banner(settings: Settings) -> str | None:
    return DEMO_BANNER if settings.is_sample else None


# -- all at once -------------------------------------------------------------------------------------------------------


def collect(settings: Settings, now: datetime, share: Path | None = None) -> list[warehouse.Submission]:
    """Receive, judge, answer and load everything in the share once; returns what was received, with its verdicts.

    Raises Unfinished, after everything else is done, when we failed on some files.
    """
    batches = receive(settings, now, share)
    faults: list[Unfinished] = []
    steps: list[Callable[[], object]] = []
    for batch in batches:
        steps += [partial(judge, settings, now, batch), partial(answer, settings, now, batch, share)]
    steps += [partial(load, settings, now), partial(precheck, settings, now, share)]
    for step in steps:
        try:
            step()
        except Unfinished as fault:
            faults.append(fault)
    build(settings, now)
    mark(settings, now)
    if faults:
        raise Unfinished(" ".join(str(fault) for fault in faults))
    with warehouse.engine(settings) as engine:
        return warehouse.read_submissions(engine, [number for batch in batches for number in batch])


# -- check -------------------------------------------------------------------------------------------------------------


def check(
    settings: Settings, now: datetime, paths: Sequence[Path], form: str | None, period: str | None, unit: str | None
) -> Iterator[tuple[Path, Judgement | str]]:
    """Judge files where they lie and load nothing; one verdict a path, in order, each file on its own.

    Where we cannot give one (no such file, another form than `form`), a sentence that says why.
    """
    expected = find_form(form).code if form else None
    with warehouse.engine(settings) as engine:
        register = Register(warehouse.read_places(engine))
        waivers = _waivers(engine, now)
    county_code = f"{unit[:6]}000000" if unit else settings.county_code
    if unit and register.ever(unit[:9].ljust(12, "0")) is None:
        raise WentongError(f"{unit} is no town or county of the register")
    with _drafting(settings, register, now.date()) as pool:
        for start in range(0, len(paths), settings.batch_size):
            chunk = paths[start : start + settings.batch_size]
            found = {path: _sha256(path) for path in chunk}
            files = {
                path: Incoming(
                    path, path.name, sha256, _folders(path, register, county_code), county_code, period, unit
                )
                for path, sha256 in found.items()
                if sha256 and not archive.is_dropping(path.name)
            }
            judged, _ = _judged(pool, list(files.values()), register, waivers)
            for path in chunk:
                sha256 = found[path]
                judgement = judged.get(files[path]) if path in files else Judgement(path.name, sha256 or "", "ignore")
                if not sha256:
                    yield path, f"cannot read {path}: it is no file, or may not be read"
                elif judgement is None:
                    yield path, f"{path} could not be judged through a fault of ours; the log says why"
                elif expected and judgement.form not in (None, expected):
                    yield path, f"{path} is a return of {judgement.form}, not of {expected}"
                else:
                    yield path, judgement


def _sha256(path: Path) -> str | None:
    """Of a regular file; None if there is none or it cannot be read."""
    try:
        if not path.is_file():
            return None
        with open(path, "rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return None


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
                "explanation": f.explanation,
                "waiver": f.waiver,
            }
            for f in judgement.findings
        ],
    }


def _json_value(value: Any) -> Any:
    """Measures as JSON numbers; whole ones without a fraction."""
    if value is None or isinstance(value, (str, int)):
        return value
    return int(value) if value == value.to_integral_value() else float(value)
