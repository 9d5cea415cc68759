"""Tell the county contact, every working morning in one message, who has not reported and who must correct what.

The channels are those of the connection `wentong_alerts` (mail, WeCom, DingTalk, Feishu). Without it nothing is sent.
"""

from datetime import timedelta

from airflow.sdk import CronTriggerTimetable, dag, task
from airflow.sdk.exceptions import AirflowSkipException

from wentong_airflow import ALERT_CONNECTION, alert_channels, run


@dag(
    schedule=CronTriggerTimetable("30 8 * * *", timezone="Asia/Shanghai"),
    catchup=False,
    max_active_runs=1,
    doc_md=__doc__,
    tags=["wentong", "alerts"],
)
def remind_county() -> None:
    @task(retries=3, retry_delay=timedelta(minutes=5))  # the network
    def remind() -> None:
        from wentong import pipeline

        channels = alert_channels()
        if not channels:
            raise AirflowSkipException(f"there is no connection {ALERT_CONNECTION}")
        if not run(pipeline.remind, channels):
            raise AirflowSkipException("a day off, or sent already")

    remind()


remind_county()
