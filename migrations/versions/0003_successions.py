"""Units close, and others take them over (revision 0003)."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table, thing in (("dim_place", "place"), ("dim_org", "organisation")):
        op.add_column(
            table,
            sa.Column(
                "is_closed",
                sa.Boolean(),
                server_default=sa.text("false"),
                nullable=False,
                comment=f"True: from that day on there is no such {thing}.",
            ),
            schema="core",
        )
    op.create_index(
        "dim_place_closed_idx", "dim_place", ["place_code"], schema="core", postgresql_where=sa.text("is_closed")
    )
    op.create_index("dim_org_closed_idx", "dim_org", ["org_id"], schema="core", postgresql_where=sa.text("is_closed"))
    op.create_index("dim_org_place_code_idx", "dim_org", ["place_code"], schema="core")
    op.add_column(
        "dim_form",
        sa.Column(
            "lists_villages",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="Whether a return must have a row for every village of its unit.",
        ),
        schema="core",
    )
    op.create_table(
        "place_succession",
        sa.Column("predecessor_code", sa.Text(), nullable=False, comment="The place that is closed (12 digits)."),
        sa.Column("successor_code", sa.Text(), nullable=False, comment="A place that takes it over (12 digits)."),
        sa.Column(
            "change",
            sa.Text(),
            nullable=False,
            comment="merged (into one other), split (into several); renamed, recoded, upgraded (to a sub-district): the same "
            "unit goes on under another code.",
        ),
        sa.Column("effective_on", sa.Date(), nullable=False, comment="First day on which the predecessor is no more."),
        sa.Column("from_load", sa.BigInteger(), nullable=False, comment="The load that made this version known."),
        sa.Column(
            "to_load",
            sa.BigInteger(),
            nullable=True,
            comment="The load that replaced or withdrew it; null while it is current.",
        ),
        sa.CheckConstraint(
            "change in ('merged', 'split', 'renamed', 'recoded', 'upgraded')",
            name=op.f("place_succession_change_is_known"),
        ),
        sa.CheckConstraint(
            "predecessor_code ~ '^[0-9]{12}$'", name=op.f("place_succession_predecessor_code_has_12_digits")
        ),
        sa.CheckConstraint(
            "successor_code ~ '^[0-9]{12}$'", name=op.f("place_succession_successor_code_has_12_digits")
        ),
        sa.CheckConstraint(
            "predecessor_code <> successor_code", name=op.f("place_succession_is_not_its_own_successor")
        ),
        sa.CheckConstraint("to_load > from_load", name=op.f("place_succession_ends_after_it_begins")),
        sa.ForeignKeyConstraint(["from_load"], ["ops.loads.load_id"], name=op.f("place_succession_from_load_fk")),
        sa.ForeignKeyConstraint(["to_load"], ["ops.loads.load_id"], name=op.f("place_succession_to_load_fk")),
        sa.PrimaryKeyConstraint("predecessor_code", "successor_code", "from_load", name=op.f("place_succession_pk")),
        schema="core",
        comment="What became of closed places; one row per place, successor and version. Without any it is simply gone.",
    )
    op.create_index(
        "place_succession_current_key",
        "place_succession",
        ["predecessor_code", "successor_code"],
        unique=True,
        schema="core",
        postgresql_where=sa.text("to_load is null"),
    )
    op.create_index("place_succession_from_load_idx", "place_succession", ["from_load"], schema="core")
    op.create_index(
        "place_succession_to_load_idx",
        "place_succession",
        ["to_load"],
        postgresql_where=sa.text("to_load is not null"),
        schema="core",
    )
    op.create_index(
        "dim_org_owing_idx",
        "dim_org",
        ["org_type", "org_id", "valid_from"],
        postgresql_where=sa.text("to_load is null and not is_closed"),
        schema="core",
    )
