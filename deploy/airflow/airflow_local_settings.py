"""Imported by every Airflow process at its start (the folder is on PYTHONPATH).

Great Expectations takes some 3 s to import. The processes that fork tasks import it once, so that no task has to.
"""

import sys

if sys.argv[1:2] == ["scheduler"] or sys.argv[1:3] == ["celery", "worker"]:
    import great_expectations  # noqa: F401
