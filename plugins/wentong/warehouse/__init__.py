"""The warehouse (PostgreSQL): what was received, judged and decided; the register; facts with their history.

Callers say `warehouse.load(…)`. `schema` holds the tables, `migrate` brings a database up to them; `register`,
`submissions`, `loads`, `relations` and `obligations` are the verbs, `views` what is shown; `connections` is what they
share. The SQL texts are in include/sql.
"""

from sqlalchemy import Engine

from wentong.warehouse.connections import engine
from wentong.warehouse.loads import Loaded, load
from wentong.warehouse.migrate import is_made, migrate
from wentong.warehouse.obligations import open_obligations, relate
from wentong.warehouse.register import UnitsImported, import_units, read_places
from wentong.warehouse.relations import Related, note_told, untold_relations
from wentong.warehouse.submissions import (
    Submission,
    decide,
    known_evidence,
    pending,
    read_submissions,
    reconcile,
    record_answers,
    record_judgements,
    record_receipts,
)
from wentong.warehouse.views import (
    ask,
    coverage,
    held,
    last_changes,
    last_rows,
    matrix,
    periods_seen,
    progress,
    to_mend,
)
from wentong.warehouse.waivers import Approval, approvals_in_force, extend, waive, waivers_in_force

__all__ = [
    "Approval",
    "Engine",
    "Loaded",
    "Related",
    "Submission",
    "UnitsImported",
    "approvals_in_force",
    "ask",
    "coverage",
    "decide",
    "engine",
    "extend",
    "held",
    "import_units",
    "is_made",
    "known_evidence",
    "last_changes",
    "last_rows",
    "load",
    "matrix",
    "migrate",
    "note_told",
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
    "untold_relations",
    "waive",
    "waivers_in_force",
]
