"""Indicators from loaded returns: sums over forms and levels, what the register lists, who may read them."""

from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sites import A1, A2, A3, B1, B2, COUNTY, TOWN_A, TOWN_B, ZONE, Databases, Site, row, row_of

HEADINGS = "division_code,name,parent_code,level,kind,owes_returns,valid_from\n"


def values(site: Site, *codes: str, level: str = "county", known_at: int | None = None) -> dict[str, Any]:
    """Indicator -> value, numerator, denominator and why there is no value, at the latest load or another one."""
    mart = "marts.indicators" if known_at is None else f"marts.indicators({known_at})"
    found = site.rows(
        f"select indicator_code, round(value, 4), numerator, denominator, without_value from {mart} "
        "where indicator_code = any(:codes) and level = :level order by indicator_code, item",
        codes=list(codes),
        level=level,
    )
    return {code: rest for code, *rest in found}


def test_books_per_inhabitant(site: Site) -> None:
    """What the seed says: 506 000 books in the library, 959 000 in towns and villages, 1 440 000 inhabitants (C002-7 to 10).
    The library and the stations count as at the end of the year; a village without a reading room has inhabitants."""
    room = {
        "has_reading_room": "yes",
        "resident_population": 300_000,
        "books_total": 200_000,
        "books_catalogued": 50_000,
    }
    none = {"has_reading_room": "no", "resident_population": 240_000}
    library = {"network": "library", "network_role": "main", "member_status": "confirmed"}
    station = {"books_total": 79_500, "books_catalogued": 23_000}
    site.load(
        site.submit(row_of("village_profile", A1, **room), row_of("village_profile", A2, **room),
                    row_of("village_profile", A3, **none), period="2026"),
        site.submit(row_of("village_profile", B1, **room), row_of("village_profile", B2, **room), period="2026", unit=TOWN_B),
        site.submit(row_of("network_member", COUNTY, **library, books_total=1, books_catalogued=1), period="2026Q3", unit=COUNTY),
        site.submit(row_of("network_member", COUNTY, **library, books_total=506_000, books_catalogued=150_000),
                    period="2026Q4", unit=COUNTY),
        site.submit(row_of("town_station", TOWN_A, **station), period="2026Q4"),
        site.submit(row_of("town_station", TOWN_B, **station), period="2026Q4", unit=TOWN_B),
    )  # fmt: skip
    assert values(site, "CO03", "CO06", "CO07") == {
        "CO03": [Decimal("27.0307"), 396_000, 1_465_000, None],
        "CO06": [Decimal("1.0174"), 1_465_000, 1_440_000, None],
        "CO07": [Decimal("0.2750"), 396_000, 1_440_000, None],
    }


def test_a_denominator_that_nobody_provided(site: Site) -> None:
    site.load(site.submit(row_of("town_station", TOWN_A, books_total=79_500), period="2026Q4"))
    assert values(site, "CO06") == {"CO06": [None, 79_500, None, "分母未提供"]}


def test_a_rate_is_taken_of_the_units_on_the_last_day(site: Site) -> None:
    """Neither of a village that came later nor of a zone that owes nothing; what was known earlier stays."""
    connected = {"is_interlending_connected": "yes", "rural_film_screenings_ytd": 27}
    built = {"build_status": "built", "floor_area_m2": 250}
    site.load(
        site.submit(row(A1, **built), row(A2, **built), row(A3, build_status="not_built")),
        site.submit(row_of("town_station", TOWN_A, **connected), row_of("town_station", ZONE, **connected)),
    )
    assert values(site, "CO12", "FA07", "AC10") == {
        "AC10": [Decimal(60), 27, 45, None],  # five villages, nine months
        "CO12": [Decimal(50), 1, 2, None],
        "FA07": [Decimal(40), 2, 5, None],
    }
    site.register(f"{HEADINGS}990001101203,乙三村,{TOWN_B},5,village,no,2026-09-30\n"
                  f"990001101204,乙四村,{TOWN_B},5,village,no,2026-10-01\n")  # fmt: skip
    assert values(site, "FA07")["FA07"] == [Decimal("33.3333"), 2, 6, None]
    assert values(site, "FA07", known_at=3)["FA07"] == [Decimal(40), 2, 5, None]


def test_a_prefecture_adds_up_its_counties(site: Site) -> None:
    """Numerators and denominators apart: 1 of 5 and 2 of 2 is 3 of 7, not 60 %."""
    prefecture, county, town = "990000000000", "990002000000", "990002100000"
    site.register(f"{HEADINGS}{prefecture},示例市,,2,prefecture,no,1900-01-01\n"
                  f"{COUNTY},示例县,{prefecture},3,county,no,1900-01-01\n"
                  f"{county},邻县,{prefecture},3,county,no,1900-01-01\n{town},丙镇,{county},4,town,yes,1900-01-01\n"
                  f"990002100201,丙一村,{town},5,village,no,1900-01-01\n990002100202,丙二村,{town},5,village,no,1900-01-01\n")  # fmt: skip
    built = {"build_status": "built"}
    site.load(
        site.submit(row(A1, **built)),
        site.submit(row("990002100201", **built), row("990002100202", **built), unit=town),
    )
    assert values(site, "FA07", level="prefecture") == {"FA07": [Decimal("42.8571"), 3, 7, None]}
    assert site.rows("select unit_name, county_code from marts.indicators where level = 'prefecture' and indicator_code = 'FA06'") == [
        ("示例市", None)
    ]  # fmt: skip


def test_a_blank_says_no_only_where_it_may_be_left(site: Site) -> None:
    """28 of 94 standards are verified (C002-1, C002-3): the others were not, which is no gap. Without Wi-Fi said, there is."""
    item = {"standard_plan_status": "on_course"}
    verified = {**item, "county_verified": "passed"}
    items = [row_of("standard_item", COUNTY, item_no=n, **(verified if n <= 28 else item)) for n in range(1, 95)]
    site.load(
        site.submit(*items, period="2027-01", unit=COUNTY),
        site.submit(row_of("village_profile", A1, has_wifi="yes"), row_of("village_profile", A2, has_wifi="no"),
                    row_of("village_profile", A3), period="2026"),
    )  # fmt: skip
    assert values(site, "AS01", "FA12") == {
        "AS01": [Decimal("29.7872"), 28, 94, None],
        "FA12": [Decimal(50), 1, 2, None],
    }


def test_analysts_read_them_also_of_tables_that_name_persons(site: Site, databases: Databases) -> None:
    """One figure for each post and scope, and a rate of rows in which a person is named."""
    post = {"scope": "全县", "valid_from": "2018-01-01", "stipend_staff_count": 1}
    site.load(
        site.submit(row_of("stipend", COUNTY, post="town_station_manager", stipend_yuan_per_month=800, **post),
                    row_of("stipend", COUNTY, post="village_manager", stipend_yuan_per_month=700, **post), unit=COUNTY),
        site.submit(row_of("construction_task", A1, responsible_person="王某"), row_of("construction_task", A2),
                    period="2027-01"),
    )  # fmt: skip
    url = sa.make_url(databases.url("wentong_analyst", str(site.engine.url.database)))
    analyst = sa.create_engine(url)
    try:
        with analyst.connect() as connection:
            asked = (
                "select item, value from marts.indicators where indicator_code = :code and level = 'county' order by 1"
            )
            rates = connection.execute(sa.text(asked), {"code": "ST04"}).all()
            named = connection.execute(sa.text(asked), {"code": "TA04"}).all()
    finally:
        analyst.dispose()
    assert [(item.split("|")[0], value) for item, value in rates] == [
        ("town_station_manager", 800),
        ("village_manager", 700),
    ]
    assert named == [("", 50)]
