"""Lay all figures that analysts may read as Parquet files with a Data Package descriptor into `exports/latest`, every night.

Releases are made by people: `wentong publish`.
"""

from airflow.sdk import CronTriggerTimetable, dag, task

from wentong_airflow import run


@dag(
    schedule=CronTriggerTimetable("30 2 * * *", timezone="Asia/Shanghai"),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    tags=["wentong", "figures"],
)
def export_figures() -> None:
    @task
    def export() -> None:
        from wentong import pipeline

        run(pipeline.export)

    export()


export_figures()
