"""The warehouse (PostgreSQL): what was received, judged and decided; the register; facts with their history.

Callers say `warehouse.load(…)`. `schema` holds the tables, `migrate` brings a database up to them; `register`,
`programmes`, `submissions`, `loads`, `relations` and `obligations` are the verbs, `views` what is shown, `analysts` who may look;
`connections` is what they share. The SQL texts are in include/sql.
"""

from sqlalchemy import Engine

from wentong.warehouse.acceptance import mark
from wentong.warehouse.analysts import grant_analyst, revoke_analyst
from wentong.warehouse.connections import engine
from wentong.warehouse.loads import Loaded, load
from wentong.warehouse.migrate import is_made, migrate
from wentong.warehouse.obligations import open_obligations
from wentong.warehouse.programmes import Change, Imported, change_plan, import_plan
from wentong.warehouse.published import load_of
from wentong.warehouse.register import UnitsImported, import_units, read_places
from wentong.warehouse.relations import Related, note_told, untold_relations
from wentong.warehouse.submissions import (
    Judged,
    Submission,
    decide,
    judged,
    known_evidence,
    note_failures,
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
    issues,
    known_at,
    last_changes,
    last_rows,
    matrix,
    open_tasks,
    plan_days,
    progress,
    to_mend,
)
from wentong.warehouse.waivers import Approval, approvals_in_force, extend, waive, waivers_in_force

__all__ = [
    "Approval",
    "Change",
    "Engine",
    "Imported",
    "Judged",
    "Loaded",
    "Related",
    "Submission",
    "UnitsImported",
    "approvals_in_force",
    "ask",
    "change_plan",
    "coverage",
    "decide",
    "engine",
    "extend",
    "grant_analyst",
    "held",
    "import_plan",
    "import_units",
    "is_made",
    "issues",
    "judged",
    "known_at",
    "known_evidence",
    "last_changes",
    "last_rows",
    "load",
    "load_of",
    "mark",
    "matrix",
    "migrate",
    "note_failures",
    "note_told",
    "open_obligations",
    "open_tasks",
    "pending",
    "plan_days",
    "progress",
    "read_places",
    "read_submissions",
    "reconcile",
    "record_answers",
    "record_judgements",
    "record_receipts",
    "revoke_analyst",
    "to_mend",
    "untold_relations",
    "waive",
    "waivers_in_force",
]
