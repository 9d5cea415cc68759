"""The register: imported lists become versions, the same list again becomes nothing."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sites import A1, AT, COUNTY, TOWN_A, TOWN_B, UNITS, ZONE, Site

from wentong import warehouse
from wentong.errors import DeclarationError
from wentong.places import Place
from wentong.settings import INCLUDE
from wentong.warehouse import UnitsImported

LATER = datetime(2026, 10, 31, 17, tzinfo=UTC)  # the first of November in China
ALWAYS = date(1900, 1, 1)


def test_the_sample_county(empty_site: Site) -> None:
    path = INCLUDE / "schemas" / "units" / "440783.csv"
    assert warehouse.import_units(empty_site.engine, empty_site.archive, path, AT) == UnitsImported(1, 289, 0, 0, ())
    places = warehouse.read_places(empty_site.engine, "440783000000")
    assert (len(places), sum(place.level == 5 for place in places)) == (287, 270)
    towns = [place for place in places if place.level == 4]
    assert (len(towns), [town.name for town in towns if not town.owes_returns]) == (16, ["翠山湖新区"])
    assert empty_site.rows("select org_type, count(*) from core.dim_org group by 1 order by 1") == [
        ("county_bureau", 1),
        ("town_station", 16),
        ("village_center", 270),
    ]


def test_read_places(site: Site) -> None:
    assert warehouse.read_places(site.engine, COUNTY)[:3] == [
        Place(COUNTY, "示例县", 3, "", "county", False, ()),
        Place(TOWN_A, "甲镇", 4, COUNTY, "town", True, ()),
        Place(A1, "甲一村", 5, TOWN_A, "village", False, ("甲壹村", "老甲一")),
    ]
    assert warehouse.read_places(site.engine) == warehouse.read_places(site.engine, COUNTY)
    assert warehouse.read_places(site.engine, "990002000000") == []


def test_the_same_list_again_changes_nothing(site: Site) -> None:
    assert site.register(UNITS, LATER) == UnitsImported(None, 0, 0, 9, ())
    assert [entry["event"] for entry in site.archive.journal.read()] == ["units_imported", "sealed"]
    assert site.rows("select count(*) from ops.loads") == [(1,)]


def test_a_list_is_kept_and_noted_before_it_takes_effect(site: Site) -> None:
    entry, _ = site.archive.journal.read()
    assert (entry["event"], entry["list"]) == ("units_imported", "units.csv")
    assert site.archive.original(entry["archive_name"]).read_text("utf-8") == UNITS
    assert site.rows("select load_id, kind, journal_seq, loaded_at from ops.loads") == [(1, "register", 1, AT)]


def test_changed_names_and_parents_become_versions(site: Site) -> None:
    changed = UNITS.replace(f"{A1},甲一村,{TOWN_A}", f"{A1},新一村,{TOWN_B}").replace("老甲一 甲壹村", "甲壹村 甲一村")
    changed = changed.replace("开发区,990001000000,4,special_zone,no", "开发区,990001000000,4,special_zone,yes")
    assert site.register(changed, LATER) == UnitsImported(2, 0, 2, 7, ())
    assert site.rows(
        "select name, parent_code, valid_from, from_load, to_load from core.dim_place where place_code = :code order by 3",
        code=A1,
    ) == [("甲一村", TOWN_A, ALWAYS, 1, None), ("新一村", TOWN_B, date(2026, 11, 1), 2, None)]
    assert site.rows(
        "select org_id, name, owes_returns, valid_from from core.dim_org where place_code in (:a, :b) order by 1, 4",
        a=A1,
        b=ZONE,
    ) == [
        (3, "甲一村", False, ALWAYS),
        (3, "新一村", False, date(2026, 11, 1)),
        (9, "开发区", False, ALWAYS),
        (9, "开发区", True, date(2026, 11, 1)),
    ]
    assert site.rows("select alias, from_load, to_load from core.place_alias order by alias") == [
        ("甲一村", 2, None),
        ("甲壹村", 1, None),
        ("老甲一", 1, 2),
    ]
    read = {place.code: place for place in warehouse.read_places(site.engine, COUNTY)}
    renamed = Place(A1, "新一村", 5, TOWN_B, "village", False, ("甲一村", "甲壹村"), valid_from=date(2026, 11, 1))
    assert read[A1] == renamed


def test_a_correction_of_the_same_day_replaces_that_version(site: Site) -> None:
    for name in ("错名村", "新一村"):
        site.register(UNITS.replace("甲一村", name), LATER)
    assert site.rows(
        "select name, valid_from, from_load, to_load from core.dim_place where place_code = :code order by from_load",
        code=A1,
    ) == [("甲一村", ALWAYS, 1, None), ("错名村", date(2026, 11, 1), 2, 3), ("新一村", date(2026, 11, 1), 3, None)]


def test_a_line_may_say_since_when(site: Site) -> None:
    lines = [f"{line}," for line in UNITS.splitlines()]
    lines[0] += "valid_from"
    lines = [f"{line}2026-08-01".replace("甲一村", "新一村") if line.startswith(A1) else line for line in lines]
    lines[0] = lines[0].replace(",,valid", ",valid")
    site.register("\n".join(lines), LATER)
    assert site.rows("select name, valid_from from core.dim_place where place_code = :code order by 2", code=A1) == [
        ("甲一村", ALWAYS),
        ("新一村", date(2026, 8, 1)),
    ]


def test_new_and_absent_units(site: Site) -> None:
    lines = UNITS.splitlines(keepends=True)
    fewer = "".join(line for line in lines if not line.startswith(A1)) + f"990001101203,新村,{TOWN_B},5,village,no,\n"
    assert site.register(fewer, LATER) == UnitsImported(2, 1, 0, 8, (A1,))
    assert site.rows("select org_id, name, valid_from from core.dim_org where from_load = 2") == [
        (10, "新村", date(2026, 11, 1))
    ]
    assert len(warehouse.read_places(site.engine, COUNTY)) == 10


@pytest.mark.parametrize(
    ("written", "replaced", "message"),
    [
        (
            "parent_code",
            "parent",
            "units.csv, line 1: there is no column parent_code; write the heading division_code,name",
        ),
        (
            A1,
            "9.90001E+11",
            "units.csv, line 6, column division_code: '9.90001E+11' is no division code; write 12 digits",
        ),
        ("990001100202", A1, f"units.csv, line 7, column division_code: {A1} is there twice; write each place once"),
        ("甲二村", " ", "units.csv, line 7, column name: it is empty; write the official name"),
        (",4,town,yes,\n", ",四,town,yes,\n", "units.csv, line 3, column level: '四' is no level; write 1 province"),
        (
            "special_zone,no",
            "special_zone,否",
            "units.csv, line 5, column owes_returns: '否' is neither; write yes or no",
        ),
        (
            f"甲二村,{TOWN_A}",
            "甲二村,990001199000",
            "甲二村, column parent_code: 990001199000 is neither in this list nor",
        ),
        (f"甲二村,{TOWN_A}", f"甲二村,{A1}", f"甲二村, column parent_code: {A1} is not above it"),
    ],
)
def test_a_bad_list_is_refused_with_what_to_write(empty_site: Site, written: str, replaced: str, message: str) -> None:
    with pytest.raises(DeclarationError) as raised:
        empty_site.register(UNITS.replace(written, replaced, 1))
    assert message in str(raised.value)
    assert list(empty_site.archive.journal.read()) == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (UNITS.encode("gb18030"), "not a CSV file in UTF-8"),
        (UNITS.splitlines()[0].encode(), "names no unit"),
        (b"", "there is no column division_code"),
    ],
)
def test_a_list_that_is_none(empty_site: Site, tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "units.csv").write_bytes(content)
    with pytest.raises(DeclarationError, match=message):
        warehouse.import_units(empty_site.engine, empty_site.archive, tmp_path / "units.csv", AT)


def test_a_list_saved_by_excel_is_read(empty_site: Site, tmp_path: Path) -> None:
    (tmp_path / "units.csv").write_bytes(UNITS.replace("\n", "\r\n").encode("utf-8-sig"))
    assert warehouse.import_units(empty_site.engine, empty_site.archive, tmp_path / "units.csv", AT).added == 9
