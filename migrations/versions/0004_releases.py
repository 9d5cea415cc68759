"""Published figures (revision 0004)."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "releases",
        sa.Column("name", sa.Text(), nullable=False, comment="What it is called: 2026Q3-1."),
        sa.Column("period", sa.Text(), nullable=False, comment="The period it was published for."),
        sa.Column("load_id", sa.BigInteger(), nullable=False, comment="Its figures are those known at this load."),
        sa.Column("title", sa.Text(), nullable=False, comment="Title of the package."),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False, comment="When."),
        sa.Column("published_by", sa.Text(), nullable=False, comment="Who."),
        sa.Column("journal_seq", sa.BigInteger(), nullable=False, comment="The journal entry that says so."),
        sa.Column(
            "sha256",
            sa.Text(),
            nullable=False,
            comment="Of the package's datapackage.json, which has the hash of every other file.",
        ),
        sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name=op.f("releases_sha256_is_one")),
        sa.CheckConstraint("published_by <> ''", name=op.f("releases_says_who")),
        sa.ForeignKeyConstraint(["load_id"], ["ops.loads.load_id"], name=op.f("releases_load_id_fk")),
        sa.ForeignKeyConstraint(["period"], ["core.dim_period.period"], name=op.f("releases_period_fk")),
        sa.PrimaryKeyConstraint("name", name=op.f("releases_pk")),
        sa.UniqueConstraint("journal_seq", name=op.f("releases_journal_seq_key")),
        schema="ops",
        comment="Published figures (发布); one row per release, never altered.",
    )
