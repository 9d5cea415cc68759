"""Rows of the form tables name only units, periods, loads and files that there are."""

import pytest
import sqlalchemy as sa
from sites import A1, Site, row

from wentong import warehouse
from wentong.warehouse import migrate

UNKNOWN = {"org_id": "99", "period": "'2099Q1'", "from_load": "99", "submission_id": "99", "to_load": "99"}
FACTS = "core.fct_village_center"


def write(site: Site, *statements: str) -> None:
    with warehouse.engine(site.settings, "wentong_owner") as owner, owner.begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))


@pytest.mark.parametrize("column", UNKNOWN)
def test_a_row_names_what_there_is(site: Site, column: str) -> None:
    site.load(site.submit(row(A1, books_total=1)))
    names = ["org_id", "division_code", "town_code", "county_code", "period", "submission_id", "sheet", "row_number"]
    names += ["from_load", "to_load"]
    values = [UNKNOWN[name] if name == column else name for name in names]
    insert = f"insert into {FACTS} (row_key, confirmed_by, {', '.join(names)}) select 'b', 99, {', '.join(values)} from {FACTS}"
    for statement in (insert, f"update {FACTS} set confirmed_by = 99, {column} = {UNKNOWN[column]}"):
        with pytest.raises(sa.exc.IntegrityError, match=f"{column}_fk") as refused:
            write(site, statement)
        assert f"There is no {column} {UNKNOWN[column].strip(chr(39))}." in str(refused.value)


def test_one_row_among_many(site: Site) -> None:
    site.load(site.submit(row(A1, books_total=1)))
    many = f"""
        insert into {FACTS} (
            row_key, org_id, division_code, town_code, county_code, period, submission_id, sheet, row_number, confirmed_by,
            from_load
        )
        select
            n, org_id, division_code, town_code, county_code, period, submission_id, sheet, row_number, confirmed_by,
            from_load + case when n = 777 then 98 else 0 end
        from {FACTS} cross join generate_series(1, 1000) as n
    """
    with pytest.raises(sa.exc.IntegrityError, match="from_load_fk"):
        write(site, many)


def test_sites_of_earlier_versions_are_brought_along(site: Site) -> None:
    """Their foreign keys were checked row by row, and there was no trigger."""
    site.load(site.submit(row(A1, books_total=1)))
    keys = [f"fct_village_center_{column}_fk" for column in UNKNOWN]
    write(
        site,
        f"drop trigger inserted_references on {FACTS}",
        f"drop trigger updated_references on {FACTS}",
        *(f"alter table {FACTS} alter constraint {key} enforced" for key in keys),
    )
    migrate(site.settings)
    with site.engine.connect() as connection:
        enforced = (
            "select conname from pg_constraint where conrelid = to_regclass(:name) and contype = 'f' and conenforced"
        )
        assert connection.scalars(sa.text(enforced), {"name": FACTS}).all() == []
    with pytest.raises(sa.exc.IntegrityError, match="to_load_fk"):
        write(site, f"update {FACTS} set to_load = 99")
