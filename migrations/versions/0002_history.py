"""Obligations have a history; every verdict has a load (revision 0002)."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint("loads_kind_is_known", "loads", schema="ops")
    op.create_check_constraint(
        "loads_kind_is_known", "loads", "kind in ('return', 'verdict', 'register', 'plan', 'decision')", schema="ops"
    )
    op.execute(
        """
        update ops.loads
        set journal_seq = coalesce(decisions.decision_id, submissions.submission_id)
        from ops.submissions
        left join ops.decisions on submissions.submission_id = decisions.submission_id
        where loads.submission_id = submissions.submission_id
        """
    )
    op.alter_column(
        "loads",
        "journal_seq",
        nullable=False,
        comment="The journal entry that caused it: the receipt, the decision, the list.",
        schema="ops",
    )
    op.alter_column(
        "loads",
        "kind",
        comment="return: the rows of one submission; verdict: one that is held or was rejected; register: a list of units; "
        "plan; decision: a held file given back, a waiver, an extension, a period opened.",
        schema="ops",
    )
    op.create_unique_constraint("loads_journal_seq_key", "loads", ["journal_seq"], schema="ops")
    op.create_table_comment(
        "loads",
        "Changes of what is known; one row per verdict or loaded submission, imported list and decision.",
        schema="ops",
    )
    op.add_column(
        "submissions",
        sa.Column("journal_seq", sa.BigInteger(), nullable=True, comment="Number of the receipt's journal entry."),
        schema="ops",
    )
    op.execute("update ops.submissions set journal_seq = submission_id")
    op.alter_column("submissions", "journal_seq", nullable=False, schema="ops")
    op.create_unique_constraint("submissions_journal_seq_key", "submissions", ["journal_seq"], schema="ops")
    op.alter_column("submissions", "submission_id", comment="1, 2, 3 … in order of receipt: precedence.", schema="ops")
    op.add_column(
        "submissions",
        sa.Column(
            "failed_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="When we last failed to judge it; others need not wait for it then.",
        ),
        schema="ops",
    )

    op.add_column(
        "fct_obligation",
        sa.Column("from_load", sa.BigInteger(), nullable=True, comment="The load that made this version known."),
        schema="core",
    )
    op.add_column(
        "fct_obligation",
        sa.Column(
            "to_load",
            sa.BigInteger(),
            nullable=True,
            comment="The load that replaced or withdrew it; null while it is current.",
        ),
        schema="core",
    )
    op.add_column(
        "fct_obligation",
        sa.Column("county_code", sa.Text(), nullable=True, comment="Its county (12 digits)."),
        schema="core",
    )
    op.execute(
        """
        update core.fct_obligation
        set county_code = rpad(left(dim_org.place_code, 6), 12, '0')
        from core.dim_org
        where fct_obligation.org_id = dim_org.org_id
        """
    )
    op.alter_column("fct_obligation", "county_code", nullable=False, schema="core")
    op.create_check_constraint(
        "fct_obligation_county_code_has_12_digits", "fct_obligation", "county_code ~ '^[0-9]{12}$'", schema="core"
    )
    op.create_index("fct_obligation_county_code_period_idx", "fct_obligation", ["county_code", "period"], schema="core")
    op.execute("update core.fct_obligation set submission = 'none', submission_id = null where submission = 'received'")
    op.drop_constraint("fct_obligation_submission_is_known", "fct_obligation", schema="core")
    op.create_check_constraint(
        "fct_obligation_submission_is_known",
        "fct_obligation",
        "submission in ('none', 'held', 'returned', 'accepted', 'zero')",
        schema="core",
    )
    op.alter_column(
        "fct_obligation",
        "submission",
        comment="The latest return: none, held, returned, accepted, zero (零报).",
        schema="core",
    )
    op.create_index(
        "relation_findings_scope_idx", "relation_findings", ["form_code", "period", "county_code"], schema="ops"
    )
    # What stood before is known since the last load: how it stood at earlier ones was never kept.
    op.execute("update core.fct_obligation set from_load = (select max(load_id) from ops.loads)")
    op.alter_column("fct_obligation", "from_load", nullable=False, schema="core")
    op.drop_constraint("fct_obligation_pk", "fct_obligation", schema="core")
    op.create_primary_key(
        "fct_obligation_pk", "fct_obligation", ["period", "form_code", "org_id", "from_load"], schema="core"
    )
    op.create_foreign_key(
        "fct_obligation_from_load_fk",
        "fct_obligation",
        "loads",
        ["from_load"],
        ["load_id"],
        source_schema="core",
        referent_schema="ops",
    )
    op.create_foreign_key(
        "fct_obligation_to_load_fk",
        "fct_obligation",
        "loads",
        ["to_load"],
        ["load_id"],
        source_schema="core",
        referent_schema="ops",
    )
    op.create_check_constraint(
        "fct_obligation_ends_after_it_begins", "fct_obligation", "to_load > from_load", schema="core"
    )
    op.create_index(
        "fct_obligation_current_key",
        "fct_obligation",
        ["period", "form_code", "org_id"],
        unique=True,
        postgresql_where=sa.text("to_load is null"),
        schema="core",
    )
    histories = ("dim_org", "dim_place", "place_alias", "fct_obligation", "plans", "plan_milestones", "plan_tasks")
    for schema, table in (
        *(("core", name) for name in (*histories, "acceptance_events")),
        ("ops", "relation_findings"),
    ):
        op.create_index(f"{table}_from_load_idx", table, ["from_load"], schema=schema)
        op.create_index(
            f"{table}_to_load_idx", table, ["to_load"], postgresql_where=sa.text("to_load is not null"), schema=schema
        )
    for table in ("orgs", "milestone_crossings"):
        op.create_index(f"{table}_from_load_idx", table, ["from_load"], schema="core")
    op.create_index(
        "submissions_unjudged_idx",
        "submissions",
        ["journal_seq"],
        postgresql_where=sa.text("judged_at is null"),
        schema="ops",
    )
    op.create_index(
        "submissions_unanswered_idx",
        "submissions",
        ["submission_id"],
        postgresql_where=sa.text("answered_at is null"),
        schema="ops",
    )
    op.create_table_comment(
        "fct_obligation",
        "What is expected; one row per organisation, form, period and version. The denominator of every completeness figure.",
        schema="core",
    )
