"""Build what is derived from accepted facts: obligations and acceptance events.

Runs for every period of which rows were loaded. The marts themselves are views and always current.
"""

from airflow.sdk import PartitionedAssetTimetable, dag, task

from wentong_airflow import facts, marts, run


@dag(
    schedule=PartitionedAssetTimetable(assets=facts),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    tags=["wentong", "warehouse"],
)
def build_marts() -> None:
    @task(outlets=[marts])
    def build(*, dag_run, outlet_events) -> None:  # type: ignore[no-untyped-def]
        from wentong import pipeline

        run(pipeline.build)
        outlet_events[marts].add_partitions(dag_run.partition_key)

    build()


build_marts()
