"""`make demo`: a site from nothing, returns dropped into its share as stewards do, and the coverage table at the end.

Every figure in it is invented and says so. The demonstration has a home of its own, made anew each time.
"""

import json
import shutil
import time
import urllib.request
from dataclasses import replace
from datetime import datetime
from typing import Any

from wentong import milestone_text, pipeline, postgres, samples, site, warehouse
from wentong.deadlines import china
from wentong.errors import EnvironmentProblem
from wentong.periods import CHINA, Period
from wentong.settings import PROJECT, SAMPLE_MARK, Settings
from wentong.templates import DEMO_BANNER

HOME = PROJECT / "var" / "demo"
LONGEST_SECONDS = 240
"""After this long without an end something is wrong; the whole takes about a minute."""


def run(settings: Settings, now: datetime) -> None:
    """Run the demonstration and stop everything it started. Raises EnvironmentProblem if it does not come to its end."""
    settings = replace(
        settings, home=HOME, share=HOME / "share", archive=HOME / "archive", database_url=None, owner_database_url=None
    )
    started = time.monotonic()

    def say(text: str) -> None:
        print(f"[{time.monotonic() - started:5.1f}s] {text}", flush=True)

    say(f"{DEMO_BANNER}  (all figures below are invented)")
    _start_afresh(settings)
    with pipeline.ready(settings, now), site.running(settings, say) as running:
        pipeline.open_share(settings)
        dropped = samples.write_samples(settings.share)
        say(f"投放 {len(dropped)} 个文件到收件箱  dropped {len(dropped)} files into {settings.share}")
        _wait_for_scheduler(running, len(dropped), say)
        _report(settings, len(dropped))
    say("已全部停止  everything is stopped")


def _start_afresh(settings: Settings) -> None:
    site.down(settings, say=lambda _: None)
    if postgres.is_running(settings.home):
        raise EnvironmentProblem(f"Another process still uses {settings.home}; try again when it has ended.")
    shutil.rmtree(settings.home, ignore_errors=True)
    settings.home.mkdir(parents=True)
    (settings.home / SAMPLE_MARK).write_text(DEMO_BANNER, encoding="utf-8")


def _wait_for_scheduler(running: site.Site, dropped: int, say: site.Say) -> None:
    """Until the scheduler has answered and loaded every file and tracked the milestones of every period."""
    token = _post(running, "/auth/token", {"username": running.user, "password": running.password})["access_token"]
    deadline = time.monotonic() + LONGEST_SECONDS
    shown = ""
    while time.monotonic() < deadline:
        running.check()
        with warehouse.engine(running.settings) as engine:
            stages = warehouse.progress(engine)
            last_changes = warehouse.last_changes(engine)
        tracked = _tracked(running, token)
        done = [period for period, at in last_changes.items() if tracked.get(period, at) > at]
        text = (
            f"接收 {stages['received']}/{dropped}  审核 {stages['judged']}/{dropped}  答复 {stages['answered']}/{dropped}  "
            f"入库 {stages['loaded']}/{stages['to_load']}  汇总 {len(done)}/{len(last_changes)} 个季度"
        )
        if text != shown:
            say(text)
            shown = text
        if (
            stages["answered"] >= dropped
            and stages["loaded"] == stages["to_load"]
            and last_changes
            and len(done) == len(last_changes)
        ):
            return
        time.sleep(1)
    raise EnvironmentProblem(f"The scheduler has not finished after {LONGEST_SECONDS} s; see {running.logs}.")


def _tracked(running: site.Site, token: str) -> dict[str, datetime]:
    """Period -> when the last successful run of track_milestones for it began."""
    request = urllib.request.Request(
        f"{running.url}/api/v2/dags/track_milestones/dagRuns?state=success&limit=100",
        headers={"Authorization": f"Bearer {token}"},
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        runs = json.load(response)["dag_runs"]
    began = sorted((datetime.fromisoformat(run["start_date"]), run["partition_key"]) for run in runs)
    return {period: at for at, period in began}


def _post(running: site.Site, path: str, body: dict[str, str]) -> Any:
    request = urllib.request.Request(
        running.url + path, json.dumps(body).encode(), {"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)


def _report(settings: Settings, dropped: int) -> None:
    with warehouse.engine(settings) as engine:
        done = warehouse.progress(engine)
        rows = warehouse.coverage(engine)
        outlooks = milestone_text.outlooks(rows, warehouse.plan_days(engine), china())
    print()
    print(
        f"投放 {dropped} 个文件:收到 {done['received']},入库 {done['loaded']},"
        f"暂存待确认 {done['held']},退回重报 {done['rejected']}"
    )
    print(
        f"{dropped} files dropped: {done['received']} received, {done['loaded']} loaded, "
        f"{done['held']} held, {done['rejected']} rejected"
    )
    print()
    print(milestone_text.coverage_table(rows, outlooks, sample=True))
    print()
    period = max(row["period"] for row in rows if row["share_numerator"])
    try:
        pipeline.issue_bulletins(settings, datetime.now(CHINA), Period.parse(period))
    except EnvironmentProblem as problem:  # no font to print with: workbook and page are there
        print(problem)
    print(f"通报(Excel、网页、PDF) bulletins: {settings.bulletins / period}")
    print(f"答复(回执、标注稿) answers: {settings.share / samples.COUNTY / '回执'}")
    print(f"原件与流水(存档) archive and journal: {settings.archive}")
    print(f"接着看 look around: WENTONG_HOME={settings.home} make up")
