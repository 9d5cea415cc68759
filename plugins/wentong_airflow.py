"""Where Wentong meets Airflow: the assets the DAGs hand on, the trigger that watches the share, the alert channel."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from airflow.sdk import Asset, AssetWatcher, BaseHook
from airflow.sdk.exceptions import AirflowFailException, AirflowNotFoundException
from airflow.triggers.base import BaseEventTrigger, TriggerEvent

from wentong import archive
from wentong.errors import Unfinished
from wentong.periods import CHINA
from wentong.settings import Settings

T = TypeVar("T")
POLL_SECONDS = 3.0
ALERT_CONNECTION = "wentong_alerts"
"""An Airflow connection of type `apprise`: its channels hear the daily digest."""
ENGINEERS_CONNECTION = "wentong_engineers"
"""Another one: its channels hear what is wrong with the system, and nothing about returns."""


class ShareTrigger(BaseEventTrigger):
    """Fires when a file in the share has come to rest: same size and time at two looks.

    It only wakes `collect_returns`; what was received stands in the journal. So nothing is remembered here, and one
    wake-up too many after a restart does no harm. It looks instead of listening, for network folders tell nobody.
    """

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return "wentong_airflow.ShareTrigger", {}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        share = Settings.from_environment().share
        before: set[archive.Incoming] = set()
        announced: set[archive.Incoming] = set()
        while True:
            now = set(await asyncio.to_thread(_lying_in, share))
            at_rest = now & before
            if fresh := at_rest - announced:
                yield TriggerEvent({"files": len(fresh)})
            announced, before = (announced & now) | at_rest, now
            await asyncio.sleep(POLL_SECONDS)


def _lying_in(share: Path) -> list[archive.Incoming]:
    return [file for name in (archive.INBOX, archive.PRECHECK) for file in archive.look(share, name)]


share_files = Asset("wentong_share", watchers=[AssetWatcher(name="share_watcher", trigger=ShareTrigger())])
"""Something lies complete in an inbox."""
facts = Asset("wentong_facts")
"""Accepted rows of a period changed; partitioned by period (2026Q3)."""
marts = Asset("wentong_marts")
"""What people read is up to date for a period and all later ones; partitioned by period."""


def run(verb: Callable[..., T], *arguments: Any) -> T:
    """Call a verb of the pipeline for this site, now. Files on which we failed are not tried again at once: the next
    collection does that, and the others need not wait for them."""
    try:
        return verb(Settings.from_environment(), datetime.now(CHINA), *arguments)
    except Unfinished as fault:
        raise AirflowFailException(str(fault)) from fault


def alert_channels(connection_id: str = ALERT_CONNECTION) -> list[str]:
    """The Apprise addresses of a connection; none when it is not configured."""
    try:
        connection = BaseHook.get_connection(connection_id)
    except AirflowNotFoundException:
        return []
    configured = connection.extra_dejson.get("config", [])
    return [entry["path"] for entry in ([configured] if isinstance(configured, dict) else configured)]
