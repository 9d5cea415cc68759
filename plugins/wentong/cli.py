"""`wentong`: the verbs of the pipeline for administrators, tests and small sites.

Exit status: 0 fine, 1 findings, 2 our error (one sentence, no traceback).
"""

import argparse
import getpass
import json
import logging
import os
import re
import secrets
import sys
import tempfile
import traceback
from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from wentong.errors import WentongError
from wentong.periods import CHINA, Period
from wentong.settings import Settings

FINE, FINDINGS, FAULT = 0, 1, 2


def main(arguments: list[str] | None = None) -> int:
    """Entry point of the command; returns the exit status."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s", level=logging.WARNING, stream=sys.stderr)
    try:
        return int(options.verb(Settings.from_environment(), datetime.now(CHINA), options))
    except WentongError as fault:
        print(f"wentong: {fault}", file=sys.stderr)
        return FAULT
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # `wentong … | head`: nobody reads on
        return FINE
    except KeyboardInterrupt:
        return 130
    except Exception as bug:
        report = Path(tempfile.gettempdir(), f"wentong-{os.getpid()}.log")
        report.write_text(traceback.format_exc(), encoding="utf-8")
        print(
            f"wentong: a fault of ours ({type(bug).__name__}); please send {report} to the maintainers", file=sys.stderr
        )
        return FAULT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="wentong", description="Grassroots culture statistics 文统: returns in, coverage out."
    )
    verbs = parser.add_subparsers(metavar="VERB", required=True)

    def verb(name: str, function: Callable[..., int], text: str, *, under: Any = verbs) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = under.add_parser(name, help=text, description=text)
        made.set_defaults(verb=function)
        return made

    def json_flag(made: argparse.ArgumentParser) -> None:
        made.add_argument("--json", action="store_true", help="print one JSON object a line")

    def known_at_option(made: argparse.ArgumentParser) -> None:
        made.add_argument(
            "--known-at", metavar="LOAD|TIME", help="as known at a load number or a time (2026-10-12T09:30)"
        )

    check = verb("check", _check, "judge files, load nothing")
    check.add_argument("files", nargs="+", type=Path, metavar="FILE")
    check.add_argument("--form", help="the form expected (基文01); another one is an error")
    check.add_argument("--period", type=_period, help="assumed where a file states none (2026Q3)")
    check.add_argument(
        "--unit", type=_unit, help="reporting town or county assumed where a file states none (440783117)"
    )
    json_flag(check)

    collect = verb("collect", _collect, "receive, judge, answer and load everything in the share once")
    collect.add_argument("--share", type=Path, help="the shared folder (default: the site's)")
    json_flag(collect)

    template = verb("template", _template, "write the workbook in which a unit reports a form")
    template.add_argument("--form", required=True, help="基文01")
    template.add_argument("--unit", required=True, type=_unit, help="the reporting town or county (440783117)")
    template.add_argument("--period", required=True, type=_period, help="2026Q3, 2026-09 or 2026")
    template.add_argument("-o", "--output", required=True, type=Path, metavar="FILE", help="the .xlsx file to write")
    opened = verb("open-period", _open_period, "fix who owes what for a period and lay the templates into the share")
    opened.add_argument("period", type=_period, help="2026Q3, 2026-09 or 2026")

    verb("migrate", _migrate, "bring the warehouse up to date with the code and the declared forms")
    dictionary = verb("dictionary", _dictionary, "check every declaration and print the data dictionary")
    dictionary.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="write it there (docs/data-dictionary.md)"
    )
    granted = verb("grant", _grant, "make an analyst's account, or give it other counties and another password")
    granted.add_argument("name", metavar="NAME")
    granted.add_argument(
        "--county", type=_unit, action="append", default=[], help="may read this county only (440783); default: all"
    )
    granted.add_argument(
        "--password-from-stdin", action="store_true", help="read the password; default: one is made and shown once"
    )
    verb("revoke", _revoke, "remove an analyst's account").add_argument("name", metavar="NAME")
    asked = verb("query", _query, "ask the warehouse in SQL, reading only")
    asked.add_argument("sql", help="one select (select * from core.fct_village_center limit 5)")
    json_flag(asked)
    verb("build", _build, "bring obligations, acceptance events and crossings up to date")

    status = verb("status", _status, "who has reported, who has not, who must correct")
    status.add_argument("--period", type=_period, help="2026Q3; default: the latest one due")
    json_flag(status)

    milestones = verb("milestones", _milestones, "coverage per town against the plan's milestones")
    milestones.add_argument("--plan", help="plan code; default: every plan")
    milestones.add_argument(
        "--as-of",
        type=_day,
        metavar="DATE",
        help="seen from that day (2026-09-30); default: today, or --known-at's day",
    )
    milestones.add_argument(
        "--schedule", action="store_true", help="week by week what each town must get accepted, and every village open"
    )
    known_at_option(milestones)
    json_flag(milestones)

    bulletin = verb("bulletin", _bulletin, "write the bulletins of a period: workbook, page and print")
    bulletin.add_argument("period", type=_period, help="2026Q3 or 2026-09")
    bulletin.add_argument("--plan", help="plan code; default: every plan that runs then")
    known_at_option(bulletin)
    bulletin.add_argument(
        "-o", "--output", type=Path, metavar="DIR", help="write them there (default: the site's bulletins)"
    )

    trace = verb("trace", _trace, "lead a figure back to the files, sheets, cells and raw texts it comes from")
    trace.add_argument("--form", help="of a field of a form: 基文01")
    trace.add_argument("--field", help="the field (floor_area_m2); default: the whole row of a unit")
    trace.add_argument("--row-key", metavar="KEY", help="one row of a unit that has several")
    trace.add_argument("--indicator", metavar="CODE", help="of an indicator: FA05")
    trace.add_argument("--plan", metavar="CODE", help="of the coverage of a plan: kaiping_2026")
    trace.add_argument("--milestone", type=int, metavar="N", help="which milestone of it; default: the last one")
    trace.add_argument("--unit", type=_unit, help="the village, town or county (440783117201)")
    trace.add_argument("--period", type=_period, help="2026Q3, 2026-09 or 2026")
    known_at_option(trace)
    json_flag(trace)

    issues = verb("issues", _issues, "problems from finding to closing: what is open, overdue, or cannot be closed yet")
    issues.add_argument("--county", type=_unit, help="of this county only (440783)")
    issues.add_argument("--open", action="store_true", help="only those that are not closed")
    json_flag(issues)

    held = verb("held", _held, "files held until their sender or the county decides")
    json_flag(held)
    release = verb("release", _decide, "load a held file as it is")
    back = verb("return", _decide, "give a held file back to its sender")
    for decision in (release, back):
        decision.add_argument("submission", type=int, metavar="N")
        decision.add_argument("--why", required=True, help="the reason, kept in the journal")
    release.set_defaults(kind="release")
    back.set_defaults(kind="return")

    waive = verb("waive", _waive, "let findings of one type pass: a warning, or an error that contests a value")
    waive.add_argument("code", metavar="CODE", help="the type of finding (built_without_rooms)")
    extend = verb("extend", _extend, "approve that a unit's return comes later")
    for approval, unit in (
        (waive, "the county, town or village it holds for"),
        (extend, "the town or county that reports"),
    ):
        approval.add_argument("--form", required=True, help="基文01")
        approval.add_argument("--unit", required=True, type=_unit, help=f"{unit} (440783117)")
        approval.add_argument("--period", required=True, type=_period, help="2026Q3, 2026-09 or 2026")
        approval.add_argument("--until", required=True, type=_day, metavar="DATE", help="the last day, 2026-10-20")
        approval.add_argument("--reason", required=True, help="why, kept in the journal")
        approval.add_argument("--by", required=True, help="who approved it")
    waive.add_argument("--field", help="the field it is about; default: any")
    json_flag(verb("waivers", _waivers, "waivers and extensions in force"))

    published = verb("publish", _publish, "publish the figures known now, under a name that is theirs for ever")
    published.add_argument("period", type=_period, help="the period they are published for (2026Q3)")
    published.add_argument("--name", help="of the release; default: the period and a number (2026Q3-1)")
    published.add_argument("--title", help="of the package")
    differing = verb("diff", _diff, "which figures differ between two releases, and why")
    differing.add_argument("old", metavar="RELEASE", help="a release (2026Q3-1) or a load number")
    differing.add_argument("new", metavar="RELEASE", help="likewise")
    differing.add_argument(
        "--mart", action="append", default=[], help="this mart; may be repeated; default: coverage, returns, indicators"
    )
    json_flag(differing)

    units = _group(verbs, "units", "the register of towns and villages")
    imported = verb("import", _units_import, "bring a list of units into the register", under=units)
    imported.add_argument("file", type=Path)
    plan = _group(verbs, "plan", "plans and their task lists")
    planned = verb("import", _plan_import, "bring a plan with its frozen task list into the warehouse", under=plan)
    planned.add_argument("file", type=Path, help="the plan (.yml)")
    planned.add_argument("--list", type=Path, help="the frozen task list (CSV); default: the one the plan names")
    planned.add_argument("--why", help="why a frozen list is replaced, with the approval number")
    changed = verb("change", _plan_change, "take villages off a plan's adjusted list, or put them on it", under=plan)
    changed.add_argument("plan", metavar="PLAN")
    changed.add_argument("kind", choices=["remove", "add", "withdraw"], help="withdraw: an earlier change was an error")
    changed.add_argument("unit", nargs="+", type=_unit, metavar="CODE", help="villages, by their codes")
    changed.add_argument("--approval", required=True, metavar="NUMBER", help="number of the document that approves it")
    changed.add_argument("--effective", type=_day, metavar="DATE", help="from which day it holds")
    changed.add_argument("--why", required=True)
    changed.add_argument("--into", type=_unit, metavar="CODE", help="the village with which it was merged")

    rejudge = verb("rejudge", _rejudge, "judge archived files again by today's rules and show what would differ")
    rejudge.add_argument("--diff", action="store_true", required=True, help="only show it: verdicts stand as they are")
    rejudge.add_argument("--form", help="only files of this form (基文01)")
    rejudge.add_argument("--period", type=_period, help="only files for this period (2026Q3)")
    rejudge.add_argument("--since", type=_day, metavar="DATE", help="only files received since then (2026-10-01)")
    json_flag(rejudge)
    verified = verb("verify", _verify, "check the journal's chain, every archived byte, the tables and the releases")
    verified.add_argument("--full", action="store_true", help="make the warehouse anew beside and compare row by row")
    verb("rebuild", _rebuild, "make an empty warehouse anew from the archive and its journal")
    json_flag(verb("audit", _audit, "audit the warehouse against itself, the archive and earlier audits"))
    verb("up", _up, "run the whole site on this machine until Ctrl-C")
    verb("down", _down, "stop the site of this machine")
    verb("demo", _demo, "run the demonstration from the share to the coverage table")
    return parser


def _period(text: str) -> str:
    try:
        return str(Period.parse(text))
    except WentongError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no day; write 2026-10-20") from error


def _unit(text: str) -> str:
    if not re.fullmatch(r"[0-9]{6}|[0-9]{9}|[0-9]{12}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no division code; write 440783117 or 440783117000")
    return text


def _group(verbs: Any, name: str, text: str) -> Any:
    return verbs.add_parser(name, help=text, description=text).add_subparsers(metavar="VERB", required=True)


# -- verbs: each (settings, now, options) -> exit status ---------------------------------------------------------------


def _check(settings: Settings, now: datetime, options: argparse.Namespace) -> int:
    from wentong import answers, pipeline

    status = FINE
    with pipeline.ready(settings, now):
        for path, verdict in pipeline.check(settings, now, options.files, options.form, options.period, options.unit):
            if isinstance(verdict, str):
                print(f"wentong: {verdict}", file=sys.stderr)
                status = FAULT
                continue
            if verdict.findings:
                status = max(status, FINDINGS)
            if options.json:
                _print_json(pipeline.as_json(path, verdict))
            else:
                print(answers.verdict_text(str(path), verdict))
    return status


def _collect(settings: Settings, now: datetime, options: argparse.Namespace) -> int:
    from wentong import pipeline, reports, warehouse

    with pipeline.ready(settings, now), warehouse.engine(settings) as engine:
        received = pipeline.collect(settings, now, options.share)
        to_mend = warehouse.to_mend(engine, [one.submission_id for one in received])
    if options.json:
        for submission in received:
            _print_json({**submission._asdict(), "to_mend": to_mend.get(submission.submission_id, 0)})
    else:
        print(reports.collected_table(received, to_mend))
    return FINDINGS if to_mend else FINE


def _template(settings: Settings, now: datetime, options: argparse.Namespace) -> int:
    from wentong import pipeline
    from wentong.forms import find_form

    form, period = find_form(options.form), Period.parse(options.period)
    with pipeline.ready(settings, now):
        pipeline.write_template(settings, form, options.unit, period, options.output)
    print(options.output)
    return FINE


def _open_period(settings: Settings, now: datetime, options: argparse.Namespace) -> int:
    from wentong import pipeline

    with pipeline.ready(settings, now):
        written = pipeline.open_period(settings, now, Period.parse(options.period))
    print("\n".join(map(str, written)) or f"{options.period}没有要报的表。")
    return FINE


def _migrate(settings: Settings, now: datetime, options: argparse.Namespace) -> int:
    from wentong import warehouse

    warehouse.migrate(settings)
    return FINE


def _dictionary(settings: Settings, now: datetime, options: argparse.Namespace) -> int:
    from wentong.dictionary import dictionary

    text = dictionary()
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    print(options.output or text.rstrip())
    return FINE


def _grant(settings: Settings, now: datetime, options: argparse.Namespace) -> int:
    from wentong import pipeline, warehouse

    made = not options.password_from_stdin
    password = secrets.token_urlsafe(18) if made else sys.stdin.readline().rstrip("\n")
    counties = [county.ljust(12, "0") for county in options.county]
    with pipeline.ready(settings, now, sample=False), warehouse.engine(settings, "wentong_owner") as owner:
        names = warehouse.grant_analyst(owner, options.name, counties, password)
        address = f"postgresql://{options.name}@{owner.url.host}:{owner.url.port or 5432}/{owner.url.database}"
    print(f"账户 {options.name} 已开通,只读,{'、'.join(names) or '全部县'}:{address}")
    if made:
        print(f"口令(只显示这一次):{password}")
    return FINE


def _revoke(settings: Settings, now: datetime, options: argparse.Namespace) -> int:
    from wentong import pipeline, warehouse

    with pipeline.ready(settings, now, sample=False), warehouse.engine(settings, "wentong_owner") as owner:
        warehouse.revoke_analyst(owner, options.name)
    print(f"账户 {options.name} 已撤销。")
    return FINE


def _query(settings: Settings, now: datetime, options: argparse.Namespace) -> int:
    from wentong import pipeline, reports, warehouse

    with pipeline.ready(settings, now), warehouse.engine(settings, "wentong_analyst") as engine:
        rows = warehouse.ask(engine, options.sql)
    _print_rows(rows, options.json, reports.plain_table)
    return FINE


def _build(settings: Settings, now: datetime, options: argparse.Namespace) -> int:
    from wentong import pipeline

    with pipeline.ready(settings, now):
        pipeline.build(settings, now)
        pipeline.mark(settings, now)
    return FINE


def _status(settings: Settings, now: datetime, options: argparse.Namespace) -> int:
    from wentong import pipeline, reports, warehouse

    with pipeline.ready(settings, now), warehouse.engine(settings) as engine:
        pipeline.build(settings, now)
        rows = warehouse.matrix(engine, now.date(), options.period)
    _print_rows(rows, options.json, partial(reports.status_table, sample=settings.is_sample))
    return FINE


def _milestones(settings: Settings, now: datetime, options: argparse.Namespace) -> int:
    from wentong import milestone_text, pipeline, warehouse
    from wentong.deadlines import china

    seen_on = options.as_of or (None if options.known_at else now.date())
    with pipeline.ready(settings, now), warehouse.engine(settings) as engine:
        with engine.connect() as connection:
            load_id = warehouse.known_at(connection, options.known_at)
        rows = warehouse.coverage(engine, options.plan, load_id, seen_on)
        days = warehouse.plan_days(engine, options.plan, load_id)
        tasks = warehouse.open_tasks(engine, options.plan, load_id, seen_on) if options.schedule else []
    outlooks = milestone_text.outlooks(rows, days, china())
    match options.schedule, options.json:
        case True, True:
            for row, made in milestone_text.town_schedules(rows, tasks, china()):
                _print_json(milestone_text.schedule_as_json(row, made))
        case True, False:
            print(milestone_text.schedule_text(rows, tasks, china(), settings.is_sample))
        case False, True:
            for row in rows:
                _print_json(milestone_text.as_json(row, outlooks))
        case _:
            print(milestone_text.coverage_table(rows, outlooks, settings.is_sample))
    return FINE


def _bulletin(settings: Settings, now: datetime, options: argparse.Namespace) -> int:
    from wentong import pipeline

    period = Period.parse(options.period)
    with pipeline.ready(settings, now):
        written = pipeline.issue_bulletins(settings, now, period, options.plan, options.known_at, options.output)
    print("\n".join(map(str, written)) or f"{period.title}没有进行中的计划。")
    return FINE


def _trace(settings: Settings, now: datetime, options: argparse.Namespace) -> int:
    from wentong import pipeline, trace_text, warehouse
    from wentong.tracing import Tracer

    with pipeline.ready(settings, now), warehouse.engine(settings) as engine, engine.connect() as connection:
        tracer = Tracer(connection, settings.archive, warehouse.known_at(connection, options.known_at))
        found = _traced(tracer, options)
    if options.json:
        for one in found:
            _print_json(trace_text.as_json(one, tracer.sources))
    else:
        print(trace_text.text(found, tracer.sources, settings.is_sample))
    return FINE


def _traced(tracer: Any, options: argparse.Namespace) -> list[Any]:
    from wentong.forms import find_form
    from wentong.indicators import find_indicator

    if options.plan:
        return [tracer.coverage(options.plan, options.milestone, options.unit)]
    if not (options.unit and options.period and (options.form or options.indicator)):
        raise WentongError("Name a figure: --form or --indicator, with --unit and --period; or a --plan.")
    unit, period = tracer.unit(options.unit), Period.parse(options.period)
    if options.indicator:
        return [tracer.rate(find_indicator(options.indicator), unit, period)]
    found: list[Any] = tracer.figures(find_form(options.form), unit, period, options.field, options.row_key)
    return found


def _rejudge(settings: Settings, now: datetime, options: argparse.Namespace) -> int:
    from wentong import pipeline, rejudging

    since = options.since and datetime(options.since.year, options.since.month, options.since.day, tzinfo=CHINA)
    counted = rejudging.Summary()
    with pipeline.ready(settings, now, sample=False):
        for one in pipeline.rejudge(settings, options.form, options.period, since):
            counted.add(one)
            if one.is_same:
                continue
            if options.json:
                _print_json(rejudging.as_json(one))
            else:
                print(rejudging.text(one))
    if options.json:
        _print_json(counted.as_json())
    else:
        print(counted.text())
    return FINE if counted.is_same else FINDINGS


def _issues(settings: Settings, now: datetime, options: argparse.Namespace) -> int:
    from wentong import pipeline, reports, warehouse

    county = options.county and options.county.ljust(12, "0")
    with pipeline.ready(settings, now), warehouse.engine(settings) as engine:
        rows = warehouse.issues(engine, now.date(), county, options.open)
    _print_rows(rows, options.json, partial(reports.issues_table, sample=settings.is_sample))
    return FINE


def _held(settings: Settings, now: datetime, options: argparse.Namespace) -> int:
    from wentong import pipeline, reports, warehouse

    with pipeline.ready(settings, now), warehouse.engine(settings) as engine:
        rows = warehouse.held(engine)
    _print_rows(rows, options.json, reports.held_table)
    return FINDINGS if rows else FINE


def _decide(settings: Settings, now: datetime, options: argparse.Namespace) -> int:
    from wentong import pipeline, warehouse
    from wentong.archive import Archive

    with pipeline.ready(settings, now), warehouse.engine(settings) as engine:
        journal = Archive(settings.archive).journal
        warehouse.decide(engine, journal, options.submission, options.kind, options.why, _user(), now)
        told = pipeline.tell_decision(settings, now, options.submission, options.kind, options.why)
        pipeline.load(settings, now)
        pipeline.build(settings, now)
        pipeline.mark(settings, now)
        (one,) = warehouse.read_submissions(engine, [options.submission])
    loaded = f",已入库({one.period},入库号 {one.load_id})" if one.load_id else ""
    print(f"第{one.submission_id}号{'已放行' if options.kind == 'release' else '已退回'}{loaded};已告知填报人:{told}")
    return FINE


def _waive(settings: Settings, now: datetime, options: argparse.Namespace) -> int:
    from wentong import pipeline, warehouse
    from wentong.archive import Archive
    from wentong.forms import find_form

    form, period = find_form(options.form), Period.parse(options.period)
    approval = warehouse.Approval(options.reason, options.by, now)
    with pipeline.ready(settings, now), warehouse.engine(settings) as engine:
        number = warehouse.waive(
            engine,
            Archive(settings.archive).journal,
            options.code,
            form,
            options.unit.ljust(12, "0"),
            period,
            options.field,
            options.until,
            approval,
        )
    print(f"豁免已登记,编号 {number}:以后收到的报表按它审核,至{options.until}止。")
    return FINE


def _extend(settings: Settings, now: datetime, options: argparse.Namespace) -> int:
    from wentong import pipeline, warehouse
    from wentong.forms import find_form

    form, period = find_form(options.form), Period.parse(options.period)
    approval = warehouse.Approval(options.reason, options.by, now)
    with pipeline.ready(settings, now):
        number = pipeline.extend(settings, form, options.unit.ljust(12, "0"), period, options.until, approval)
    print(f"缓报已登记,编号 {number}:{form.code} {period.title}改为{options.until}截止。")
    return FINE


def _waivers(settings: Settings, now: datetime, options: argparse.Namespace) -> int:
    from wentong import pipeline, reports, warehouse

    with pipeline.ready(settings, now), warehouse.engine(settings) as engine:
        rows = warehouse.approvals_in_force(engine, now)
    _print_rows(rows, options.json, reports.approvals_table)
    return FINE


def _publish(settings: Settings, now: datetime, options: argparse.Namespace) -> int:
    from wentong import pipeline

    with pipeline.ready(settings, now):
        release = pipeline.publish(settings, now, Period.parse(options.period), options.name, options.title, _user())
    name = release["name"]
    print(f"已发布 {name}《{release['title']}》(入库号 {release['load_id']}):{settings.releases / name}")
    return FINE


def _diff(settings: Settings, now: datetime, options: argparse.Namespace) -> int:
    from wentong import differences, pipeline, reports, warehouse

    with pipeline.ready(settings, now), warehouse.engine(settings) as engine, engine.connect() as connection:
        loads = [warehouse.load_of(connection, one) for one in (options.old, options.new)]
        has_any = False
        if settings.is_sample and not options.json:
            print(f"【{reports.SAMPLE_NOTE}】")
        for mart in differences.compared_marts(connection, options.mart):
            found = differences.differences(connection, mart, loads[0], loads[1])
            for line in map(asdict, found) if options.json else reports.difference_lines(mart, found):
                has_any = True
                _print_json(line) if isinstance(line, dict) else print(line)
    if not (has_any or options.json):
        print(f"{options.old} 与 {options.new} 的数一致。")
    return FINDINGS if has_any else FINE


def _user() -> str:
    """Who runs the command; a number where the account has no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def _units_import(settings: Settings, now: datetime, options: argparse.Namespace) -> int:
    from wentong import pipeline, warehouse
    from wentong.archive import Archive

    with pipeline.ready(settings, now, sample=False), warehouse.engine(settings) as engine:
        done = warehouse.import_units(engine, Archive(settings.archive), options.file, now)
        pipeline.open_share(settings)
    print(f"名录已导入:新增 {done.added},变更 {done.changed},未变 {done.unchanged},名单里没有的 {len(done.absent)}")
    return FINE


def _plan_import(settings: Settings, now: datetime, options: argparse.Namespace) -> int:
    from wentong import pipeline, warehouse
    from wentong.archive import Archive

    with pipeline.ready(settings, now, sample=False), warehouse.engine(settings) as engine:
        journal = Archive(settings.archive).journal
        done = warehouse.import_plan(engine, journal, options.file, options.list, now, options.why)
        pipeline.build(settings, now)
    print(f"计划 {done.plan_code} 已导入:任务 {done.tasks},新增 {done.added},移出 {done.removed}")
    return FINE


def _plan_change(settings: Settings, now: datetime, options: argparse.Namespace) -> int:
    from wentong import pipeline, warehouse
    from wentong.archive import Archive

    terms = options.effective, options.approval, options.why, options.into
    changes = [warehouse.Change(options.plan, options.kind, code, *terms) for code in options.unit]
    with pipeline.ready(settings, now, sample=False), warehouse.engine(settings) as engine:
        load_id = warehouse.change_plan(engine, Archive(settings.archive).journal, changes, _user(), now)
    print(f"计划 {options.plan} 的任务清单已变动:{len(changes)} 个,批准文号 {options.approval}(第 {load_id} 次入库)")
    return FINE


def _verify(settings: Settings, now: datetime, options: argparse.Namespace) -> int:
    from wentong import pipeline, rebuilding, warehouse
    from wentong.archive import Archive

    status = FINE
    with pipeline.ready(settings, now, sample=False), warehouse.engine(settings) as engine:
        for what, damages in rebuilding.proofs(settings, engine, Archive(settings.archive), full=options.full):
            if damages:
                status = FINDINGS
            print("\n".join(damages) or f"{what}。", flush=True)
    return status


def _rebuild(settings: Settings, now: datetime, options: argparse.Namespace) -> int:
    from wentong import pipeline, rebuilding
    from wentong.archive import Archive

    archive = Archive(settings.archive)
    with pipeline.ready(settings, now, sample=False):
        damages = list(rebuilding.damages_of_archive(archive)) or list(rebuilding.rebuild(settings, archive))
    print("\n".join(damages) or "已按存档重建数据仓库,历次入库与当时封存的一致。")
    return FINDINGS if damages else FINE


def _audit(settings: Settings, now: datetime, options: argparse.Namespace) -> int:
    from wentong import alerts, pipeline

    with pipeline.ready(settings, now):
        found = pipeline.audit(settings, now)
    if options.json:
        for result in found.results:
            _print_json({"audit_id": found.audit_id, **result._asdict(), "is_passed": result.is_passed})
    else:
        print(alerts.audit_report(found).body_text.rstrip())
    return FINDINGS if found.faults else FINE


def _up(settings: Settings, now: datetime, options: argparse.Namespace) -> int:
    from wentong import pipeline, site

    with pipeline.ready(settings, now):
        pipeline.open_share(settings)
        site.up(settings)
    return FINE


def _down(settings: Settings, now: datetime, options: argparse.Namespace) -> int:
    from wentong import site

    site.down(settings)
    return FINE


def _demo(settings: Settings, now: datetime, options: argparse.Namespace) -> int:
    from wentong import demo

    demo.run(settings, now)
    return FINE


# -- output ------------------------------------------------------------------------------------------------------------


def _print_rows(rows: list[dict[str, Any]], as_json: bool, table: Callable[[list[dict[str, Any]]], str]) -> None:
    if as_json:
        for row in rows:
            _print_json(row)
    else:
        print(table(rows))


def _print_json(thing: dict[str, Any]) -> None:
    print(json.dumps(thing, ensure_ascii=False, default=str), flush=True)


if __name__ == "__main__":
    sys.exit(main())
