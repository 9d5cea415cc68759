"""Returns that state the figures of the source documents. Places are real or invented (示例), and how the figures spread
over them is invented."""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from good_rows import GOOD_ROWS

from wentong.forms import code_titles, find_form
from wentong.periods import Period
from wentong.places import Place
from wentong.templates import write_return

SIGNED = {"head": "甲", "reviewer": "乙", "preparer": "丙", "reported_on": "2026年11月2日"}
Row = Mapping[str, Any]


@dataclass(frozen=True)
class County:
    """A county, with villages spread over its towns and sub-districts."""

    code: str
    name: str
    kind: str = "county"
    towns: int = 0
    subdistricts: int = 0
    villages: int = 0

    @property
    def units(self) -> Iterator[tuple[str, str, str, int, str, str]]:
        """Lines of a list of units."""
        county = f"{self.code}000000"
        yield county, self.name, f"{self.code[:4]}00000000", 3, self.kind, "no"
        numbers = [*range(1, 1 + self.subdistricts), *range(100, 100 + self.towns)]
        for number in numbers:
            kind, word = ("town", "镇") if number >= 100 else ("subdistrict", "街道")
            yield f"{self.code}{number:03}000", f"{self.name[0]}{number}{word}", county, 4, kind, "yes"
        for village in range(self.villages):
            town = f"{self.code}{numbers[village % len(numbers)]:03}"
            yield f"{town}{201 + village}", f"{self.name[0]}{village + 1}村", f"{town}000", 5, "village", "no"

    def below(self, level: int) -> list[Row]:
        """Its towns (4) or villages (5), as the rows of its returns name them."""
        names = {code: name for code, name, *_ in self.units}
        return [
            {"division_code": code, "town_name": names[f"{code[:9]}000"], "village_name": name, "station_name": name}
            for code, name, _, of_level, *_ in self.units
            if of_level == level
        ]


GRADED = [County(f"9901{n:02}", f"{name}县") for n, name in enumerate("甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午", 1)]
OF_REPORT = County("990201", "示例县", towns=11, villages=83)
OF_PANJIN = [
    County("211102", "双台子区", "district", towns=2, subdistricts=2, villages=60),
    County("211103", "兴隆台区", "district", towns=2, subdistricts=2, villages=90),
    County("211104", "大洼区", "district", towns=10, villages=170),
    County("211122", "盘山县", towns=10, villages=182),
]
OF_CITY = County("211101", "盘锦市本级", "virtual_area")
OF_CHENGJIANG = County("530481", "澄江县", towns=2, villages=4)
KAIPING = County("440783", "开平市")
"""Its towns and villages are those of the sample list."""


def write_list(path: Path) -> Path:
    """The list of all these units but Kaiping's."""
    counties = [*GRADED, OF_REPORT, *OF_PANJIN, OF_CITY, OF_CHENGJIANG]
    prefectures = dict.fromkeys(county.code[:4] for county in counties)
    lines = ["division_code,name,parent_code,level,kind,owes_returns"]
    lines += [f"{code}00000000,{code}市,,2,prefecture,no" for code in prefectures]
    lines += [",".join(map(str, unit)) for county in counties for unit in county.units]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def write_villages(path: Path) -> Path:
    """All villages of the four counties, as a list of tasks."""
    codes = [row["division_code"] for county in OF_PANJIN for row in county.below(5)]
    path.write_text("\n".join(["division_code", *codes]), encoding="utf-8")
    return path


def shares(total: int, count: int) -> list[int]:
    """A total in parts that differ by 1 at most."""
    return [total * (n + 1) // count - total * n // count for n in range(count)]


def good(table: str, **changes: Any) -> dict[str, Any]:
    """A row that breaks no rule, changed so."""
    return {**GOOD_ROWS[table][0], **changes}


def hand_in(share: Path, county: County, form: str, period: str, name: str = "", **rows: Sequence[Row]) -> None:
    """Put a county's return of a form into the share."""
    stream = io.BytesIO()
    about = (find_form(form), Period.parse(period), f"{county.code}000000", county.name)
    write_return(stream, *about, rows, signatures=SIGNED)
    inbox = share / county.name / "收件箱"
    inbox.mkdir(parents=True, exist_ok=True)
    (inbox / f"{form}_{period}{name}.xlsx").write_bytes(stream.getvalue())


def award(county: County, kind: str, scheme: str, grade: str, published_on: date) -> Row:
    unit = {"unit_name": county.name, "division_code": f"{county.code}000000"}
    graded = {"facility_kind": kind, "grade_scheme": scheme, "grade": grade, "published_on": published_on}
    return good("grade_award", **unit, **graded)


# -- S000 --------------------------------------------------------------------------------------------------------------


def graded_center(share: Path, county: County, grade: str, name: str = "") -> None:
    row = award(county, "cultural_center", "national_cultural_center", grade, date(2021, 9, 1))
    hand_in(share, county, "基文07", "2021Q4", name, grade_award=[row])


def speech(share: Path) -> None:
    """17 houses, one a county."""
    for county, grade in zip(GRADED, ["first"] * 7 + ["second"] * 6 + ["third"] * 4, strict=True):
        graded_center(share, county, grade)


# -- S001 --------------------------------------------------------------------------------------------------------------


def county_report(share: Path) -> None:
    """11 towns and 83 villages, each with one paid person."""
    stipends(share, "2017Q4", 300, date(2014, 1, 1))
    stipends(share, "2018Q3", 700, date(2018, 1, 1))
    awards = [
        award(OF_REPORT, "cultural_center", "national_cultural_center", "second", date(2016, 5, 1)),
        award(OF_REPORT, "public_library", "national_library", "third", date(2018, 8, 1)),
    ]
    hand_in(share, OF_REPORT, "基文07", "2018Q3", grade_award=awards)
    stations = [{**town, **good("town_station")} for town in OF_REPORT.below(4)]
    hand_in(share, OF_REPORT, "基文02", "2018Q3", town_station=stations)
    profiles = [{**village, **good("village_profile")} for village in OF_REPORT.below(5)]
    hand_in(share, OF_REPORT, "基文01A", "2018", village_profile=profiles)


def stipends(share: Path, period: str, of_librarians: int, since: date) -> None:
    rows = []
    for post, scope, persons, rate, valid_from in (
        ("town_station_manager", "全县乡镇", 11, 800, date(2014, 1, 1)),
        ("reading_room_manager", "全县村(社区)", 83, of_librarians, since),
    ):
        paid = dict.fromkeys(("stipend_payable_yuan", "stipend_paid_yuan"), persons * rate * 3)
        agreed = {"post": post, "scope": scope, "valid_from": valid_from, "stipend_yuan_per_month": rate}
        rows.append({**agreed, "stipend_staff_count": persons, **paid})
    hand_in(share, OF_REPORT, "基文08", period, stipend=rows)


# -- S002 --------------------------------------------------------------------------------------------------------------


def city_report(share: Path) -> None:
    """What the city itself states, and what adds up from its four counties."""
    standards(share)
    option_costs(share)
    met = iter([True] * 173 + [False] * 329)
    people, books, catalogued = (iter(shares(total, 502)) for total in (1_440_000, 959_000, 146_000))
    shows, films = iter(shares(300, 24)), iter(shares(3550, 24))
    libraries(share, OF_CITY, "30.6万册", "约15万册", databases=6, trainings=41)
    for county in OF_PANJIN:
        libraries(share, county, 50_000, 25_000)
        centers(share, county, [next(met) for _ in range(county.villages)])
        profiles = []
        for village in county.below(5):
            stock = {"books_total": next(books), "books_catalogued": next(catalogued)}
            profiles.append({**village, **good("village_profile", resident_population=next(people), **stock)})
        hand_in(share, county, "基文01A", "2016", village_profile=profiles)
        stations = []
        for town in county.below(4):
            if town["station_name"].endswith("街道"):
                stations.append({**town, **NO_STATION})
            else:
                ytd = {
                    "rural_performances_ytd": f"{next(shows)}场以上",
                    "rural_film_screenings_ytd": f"{next(films)}场以上",
                }
                stations.append({**town, **good("town_station", **ytd, books_total=0, books_catalogued=0)})
        hand_in(share, county, "基文02", "2016Q4", town_station=stations)
    town = OF_PANJIN[3].below(4)[0]
    organiser = {"organiser_name": town["station_name"], "organiser_code": town["division_code"]}
    held = [
        good(
            "activity",
            **organiser,
            title=f"{series}开幕",
            series=series,
            started_on=date(2017, 5, n),
            ended_on=date(2017, 5, n),
        )
        for n, series in enumerate(("油城春潮", "鹤乡之夏", "辽河金秋", "盘锦冬韵"), 1)
    ]
    hand_in(share, OF_PANJIN[3], "基文03", "2017-05", activity=held)


NO_STATION = {field.name: "未设" for field in find_form("基文02").tables[0].stored if field.required} | {
    "remark": "街道未设文化站,与社区文化中心共建共享,情况属实"
}


def centers(share: Path, county: County, met: Sequence[bool], name: str = "") -> None:
    """Village centres of 200 m², which is enough; of the others one third is too small and two are not built."""
    too_small = good("village_center", floor_area_m2=150, built_on=date(2015, 3, 5))
    others = [too_small, {"build_status": "not_built"}, {"build_status": "not_built"}]
    rows = [
        {**village, **({**too_small, "floor_area_m2": 200} if is_met else others[n % 3])}
        for n, (village, is_met) in enumerate(zip(county.below(5), met, strict=True))
    ]
    hand_in(share, county, "基文01", "2017Q1", name, village_center=rows)


def standards(share: Path) -> None:
    """94 standards of 32 indicators of 7 tasks."""
    plan = ["met"] * 28 + ["on_course"] * 32 + ["needs_effort"] * 34
    task_no = [n for n, size in enumerate(shares(94, 7), 1) for _ in range(size)]
    indicator_no = [n for n, size in enumerate(shares(94, 32), 1) for _ in range(size)]
    passed, failed = (dict.fromkeys(("county_verified", "prefecture_verified"), word) for word in ("passed", "failed"))
    is_met = {"standard_claim": "met", "evidence_on": date(2017, 4, 10), **passed}
    is_not = {"standard_claim": "not_met", "evidence_on": None, "evidence_ids": None, **failed}
    is_not |= {"expected_on": date(2017, 11, 30), "measure": "列入重点工作"}
    rows = []
    for n, status in enumerate(plan):
        numbers = {
            "task_no": task_no[n],
            "indicator_no": indicator_no[n],
            "item_no": n + 1,
            "item_text": f"标准{n + 1}",
        }
        judged = {"standard_plan_status": status, "item_value": None, "threshold_value": None}
        rows.append(good("standard_item", **numbers, **judged, **(is_met if status == "met" else is_not)))
    hand_in(share, OF_CITY, "基文05", "2017-05", standard_item=rows)


def option_costs(share: Path, third: str = "865万元", name: str = "") -> None:
    """Three tiers of the digital platform; the city's part is written in 万元, as the document says it."""
    tiers = {"first": ("70.2万元", 1_326_000), "second": ("105万元", 1_674_000), "third": (third, 9_274_000)}
    rows = [
        {
            "cost_option": "数字文化平台",
            "option_tier": tier,
            "payer": payer,
            "payer_amount_yuan": paid,
            "tier_total_yuan": total,
        }
        for tier, (of_city, total) in tiers.items()
        for payer, paid in {"市财政": of_city, **{f"{county.name}财政": 156_000 for county in OF_PANJIN}}.items()
    ]
    hand_in(share, OF_CITY, "基文08", "2017Q1", name, option_cost=rows)


def libraries(
    share: Path, county: County, books: object, catalogued: object, databases: int = 0, trainings: int = 0
) -> None:
    """The main library with its stock and the main cultural centre with none, and trainings on so many days."""
    house = good("network_member", unit_name=county.name, network_role="main", plaque_hung_on=None)
    stock = {"books_total": books, "books_catalogued": catalogued, "local_database_count": databases}
    members = [{**house, "network": "library", **stock}, {**house, "local_database_count": 0}]
    days = [date(2016, 10, 10) + timedelta(n) for n in range(trainings)]
    held = [good("joint_meeting", meeting_kind="training", held_on=day) for day in days]
    hand_in(share, county, "基文07", "2016Q4", network_member=members, joint_meeting=held)


# -- S003 --------------------------------------------------------------------------------------------------------------


def full_coverage(share: Path, places: Sequence[Place]) -> None:
    """21 demonstration points, 315 farmhouse libraries in the administrative villages, 300 and more activities."""
    stations(share, places, special=5)
    villages = [place for place in places if place.kind in ("village", "community")]
    rooms = iter(shares(315, sum(place.kind == "village" for place in villages)))
    sessions = ["20多场次", *shares(280, len(villages) - 1)]
    profiles, held = [], []
    for n, place in enumerate(villages):
        village = {"division_code": place.code, "village_name": place.name}
        profile = {"is_demonstration_point": "yes" if n < 21 else "no", "stipend_yuan_per_month": 300}
        if place.kind == "village":
            profile["reading_room_count"] = next(rooms)
        else:
            profile["has_reading_room"] = "no"
        profiles.append({**village, **good("village_profile", **profile)})
        held.append({**village, **good("village_center", activity_sessions=sessions[n], built_on=date(2016, 3, 5))})
    hand_in(share, KAIPING, "基文01A", "2017", village_profile=profiles)
    hand_in(share, KAIPING, "基文01", "2017Q4", village_center=held)


def stations(share: Path, places: Sequence[Place], special: int, name: str = "") -> None:
    """15 stations, so many of the special grade and the others of the first."""
    towns = [place for place in places if place.kind in ("town", "subdistrict")]
    rows = [
        {"division_code": town.code, "station_name": town.name}
        | good("town_station", grade="special" if n < special else "first")
        for n, town in enumerate(towns)
    ]
    hand_in(share, KAIPING, "基文02", "2017Q4", name, town_station=rows)


# -- S004 --------------------------------------------------------------------------------------------------------------


def network_plan(share: Path) -> None:
    """A main house, its branches and sub-branches; all that is to be made the same is; one meeting in the quarter."""
    units = {"main": [f"{OF_CHENGJIANG.code}000000"]}
    units["branch"], units["sub_branch"] = ([row["division_code"] for row in OF_CHENGJIANG.below(n)] for n in (4, 5))
    members = [
        good("network_member", unit_name=None, division_code=unit, network_role=role, plaque_hung_on=date(2019, 9, 1))
        for role, codes in units.items()
        for unit in codes
    ]
    done = [good("unify_item", unify_item=item) for item in code_titles("unify_item")]
    meetings = [good("joint_meeting", held_on=date(2019, 11, 5))]
    hand_in(share, OF_CHENGJIANG, "基文07", "2019Q4", network_member=members, unify_item=done, joint_meeting=meetings)
    profiles = [{**village, **good("village_profile")} for village in OF_CHENGJIANG.below(5)]
    hand_in(share, OF_CHENGJIANG, "基文01A", "2019", village_profile=profiles)
