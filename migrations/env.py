"""Alembic's entry: `wentong migrate` hands over its connection, inside its own transaction."""

from alembic import context

from wentong.warehouse.schema import metadata


def is_ours(thing: object, name: str | None, kind: str, is_reflected: bool, other: object) -> bool:
    """Form tables (reflected, but not declared here) are made and extended from the forms, not by Alembic."""
    return not (kind == "table" and is_reflected and other is None and str(name).startswith("fct_"))


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    include_schemas=True,
    include_name=lambda name, kind, parents: kind != "schema" or name in ("ops", "core"),
    include_object=is_ours,
    version_table_schema="ops",
    compare_type=True,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
