"""ops.lineage: from every value in a form table to the file, sheet and row it stands in."""

import pytest
import sqlalchemy as sa
from sites import A1, A2, COUNTY, FORM, TABLE, TOWN_A, Site, row, row_of, table_of

from wentong import trace_text, warehouse
from wentong.errors import WentongError
from wentong.forms import find_form, forms
from wentong.periods import Period
from wentong.tracing import Figure, Total, Tracer
from wentong.warehouse.schema import form_table


def lineage(site: Site, field: str, of: str = A1) -> list[tuple[object, ...]]:
    return site.rows(
        "select value, state, is_row_contested, submission_id, sheet, row_number, from_load, to_load from ops.lineage "
        "where division_code = :of and field = :field order by from_load",
        of=of,
        field=field,
    )


def test_a_version_names_its_file_sheet_and_row(site: Site) -> None:
    receipt = site.hand_in("甲镇/补报", "季报.xlsx")
    first = site.judge(receipt, row(A1, build_status="built", floor_area_m2=120, number=5))
    second = site.submit(row(A1, build_status="built", floor_area_m2=130, number=7))
    site.load(first, second)
    begun = site.rows("select min(load_id) from ops.loads where submission_id = :first", first=first)[0][0]
    assert lineage(site, "floor_area_m2") == [
        ("120", None, False, first, "表", 5, begun, begun + 1),
        ("130", None, False, second, "表", 7, begun + 1, None),
    ]
    assert lineage(site, "books_total")[-1][:2] == (None, "blank")
    (found,) = site.rows(
        "select form_code, table_name, share_name, file_path, sha256, archive_name, bronze_name, loaded_submission_id "
        "from ops.lineage where field = 'floor_area_m2' and to_load is not null"
    )
    sha256 = receipt.sha256
    assert found == (
        *(FORM, TABLE, "/share", "收件箱/甲镇/补报/季报.xlsx"),
        *(sha256, receipt.archive_name, f"{sha256[:2]}/{sha256}.{first}.parquet", first),
    )


def test_a_value_kept_from_an_earlier_file_names_that_file(site: Site) -> None:
    first = site.submit(row(A1, build_status="built", floor_area_m2=120, number=5))
    withheld = site.submit(row(A1, states={"floor_area_m2": "withheld"}, build_status="built", books_total=9, number=8))
    refused = site.submit(row(A1, "quarantine", number=9))
    site.load(first, withheld, refused)
    kept = [found[:6] for found in lineage(site, "floor_area_m2")]
    assert kept == [
        ("120", None, False, first, "表", 5),
        ("120", "contested", False, first, "表", 5),
        ("120", "contested", True, first, "表", 5),
    ]
    assert [found[:6] for found in lineage(site, "books_total")][1:] == [
        ("9", None, False, withheld, "表", 8),
        ("9", None, True, withheld, "表", 8),
    ]
    loaded = site.rows("select loaded_submission_id from ops.lineage where field = 'floor_area_m2' order by from_load")
    assert loaded == [(first,), (withheld,), (refused,)]


def test_every_field_of_every_form_but_names_of_persons(site: Site) -> None:
    expected = set()
    for form in forms().values():
        for table in form.tables:
            numbers = {f.name: 1 for f in table.stored if f.is_number}
            site.load(site.submit(row_of(table.name, A1, **numbers)))
            expected |= {(form.code, table.name, field.name) for field in table.stored if not field.personal}
    found = site.rows("select form_code, table_name, field from ops.lineage")
    assert (set(found), len(found)) == (expected, len(expected))
    assert site.rows("select count(*) from ops.lineage where value is null and state is null") == [(0,)]


@pytest.mark.parametrize("asked", ["county_code = :county and period = '2026Q3'", "org_id = 3 and period = '2026Q3'"])
def test_one_figure_is_found_by_the_indexes(site: Site, asked: str) -> None:
    """Of a nation's tables no row is read but those of the county, or of the unit."""
    explain = f"explain select * from ops.lineage where table_name = '{TABLE}' and field = 'floor_area_m2' and {asked}"
    with site.engine.connect() as connection:
        connection.execute(sa.text("set enable_seqscan = off"))  # five rows are read whole otherwise
        plan = "\n".join(connection.scalars(sa.text(explain), {"county": COUNTY}))
    scanned = {
        form_table(table).name for form in forms().values() for table in form.tables if form_table(table).name in plan
    }
    assert scanned == {f"fct_{TABLE}"}
    assert "Seq Scan on fct_" not in plan
    scan = plan.split("fct_village_center", 1)[0].splitlines()[-1]
    assert "Index Scan" in scan or "Bitmap Heap Scan" in scan


def test_files_that_made_no_version_are_named(site: Site) -> None:
    """A figure that never was loaded has its reasons: a quarantined row, a file that is held."""
    site.load(site.submit(row(A1, "quarantine"), row(A2)), site.submit(row(A1), outcome="quarantine_file"))
    with site.engine.connect() as connection:
        tracer = Tracer(connection, site.settings.archive, warehouse.known_at(connection, None))
        (figure,) = tracer.figures(find_form(FORM), tracer.unit(A1), Period.parse("2026Q3"), "floor_area_m2")
    assert isinstance(figure, Figure)
    assert (figure.present, figure.versions) == (None, ())
    assert [(one.outcome, one.status) for one in figure.mentions] == [
        ("load", "quarantine"),
        ("quarantine_file", "accept"),
    ]
    shown = trace_text.text([figure], tracer.sources)
    assert "现值:没有入库过。" in shown
    assert "(入库;该行整行未采用)" in shown
    assert "(暂存;该行采用)" in shown


def test_rows_of_a_ledger_are_added_up_or_taken_one_by_one(site: Site) -> None:
    rows = [row_of("activity", TOWN_A, sessions=n, title=f"活动{n}", number=n, activity_id=f"AC-{n}") for n in (1, 2)]
    site.load(site.submit(*rows, period="2027-01"))
    form, table = table_of("activity")
    with site.engine.connect() as connection:
        tracer = Tracer(connection, site.settings.archive, warehouse.known_at(connection, None))
        asked = (find_form(form), tracer.unit(TOWN_A), Period.parse("2027-01"), "sessions")
        (total,) = tracer.figures(*asked)
        assert isinstance(total, Total)
        assert (total.total, len(total.parts)) == (3, 2)
        (one,) = tracer.figures(*asked, total.parts[0].version.row_key)
    assert (isinstance(one, Total), one.field.name, table.name) == (True, "sessions", "activity")


def test_a_load_is_known_by_its_number_or_a_time(site: Site) -> None:
    site.load(site.submit(row(A1)))
    with site.engine.connect() as connection:
        ((day, last),) = site.rows(
            "select loaded_at, max(load_id) over () from ops.loads order by load_id desc limit 1"
        )
        assert warehouse.known_at(connection, None) == last
        assert warehouse.known_at(connection, str(last - 1)) == last - 1
        assert warehouse.known_at(connection, f"{day:%Y-%m-%d}") == last
        assert warehouse.known_at(connection, day.isoformat()) == last
        for text, says in (
            ("2000-01-01", "Nothing was known yet"),
            (str(last + 1), "There is no load"),
            ("x", "neither"),
        ):
            with pytest.raises(WentongError, match=says):
                warehouse.known_at(connection, text)
