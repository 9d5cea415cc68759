"""Issue the preliminary bulletins of the month that has ended, and of the quarter that ended with it, into `bulletins/`.

On the 16th in the morning, when most returns are in. Later figures, and those that were published: `wentong bulletin`.
"""

from airflow.sdk import CronTriggerTimetable, dag, task

from wentong_airflow import run


@dag(
    schedule=CronTriggerTimetable("0 7 16 * *", timezone="Asia/Shanghai"),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    tags=["wentong", "bulletins"],
)
def issue_bulletins() -> None:
    @task
    def issue() -> None:
        from wentong import pipeline

        run(pipeline.issue_ended_bulletins)

    issue()


issue_bulletins()
