"""Track the milestones of every plan: whoever reaches one for the first time is recorded, once."""

from airflow.sdk import PartitionedAssetTimetable, dag, task

from wentong_airflow import marts, run


@dag(
    schedule=PartitionedAssetTimetable(assets=marts),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    tags=["wentong", "milestones"],
)
def track_milestones() -> None:
    @task
    def mark() -> None:
        from wentong import pipeline

        run(pipeline.mark)

    mark()


track_milestones()
