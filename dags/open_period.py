"""Open the periods that begin: fix who owes which return, and lay a template for each into the share.

On the first morning of every month: the month, in January, April, July and October the quarter, in January the year.
What was missed is made up for with `wentong open-period`.
"""

from airflow.sdk import CronTriggerTimetable, dag, task

from wentong_airflow import run


@dag(
    schedule=CronTriggerTimetable("0 6 1 * *", timezone="Asia/Shanghai"),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    tags=["wentong", "templates"],
)
def open_period() -> None:
    @task(task_id="open")
    def open_begun() -> None:
        from wentong import pipeline

        run(pipeline.open_begun_periods)

    open_begun()


open_period()
