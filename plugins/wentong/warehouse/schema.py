"""The tables of the warehouse (design: warehouse). Alembic owns all of them but the form tables, made from the forms.

Knowledge time: a row is known at load l when `from_load <= l and (to_load is null or to_load > l)`. Rows are never
deleted; a new version closes the old one by setting its `to_load`.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql.base import RESERVED_WORDS

from wentong.errors import DeclarationError
from wentong.forms import Table as FormTable

metadata = sa.MetaData(
    naming_convention={
        "pk": "%(table_name)s_pk",
        "fk": "%(table_name)s_%(column_0_N_name)s_fk",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        "ck": "%(table_name)s_%(constraint_name)s",
    }
)

SCHEMAS = {
    "ops": "What happened: receipts, verdicts, answers, decisions, loads. Analysts read little of it.",
    "core": "Facts and dimensions with their history by load.",
    "personal": "Form tables in which fields name persons; core shows them without these. Not for analysts.",
    "marts": "What people read: views, and functions of a load. Made anew by `wentong migrate`; put nothing here.",
}
FIELD_TYPES: dict[str, type[sa.types.TypeEngine[Any]]] = {
    "count": sa.BigInteger,
    "number": sa.Numeric,
    "enum": sa.Text,
    "set": sa.Text,
    "text": sa.Text,
    "date": sa.Date,
}
"""Type of a form's field -> type of its column."""

PLACE_LEVELS = {"village_center": 5, "town_station": 4, "county_bureau": 3}
"""Type of organisation -> level of the places that have one."""

GOES_ON = ("renamed", "recoded", "upgraded")
"""Changes by which a unit gets another code and stays the same organisation."""
CHANGES = ("merged", "split", *GOES_ON)
"""What may become of a place that is closed, other than nothing."""


def _column(name: str, type_: Any, comment: str, *args: Any, null: bool = False, **kwargs: Any) -> sa.Column[Any]:
    return sa.Column(name, type_, *args, comment=comment, nullable=null, **kwargs)


def _one_of(column: str, *words: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(f"{column} in ({', '.join(repr(word) for word in words)})", name=f"{column}_is_known")


def _code(column: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(f"{column} ~ '^[0-9]{{12}}$'", name=f"{column}_has_12_digits")


def _known() -> list[Any]:
    """The two columns of knowledge time, what must hold for them, and how a load finds what it began and ended."""
    return [
        _column("from_load", sa.BigInteger, "The load that made this version known.", sa.ForeignKey(loads.c.load_id)),
        _column(
            "to_load",
            sa.BigInteger,
            "The load that replaced or withdrew it; null while it is current.",
            sa.ForeignKey(loads.c.load_id),
            null=True,
        ),
        sa.CheckConstraint("to_load > from_load", name="ends_after_it_begins"),
        sa.Index(None, "from_load"),
        sa.Index(None, "to_load", postgresql_where=sa.text("to_load is not null")),
    ]


# ------------------------------------------------------------------------------------------------------- ops

loads = sa.Table(
    "loads",
    metadata,
    _column(
        "load_id",
        sa.BigInteger,
        "Knowledge time: 1, 2, 3 … in order of commits.",
        primary_key=True,
        autoincrement=False,
    ),
    _column(
        "kind",
        sa.Text,
        "return: the rows of one submission; verdict: one that is held or was rejected; register: a list of units; plan; "
        "decision: a held file given back, a waiver, an extension, a period opened.",
    ),
    _column(
        "submission_id",
        sa.BigInteger,
        "The submission loaded, for kind return.",
        sa.ForeignKey("ops.submissions.submission_id", use_alter=True),
        null=True,
    ),
    _column("journal_seq", sa.BigInteger, "The journal entry that caused it: the receipt, the decision, the list."),
    _column("loaded_at", sa.DateTime(timezone=True), "When; only load_id orders what was known."),
    _one_of("kind", "return", "verdict", "register", "plan", "decision"),
    sa.CheckConstraint("(kind = 'return') = (submission_id is not null)", name="return_has_submission"),
    sa.UniqueConstraint("submission_id"),
    sa.UniqueConstraint("load_id", "submission_id"),
    sa.UniqueConstraint("journal_seq"),
    schema="ops",
    comment="Changes of what is known; one row per verdict or loaded submission, imported list and decision.",
)

journal_position = sa.Table(
    "journal_position",
    metadata,
    _column("is_only_row", sa.Boolean, "True: there is one row.", primary_key=True, server_default=sa.true()),
    _column("seq", sa.BigInteger, "Number of the last journal entry brought into the tables."),
    _column("hash", sa.Text, "Its hash: shows when entries are missing at the end of the journal."),
    sa.CheckConstraint("is_only_row", name="is_one_row"),
    schema="ops",
    comment="How far the journal was read; at most one row.",
)

submissions = sa.Table(
    "submissions",
    metadata,
    _column(
        "submission_id",
        sa.BigInteger,
        "1, 2, 3 … in order of receipt: precedence.",
        primary_key=True,
        autoincrement=False,
    ),
    _column("journal_seq", sa.BigInteger, "Number of the receipt's journal entry."),
    _column("sha256", sa.Text, "Of the file's bytes."),
    _column("county_code", sa.Text, "County of the inbox."),
    _column("share", sa.Text, "The shared folder it was received from; answered there only.", server_default=""),
    _column("inbox", sa.Text, "The inbox, below the share.", server_default=""),
    _column("folder", sa.Text, "Sub-folder of the inbox, usually the town; empty at its top."),
    _column("file_name", sa.Text, "As handed in."),
    _column("size_bytes", sa.BigInteger, "Size of the file."),
    _column("file_modified_at", sa.DateTime(timezone=True), "As the share said."),
    _column("received_at", sa.DateTime(timezone=True), "When the receipt was written."),
    _column(
        "settled_at",
        sa.DateTime(timezone=True),
        "When the original was moved to 已收; null on a read-only share.",
        null=True,
    ),
    _column("archive_name", sa.Text, "The original, below the archive folder."),
    _column(
        "outcome", sa.Text, "The verdict: load, quarantine_file (held), reject, ignore; null until judged.", null=True
    ),
    _column("form_code", sa.Text, "Form the file was recognised as.", null=True),
    _column(
        "table_names",
        ARRAY(sa.Text),
        "Tables of that form that it states; a ledger without rows only if it says that nothing happened.",
        null=True,
    ),
    _column("period", sa.Text, "Period the file states; a claim until it is loaded.", null=True),
    _column("unit_code", sa.Text, "Reporting town or county it states (12 digits); a claim likewise.", null=True),
    _column("file_format", sa.Text, "What the content is (xlsx, xls, csv …), whatever its name says.", null=True),
    _column("answers_submission", sa.BigInteger, "The submission whose marked copy this file is.", null=True),
    _column("rows_accepted", sa.Integer, "Rows with verdict accept.", null=True),
    _column("rows_quarantined", sa.Integer, "Rows with verdict quarantine.", null=True),
    _column("rows_duplicate", sa.Integer, "Rows that repeat another row.", null=True),
    _column("judged_at", sa.DateTime(timezone=True), "When the verdict was recorded.", null=True),
    _column(
        "failed_at",
        sa.DateTime(timezone=True),
        "When we last failed to judge it; others need not wait for it then.",
        null=True,
    ),
    _column("answered_at", sa.DateTime(timezone=True), "When the answer was put into the share.", null=True),
    _column("answer_path", sa.Text, "The answer, below the share.", null=True),
    _column("decision", sa.Text, "What was decided about a held file.", null=True),
    _column("loaded_at", sa.DateTime(timezone=True), "When its rows took effect.", null=True),
    _column("load_id", sa.BigInteger, "The load by which they did.", sa.ForeignKey(loads.c.load_id), null=True),
    sa.UniqueConstraint("journal_seq"),
    sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256_is_one"),
    _code("county_code"),
    _code("unit_code"),
    _one_of("outcome", "load", "quarantine_file", "reject", "ignore"),
    _one_of("decision", "released", "returned"),
    sa.CheckConstraint("(outcome is null) = (judged_at is null)", name="verdict_has_time"),
    sa.CheckConstraint("answered_at is null or judged_at is not null", name="answered_after_judged"),
    sa.CheckConstraint("(load_id is null) = (loaded_at is null)", name="load_has_time"),
    sa.CheckConstraint("decision is null or outcome = 'quarantine_file'", name="decided_when_held"),
    sa.CheckConstraint(
        "load_id is null or outcome = 'load' or decision is not distinct from 'released'", name="loaded_when_allowed"
    ),
    sa.CheckConstraint("outcome <> 'load' or (form_code, table_names, period) is not null", name="load_has_scope"),
    sa.Index("submissions_open_idx", "submission_id", postgresql_where=sa.text("load_id is null")),
    sa.Index("submissions_unjudged_idx", "journal_seq", postgresql_where=sa.text("judged_at is null")),
    sa.Index("submissions_unanswered_idx", "submission_id", postgresql_where=sa.text("answered_at is null")),
    sa.Index("submissions_unsettled_idx", "submission_id", postgresql_where=sa.text("settled_at is null")),
    sa.Index("submissions_sha256_idx", "sha256"),
    schema="ops",
    comment="Receipts: one row per file handed in, the same bytes handed in twice are two.",
)

evidence = sa.Table(
    "evidence",
    metadata,
    _column("evidence_id", sa.BigInteger, "Number of its journal entry.", primary_key=True, autoincrement=False),
    _column("evidence_number", sa.Text, "What its name begins with, up to the first space or bracket: ZP-001."),
    _column("county_code", sa.Text, "County of the folder."),
    _column("folder", sa.Text, "Sub-folder of 佐证, usually the town; empty at its top."),
    _column("file_name", sa.Text, "As it was put there."),
    _column("share", sa.Text, "The shared folder."),
    _column("path", sa.Text, "Where it lay, below the share."),
    _column("size_bytes", sa.BigInteger, "Size of the file."),
    _column("modified_ns", sa.BigInteger, "When it was last written, in nanoseconds since 1970, as the share said."),
    _column("sha256", sa.Text, "Of its bytes."),
    _column("archive_name", sa.Text, "The copy, below the archive folder."),
    _column("received_at", sa.DateTime(timezone=True), "When it was first seen so."),
    sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256_is_one"),
    _code("county_code"),
    sa.Index("evidence_number_idx", "county_code", "evidence_number"),
    schema="ops",
    comment="Evidence put into 佐证; one row per file and content, never read, matched by its number.",
)

submission_scopes = sa.Table(
    "submission_scopes",
    metadata,
    _column("submission_id", sa.BigInteger, "The file.", sa.ForeignKey(submissions.c.submission_id), primary_key=True),
    _column("unit_code", sa.Text, "A town or county it speaks for (12 digits).", primary_key=True),
    _column("form_code", sa.Text, "Form."),
    _column("period", sa.Text, "Period it states."),
    _column("rows_accepted", sa.Integer, "Accepted rows of this unit."),
    _column("rows_quarantined", sa.Integer, "Quarantined rows of this unit."),
    _column("is_zero", sa.Boolean, "Confirms that nothing happened (零报).", server_default=sa.false()),
    _column("open_errors", sa.Integer, "Findings critical, row or error on this unit's rows, or on the whole file."),
    _code("unit_code"),
    sa.Index("submission_scopes_scope_idx", "form_code", "period", "unit_code", "submission_id"),
    schema="ops",
    comment="For whom a file speaks; one row per submission and reporting unit (several for a county-wide workbook).",
)

findings = sa.Table(
    "findings",
    metadata,
    _column("submission_id", sa.BigInteger, "The file.", sa.ForeignKey(submissions.c.submission_id), primary_key=True),
    _column("finding_number", sa.Integer, "1, 2, 3 … most important first.", primary_key=True),
    _column("code", sa.Text, "Type of finding (finding_types.csv)."),
    _column("severity", sa.Text, "critical, row, error, warning, notice: how far it reaches."),
    _column("sheet", sa.Text, "Sheet; empty for text files and for the file as a whole."),
    _column("row_number", sa.Integer, "Row as Excel shows it.", null=True),
    _column("column_number", sa.Integer, "Column, 1-based.", null=True),
    _column("field", sa.Text, "Field of the form.", null=True),
    _column("raw", sa.Text, "What was written.", null=True),
    _column("message", sa.Text, "What is wrong, in Chinese."),
    _column("fix", sa.Text, "What to do, in Chinese."),
    _column("explanation", sa.Text, "What the sender wrote about it in the row: closes a warning.", null=True),
    _column(
        "waiver_id", sa.BigInteger, "The waiver that lets it pass.", sa.ForeignKey("ops.waivers.waiver_id"), null=True
    ),
    _one_of("severity", "critical", "row", "error", "warning", "notice"),
    sa.CheckConstraint("explanation is null or severity = 'warning'", name="only_warnings_are_explained"),
    sa.CheckConstraint("waiver_id is null or severity in ('error', 'warning')", name="only_little_is_waived"),
    schema="ops",
    comment="What was found in a file; one row per finding.",
)

relation_findings = sa.Table(
    "relation_findings",
    metadata,
    _column("form_code", sa.Text, "Form of the row it is about."),
    _column("table_name", sa.Text, "Table of that form."),
    _column("period", sa.Text, "Period of the row.", sa.ForeignKey("core.dim_period.period")),
    _column("org_id", sa.BigInteger, "The unit the row is about.", sa.ForeignKey("core.orgs.org_id")),
    _column("row_key", sa.Text, "What tells rows of one unit and period apart.", server_default=""),
    _column("field", sa.Text, "Field of the form; empty when it is about the row, or about a list of rows."),
    _column("code", sa.Text, "Type of finding (finding_types.csv)."),
    _column("town_code", sa.Text, "Town of the row (12 digits); of the county's own rows the county."),
    _column("county_code", sa.Text, "County of the row (12 digits)."),
    _column("severity", sa.Text, "error contests the value; warning asks for a word; notice says."),
    _column("params", JSONB, "What was compared: the value, the other value, its period; the message follows from it."),
    _column("message", sa.Text, "What is wrong, in Chinese."),
    _column("fix", sa.Text, "What to do, in Chinese."),
    _column(
        "submission_id", sa.BigInteger, "The file the row stood in when found.", sa.ForeignKey(submissions.c.submission_id)
    ),
    _column("sheet", sa.Text, "Sheet of that file; empty for a list of rows."),
    _column("row_number", sa.Integer, "Row of that sheet; null for a list of rows.", null=True),
    _column("told_at", sa.DateTime(timezone=True), "When the sender was told; null until then.", null=True),
    _column("explanation", sa.Text, "What the sender gave as the reason; closes it. Warnings only.", null=True),
    _column(
        "waiver_id",
        sa.BigInteger,
        "The waiver by which the county lets it pass: it contests nothing and is not told.",
        sa.ForeignKey("ops.waivers.waiver_id"),
        null=True,
    ),
    *_known(),
    sa.CheckConstraint("explanation is null or severity = 'warning'", name="only_warnings_are_explained"),
    _one_of("severity", "error", "warning", "notice"),
    _code("town_code"),
    _code("county_code"),
    sa.CheckConstraint("jsonb_typeof(params) = 'object'", name="params_is_an_object"),
    sa.PrimaryKeyConstraint("org_id", "table_name", "period", "row_key", "field", "code", "from_load"),
    sa.Index(
        "relation_findings_current_key",
        "county_code", "table_name", "period", "org_id", "row_key", "field", "code",
        unique=True,
        postgresql_where=sa.text("to_load is null"),
    ),
    sa.Index(
        "relation_findings_untold_idx", "submission_id", postgresql_where=sa.text("told_at is null and to_load is null")
    ),
    sa.Index("relation_findings_scope_idx", "form_code", "period", "county_code"),
    schema="ops",
    comment="What was found by comparing rows with other periods, forms and units; one row per finding and version.",
)  # fmt: skip

decisions = sa.Table(
    "decisions",
    metadata,
    _column("decision_id", sa.BigInteger, "Number of the journal entry.", primary_key=True, autoincrement=False),
    _column("kind", sa.Text, "release: load the held file; return: give it back."),
    _column("submission_id", sa.BigInteger, "The held file.", sa.ForeignKey(submissions.c.submission_id)),
    _column("reason", sa.Text, "Why."),
    _column("decided_by", sa.Text, "Who."),
    _column("decided_at", sa.DateTime(timezone=True), "When."),
    _one_of("kind", "release", "return"),
    sa.CheckConstraint("reason <> '' and decided_by <> ''", name="says_who_and_why"),
    sa.UniqueConstraint("submission_id"),
    schema="ops",
    comment="Decisions about held files; one row per decision, one decision per file.",
)

waivers = sa.Table(
    "waivers",
    metadata,
    _column("waiver_id", sa.BigInteger, "Number of the journal entry.", primary_key=True, autoincrement=False),
    _column("code", sa.Text, "Type of finding that is let pass (finding_types.csv)."),
    _column("form_code", sa.Text, "In which form."),
    _column("unit_code", sa.Text, "In which county, town or village (12 digits), and everything below it."),
    _column("period", sa.Text, "For which period."),
    _column("field", sa.Text, "About which field; null: about any.", null=True),
    _column("reason", sa.Text, "Why."),
    _column("approved_by", sa.Text, "Who approved it."),
    _column("approved_at", sa.DateTime(timezone=True), "When."),
    _column("valid_until", sa.Date, "Last day on which files are judged by it."),
    _code("unit_code"),
    sa.CheckConstraint("reason <> '' and approved_by <> ''", name="says_who_and_why"),
    schema="ops",
    comment="Findings that the county lets pass (豁免); one row per waiver, never altered.",
)

extensions = sa.Table(
    "extensions",
    metadata,
    _column("extension_id", sa.BigInteger, "Number of the journal entry.", primary_key=True, autoincrement=False),
    _column("form_code", sa.Text, "Which form."),
    _column("unit_code", sa.Text, "Which town or county (12 digits)."),
    _column("period", sa.Text, "For which period."),
    _column("due_on", sa.Date, "Last day on which it is in time now."),
    _column("reason", sa.Text, "Why."),
    _column("approved_by", sa.Text, "Who approved it."),
    _column("approved_at", sa.DateTime(timezone=True), "When."),
    _code("unit_code"),
    sa.CheckConstraint("reason <> '' and approved_by <> ''", name="says_who_and_why"),
    schema="ops",
    comment="Returns that may come later (缓报); one row per approval, the latest of a return counts.",
)

notifications = sa.Table(
    "notifications",
    metadata,
    _column("notification_id", sa.BigInteger, "Number.", sa.Identity(always=True), primary_key=True),
    _column("kind", sa.Text, "Which message: daily digest, milestone …"),
    _column("day", sa.Date, "The day it is about."),
    _column("recipient", sa.Text, "Address or robot."),
    _column("subject", sa.Text, "Subject as sent."),
    _column("body", sa.Text, "Text as sent."),
    _column("sent_at", sa.DateTime(timezone=True), "When it was handed over; null while it is being sent.", null=True),
    _column("load_id", sa.BigInteger, "The last load it knew of.", sa.ForeignKey(loads.c.load_id), null=True),
    sa.UniqueConstraint("kind", "day", "recipient"),
    schema="ops",
    comment="What was sent to whom; one row per kind, day and recipient, so nothing is sent twice.",
)

releases = sa.Table(
    "releases",
    metadata,
    _column("name", sa.Text, "What it is called: 2026Q3-1.", primary_key=True),
    _column("period", sa.Text, "The period it was published for.", sa.ForeignKey("core.dim_period.period")),
    _column("load_id", sa.BigInteger, "Its figures are those known at this load.", sa.ForeignKey(loads.c.load_id)),
    _column("title", sa.Text, "Title of the package."),
    _column("published_at", sa.DateTime(timezone=True), "When."),
    _column("published_by", sa.Text, "Who."),
    _column("journal_seq", sa.BigInteger, "The journal entry that says so."),
    _column("sha256", sa.Text, "Of the package's datapackage.json, which has the hash of every other file."),
    sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256_is_one"),
    sa.CheckConstraint("published_by <> ''", name="says_who"),
    sa.UniqueConstraint("journal_seq"),
    schema="ops",
    comment="Published figures (发布); one row per release, never altered.",
)

analyst_counties = sa.Table(
    "analyst_counties",
    metadata,
    _column("role_name", sa.Text, "The analyst's account."),
    _column("county_code", sa.Text, "A county whose figures it may read (12 digits)."),
    _code("county_code"),
    sa.PrimaryKeyConstraint("role_name", "county_code"),
    schema="ops",
    comment="Analysts limited to counties; one row per account and county. Of an account without limits there is none.",
)

audits = sa.Table(
    "audits",
    metadata,
    _column("audit_id", sa.BigInteger, "Number.", sa.Identity(always=True), primary_key=True),
    _column("audited_at", sa.DateTime(timezone=True), "When."),
    _column("load_id", sa.BigInteger, "The last load it saw.", sa.ForeignKey(loads.c.load_id), null=True),
    schema="ops",
    comment="Audits of the warehouse; one row per audit. It failed if a result of severity error did not pass.",
)

audit_results = sa.Table(
    "audit_results",
    metadata,
    _column("audit_id", sa.BigInteger, "The audit.", sa.ForeignKey(audits.c.audit_id), primary_key=True),
    _column("result_number", sa.Integer, "1, 2, 3 … in the order of the suite.", primary_key=True),
    _column("code", sa.Text, "What was expected: a check of wentong.audits."),
    _column("table_name", sa.Text, "Of which table, with its schema."),
    _column("field", sa.Text, "Of which field; null: of the rows.", null=True),
    _column("severity", sa.Text, "error: a fault of ours, which blocks publication; warning: to be looked at."),
    _column("is_passed", sa.Boolean, "Whether it holds."),
    _column("expected", sa.Text, "What was expected, in Chinese."),
    _column("found", sa.BigInteger, "How many rows of its statement, or of the table, do not meet it."),
    _column("examples", JSONB, "Some of these rows, with what tells them apart.", server_default=sa.text("'[]'")),
    _one_of("severity", "error", "warning"),
    sa.CheckConstraint("is_passed = (found = 0)", name="passed_when_nothing_was_found"),
    schema="ops",
    comment="What audits found; one row per audit and expectation.",
)

audit_figures = sa.Table(
    "audit_figures",
    metadata,
    _column("audit_id", sa.BigInteger, "The audit.", sa.ForeignKey(audits.c.audit_id), primary_key=True),
    _column("table_name", sa.Text, "Table of a form.", primary_key=True),
    _column("period", sa.Text, "Period.", primary_key=True),
    _column("row_count", sa.BigInteger, "Rows known at the load that the audit saw."),
    _column("filled", JSONB, "Field -> of how many of these rows it is filled in."),
    schema="ops",
    comment="What audits counted, to be compared with by later ones; one row per audit, form table and period.",
)

# ------------------------------------------------------------------------------------------------------ core

dim_place = sa.Table(
    "dim_place",
    metadata,
    _column("place_code", sa.Text, "12 digits, zero-padded on the right."),
    _column("name", sa.Text, "Official name."),
    _column("level", sa.SmallInteger, "1 province, 2 prefecture, 3 county, 4 town, 5 village."),
    _column("parent_code", sa.Text, "The place it belongs to; null at the top.", null=True),
    _column("kind", sa.Text, "town, subdistrict, special_zone, village, community …"),
    _column("is_closed", sa.Boolean, "True: from that day on there is no such place.", server_default=sa.false()),
    _column("valid_from", sa.Date, "First day of this name and place in the tree; it ends where the next begins."),
    *_known(),
    _code("place_code"),
    _code("parent_code"),
    sa.CheckConstraint("level between 1 and 5", name="level_is_known"),
    sa.CheckConstraint("parent_code <> place_code", name="is_not_its_own_parent"),
    sa.PrimaryKeyConstraint("place_code", "valid_from", "from_load"),
    sa.Index(
        "dim_place_current_key", "place_code", "valid_from", unique=True, postgresql_where=sa.text("to_load is null")
    ),
    sa.Index("dim_place_parent_code_idx", "parent_code"),
    sa.Index("dim_place_closed_idx", "place_code", postgresql_where=sa.text("is_closed")),
    schema="core",
    comment="Administrative divisions; one row per place, first day of validity and version.",
)

place_succession = sa.Table(
    "place_succession",
    metadata,
    _column("predecessor_code", sa.Text, "The place that is closed (12 digits)."),
    _column("successor_code", sa.Text, "A place that takes it over (12 digits)."),
    _column(
        "change",
        sa.Text,
        "merged (into one other), split (into several); renamed, recoded, upgraded (to a sub-district): the same unit "
        "goes on under another code.",
    ),
    _column("effective_on", sa.Date, "First day on which the predecessor is no more."),
    *_known(),
    _one_of("change", *CHANGES),
    _code("predecessor_code"),
    _code("successor_code"),
    sa.CheckConstraint("predecessor_code <> successor_code", name="is_not_its_own_successor"),
    sa.PrimaryKeyConstraint("predecessor_code", "successor_code", "from_load"),
    sa.Index(
        "place_succession_current_key",
        "predecessor_code", "successor_code",
        unique=True,
        postgresql_where=sa.text("to_load is null"),
    ),
    schema="core",
    comment="What became of closed places; one row per place, successor and version. Without any it is simply gone.",
)  # fmt: skip

place_alias = sa.Table(
    "place_alias",
    metadata,
    _column("place_code", sa.Text, "The place meant."),
    _column("alias", sa.Text, "A name people write for it."),
    *_known(),
    _code("place_code"),
    sa.PrimaryKeyConstraint("place_code", "alias", "from_load"),
    sa.Index(
        "place_alias_current_key", "place_code", "alias", unique=True, postgresql_where=sa.text("to_load is null")
    ),
    schema="core",
    comment="Other names of places; one row per place, name and version.",
)

orgs = sa.Table(
    "orgs",
    metadata,
    _column(
        "org_id",
        sa.BigInteger,
        "1, 2, 3 … in the order in which they became known.",
        primary_key=True,
        autoincrement=False,
    ),
    _column("from_load", sa.BigInteger, "The load that made it known.", sa.ForeignKey(loads.c.load_id), index=True),
    schema="core",
    comment="Identities of organisations, which outlive names, places and codes; one row per organisation.",
)

dim_org = sa.Table(
    "dim_org",
    metadata,
    _column("org_id", sa.BigInteger, "The organisation.", sa.ForeignKey(orgs.c.org_id)),
    _column("org_type", sa.Text, "village_center, town_station or county_bureau."),
    _column("place_code", sa.Text, "Where it is: village, town or county (12 digits)."),
    _column("name", sa.Text, "Name of its place."),
    _column("owes_returns", sa.Boolean, "Whether it must report by itself; a special zone need not."),
    _column(
        "is_closed", sa.Boolean, "True: from that day on there is no such organisation.", server_default=sa.false()
    ),
    _column("valid_from", sa.Date, "First day of this version; it ends where the next begins."),
    *_known(),
    _one_of("org_type", *PLACE_LEVELS),
    _code("place_code"),
    sa.PrimaryKeyConstraint("org_id", "valid_from", "from_load"),
    sa.Index("dim_org_current_key", "org_id", "valid_from", unique=True, postgresql_where=sa.text("to_load is null")),
    sa.Index(
        "dim_org_place_key",
        "place_code",
        "org_type",
        "valid_from",
        unique=True,
        postgresql_where=sa.text("to_load is null"),
    ),
    sa.Index("dim_org_place_code_idx", "place_code"),
    sa.Index(
        "dim_org_owing_idx",
        "org_type",
        "org_id",
        "valid_from",
        postgresql_where=sa.text("to_load is null and not is_closed"),
    ),
    sa.Index("dim_org_closed_idx", "org_id", postgresql_where=sa.text("is_closed")),
    schema="core",
    comment="Reporting and statistical units; one row per organisation, first day of validity and version.",
)

dim_period = sa.Table(
    "dim_period",
    metadata,
    _column("period", sa.Text, "2026, 2026Q3 or 2026-09.", primary_key=True),
    _column("kind", sa.Text, "year, quarter or month."),
    _column("first_day", sa.Date, "First day."),
    _column("last_day", sa.Date, "Last day."),
    _column("title", sa.Text, "As people write it: 2026年第3季度."),
    _one_of("kind", "year", "quarter", "month"),
    sa.CheckConstraint("last_day > first_day", name="ends_after_it_begins"),
    schema="core",
    comment="Reporting periods; one row per period.",
)

dim_form = sa.Table(
    "dim_form",
    metadata,
    _column("form_code", sa.Text, "As stewards know it: 基文01.", primary_key=True),
    _column("name", sa.Text, "Name in the software."),
    _column("title", sa.Text, "Official title."),
    _column("edition", sa.Text, "Latest edition."),
    _column("period_kind", sa.Text, "month, quarter, year or none."),
    _column("reported_by", sa.Text, "Level that reports: village, town or county."),
    _column("due_working_days", sa.Integer, "Working days after the end of the period."),
    _column(
        "lists_villages",
        sa.Boolean,
        "Whether a return must have a row for every village of its unit.",
        server_default=sa.false(),
    ),
    schema="core",
    comment="Forms, copied from their declarations; one row per form.",
)

fct_obligation = sa.Table(
    "fct_obligation",
    metadata,
    _column("org_id", sa.BigInteger, "Who owes.", sa.ForeignKey(orgs.c.org_id)),
    _column("county_code", sa.Text, "Its county (12 digits)."),
    _column("form_code", sa.Text, "Which form.", sa.ForeignKey(dim_form.c.form_code)),
    _column("period", sa.Text, "For which period.", sa.ForeignKey(dim_period.c.period)),
    _column("due_on", sa.Date, "Last day on which it is in time."),
    _column("duty", sa.Text, "due, extended (缓报已批准), not_applicable.", server_default="due"),
    _column(
        "submission",
        sa.Text,
        "The latest return: none, held, returned, accepted, zero (零报).",
        server_default="none",
    ),
    _column("review", sa.Text, "open, town, county, locked.", server_default="open"),
    _column(
        "submission_id", sa.BigInteger, "That latest return.", sa.ForeignKey(submissions.c.submission_id), null=True
    ),
    _column(
        "submitted_at",
        sa.DateTime(timezone=True),
        "Receipt of the first return that was accepted; corrections leave it.",
        null=True,
    ),
    _column(
        "open_errors",
        sa.Integer,
        "Findings critical, row or error on the latest return; more than 0 is 待改正.",
        server_default="0",
    ),
    *_known(),
    _one_of("duty", "due", "extended", "not_applicable"),
    _one_of("submission", "none", "held", "returned", "accepted", "zero"),
    _one_of("review", "open", "town", "county", "locked"),
    sa.CheckConstraint("open_errors >= 0", name="open_errors_is_a_count"),
    sa.CheckConstraint("(submission = 'none') = (submission_id is null)", name="return_is_named"),
    sa.PrimaryKeyConstraint("period", "form_code", "org_id", "from_load"),
    sa.Index(
        "fct_obligation_current_key",
        "period",
        "form_code",
        "org_id",
        unique=True,
        postgresql_where=sa.text("to_load is null"),
    ),
    sa.Index("fct_obligation_county_code_period_idx", "county_code", "period"),
    _code("county_code"),
    schema="core",
    comment="What is expected; one row per organisation, form, period and version. The denominator of every completeness "
    "figure.",
)

plans = sa.Table(
    "plans",
    metadata,
    _column("plan_code", sa.Text, "Short name."),
    _column("title", sa.Text, "Official title."),
    _column(
        "form_code", sa.Text, "The form its tasks are followed by; null: no tasks.", sa.ForeignKey(dim_form.c.form_code),
        null=True,
    ),
    _column("table_name", sa.Text, "The table of that form.", null=True),
    _column("county_code", sa.Text, "Whose plan (12 digits): a county or a prefecture."),
    _column("year", sa.Integer, "Plan year."),
    _column("completion_stage", sa.Text, "What counts as completed.", null=True),
    _column("minimum_floor_area_m2", sa.Numeric, "Least floor area of a completed centre.", null=True),
    _column("frozen_on", sa.Date, "Day on which the task list was frozen."),
    _column("document", sa.Text, "The document that decided it.", null=True),
    *_known(),
    _column("issued_on", sa.Date, "Date of that document, where phases are judged by it.", null=True),
    _column("reading", sa.Text, "coverage: the list is all units that should have a centre; null: those to be built.",
            null=True),
    _column("lights", sa.Text, "Profile of the traffic lights; null: P1.", null=True),
    _column("pass_numerator", sa.Integer, "Share of the standards that must be met: 19 of 19/20.", null=True),
    _column("pass_denominator", sa.Integer, "20 of 19/20; both null without standards.", null=True),
    _column("verified_by", sa.Text, "Whose check makes a standard verified: county or prefecture.", null=True),
    _code("county_code"),
    _one_of("reading", "coverage"),
    _one_of("lights", "yinchuan_2025"),
    _one_of("verified_by", "county", "prefecture"),
    sa.CheckConstraint("(form_code is null) = (completion_stage is null)", name="tasks_have_a_stage"),
    sa.CheckConstraint("(form_code is null) = (table_name is null)", name="form_has_a_table"),
    sa.CheckConstraint("(pass_numerator is null) = (verified_by is null)", name="standards_are_verified"),
    sa.CheckConstraint("pass_numerator > 0 and pass_numerator <= pass_denominator", name="pass_share_is_a_fraction"),
    sa.CheckConstraint("(pass_numerator is null) = (pass_denominator is null)", name="pass_share_has_both_parts"),
    sa.PrimaryKeyConstraint("plan_code", "from_load"),
    sa.Index("plans_current_key", "plan_code", unique=True, postgresql_where=sa.text("to_load is null")),
    schema="core",
    comment="Programmes: tasks, standards, targets and phases; one row per plan and version.",
)  # fmt: skip

plan_milestones = sa.Table(
    "plan_milestones",
    metadata,
    _column("plan_code", sa.Text, "The plan."),
    _column("number", sa.SmallInteger, "1, 2, 3 in order of time."),
    _column("period", sa.Text, "At whose end it is due.", sa.ForeignKey(dim_period.c.period)),
    _column("share_numerator", sa.Integer, "Cumulative share of the tasks, as a fraction: 9 of 9/10.", null=True),
    _column("share_denominator", sa.Integer, "10 of 9/10; both null for a check without a share.", null=True),
    *_known(),
    sa.CheckConstraint("share_numerator > 0 and share_numerator <= share_denominator", name="share_is_a_fraction"),
    sa.CheckConstraint("(share_numerator is null) = (share_denominator is null)", name="share_has_both_parts"),
    sa.PrimaryKeyConstraint("plan_code", "number", "from_load"),
    sa.Index(
        "plan_milestones_current_key", "plan_code", "number", unique=True, postgresql_where=sa.text("to_load is null")
    ),
    schema="core",
    comment="Milestones of plans; one row per plan, milestone and version.",
)

plan_tasks = sa.Table(
    "plan_tasks",
    metadata,
    _column("plan_code", sa.Text, "The plan."),
    _column("org_id", sa.BigInteger, "The centre to be built.", sa.ForeignKey(orgs.c.org_id)),
    _column("town_code", sa.Text, "The town that answers for it (12 digits)."),
    *_known(),
    _column(
        "role", sa.Text,
        "null: on the frozen list. baseline: not on it, said to meet the standard already, counts for coverage. added: put "
        "on the adjusted list later.",
        null=True,
    ),
    _column("added_on", sa.Date, "From which day it is on the adjusted list.", null=True),
    _column("removed_on", sa.Date, "From which day it is off the adjusted list.", null=True),
    _column("change_reason", sa.Text, "Why it was added or removed.", null=True),
    _column("approval_no", sa.Text, "Number of the approval of that.", null=True),
    _column("into_org_id", sa.BigInteger, "The centre into which it was merged.", sa.ForeignKey(orgs.c.org_id), null=True),
    _code("town_code"),
    _one_of("role", "baseline", "added"),
    sa.CheckConstraint("(role is not distinct from 'added') = (added_on is not null)", name="added_from_a_day"),
    sa.CheckConstraint("(added_on is null and removed_on is null) = (approval_no is null)", name="changes_are_approved"),
    sa.CheckConstraint("removed_on > added_on", name="removed_after_added"),
    sa.PrimaryKeyConstraint("plan_code", "org_id", "from_load"),
    sa.Index("plan_tasks_current_key", "plan_code", "org_id", unique=True, postgresql_where=sa.text("to_load is null")),
    schema="core",
    comment="The frozen task list, its approved changes, and the units outside it; one row per plan, organisation and "
    "version.",
)  # fmt: skip

plan_standards = sa.Table(
    "plan_standards",
    metadata,
    _column("plan_code", sa.Text, "The plan."),
    _column("item_no", sa.Integer, "Number of the standard."),
    _column("task_no", sa.Integer, "The task it belongs to."),
    _column("indicator_no", sa.Integer, "The indicator it belongs to."),
    _column("title", sa.Text, "What it asks for."),
    _column("is_veto", sa.Boolean, "Whether failing it fails everything (一票否决)."),
    *_known(),
    sa.PrimaryKeyConstraint("plan_code", "item_no", "from_load"),
    sa.Index(
        "plan_standards_current_key", "plan_code", "item_no", unique=True, postgresql_where=sa.text("to_load is null")
    ),
    schema="core",
    comment="Acceptance standards of programmes; one row per plan, standard and version.",
)

plan_targets = sa.Table(
    "plan_targets",
    metadata,
    _column("plan_code", sa.Text, "The plan."),
    _column("number", sa.SmallInteger, "1, 2, 3 in the order of the plan."),
    _column("title", sa.Text, "What is promised."),
    _column("indicator_code", sa.Text, "The indicator that shows it."),
    _column("item", sa.Text, "Which of its items; empty where it has none."),
    _column("at_least", sa.Numeric, "The value to reach, in the indicator's unit."),
    _column("period", sa.Text, "At whose end it is due.", sa.ForeignKey(dim_period.c.period)),
    _column("strength", sa.Text, "must (力保) or stretch (力争)."),
    *_known(),
    _one_of("strength", "must", "stretch"),
    sa.PrimaryKeyConstraint("plan_code", "number", "from_load"),
    sa.Index(
        "plan_targets_current_key", "plan_code", "number", unique=True, postgresql_where=sa.text("to_load is null")
    ),
    schema="core",
    comment="Values of indicators that programmes promise; one row per plan, target and version.",
)

plan_phases = sa.Table(
    "plan_phases",
    metadata,
    _column("plan_code", sa.Text, "The plan."),
    _column("number", sa.SmallInteger, "1, 2, 3 in order of time."),
    _column("title", sa.Text, "What it is for."),
    _column("first_day", sa.Date, "Its first day."),
    _column("last_day", sa.Date, "Its last day."),
    *_known(),
    sa.CheckConstraint("first_day <= last_day", name="begins_before_it_ends"),
    sa.PrimaryKeyConstraint("plan_code", "number", "from_load"),
    sa.Index(
        "plan_phases_current_key", "plan_code", "number", unique=True, postgresql_where=sa.text("to_load is null")
    ),
    schema="core",
    comment="Dated phases of programmes; one row per plan, phase and version.",
)

plan_scorecard = sa.Table(
    "plan_scorecard",
    metadata,
    _column("plan_code", sa.Text, "The plan."),
    _column("number", sa.SmallInteger, "1, 2, 3 in the order of the plan."),
    _column("indicator_code", sa.Text, "The indicator of a town that is scored."),
    _column("weight", sa.Integer, "Points for reaching it."),
    _column("full_at", sa.Numeric, "From which value all points are given; below it a share of them."),
    *_known(),
    sa.CheckConstraint("weight > 0", name="weighs_something"),
    sa.CheckConstraint("full_at > 0", name="full_at_something"),
    sa.PrimaryKeyConstraint("plan_code", "number", "from_load"),
    sa.Index(
        "plan_scorecard_current_key", "plan_code", "number", unique=True, postgresql_where=sa.text("to_load is null")
    ),
    schema="core",
    comment="How branches are scored; one row per plan, scored indicator and version.",
)

acceptance_events = sa.Table(
    "acceptance_events",
    metadata,
    _column("plan_code", sa.Text, "The plan."),
    _column("org_id", sa.BigInteger, "The centre.", sa.ForeignKey(orgs.c.org_id)),
    _column(
        "kind", sa.Text,
        "accepted (again, after a relapse), regressed, rechecked; started and built where they came before acceptance.",
    ),
    _column("event_on", sa.Date, "Day it happened, not day of entry."),
    _column("period", sa.Text, "Period of the row it was derived from.", sa.ForeignKey(dim_period.c.period)),
    _column("submission_id", sa.BigInteger, "The file that says so.", sa.ForeignKey(submissions.c.submission_id)),
    _column("sheet", sa.Text, "Sheet of that file."),
    _column("row_number", sa.Integer, "Row of that sheet."),
    *_known(),
    _column("document_no", sa.Text, "Number of the acceptance report.", null=True),
    _one_of("kind", "accepted", "regressed", "rechecked", "started", "built"),
    sa.PrimaryKeyConstraint("plan_code", "org_id", "kind", "event_on", "from_load"),
    sa.Index(
        "acceptance_events_current_key",
        "plan_code", "org_id", "kind", "event_on",
        unique=True,
        postgresql_where=sa.text("to_load is null"),
    ),
    schema="core",
    comment="What happened to tasks, first of all acceptances and relapses; one row per plan, organisation, kind, day and "
    "version.",
)  # fmt: skip

milestone_crossings = sa.Table(
    "milestone_crossings",
    metadata,
    _column("plan_code", sa.Text, "The plan."),
    _column("scope_code", sa.Text, "The county, or one of its towns (12 digits)."),
    _column("number", sa.SmallInteger, "The milestone."),
    _column("reached_on", sa.Date, "First day on which accepted >= required."),
    _column("accepted", sa.Integer, "Accepted on that day."),
    _column("required", sa.Integer, "Required by the milestone."),
    _column("from_load", sa.BigInteger, "The load that made it known.", sa.ForeignKey(loads.c.load_id), index=True),
    _column("recorded_at", sa.DateTime(timezone=True), "When it was recorded; alerts follow from that."),
    _code("scope_code"),
    sa.CheckConstraint("accepted >= required", name="is_reached"),
    sa.PrimaryKeyConstraint("plan_code", "scope_code", "number"),
    schema="core",
    comment="Milestones reached for the first time; one row per plan, scope and milestone, never taken back.",
)


def type_name(column: sa.Column[Any]) -> str:
    """The type of a column as PostgreSQL names it."""
    return column.type.compile(dialect=postgresql.dialect()).lower()  # type: ignore[no-untyped-call]


# ----------------------------------------------------------------------------------------------- form tables


OWN_COLUMNS = {
    "org_id", "division_code", "town_code", "county_code", "period", "row_key", "cell_states", "submission_id", "sheet", "row_number",
    "confirmed_by", "kept_from", "from_load", "to_load",
}  # fmt: skip
"""Columns of every form table, besides its fields."""
TAKEN_WORDS = {"load_id", "is_quarantined", "wave", "stated_by", "action"} | RESERVED_WORDS
"""What statements of the loads call something else by, and what PostgreSQL keeps for itself."""


def form_table(table: FormTable) -> sa.Table:
    """`fct_<table>` of a form: one row per unit, key, period and version.

    It lies in `core`; if a field names persons in `personal`, and `core.fct_<table>` is a view of all other columns.
    Its foreign keys stay declared, and a trigger enforces them (include/sql/form_tables/references.sql).
    """
    persons = {field.name for field in table.stored if field.personal}
    if in_key := persons & set(table.item_key):
        raise DeclarationError(f"table {table.name}: {in_key.pop()} is personal and cannot tell rows apart")
    if taken := {field.name for field in table.stored} & OWN_COLUMNS:
        raise DeclarationError(
            f"table {table.name}: every form table has a column {taken.pop()} of its own; name the field otherwise"
        )
    if taken := {field.name for field in table.stored} & TAKEN_WORDS:
        raise DeclarationError(
            f"table {table.name}: {taken.pop()} is a word of SQL or of loads; name the field otherwise"
        )
    name = f"fct_{table.name}"
    return sa.Table(
        name,
        sa.MetaData(naming_convention=metadata.naming_convention),  # apart from what Alembic owns
        _column("org_id", sa.BigInteger, "The unit the row is about."),
        _column("division_code", sa.Text, "Its place (12 digits) when the row was loaded."),
        _column(
            "town_code", sa.Text, "Its town (12 digits) when the row was loaded; of the county's own rows the county."
        ),
        _column("county_code", sa.Text, "Its county (12 digits) when the row was loaded."),
        _column("period", sa.Text, "Reporting period."),
        _column(
            "row_key",
            sa.Text,
            f"What tells rows of one unit and period apart: {', '.join(table.item_key)}."
            if table.item_key
            else "Empty: a unit has one row.",
            server_default="",
        ),
        *(
            _column(field.name, FIELD_TYPES[field.type], " ".join(filter(None, [field.title, field.unit])), null=True)
            for field in table.stored
        ),
        _column(
            "cell_states",
            JSONB,
            "Field -> why its value is missing or not to be taken as it stands: blank, no_column, withheld, contested, "
            "approximate, partial_date …; _row: contested when the sender's latest row was quarantined.",
            server_default=sa.text("'{}'"),
        ),
        _column(
            "submission_id",
            sa.BigInteger,
            "The file its values stand in; of a row that was carried over (_row: contested) the earlier file.",
        ),
        _column("sheet", sa.Text, "Sheet of that file."),
        _column("row_number", sa.Integer, "Row of that sheet."),
        _column(
            "kept_from",
            JSONB,
            "Field -> submission_id, sheet and row_number its value was kept from, where that is another file than the "
            "row's: the later one could not be taken.",
            server_default=sa.text("'{}'"),
        ),
        _column(
            "confirmed_by",
            sa.BigInteger,
            "The latest file that left exactly this version, at least the one that brought it; bookkeeping of loads, "
            "no part of the history.",
        ),
        _column("from_load", sa.BigInteger, "The load that made this version known."),
        _column("to_load", sa.BigInteger, "The load that replaced it; null while it is current.", null=True),
        sa.PrimaryKeyConstraint("org_id", "period", "row_key", "from_load"),
        sa.ForeignKeyConstraint(["org_id"], [orgs.c.org_id]),
        sa.ForeignKeyConstraint(["period"], [dim_period.c.period]),
        sa.ForeignKeyConstraint(["from_load"], [loads.c.load_id]),
        sa.ForeignKeyConstraint(["submission_id"], [loads.c.submission_id]),
        sa.ForeignKeyConstraint(["to_load"], [loads.c.load_id]),
        _code("division_code"),
        _code("town_code"),
        _code("county_code"),
        sa.CheckConstraint("to_load > from_load", name="ends_after_it_begins"),
        sa.CheckConstraint("confirmed_by >= submission_id", name="confirmed_by_is_not_older"),
        sa.CheckConstraint("jsonb_typeof(cell_states) = 'object'", name="cell_states_is_an_object"),
        sa.Index(
            f"{name}_current_key",
            "org_id",
            "period",
            "row_key",
            unique=True,
            postgresql_where=sa.text("to_load is null"),
        ),
        sa.Index(f"{name}_county_code_period_idx", "county_code", "period"),
        sa.Index(f"{name}_from_load_idx", "from_load"),
        sa.Index(f"{name}_to_load_idx", "to_load", postgresql_where=sa.text("to_load is not null")),
        schema="personal" if persons else "core",
        comment=f"{table.title}: {table.grain}, with all versions.",
    )
