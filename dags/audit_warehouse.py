"""Audit the warehouse every night: keys, ranges, history, and that archive, ledger and tables agree.

A failed audit is a fault of ours: the channels of the connection `wentong_engineers` hear of it, the task fails, and
nothing is published until an audit has passed. The results are in ops.audit_results.
"""

from datetime import timedelta

from airflow.sdk import CronTriggerTimetable, dag, task
from airflow.sdk.exceptions import AirflowFailException

from wentong_airflow import ENGINEERS_CONNECTION, alert_channels, run


@dag(
    schedule=CronTriggerTimetable("30 3 * * *", timezone="Asia/Shanghai"),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    tags=["wentong", "warehouse", "alerts"],
)
def audit_warehouse() -> None:
    @task(retries=3, retry_delay=timedelta(minutes=5))  # the network
    def audit() -> None:
        from wentong import pipeline

        found = run(pipeline.audit, alert_channels(ENGINEERS_CONNECTION))
        if found.faults:
            wrong = ", ".join(f"{fault.code} of {fault.table_name}" for fault in found.faults)
            raise AirflowFailException(f"audit {found.audit_id} failed: {wrong}")

    audit()


audit_warehouse()
