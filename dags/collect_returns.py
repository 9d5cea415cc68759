"""Collect the returns that stewards dropped into the share.

Wakes when a file has come to rest in an inbox, and every ten minutes in case a wake-up was missed. Each step is one
verb of `wentong.pipeline`; batches of submission numbers are all that travels between them. A file that cannot be read
is an answer to its sender, never a failed task: a red task here is a fault of ours, and does not keep the other batches
from being answered and loaded.
"""

from airflow.sdk import AssetOrTimeSchedule, CronTriggerTimetable, dag, task
from airflow.sdk.exceptions import AirflowSkipException

from wentong_airflow import facts, run, share_files


@dag(
    schedule=AssetOrTimeSchedule(
        timetable=CronTriggerTimetable("*/10 * * * *", timezone="Asia/Shanghai"), assets=[share_files]
    ),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    tags=["wentong", "returns"],
)
def collect_returns() -> None:
    @task
    def receive() -> list[list[int]]:
        from wentong import pipeline

        return run(pipeline.receive)

    @task
    def precheck() -> None:
        from wentong import pipeline

        run(pipeline.precheck)

    @task
    def judge(batch: list[int]) -> None:
        from wentong import pipeline

        run(pipeline.judge, batch)

    @task(trigger_rule="all_done")
    def answer(batch: list[int]) -> None:
        from wentong import pipeline

        run(pipeline.answer, batch)

    @task(trigger_rule="all_done", outlets=[facts])
    def load(*, outlet_events) -> None:  # type: ignore[no-untyped-def]
        from wentong import pipeline

        periods = run(pipeline.load)
        if not periods:
            raise AirflowSkipException("no accepted row changed")
        outlet_events[facts].add_partitions(periods)

    precheck()
    batches = receive()
    judged = judge.expand(batch=batches)
    judged >> answer.expand(batch=batches)
    judged >> load()


collect_returns()
