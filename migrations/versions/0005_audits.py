"""Audits of the warehouse (revision 0005)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audits",
        sa.Column("audit_id", sa.BigInteger(), sa.Identity(always=True), nullable=False, comment="Number."),
        sa.Column("audited_at", sa.DateTime(timezone=True), nullable=False, comment="When."),
        sa.Column("load_id", sa.BigInteger(), nullable=True, comment="The last load it saw."),
        sa.ForeignKeyConstraint(["load_id"], ["ops.loads.load_id"], name=op.f("audits_load_id_fk")),
        sa.PrimaryKeyConstraint("audit_id", name=op.f("audits_pk")),
        schema="ops",
        comment="Audits of the warehouse; one row per audit. It failed if a result of severity error did not pass.",
    )
    op.create_table(
        "audit_results",
        sa.Column("audit_id", sa.BigInteger(), nullable=False, comment="The audit."),
        sa.Column("result_number", sa.Integer(), nullable=False, comment="1, 2, 3 … in the order of the suite."),
        sa.Column("code", sa.Text(), nullable=False, comment="What was expected: a check of wentong.audits."),
        sa.Column("table_name", sa.Text(), nullable=False, comment="Of which table, with its schema."),
        sa.Column("field", sa.Text(), nullable=True, comment="Of which field; null: of the rows."),
        sa.Column(
            "severity",
            sa.Text(),
            nullable=False,
            comment="error: a fault of ours, which blocks publication; warning: to be looked at.",
        ),
        sa.Column("is_passed", sa.Boolean(), nullable=False, comment="Whether it holds."),
        sa.Column("expected", sa.Text(), nullable=False, comment="What was expected, in Chinese."),
        sa.Column(
            "found",
            sa.BigInteger(),
            nullable=False,
            comment="How many rows of its statement, or of the table, do not meet it.",
        ),
        sa.Column(
            "examples",
            postgresql.JSONB(),
            server_default=sa.text("'[]'"),
            nullable=False,
            comment="Some of these rows, with what tells them apart.",
        ),
        sa.CheckConstraint("severity in ('error', 'warning')", name=op.f("audit_results_severity_is_known")),
        sa.CheckConstraint("is_passed = (found = 0)", name=op.f("audit_results_passed_when_nothing_was_found")),
        sa.ForeignKeyConstraint(["audit_id"], ["ops.audits.audit_id"], name=op.f("audit_results_audit_id_fk")),
        sa.PrimaryKeyConstraint("audit_id", "result_number", name=op.f("audit_results_pk")),
        schema="ops",
        comment="What audits found; one row per audit and expectation.",
    )
    op.create_table(
        "audit_figures",
        sa.Column("audit_id", sa.BigInteger(), nullable=False, comment="The audit."),
        sa.Column("table_name", sa.Text(), nullable=False, comment="Table of a form."),
        sa.Column("period", sa.Text(), nullable=False, comment="Period."),
        sa.Column("row_count", sa.BigInteger(), nullable=False, comment="Rows known at the load that the audit saw."),
        sa.Column(
            "filled",
            postgresql.JSONB(),
            nullable=False,
            comment="Field -> of how many of these rows it is filled in.",
        ),
        sa.ForeignKeyConstraint(["audit_id"], ["ops.audits.audit_id"], name=op.f("audit_figures_audit_id_fk")),
        sa.PrimaryKeyConstraint("audit_id", "table_name", "period", name=op.f("audit_figures_pk")),
        schema="ops",
        comment="What audits counted, to be compared with by later ones; one row per audit, form table and period.",
    )
