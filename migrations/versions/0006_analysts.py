"""Which counties an analyst may read (revision 0006)."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "analyst_counties",
        sa.Column("role_name", sa.Text(), nullable=False, comment="The analyst's account."),
        sa.Column("county_code", sa.Text(), nullable=False, comment="A county whose figures it may read (12 digits)."),
        sa.CheckConstraint("county_code ~ '^[0-9]{12}$'", name=op.f("analyst_counties_county_code_has_12_digits")),
        sa.PrimaryKeyConstraint("role_name", "county_code", name=op.f("analyst_counties_pk")),
        schema="ops",
        comment="Analysts limited to counties; one row per account and county. Of an account without limits there is none.",
    )
