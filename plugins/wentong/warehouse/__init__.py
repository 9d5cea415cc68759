"""The warehouse (PostgreSQL): what was received, judged and decided; the register; facts with their history.

Callers say `warehouse.load(…)`. `schema` holds the tables, `migrate` brings a database up to them; `register`,
`submissions`, `loads` and `obligations` are the verbs, `views` what is shown; `connections` is what they share. The SQL
texts are in include/sql.
"""

from wentong.warehouse.connections import engine
from wentong.warehouse.loads import Loaded, load
from wentong.warehouse.migrate import is_made, migrate
from wentong.warehouse.obligations import open_obligations, relate
from wentong.warehouse.register import UnitsImported, import_units, read_places
from wentong.warehouse.submissions import (
    Submission,
    decide,
    pending,
    read_submissions,
    reconcile,
    record_answers,
    record_judgements,
    record_receipts,
)
from wentong.warehouse.views import coverage, held, last_changes, matrix, periods_seen, progress, to_mend

__all__ = [
    "Loaded",
    "Submission",
    "UnitsImported",
    "coverage",
    "decide",
    "engine",
    "held",
    "import_units",
    "is_made",
    "last_changes",
    "load",
    "matrix",
    "migrate",
    "open_obligations",
    "pending",
    "periods_seen",
    "progress",
    "read_places",
    "read_submissions",
    "reconcile",
    "record_answers",
    "record_judgements",
    "record_receipts",
    "relate",
    "to_mend",
]
