"""Programmes: standards, targets, phases and scorecards beside task lists, whose changes are approved (revision 0007)."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

CHECKS = [
    ("acceptance_events", "kind_is_known", "kind in ('accepted', 'regressed', 'rechecked', 'started', 'built')"),
    ("plan_tasks", "role_is_known", "role in ('baseline', 'added')"),
    ("plan_tasks", "added_from_a_day", "(role is not distinct from 'added') = (added_on is not null)"),
    ("plan_tasks", "changes_are_approved", "(added_on is null and removed_on is null) = (approval_no is null)"),
    ("plan_tasks", "removed_after_added", "removed_on > added_on"),
    ("plans", "reading_is_known", "reading in ('coverage')"),
    ("plans", "lights_is_known", "lights in ('yinchuan_2025')"),
    ("plans", "verified_by_is_known", "verified_by in ('county', 'prefecture')"),
    ("plans", "tasks_have_a_stage", "(form_code is null) = (completion_stage is null)"),
    ("plans", "form_has_a_table", "(form_code is null) = (table_name is null)"),
    ("plans", "standards_are_verified", "(pass_numerator is null) = (verified_by is null)"),
    ("plans", "pass_share_is_a_fraction", "pass_numerator > 0 and pass_numerator <= pass_denominator"),
    ("plans", "pass_share_has_both_parts", "(pass_numerator is null) = (pass_denominator is null)"),
]


def upgrade() -> None:
    op.create_table(
        "plan_phases",
        sa.Column("plan_code", sa.Text(), nullable=False, comment="The plan."),
        sa.Column("number", sa.SmallInteger(), nullable=False, comment="1, 2, 3 in order of time."),
        sa.Column("title", sa.Text(), nullable=False, comment="What it is for."),
        sa.Column("first_day", sa.Date(), nullable=False, comment="Its first day."),
        sa.Column("last_day", sa.Date(), nullable=False, comment="Its last day."),
        sa.Column("from_load", sa.BigInteger(), nullable=False, comment="The load that made this version known."),
        sa.Column(
            "to_load",
            sa.BigInteger(),
            nullable=True,
            comment="The load that replaced or withdrew it; null while it is current.",
        ),
        sa.CheckConstraint("first_day <= last_day", name=op.f("plan_phases_begins_before_it_ends")),
        sa.CheckConstraint("to_load > from_load", name=op.f("plan_phases_ends_after_it_begins")),
        sa.ForeignKeyConstraint(["from_load"], ["ops.loads.load_id"], name=op.f("plan_phases_from_load_fk")),
        sa.ForeignKeyConstraint(["to_load"], ["ops.loads.load_id"], name=op.f("plan_phases_to_load_fk")),
        sa.PrimaryKeyConstraint("plan_code", "number", "from_load", name=op.f("plan_phases_pk")),
        schema="core",
        comment="Dated phases of programmes; one row per plan, phase and version.",
    )
    op.create_index(
        "plan_phases_current_key",
        "plan_phases",
        ["plan_code", "number"],
        unique=True,
        schema="core",
        postgresql_where=sa.text("to_load is null"),
    )
    op.create_index(op.f("plan_phases_from_load_idx"), "plan_phases", ["from_load"], unique=False, schema="core")
    op.create_index(
        op.f("plan_phases_to_load_idx"),
        "plan_phases",
        ["to_load"],
        unique=False,
        schema="core",
        postgresql_where=sa.text("to_load is not null"),
    )
    op.create_table(
        "plan_scorecard",
        sa.Column("plan_code", sa.Text(), nullable=False, comment="The plan."),
        sa.Column("number", sa.SmallInteger(), nullable=False, comment="1, 2, 3 in the order of the plan."),
        sa.Column("indicator_code", sa.Text(), nullable=False, comment="The indicator of a town that is scored."),
        sa.Column("weight", sa.Integer(), nullable=False, comment="Points for reaching it."),
        sa.Column(
            "full_at",
            sa.Numeric(),
            nullable=False,
            comment="From which value all points are given; below it a share of them.",
        ),
        sa.Column("from_load", sa.BigInteger(), nullable=False, comment="The load that made this version known."),
        sa.Column(
            "to_load",
            sa.BigInteger(),
            nullable=True,
            comment="The load that replaced or withdrew it; null while it is current.",
        ),
        sa.CheckConstraint("full_at > 0", name=op.f("plan_scorecard_full_at_something")),
        sa.CheckConstraint("to_load > from_load", name=op.f("plan_scorecard_ends_after_it_begins")),
        sa.CheckConstraint("weight > 0", name=op.f("plan_scorecard_weighs_something")),
        sa.ForeignKeyConstraint(["from_load"], ["ops.loads.load_id"], name=op.f("plan_scorecard_from_load_fk")),
        sa.ForeignKeyConstraint(["to_load"], ["ops.loads.load_id"], name=op.f("plan_scorecard_to_load_fk")),
        sa.PrimaryKeyConstraint("plan_code", "number", "from_load", name=op.f("plan_scorecard_pk")),
        schema="core",
        comment="How branches are scored; one row per plan, scored indicator and version.",
    )
    op.create_index(
        "plan_scorecard_current_key",
        "plan_scorecard",
        ["plan_code", "number"],
        unique=True,
        schema="core",
        postgresql_where=sa.text("to_load is null"),
    )
    op.create_index(op.f("plan_scorecard_from_load_idx"), "plan_scorecard", ["from_load"], unique=False, schema="core")
    op.create_index(
        op.f("plan_scorecard_to_load_idx"),
        "plan_scorecard",
        ["to_load"],
        unique=False,
        schema="core",
        postgresql_where=sa.text("to_load is not null"),
    )
    op.create_table(
        "plan_standards",
        sa.Column("plan_code", sa.Text(), nullable=False, comment="The plan."),
        sa.Column("item_no", sa.Integer(), nullable=False, comment="Number of the standard."),
        sa.Column("task_no", sa.Integer(), nullable=False, comment="The task it belongs to."),
        sa.Column("indicator_no", sa.Integer(), nullable=False, comment="The indicator it belongs to."),
        sa.Column("title", sa.Text(), nullable=False, comment="What it asks for."),
        sa.Column("is_veto", sa.Boolean(), nullable=False, comment="Whether failing it fails everything (一票否决)."),
        sa.Column("from_load", sa.BigInteger(), nullable=False, comment="The load that made this version known."),
        sa.Column(
            "to_load",
            sa.BigInteger(),
            nullable=True,
            comment="The load that replaced or withdrew it; null while it is current.",
        ),
        sa.CheckConstraint("to_load > from_load", name=op.f("plan_standards_ends_after_it_begins")),
        sa.ForeignKeyConstraint(["from_load"], ["ops.loads.load_id"], name=op.f("plan_standards_from_load_fk")),
        sa.ForeignKeyConstraint(["to_load"], ["ops.loads.load_id"], name=op.f("plan_standards_to_load_fk")),
        sa.PrimaryKeyConstraint("plan_code", "item_no", "from_load", name=op.f("plan_standards_pk")),
        schema="core",
        comment="Acceptance standards of programmes; one row per plan, standard and version.",
    )
    op.create_index(
        "plan_standards_current_key",
        "plan_standards",
        ["plan_code", "item_no"],
        unique=True,
        schema="core",
        postgresql_where=sa.text("to_load is null"),
    )
    op.create_index(op.f("plan_standards_from_load_idx"), "plan_standards", ["from_load"], unique=False, schema="core")
    op.create_index(
        op.f("plan_standards_to_load_idx"),
        "plan_standards",
        ["to_load"],
        unique=False,
        schema="core",
        postgresql_where=sa.text("to_load is not null"),
    )
    op.create_table(
        "plan_targets",
        sa.Column("plan_code", sa.Text(), nullable=False, comment="The plan."),
        sa.Column("number", sa.SmallInteger(), nullable=False, comment="1, 2, 3 in the order of the plan."),
        sa.Column("title", sa.Text(), nullable=False, comment="What is promised."),
        sa.Column("indicator_code", sa.Text(), nullable=False, comment="The indicator that shows it."),
        sa.Column("item", sa.Text(), nullable=False, comment="Which of its items; empty where it has none."),
        sa.Column("at_least", sa.Numeric(), nullable=False, comment="The value to reach, in the indicator's unit."),
        sa.Column("period", sa.Text(), nullable=False, comment="At whose end it is due."),
        sa.Column("strength", sa.Text(), nullable=False, comment="must (力保) or stretch (力争)."),
        sa.Column("from_load", sa.BigInteger(), nullable=False, comment="The load that made this version known."),
        sa.Column(
            "to_load",
            sa.BigInteger(),
            nullable=True,
            comment="The load that replaced or withdrew it; null while it is current.",
        ),
        sa.CheckConstraint("strength in ('must', 'stretch')", name=op.f("plan_targets_strength_is_known")),
        sa.CheckConstraint("to_load > from_load", name=op.f("plan_targets_ends_after_it_begins")),
        sa.ForeignKeyConstraint(["from_load"], ["ops.loads.load_id"], name=op.f("plan_targets_from_load_fk")),
        sa.ForeignKeyConstraint(["period"], ["core.dim_period.period"], name=op.f("plan_targets_period_fk")),
        sa.ForeignKeyConstraint(["to_load"], ["ops.loads.load_id"], name=op.f("plan_targets_to_load_fk")),
        sa.PrimaryKeyConstraint("plan_code", "number", "from_load", name=op.f("plan_targets_pk")),
        schema="core",
        comment="Values of indicators that programmes promise; one row per plan, target and version.",
    )
    op.create_index(
        "plan_targets_current_key",
        "plan_targets",
        ["plan_code", "number"],
        unique=True,
        schema="core",
        postgresql_where=sa.text("to_load is null"),
    )
    op.create_index(op.f("plan_targets_from_load_idx"), "plan_targets", ["from_load"], unique=False, schema="core")
    op.create_index(
        op.f("plan_targets_to_load_idx"),
        "plan_targets",
        ["to_load"],
        unique=False,
        schema="core",
        postgresql_where=sa.text("to_load is not null"),
    )
    op.drop_constraint(op.f("acceptance_events_kind_is_known"), "acceptance_events", schema="core", type_="check")
    op.add_column(
        "acceptance_events",
        sa.Column("document_no", sa.Text(), nullable=True, comment="Number of the acceptance report."),
        schema="core",
    )
    op.alter_column(
        "acceptance_events",
        "kind",
        existing_type=sa.TEXT(),
        comment="accepted (again, after a relapse), regressed, rechecked; started and built where they came before acceptance.",
        existing_comment="accepted or regressed.",
        existing_nullable=False,
        schema="core",
    )
    op.create_table_comment(
        "acceptance_events",
        "What happened to tasks, first of all acceptances and relapses; one row per plan, organisation, kind, day and version.",
        existing_comment="Acceptances and regressions; one row per plan, organisation, kind, day and version.",
        schema="core",
    )
    op.add_column(
        "plan_tasks",
        sa.Column(
            "role",
            sa.Text(),
            nullable=True,
            comment="null: on the frozen list. baseline: not on it, said to meet the standard already, counts for coverage. added: put on the adjusted list later.",
        ),
        schema="core",
    )
    op.add_column(
        "plan_tasks",
        sa.Column("added_on", sa.Date(), nullable=True, comment="From which day it is on the adjusted list."),
        schema="core",
    )
    op.add_column(
        "plan_tasks",
        sa.Column("removed_on", sa.Date(), nullable=True, comment="From which day it is off the adjusted list."),
        schema="core",
    )
    op.add_column(
        "plan_tasks",
        sa.Column("change_reason", sa.Text(), nullable=True, comment="Why it was added or removed."),
        schema="core",
    )
    op.add_column(
        "plan_tasks",
        sa.Column("approval_no", sa.Text(), nullable=True, comment="Number of the approval of that."),
        schema="core",
    )
    op.add_column(
        "plan_tasks",
        sa.Column("into_org_id", sa.BigInteger(), nullable=True, comment="The centre into which it was merged."),
        schema="core",
    )
    op.create_foreign_key(
        op.f("plan_tasks_into_org_id_fk"),
        "plan_tasks",
        "orgs",
        ["into_org_id"],
        ["org_id"],
        source_schema="core",
        referent_schema="core",
    )
    op.create_table_comment(
        "plan_tasks",
        "The frozen task list, its approved changes, and the units outside it; one row per plan, organisation and version.",
        existing_comment="The frozen task list and its changes; one row per plan, organisation and version.",
        schema="core",
    )
    op.add_column(
        "plans",
        sa.Column(
            "issued_on", sa.Date(), nullable=True, comment="Date of that document, where phases are judged by it."
        ),
        schema="core",
    )
    op.add_column(
        "plans",
        sa.Column(
            "reading",
            sa.Text(),
            nullable=True,
            comment="coverage: the list is all units that should have a centre; null: those to be built.",
        ),
        schema="core",
    )
    op.add_column(
        "plans",
        sa.Column("lights", sa.Text(), nullable=True, comment="Profile of the traffic lights; null: P1."),
        schema="core",
    )
    op.add_column(
        "plans",
        sa.Column(
            "pass_numerator",
            sa.Integer(),
            nullable=True,
            comment="Share of the standards that must be met: 19 of 19/20.",
        ),
        schema="core",
    )
    op.add_column(
        "plans",
        sa.Column("pass_denominator", sa.Integer(), nullable=True, comment="20 of 19/20; both null without standards."),
        schema="core",
    )
    op.add_column(
        "plans",
        sa.Column(
            "verified_by",
            sa.Text(),
            nullable=True,
            comment="Whose check makes a standard verified: county or prefecture.",
        ),
        schema="core",
    )
    op.alter_column(
        "plans",
        "form_code",
        existing_type=sa.TEXT(),
        nullable=True,
        comment="The form its tasks are followed by; null: no tasks.",
        existing_comment="The form its progress is read from.",
        schema="core",
    )
    op.alter_column(
        "plans",
        "table_name",
        existing_type=sa.TEXT(),
        nullable=True,
        existing_comment="The table of that form.",
        schema="core",
    )
    op.alter_column(
        "plans",
        "county_code",
        existing_type=sa.TEXT(),
        comment="Whose plan (12 digits): a county or a prefecture.",
        existing_comment="Whose plan (12 digits).",
        existing_nullable=False,
        schema="core",
    )
    op.alter_column(
        "plans",
        "completion_stage",
        existing_type=sa.TEXT(),
        nullable=True,
        existing_comment="What counts as completed.",
        schema="core",
    )
    op.add_column(
        "notifications",
        sa.Column("load_id", sa.BigInteger(), nullable=True, comment="The last load it knew of."),
        schema="ops",
    )
    op.create_foreign_key(
        op.f("notifications_load_id_fk"),
        "notifications",
        "loads",
        ["load_id"],
        ["load_id"],
        source_schema="ops",
        referent_schema="ops",
    )
    op.create_table_comment(
        "plans",
        "Programmes: tasks, standards, targets and phases; one row per plan and version.",
        existing_comment="Building plans; one row per plan and version.",
        schema="core",
    )
    for table, name, condition in CHECKS:
        op.create_check_constraint(op.f(f"{table}_{name}"), table, condition, schema="core")
