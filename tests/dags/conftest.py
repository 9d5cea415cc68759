"""DAGs are tested under the settings they run with (deploy/airflow.env), set before Airflow is first imported."""

import os
import tempfile

from wentong import site
from wentong.settings import PROJECT

os.environ.update(
    site.shared_settings(),
    AIRFLOW_HOME=tempfile.mkdtemp(prefix="airflow-"),
    AIRFLOW__CORE__DAGS_FOLDER=str(PROJECT / "dags"),
    AIRFLOW__CORE__PLUGINS_FOLDER=str(PROJECT / "plugins"),
)
