"""First tables (revision 0001)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dim_form",
        sa.Column("form_code", sa.Text(), nullable=False, comment="As stewards know it: 基文01."),
        sa.Column("name", sa.Text(), nullable=False, comment="Name in the software."),
        sa.Column("title", sa.Text(), nullable=False, comment="Official title."),
        sa.Column("edition", sa.Text(), nullable=False, comment="Latest edition."),
        sa.Column("period_kind", sa.Text(), nullable=False, comment="month, quarter, year or none."),
        sa.Column("reported_by", sa.Text(), nullable=False, comment="Level that reports: village, town or county."),
        sa.Column(
            "due_working_days", sa.Integer(), nullable=False, comment="Working days after the end of the period."
        ),
        sa.PrimaryKeyConstraint("form_code", name=op.f("dim_form_pk")),
        schema="core",
        comment="Forms, copied from their declarations; one row per form.",
    )
    op.create_table(
        "evidence",
        sa.Column(
            "evidence_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="Number of its journal entry."
        ),
        sa.Column(
            "evidence_number",
            sa.Text(),
            nullable=False,
            comment="What its name begins with, up to the first space or bracket: ZP-001.",
        ),
        sa.Column("county_code", sa.Text(), nullable=False, comment="County of the folder."),
        sa.Column(
            "folder", sa.Text(), nullable=False, comment="Sub-folder of 佐证, usually the town; empty at its top."
        ),
        sa.Column("file_name", sa.Text(), nullable=False, comment="As it was put there."),
        sa.Column("share", sa.Text(), nullable=False, comment="The shared folder."),
        sa.Column("path", sa.Text(), nullable=False, comment="Where it lay, below the share."),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False, comment="Size of the file."),
        sa.Column(
            "modified_ns",
            sa.BigInteger(),
            nullable=False,
            comment="When it was last written, in nanoseconds since 1970, as the share said.",
        ),
        sa.Column("sha256", sa.Text(), nullable=False, comment="Of its bytes."),
        sa.Column("archive_name", sa.Text(), nullable=False, comment="The copy, below the archive folder."),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False, comment="When it was first seen so."),
        sa.CheckConstraint("county_code ~ '^[0-9]{12}$'", name=op.f("evidence_county_code_has_12_digits")),
        sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name=op.f("evidence_sha256_is_one")),
        sa.PrimaryKeyConstraint("evidence_id", name=op.f("evidence_pk")),
        schema="ops",
        comment="Evidence put into 佐证; one row per file and content, never read, matched by its number.",
    )
    op.create_index("evidence_number_idx", "evidence", ["county_code", "evidence_number"], unique=False, schema="ops")
    op.create_table(
        "dim_period",
        sa.Column("period", sa.Text(), nullable=False, comment="2026, 2026Q3 or 2026-09."),
        sa.Column("kind", sa.Text(), nullable=False, comment="year, quarter or month."),
        sa.Column("first_day", sa.Date(), nullable=False, comment="First day."),
        sa.Column("last_day", sa.Date(), nullable=False, comment="Last day."),
        sa.Column("title", sa.Text(), nullable=False, comment="As people write it: 2026年第3季度."),
        sa.CheckConstraint("kind in ('year', 'quarter', 'month')", name=op.f("dim_period_kind_is_known")),
        sa.CheckConstraint("last_day > first_day", name=op.f("dim_period_ends_after_it_begins")),
        sa.PrimaryKeyConstraint("period", name=op.f("dim_period_pk")),
        schema="core",
        comment="Reporting periods; one row per period.",
    )
    op.create_table(
        "journal_position",
        sa.Column(
            "is_only_row",
            sa.Boolean(),
            server_default=sa.text("true"),
            nullable=False,
            comment="True: there is one row.",
        ),
        sa.Column(
            "seq", sa.BigInteger(), nullable=False, comment="Number of the last journal entry brought into the tables."
        ),
        sa.Column(
            "hash",
            sa.Text(),
            nullable=False,
            comment="Its hash: shows when entries are missing at the end of the journal.",
        ),
        sa.CheckConstraint("is_only_row", name=op.f("journal_position_is_one_row")),
        sa.PrimaryKeyConstraint("is_only_row", name=op.f("journal_position_pk")),
        schema="ops",
        comment="How far the journal was read; at most one row.",
    )
    op.create_table(
        "loads",
        sa.Column(
            "load_id",
            sa.BigInteger(),
            autoincrement=False,
            nullable=False,
            comment="Knowledge time: 1, 2, 3 … in order of commits.",
        ),
        sa.Column(
            "kind",
            sa.Text(),
            nullable=False,
            comment="return: one submission; register: a list of units; plan; decision.",
        ),
        sa.Column("submission_id", sa.BigInteger(), nullable=True, comment="The submission loaded, for kind return."),
        sa.Column(
            "journal_seq",
            sa.BigInteger(),
            nullable=True,
            comment="The journal entry that caused it, for the other kinds.",
        ),
        sa.Column(
            "loaded_at", sa.DateTime(timezone=True), nullable=False, comment="When; only load_id orders what was known."
        ),
        sa.CheckConstraint("(kind = 'return') = (submission_id is not null)", name=op.f("loads_return_has_submission")),
        sa.CheckConstraint("kind in ('return', 'register', 'plan', 'decision')", name=op.f("loads_kind_is_known")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["ops.submissions.submission_id"], name=op.f("loads_submission_id_fk"), use_alter=True
        ),
        sa.PrimaryKeyConstraint("load_id", name=op.f("loads_pk")),
        sa.UniqueConstraint("load_id", "submission_id", name=op.f("loads_load_id_submission_id_key")),
        sa.UniqueConstraint("submission_id", name=op.f("loads_submission_id_key")),
        schema="ops",
        comment="Changes of what is known; one row per loaded submission, imported list or decision.",
    )
    op.create_table(
        "notifications",
        sa.Column("notification_id", sa.BigInteger(), sa.Identity(always=True), nullable=False, comment="Number."),
        sa.Column("kind", sa.Text(), nullable=False, comment="Which message: daily digest, milestone …"),
        sa.Column("day", sa.Date(), nullable=False, comment="The day it is about."),
        sa.Column("recipient", sa.Text(), nullable=False, comment="Address or robot."),
        sa.Column("subject", sa.Text(), nullable=False, comment="Subject as sent."),
        sa.Column("body", sa.Text(), nullable=False, comment="Text as sent."),
        sa.Column(
            "sent_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When it was handed over; null while it is being sent.",
        ),
        sa.PrimaryKeyConstraint("notification_id", name=op.f("notifications_pk")),
        sa.UniqueConstraint("kind", "day", "recipient", name=op.f("notifications_kind_day_recipient_key")),
        schema="ops",
        comment="What was sent to whom; one row per kind, day and recipient, so nothing is sent twice.",
    )
    op.create_table(
        "dim_place",
        sa.Column("place_code", sa.Text(), nullable=False, comment="12 digits, zero-padded on the right."),
        sa.Column("name", sa.Text(), nullable=False, comment="Official name."),
        sa.Column(
            "level", sa.SmallInteger(), nullable=False, comment="1 province, 2 prefecture, 3 county, 4 town, 5 village."
        ),
        sa.Column("parent_code", sa.Text(), nullable=True, comment="The place it belongs to; null at the top."),
        sa.Column("kind", sa.Text(), nullable=False, comment="town, subdistrict, special_zone, village, community …"),
        sa.Column(
            "valid_from",
            sa.Date(),
            nullable=False,
            comment="First day of this name and place in the tree; it ends where the next begins.",
        ),
        sa.Column("from_load", sa.BigInteger(), nullable=False, comment="The load that made this version known."),
        sa.Column(
            "to_load",
            sa.BigInteger(),
            nullable=True,
            comment="The load that replaced or withdrew it; null while it is current.",
        ),
        sa.CheckConstraint("parent_code ~ '^[0-9]{12}$'", name=op.f("dim_place_parent_code_has_12_digits")),
        sa.CheckConstraint("place_code ~ '^[0-9]{12}$'", name=op.f("dim_place_place_code_has_12_digits")),
        sa.CheckConstraint("level between 1 and 5", name=op.f("dim_place_level_is_known")),
        sa.CheckConstraint("parent_code <> place_code", name=op.f("dim_place_is_not_its_own_parent")),
        sa.CheckConstraint("to_load > from_load", name=op.f("dim_place_ends_after_it_begins")),
        sa.ForeignKeyConstraint(["from_load"], ["ops.loads.load_id"], name=op.f("dim_place_from_load_fk")),
        sa.ForeignKeyConstraint(["to_load"], ["ops.loads.load_id"], name=op.f("dim_place_to_load_fk")),
        sa.PrimaryKeyConstraint("place_code", "valid_from", "from_load", name=op.f("dim_place_pk")),
        schema="core",
        comment="Administrative divisions; one row per place, first day of validity and version.",
    )
    op.create_index(
        "dim_place_current_key",
        "dim_place",
        ["place_code", "valid_from"],
        unique=True,
        schema="core",
        postgresql_where=sa.text("to_load is null"),
    )
    op.create_index("dim_place_parent_code_idx", "dim_place", ["parent_code"], unique=False, schema="core")
    op.create_table(
        "orgs",
        sa.Column(
            "org_id",
            sa.BigInteger(),
            autoincrement=False,
            nullable=False,
            comment="1, 2, 3 … in the order in which they became known.",
        ),
        sa.Column("from_load", sa.BigInteger(), nullable=False, comment="The load that made it known."),
        sa.ForeignKeyConstraint(["from_load"], ["ops.loads.load_id"], name=op.f("orgs_from_load_fk")),
        sa.PrimaryKeyConstraint("org_id", name=op.f("orgs_pk")),
        schema="core",
        comment="Identities of organisations, which outlive names, places and codes; one row per organisation.",
    )
    op.create_table(
        "place_alias",
        sa.Column("place_code", sa.Text(), nullable=False, comment="The place meant."),
        sa.Column("alias", sa.Text(), nullable=False, comment="A name people write for it."),
        sa.Column("from_load", sa.BigInteger(), nullable=False, comment="The load that made this version known."),
        sa.Column(
            "to_load",
            sa.BigInteger(),
            nullable=True,
            comment="The load that replaced or withdrew it; null while it is current.",
        ),
        sa.CheckConstraint("place_code ~ '^[0-9]{12}$'", name=op.f("place_alias_place_code_has_12_digits")),
        sa.CheckConstraint("to_load > from_load", name=op.f("place_alias_ends_after_it_begins")),
        sa.ForeignKeyConstraint(["from_load"], ["ops.loads.load_id"], name=op.f("place_alias_from_load_fk")),
        sa.ForeignKeyConstraint(["to_load"], ["ops.loads.load_id"], name=op.f("place_alias_to_load_fk")),
        sa.PrimaryKeyConstraint("place_code", "alias", "from_load", name=op.f("place_alias_pk")),
        schema="core",
        comment="Other names of places; one row per place, name and version.",
    )
    op.create_index(
        "place_alias_current_key",
        "place_alias",
        ["place_code", "alias"],
        unique=True,
        schema="core",
        postgresql_where=sa.text("to_load is null"),
    )
    op.create_table(
        "plans",
        sa.Column("plan_code", sa.Text(), nullable=False, comment="Short name."),
        sa.Column("title", sa.Text(), nullable=False, comment="Official title."),
        sa.Column("form_code", sa.Text(), nullable=False, comment="The form its progress is read from."),
        sa.Column("table_name", sa.Text(), nullable=False, comment="The table of that form."),
        sa.Column("county_code", sa.Text(), nullable=False, comment="Whose plan (12 digits)."),
        sa.Column("year", sa.Integer(), nullable=False, comment="Plan year."),
        sa.Column("completion_stage", sa.Text(), nullable=False, comment="What counts as completed."),
        sa.Column(
            "minimum_floor_area_m2", sa.Numeric(), nullable=True, comment="Least floor area of a completed centre."
        ),
        sa.Column("frozen_on", sa.Date(), nullable=False, comment="Day on which the task list was frozen."),
        sa.Column("document", sa.Text(), nullable=True, comment="The document that decided it."),
        sa.Column("from_load", sa.BigInteger(), nullable=False, comment="The load that made this version known."),
        sa.Column(
            "to_load",
            sa.BigInteger(),
            nullable=True,
            comment="The load that replaced or withdrew it; null while it is current.",
        ),
        sa.CheckConstraint("county_code ~ '^[0-9]{12}$'", name=op.f("plans_county_code_has_12_digits")),
        sa.CheckConstraint("to_load > from_load", name=op.f("plans_ends_after_it_begins")),
        sa.ForeignKeyConstraint(["form_code"], ["core.dim_form.form_code"], name=op.f("plans_form_code_fk")),
        sa.ForeignKeyConstraint(["from_load"], ["ops.loads.load_id"], name=op.f("plans_from_load_fk")),
        sa.ForeignKeyConstraint(["to_load"], ["ops.loads.load_id"], name=op.f("plans_to_load_fk")),
        sa.PrimaryKeyConstraint("plan_code", "from_load", name=op.f("plans_pk")),
        schema="core",
        comment="Building plans; one row per plan and version.",
    )
    op.create_index(
        "plans_current_key",
        "plans",
        ["plan_code"],
        unique=True,
        schema="core",
        postgresql_where=sa.text("to_load is null"),
    )
    op.create_table(
        "submissions",
        sa.Column(
            "submission_id",
            sa.BigInteger(),
            autoincrement=False,
            nullable=False,
            comment="Number of the receipt in the journal: precedence.",
        ),
        sa.Column("sha256", sa.Text(), nullable=False, comment="Of the file's bytes."),
        sa.Column("county_code", sa.Text(), nullable=False, comment="County of the inbox."),
        sa.Column(
            "share",
            sa.Text(),
            server_default="",
            nullable=False,
            comment="The shared folder it was received from; answered there only.",
        ),
        sa.Column("inbox", sa.Text(), server_default="", nullable=False, comment="The inbox, below the share."),
        sa.Column(
            "folder", sa.Text(), nullable=False, comment="Sub-folder of the inbox, usually the town; empty at its top."
        ),
        sa.Column("file_name", sa.Text(), nullable=False, comment="As handed in."),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False, comment="Size of the file."),
        sa.Column("file_modified_at", sa.DateTime(timezone=True), nullable=False, comment="As the share said."),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False, comment="When the receipt was written."),
        sa.Column(
            "settled_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When the original was moved to 已收; null on a read-only share.",
        ),
        sa.Column("archive_name", sa.Text(), nullable=False, comment="The original, below the archive folder."),
        sa.Column(
            "outcome",
            sa.Text(),
            nullable=True,
            comment="The verdict: load, quarantine_file (held), reject, ignore; null until judged.",
        ),
        sa.Column("form_code", sa.Text(), nullable=True, comment="Form the file was recognised as."),
        sa.Column(
            "table_names",
            postgresql.ARRAY(sa.Text()),
            nullable=True,
            comment="Tables of that form that it states; a ledger without rows only if it says that nothing happened.",
        ),
        sa.Column("period", sa.Text(), nullable=True, comment="Period the file states; a claim until it is loaded."),
        sa.Column(
            "unit_code",
            sa.Text(),
            nullable=True,
            comment="Reporting town or county it states (12 digits); a claim likewise.",
        ),
        sa.Column(
            "file_format",
            sa.Text(),
            nullable=True,
            comment="What the content is (xlsx, xls, csv …), whatever its name says.",
        ),
        sa.Column(
            "answers_submission",
            sa.BigInteger(),
            nullable=True,
            comment="The submission whose marked copy this file is.",
        ),
        sa.Column("rows_accepted", sa.Integer(), nullable=True, comment="Rows with verdict accept."),
        sa.Column("rows_quarantined", sa.Integer(), nullable=True, comment="Rows with verdict quarantine."),
        sa.Column("rows_duplicate", sa.Integer(), nullable=True, comment="Rows that repeat another row."),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=True, comment="When the verdict was recorded."),
        sa.Column(
            "answered_at", sa.DateTime(timezone=True), nullable=True, comment="When the answer was put into the share."
        ),
        sa.Column("answer_path", sa.Text(), nullable=True, comment="The answer, below the share."),
        sa.Column("decision", sa.Text(), nullable=True, comment="What was decided about a held file."),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=True, comment="When its rows took effect."),
        sa.Column("load_id", sa.BigInteger(), nullable=True, comment="The load by which they did."),
        sa.CheckConstraint("county_code ~ '^[0-9]{12}$'", name=op.f("submissions_county_code_has_12_digits")),
        sa.CheckConstraint("decision in ('released', 'returned')", name=op.f("submissions_decision_is_known")),
        sa.CheckConstraint(
            "decision is null or outcome = 'quarantine_file'", name=op.f("submissions_decided_when_held")
        ),
        sa.CheckConstraint(
            "load_id is null or outcome = 'load' or decision is not distinct from 'released'",
            name=op.f("submissions_loaded_when_allowed"),
        ),
        sa.CheckConstraint(
            "outcome <> 'load' or (form_code, table_names, period) is not null", name=op.f("submissions_load_has_scope")
        ),
        sa.CheckConstraint(
            "outcome in ('load', 'quarantine_file', 'reject', 'ignore')", name=op.f("submissions_outcome_is_known")
        ),
        sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name=op.f("submissions_sha256_is_one")),
        sa.CheckConstraint("unit_code ~ '^[0-9]{12}$'", name=op.f("submissions_unit_code_has_12_digits")),
        sa.CheckConstraint("(load_id is null) = (loaded_at is null)", name=op.f("submissions_load_has_time")),
        sa.CheckConstraint("(outcome is null) = (judged_at is null)", name=op.f("submissions_verdict_has_time")),
        sa.CheckConstraint(
            "answered_at is null or judged_at is not null", name=op.f("submissions_answered_after_judged")
        ),
        sa.ForeignKeyConstraint(["load_id"], ["ops.loads.load_id"], name=op.f("submissions_load_id_fk")),
        sa.PrimaryKeyConstraint("submission_id", name=op.f("submissions_pk")),
        schema="ops",
        comment="Receipts: one row per file handed in, the same bytes handed in twice are two.",
    )
    op.create_index(
        "submissions_open_idx",
        "submissions",
        ["submission_id"],
        unique=False,
        schema="ops",
        postgresql_where=sa.text("load_id is null"),
    )
    op.create_index("submissions_sha256_idx", "submissions", ["sha256"], unique=False, schema="ops")
    op.create_index(
        "submissions_unsettled_idx",
        "submissions",
        ["submission_id"],
        unique=False,
        schema="ops",
        postgresql_where=sa.text("settled_at is null"),
    )
    op.create_table(
        "acceptance_events",
        sa.Column("plan_code", sa.Text(), nullable=False, comment="The plan."),
        sa.Column("org_id", sa.BigInteger(), nullable=False, comment="The centre."),
        sa.Column("kind", sa.Text(), nullable=False, comment="accepted or regressed."),
        sa.Column("event_on", sa.Date(), nullable=False, comment="Day it happened, not day of entry."),
        sa.Column("period", sa.Text(), nullable=False, comment="Period of the row it was derived from."),
        sa.Column("submission_id", sa.BigInteger(), nullable=False, comment="The file that says so."),
        sa.Column("sheet", sa.Text(), nullable=False, comment="Sheet of that file."),
        sa.Column("row_number", sa.Integer(), nullable=False, comment="Row of that sheet."),
        sa.Column("from_load", sa.BigInteger(), nullable=False, comment="The load that made this version known."),
        sa.Column(
            "to_load",
            sa.BigInteger(),
            nullable=True,
            comment="The load that replaced or withdrew it; null while it is current.",
        ),
        sa.CheckConstraint("kind in ('accepted', 'regressed')", name=op.f("acceptance_events_kind_is_known")),
        sa.CheckConstraint("to_load > from_load", name=op.f("acceptance_events_ends_after_it_begins")),
        sa.ForeignKeyConstraint(["from_load"], ["ops.loads.load_id"], name=op.f("acceptance_events_from_load_fk")),
        sa.ForeignKeyConstraint(["org_id"], ["core.orgs.org_id"], name=op.f("acceptance_events_org_id_fk")),
        sa.ForeignKeyConstraint(["period"], ["core.dim_period.period"], name=op.f("acceptance_events_period_fk")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["ops.submissions.submission_id"], name=op.f("acceptance_events_submission_id_fk")
        ),
        sa.ForeignKeyConstraint(["to_load"], ["ops.loads.load_id"], name=op.f("acceptance_events_to_load_fk")),
        sa.PrimaryKeyConstraint(
            "plan_code", "org_id", "kind", "event_on", "from_load", name=op.f("acceptance_events_pk")
        ),
        schema="core",
        comment="Acceptances and regressions; one row per plan, organisation, kind, day and version.",
    )
    op.create_index(
        "acceptance_events_current_key",
        "acceptance_events",
        ["plan_code", "org_id", "kind", "event_on"],
        unique=True,
        schema="core",
        postgresql_where=sa.text("to_load is null"),
    )
    op.create_table(
        "dim_org",
        sa.Column("org_id", sa.BigInteger(), nullable=False, comment="The organisation."),
        sa.Column("org_type", sa.Text(), nullable=False, comment="village_center, town_station or county_bureau."),
        sa.Column("place_code", sa.Text(), nullable=False, comment="Where it is: village, town or county (12 digits)."),
        sa.Column("name", sa.Text(), nullable=False, comment="Name of its place."),
        sa.Column(
            "owes_returns",
            sa.Boolean(),
            nullable=False,
            comment="Whether it must report by itself; a special zone need not.",
        ),
        sa.Column(
            "valid_from", sa.Date(), nullable=False, comment="First day of this version; it ends where the next begins."
        ),
        sa.Column("from_load", sa.BigInteger(), nullable=False, comment="The load that made this version known."),
        sa.Column(
            "to_load",
            sa.BigInteger(),
            nullable=True,
            comment="The load that replaced or withdrew it; null while it is current.",
        ),
        sa.CheckConstraint(
            "org_type in ('village_center', 'town_station', 'county_bureau')", name=op.f("dim_org_org_type_is_known")
        ),
        sa.CheckConstraint("place_code ~ '^[0-9]{12}$'", name=op.f("dim_org_place_code_has_12_digits")),
        sa.CheckConstraint("to_load > from_load", name=op.f("dim_org_ends_after_it_begins")),
        sa.ForeignKeyConstraint(["from_load"], ["ops.loads.load_id"], name=op.f("dim_org_from_load_fk")),
        sa.ForeignKeyConstraint(["org_id"], ["core.orgs.org_id"], name=op.f("dim_org_org_id_fk")),
        sa.ForeignKeyConstraint(["to_load"], ["ops.loads.load_id"], name=op.f("dim_org_to_load_fk")),
        sa.PrimaryKeyConstraint("org_id", "valid_from", "from_load", name=op.f("dim_org_pk")),
        schema="core",
        comment="Reporting and statistical units; one row per organisation, first day of validity and version.",
    )
    op.create_index(
        "dim_org_current_key",
        "dim_org",
        ["org_id", "valid_from"],
        unique=True,
        schema="core",
        postgresql_where=sa.text("to_load is null"),
    )
    op.create_index(
        "dim_org_place_key",
        "dim_org",
        ["place_code", "org_type", "valid_from"],
        unique=True,
        schema="core",
        postgresql_where=sa.text("to_load is null"),
    )
    op.create_table(
        "fct_obligation",
        sa.Column("org_id", sa.BigInteger(), nullable=False, comment="Who owes."),
        sa.Column("form_code", sa.Text(), nullable=False, comment="Which form."),
        sa.Column("period", sa.Text(), nullable=False, comment="For which period."),
        sa.Column("due_on", sa.Date(), nullable=False, comment="Last day on which it is in time."),
        sa.Column(
            "duty",
            sa.Text(),
            server_default="due",
            nullable=False,
            comment="due, extended (缓报已批准), not_applicable.",
        ),
        sa.Column(
            "submission",
            sa.Text(),
            server_default="none",
            nullable=False,
            comment="The latest return: none, received, held, returned, accepted, zero (零报).",
        ),
        sa.Column("review", sa.Text(), server_default="open", nullable=False, comment="open, town, county, locked."),
        sa.Column("submission_id", sa.BigInteger(), nullable=True, comment="That latest return."),
        sa.Column(
            "submitted_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="Receipt of the first return that was accepted; corrections leave it.",
        ),
        sa.Column(
            "open_errors",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="Findings critical, row or error on the latest return; more than 0 is 待改正.",
        ),
        sa.CheckConstraint(
            "(submission = 'none') = (submission_id is null)", name=op.f("fct_obligation_return_is_named")
        ),
        sa.CheckConstraint("duty in ('due', 'extended', 'not_applicable')", name=op.f("fct_obligation_duty_is_known")),
        sa.CheckConstraint(
            "review in ('open', 'town', 'county', 'locked')", name=op.f("fct_obligation_review_is_known")
        ),
        sa.CheckConstraint(
            "submission in ('none', 'received', 'held', 'returned', 'accepted', 'zero')",
            name=op.f("fct_obligation_submission_is_known"),
        ),
        sa.CheckConstraint("open_errors >= 0", name=op.f("fct_obligation_open_errors_is_a_count")),
        sa.ForeignKeyConstraint(["form_code"], ["core.dim_form.form_code"], name=op.f("fct_obligation_form_code_fk")),
        sa.ForeignKeyConstraint(["org_id"], ["core.orgs.org_id"], name=op.f("fct_obligation_org_id_fk")),
        sa.ForeignKeyConstraint(["period"], ["core.dim_period.period"], name=op.f("fct_obligation_period_fk")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["ops.submissions.submission_id"], name=op.f("fct_obligation_submission_id_fk")
        ),
        sa.PrimaryKeyConstraint("period", "form_code", "org_id", name=op.f("fct_obligation_pk")),
        schema="core",
        comment="What is expected; one row per organisation, form and period. The denominator of every completeness figure.",
    )
    op.create_table(
        "plan_milestones",
        sa.Column("plan_code", sa.Text(), nullable=False, comment="The plan."),
        sa.Column("number", sa.SmallInteger(), nullable=False, comment="1, 2, 3 in order of time."),
        sa.Column("period", sa.Text(), nullable=False, comment="At whose end it is due."),
        sa.Column(
            "share_numerator",
            sa.Integer(),
            nullable=True,
            comment="Cumulative share of the tasks, as a fraction: 9 of 9/10.",
        ),
        sa.Column(
            "share_denominator",
            sa.Integer(),
            nullable=True,
            comment="10 of 9/10; both null for a check without a share.",
        ),
        sa.Column("from_load", sa.BigInteger(), nullable=False, comment="The load that made this version known."),
        sa.Column(
            "to_load",
            sa.BigInteger(),
            nullable=True,
            comment="The load that replaced or withdrew it; null while it is current.",
        ),
        sa.CheckConstraint("to_load > from_load", name=op.f("plan_milestones_ends_after_it_begins")),
        sa.CheckConstraint(
            "(share_numerator is null) = (share_denominator is null)", name=op.f("plan_milestones_share_has_both_parts")
        ),
        sa.CheckConstraint(
            "share_numerator > 0 and share_numerator <= share_denominator",
            name=op.f("plan_milestones_share_is_a_fraction"),
        ),
        sa.ForeignKeyConstraint(["period"], ["core.dim_period.period"], name=op.f("plan_milestones_period_fk")),
        sa.ForeignKeyConstraint(["from_load"], ["ops.loads.load_id"], name=op.f("plan_milestones_from_load_fk")),
        sa.ForeignKeyConstraint(["to_load"], ["ops.loads.load_id"], name=op.f("plan_milestones_to_load_fk")),
        sa.PrimaryKeyConstraint("plan_code", "number", "from_load", name=op.f("plan_milestones_pk")),
        schema="core",
        comment="Milestones of plans; one row per plan, milestone and version.",
    )
    op.create_index(
        "plan_milestones_current_key",
        "plan_milestones",
        ["plan_code", "number"],
        unique=True,
        schema="core",
        postgresql_where=sa.text("to_load is null"),
    )
    op.create_table(
        "plan_tasks",
        sa.Column("plan_code", sa.Text(), nullable=False, comment="The plan."),
        sa.Column("org_id", sa.BigInteger(), nullable=False, comment="The centre to be built."),
        sa.Column("town_code", sa.Text(), nullable=False, comment="The town that answers for it (12 digits)."),
        sa.Column("from_load", sa.BigInteger(), nullable=False, comment="The load that made this version known."),
        sa.Column(
            "to_load",
            sa.BigInteger(),
            nullable=True,
            comment="The load that replaced or withdrew it; null while it is current.",
        ),
        sa.CheckConstraint("town_code ~ '^[0-9]{12}$'", name=op.f("plan_tasks_town_code_has_12_digits")),
        sa.CheckConstraint("to_load > from_load", name=op.f("plan_tasks_ends_after_it_begins")),
        sa.ForeignKeyConstraint(["from_load"], ["ops.loads.load_id"], name=op.f("plan_tasks_from_load_fk")),
        sa.ForeignKeyConstraint(["org_id"], ["core.orgs.org_id"], name=op.f("plan_tasks_org_id_fk")),
        sa.ForeignKeyConstraint(["to_load"], ["ops.loads.load_id"], name=op.f("plan_tasks_to_load_fk")),
        sa.PrimaryKeyConstraint("plan_code", "org_id", "from_load", name=op.f("plan_tasks_pk")),
        schema="core",
        comment="The frozen task list and its changes; one row per plan, organisation and version.",
    )
    op.create_index(
        "plan_tasks_current_key",
        "plan_tasks",
        ["plan_code", "org_id"],
        unique=True,
        schema="core",
        postgresql_where=sa.text("to_load is null"),
    )
    op.create_table(
        "decisions",
        sa.Column(
            "decision_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="Number of the journal entry."
        ),
        sa.Column("kind", sa.Text(), nullable=False, comment="release: load the held file; return: give it back."),
        sa.Column("submission_id", sa.BigInteger(), nullable=False, comment="The held file."),
        sa.Column("reason", sa.Text(), nullable=False, comment="Why."),
        sa.Column("decided_by", sa.Text(), nullable=False, comment="Who."),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False, comment="When."),
        sa.CheckConstraint("kind in ('release', 'return')", name=op.f("decisions_kind_is_known")),
        sa.CheckConstraint("reason <> '' and decided_by <> ''", name=op.f("decisions_says_who_and_why")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["ops.submissions.submission_id"], name=op.f("decisions_submission_id_fk")
        ),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("decisions_pk")),
        sa.UniqueConstraint("submission_id", name=op.f("decisions_submission_id_key")),
        schema="ops",
        comment="Decisions about held files; one row per decision, one decision per file.",
    )
    op.create_table(
        "waivers",
        sa.Column(
            "waiver_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="Number of the journal entry."
        ),
        sa.Column("code", sa.Text(), nullable=False, comment="Type of finding that is let pass (finding_types.csv)."),
        sa.Column("form_code", sa.Text(), nullable=False, comment="In which form."),
        sa.Column(
            "unit_code",
            sa.Text(),
            nullable=False,
            comment="In which county, town or village (12 digits), and everything below it.",
        ),
        sa.Column("period", sa.Text(), nullable=False, comment="For which period."),
        sa.Column("field", sa.Text(), nullable=True, comment="About which field; null: about any."),
        sa.Column("reason", sa.Text(), nullable=False, comment="Why."),
        sa.Column("approved_by", sa.Text(), nullable=False, comment="Who approved it."),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=False, comment="When."),
        sa.Column("valid_until", sa.Date(), nullable=False, comment="Last day on which files are judged by it."),
        sa.CheckConstraint("unit_code ~ '^[0-9]{12}$'", name=op.f("waivers_unit_code_has_12_digits")),
        sa.CheckConstraint("reason <> '' and approved_by <> ''", name=op.f("waivers_says_who_and_why")),
        sa.PrimaryKeyConstraint("waiver_id", name=op.f("waivers_pk")),
        schema="ops",
        comment="Findings that the county lets pass (豁免); one row per waiver, never altered.",
    )
    op.create_table(
        "extensions",
        sa.Column(
            "extension_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="Number of the journal entry."
        ),
        sa.Column("form_code", sa.Text(), nullable=False, comment="Which form."),
        sa.Column("unit_code", sa.Text(), nullable=False, comment="Which town or county (12 digits)."),
        sa.Column("period", sa.Text(), nullable=False, comment="For which period."),
        sa.Column("due_on", sa.Date(), nullable=False, comment="Last day on which it is in time now."),
        sa.Column("reason", sa.Text(), nullable=False, comment="Why."),
        sa.Column("approved_by", sa.Text(), nullable=False, comment="Who approved it."),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=False, comment="When."),
        sa.CheckConstraint("unit_code ~ '^[0-9]{12}$'", name=op.f("extensions_unit_code_has_12_digits")),
        sa.CheckConstraint("reason <> '' and approved_by <> ''", name=op.f("extensions_says_who_and_why")),
        sa.PrimaryKeyConstraint("extension_id", name=op.f("extensions_pk")),
        schema="ops",
        comment="Returns that may come later (缓报); one row per approval, the latest of a return counts.",
    )
    op.create_table(
        "findings",
        sa.Column("submission_id", sa.BigInteger(), nullable=False, comment="The file."),
        sa.Column("finding_number", sa.Integer(), nullable=False, comment="1, 2, 3 … most important first."),
        sa.Column("code", sa.Text(), nullable=False, comment="Type of finding (finding_types.csv)."),
        sa.Column(
            "severity", sa.Text(), nullable=False, comment="critical, row, error, warning, notice: how far it reaches."
        ),
        sa.Column(
            "sheet", sa.Text(), nullable=False, comment="Sheet; empty for text files and for the file as a whole."
        ),
        sa.Column("row_number", sa.Integer(), nullable=True, comment="Row as Excel shows it."),
        sa.Column("column_number", sa.Integer(), nullable=True, comment="Column, 1-based."),
        sa.Column("field", sa.Text(), nullable=True, comment="Field of the form."),
        sa.Column("raw", sa.Text(), nullable=True, comment="What was written."),
        sa.Column("message", sa.Text(), nullable=False, comment="What is wrong, in Chinese."),
        sa.Column("fix", sa.Text(), nullable=False, comment="What to do, in Chinese."),
        sa.Column(
            "explanation",
            sa.Text(),
            nullable=True,
            comment="What the sender wrote about it in the row: closes a warning.",
        ),
        sa.Column("waiver_id", sa.BigInteger(), nullable=True, comment="The waiver that lets it pass."),
        sa.CheckConstraint(
            "severity in ('critical', 'row', 'error', 'warning', 'notice')", name=op.f("findings_severity_is_known")
        ),
        sa.CheckConstraint(
            "explanation is null or severity = 'warning'", name=op.f("findings_only_warnings_are_explained")
        ),
        sa.CheckConstraint(
            "waiver_id is null or severity in ('error', 'warning')", name=op.f("findings_only_little_is_waived")
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["ops.submissions.submission_id"], name=op.f("findings_submission_id_fk")
        ),
        sa.ForeignKeyConstraint(["waiver_id"], ["ops.waivers.waiver_id"], name=op.f("findings_waiver_id_fk")),
        sa.PrimaryKeyConstraint("submission_id", "finding_number", name=op.f("findings_pk")),
        schema="ops",
        comment="What was found in a file; one row per finding.",
    )
    op.create_table(
        "submission_scopes",
        sa.Column("submission_id", sa.BigInteger(), nullable=False, comment="The file."),
        sa.Column("unit_code", sa.Text(), nullable=False, comment="A town or county it speaks for (12 digits)."),
        sa.Column("form_code", sa.Text(), nullable=False, comment="Form."),
        sa.Column("period", sa.Text(), nullable=False, comment="Period it states."),
        sa.Column("rows_accepted", sa.Integer(), nullable=False, comment="Accepted rows of this unit."),
        sa.Column("rows_quarantined", sa.Integer(), nullable=False, comment="Quarantined rows of this unit."),
        sa.Column(
            "is_zero",
            sa.Boolean(),
            server_default=sa.false(),
            nullable=False,
            comment="Confirms that nothing happened (零报).",
        ),
        sa.Column(
            "open_errors",
            sa.Integer(),
            nullable=False,
            comment="Findings critical, row or error on this unit's rows, or on the whole file.",
        ),
        sa.CheckConstraint("unit_code ~ '^[0-9]{12}$'", name=op.f("submission_scopes_unit_code_has_12_digits")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["ops.submissions.submission_id"], name=op.f("submission_scopes_submission_id_fk")
        ),
        sa.PrimaryKeyConstraint("submission_id", "unit_code", name=op.f("submission_scopes_pk")),
        schema="ops",
        comment="For whom a file speaks; one row per submission and reporting unit (several for a county-wide workbook).",
    )
    op.create_index(
        "submission_scopes_scope_idx",
        "submission_scopes",
        ["form_code", "period", "unit_code", "submission_id"],
        unique=False,
        schema="ops",
    )
    op.create_table(
        "milestone_crossings",
        sa.Column("plan_code", sa.Text(), nullable=False, comment="The plan."),
        sa.Column("scope_code", sa.Text(), nullable=False, comment="The county, or one of its towns (12 digits)."),
        sa.Column("number", sa.SmallInteger(), nullable=False, comment="The milestone."),
        sa.Column("reached_on", sa.Date(), nullable=False, comment="First day on which accepted >= required."),
        sa.Column("accepted", sa.Integer(), nullable=False, comment="Accepted on that day."),
        sa.Column("required", sa.Integer(), nullable=False, comment="Required by the milestone."),
        sa.Column("from_load", sa.BigInteger(), nullable=False, comment="The load that made it known."),
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="When it was recorded; alerts follow from that.",
        ),
        sa.CheckConstraint("scope_code ~ '^[0-9]{12}$'", name=op.f("milestone_crossings_scope_code_has_12_digits")),
        sa.CheckConstraint("accepted >= required", name=op.f("milestone_crossings_is_reached")),
        sa.ForeignKeyConstraint(["from_load"], ["ops.loads.load_id"], name=op.f("milestone_crossings_from_load_fk")),
        sa.PrimaryKeyConstraint("plan_code", "scope_code", "number", name=op.f("milestone_crossings_pk")),
        schema="core",
        comment="Milestones reached for the first time; one row per plan, scope and milestone, never taken back.",
    )

    op.create_table(
        "relation_findings",
        sa.Column("form_code", sa.Text(), nullable=False, comment="Form of the row it is about."),
        sa.Column("table_name", sa.Text(), nullable=False, comment="Table of that form."),
        sa.Column("period", sa.Text(), nullable=False, comment="Period of the row."),
        sa.Column("org_id", sa.BigInteger(), nullable=False, comment="The unit the row is about."),
        sa.Column(
            "row_key",
            sa.Text(),
            server_default="",
            nullable=False,
            comment="What tells rows of one unit and period apart.",
        ),
        sa.Column(
            "field",
            sa.Text(),
            nullable=False,
            comment="Field of the form; empty when it is about the row, or about a list of rows.",
        ),
        sa.Column("code", sa.Text(), nullable=False, comment="Type of finding (finding_types.csv)."),
        sa.Column(
            "town_code",
            sa.Text(),
            nullable=False,
            comment="Town of the row (12 digits); of the county's own rows the county.",
        ),
        sa.Column("county_code", sa.Text(), nullable=False, comment="County of the row (12 digits)."),
        sa.Column(
            "severity",
            sa.Text(),
            nullable=False,
            comment="error contests the value; warning asks for a word; notice says.",
        ),
        sa.Column(
            "params",
            postgresql.JSONB(astext_type=sa.Text()),
            nullable=False,
            comment="What was compared: the value, the other value, its period; the message follows from it.",
        ),
        sa.Column("message", sa.Text(), nullable=False, comment="What is wrong, in Chinese."),
        sa.Column("fix", sa.Text(), nullable=False, comment="What to do, in Chinese."),
        sa.Column(
            "submission_id", sa.BigInteger(), nullable=False, comment="The file the row stood in when found."
        ),
        sa.Column("sheet", sa.Text(), nullable=False, comment="Sheet of that file; empty for a list of rows."),
        sa.Column(
            "row_number", sa.Integer(), nullable=True, comment="Row of that sheet; null for a list of rows."
        ),
        sa.Column(
            "told_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When the sender was told; null until then.",
        ),
        sa.Column(
            "explanation",
            sa.Text(),
            nullable=True,
            comment="What the sender gave as the reason; closes it. Warnings only.",
        ),
        sa.Column(
            "waiver_id",
            sa.BigInteger(),
            nullable=True,
            comment="The waiver by which the county lets it pass: it contests nothing and is not told.",
        ),
        sa.Column(
            "from_load", sa.BigInteger(), nullable=False, comment="The load that made this version known."
        ),
        sa.Column(
            "to_load",
            sa.BigInteger(),
            nullable=True,
            comment="The load that replaced or withdrew it; null while it is current.",
        ),
        sa.CheckConstraint("county_code ~ '^[0-9]{12}$'", name=op.f("relation_findings_county_code_has_12_digits")),
        sa.CheckConstraint(
            "jsonb_typeof(params) = 'object'", name=op.f("relation_findings_params_is_an_object")
        ),
        sa.CheckConstraint(
            "severity in ('error', 'warning', 'notice')", name=op.f("relation_findings_severity_is_known")
        ),
        sa.CheckConstraint(
            "explanation is null or severity = 'warning'", name=op.f("relation_findings_only_warnings_are_explained")
        ),
        sa.CheckConstraint("to_load > from_load", name=op.f("relation_findings_ends_after_it_begins")),
        sa.CheckConstraint("town_code ~ '^[0-9]{12}$'", name=op.f("relation_findings_town_code_has_12_digits")),
        sa.ForeignKeyConstraint(
            ["from_load"], ["ops.loads.load_id"], name=op.f("relation_findings_from_load_fk")
        ),
        sa.ForeignKeyConstraint(["org_id"], ["core.orgs.org_id"], name=op.f("relation_findings_org_id_fk")),
        sa.ForeignKeyConstraint(["period"], ["core.dim_period.period"], name=op.f("relation_findings_period_fk")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["ops.submissions.submission_id"], name=op.f("relation_findings_submission_id_fk")
        ),
        sa.ForeignKeyConstraint(["to_load"], ["ops.loads.load_id"], name=op.f("relation_findings_to_load_fk")),
        sa.ForeignKeyConstraint(["waiver_id"], ["ops.waivers.waiver_id"], name=op.f("relation_findings_waiver_id_fk")),
        sa.PrimaryKeyConstraint(
            "org_id", "table_name", "period", "row_key", "field", "code", "from_load",
            name=op.f("relation_findings_pk"),
        ),
        schema="ops",
        comment="What was found by comparing rows with other periods, forms and units; one row per finding and version.",
    )  # fmt: skip
    op.create_index(
        "relation_findings_current_key",
        "relation_findings",
        ["county_code", "table_name", "period", "org_id", "row_key", "field", "code"],
        unique=True,
        schema="ops",
        postgresql_where=sa.text("to_load is null"),
    )
    op.create_index(
        "relation_findings_untold_idx",
        "relation_findings",
        ["submission_id"],
        unique=False,
        schema="ops",
        postgresql_where=sa.text("told_at is null and to_load is null"),
    )
    op.create_foreign_key(  # the other half of a circle: apart, and after both tables
        op.f("loads_submission_id_fk"),
        "loads",
        "submissions",
        ["submission_id"],
        ["submission_id"],
        source_schema="ops",
        referent_schema="ops",
    )


def downgrade() -> None:
    op.drop_index("evidence_number_idx", table_name="evidence", schema="ops")
    op.drop_table("evidence", schema="ops")
    op.drop_constraint(op.f("loads_submission_id_fk"), "loads", schema="ops")
    op.drop_index(
        "relation_findings_untold_idx",
        table_name="relation_findings",
        schema="ops",
        postgresql_where=sa.text("told_at is null and to_load is null"),
    )
    op.drop_index(
        "relation_findings_current_key",
        table_name="relation_findings",
        schema="ops",
        postgresql_where=sa.text("to_load is null"),
    )
    op.drop_table("relation_findings", schema="ops")
    op.drop_table("milestone_crossings", schema="core")
    op.drop_index("submission_scopes_scope_idx", table_name="submission_scopes", schema="ops")
    op.drop_table("submission_scopes", schema="ops")
    op.drop_table("findings", schema="ops")
    op.drop_table("extensions", schema="ops")
    op.drop_table("waivers", schema="ops")
    op.drop_table("decisions", schema="ops")
    op.drop_index(
        "plan_tasks_current_key", table_name="plan_tasks", schema="core", postgresql_where=sa.text("to_load is null")
    )
    op.drop_table("plan_tasks", schema="core")
    op.drop_index(
        "plan_milestones_current_key",
        table_name="plan_milestones",
        schema="core",
        postgresql_where=sa.text("to_load is null"),
    )
    op.drop_table("plan_milestones", schema="core")
    op.drop_table("fct_obligation", schema="core")
    op.drop_index("dim_org_place_key", table_name="dim_org", schema="core", postgresql_where=sa.text("to_load is null"))
    op.drop_index(
        "dim_org_current_key", table_name="dim_org", schema="core", postgresql_where=sa.text("to_load is null")
    )
    op.drop_table("dim_org", schema="core")
    op.drop_index(
        "acceptance_events_current_key",
        table_name="acceptance_events",
        schema="core",
        postgresql_where=sa.text("to_load is null"),
    )
    op.drop_table("acceptance_events", schema="core")
    op.drop_index(
        "submissions_unsettled_idx",
        table_name="submissions",
        schema="ops",
        postgresql_where=sa.text("settled_at is null"),
    )
    op.drop_index("submissions_sha256_idx", table_name="submissions", schema="ops")
    op.drop_index(
        "submissions_open_idx", table_name="submissions", schema="ops", postgresql_where=sa.text("load_id is null")
    )
    op.drop_table("submissions", schema="ops")
    op.drop_index("plans_current_key", table_name="plans", schema="core", postgresql_where=sa.text("to_load is null"))
    op.drop_table("plans", schema="core")
    op.drop_index(
        "place_alias_current_key", table_name="place_alias", schema="core", postgresql_where=sa.text("to_load is null")
    )
    op.drop_table("place_alias", schema="core")
    op.drop_table("orgs", schema="core")
    op.drop_index("dim_place_parent_code_idx", table_name="dim_place", schema="core")
    op.drop_index(
        "dim_place_current_key", table_name="dim_place", schema="core", postgresql_where=sa.text("to_load is null")
    )
    op.drop_table("dim_place", schema="core")
    op.drop_table("notifications", schema="ops")
    op.drop_table("loads", schema="ops")
    op.drop_table("journal_position", schema="ops")
    op.drop_table("dim_period", schema="core")
    op.drop_table("dim_form", schema="core")
