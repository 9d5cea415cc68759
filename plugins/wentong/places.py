"""The register of places in memory: which town and which village is meant by what somebody wrote.

Names are matched within the reporting town; a guess between two candidates is never made (design: what a cell means).
"""

import difflib
import re
import unicodedata
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache, cached_property, lru_cache
from typing import Literal, NamedTuple

from wentong.findings import Finding
from wentong.grid import Cell

ALWAYS = date(1900, 1, 1)
"""First day of what has been so since before the register begins."""


class Ending(NamedTuple):
    """What became of a place that is no more."""

    change: str
    """merged, split, renamed, recoded, upgraded; closed: nothing."""
    successors: tuple[str, ...] = ()
    """Codes of the places that took it over."""


class Place(NamedTuple):
    """One administrative division of the register, as it is from a day on. Codes are 12 digits, zero-padded on the right."""

    code: str
    name: str
    level: int
    """3 county, 4 town or sub-district, 5 village or community."""
    parent_code: str
    kind: str
    owes_returns: bool = False
    aliases: tuple[str, ...] = ()
    """Other names, former and later ones among them."""
    codes: tuple[str, ...] = ()
    """The codes that its organisation has had, if there are several."""
    valid_from: date = ALWAYS
    ending: Ending | None = None
    """From that day on there is no such place."""


class Resolved(NamedTuple):
    """The village a row is about, or the reason why it cannot be told (a finding that quarantines the row)."""

    place: Place | None
    findings: tuple[Finding, ...] = ()


_LONGEST_NAME = 99
_NEAR = 0.4
"""The ratio from which on a name is near enough to another to be proposed."""
_NOTES = re.compile(r"[((\[【〔《<][^))\]】〕》>]*[))\]】〕》>]")
_NUMBERING = re.compile(r"^\s*(?:[((]?\s*(?:\d{1,3}|[一二三四五六七八九十]{1,3})\s*[、.．))]|[①-⑳])\s*")
_FACILITIES = (
    "基层综合性文化服务中心", "综合性文化服务中心", "综合文化服务中心", "文化服务中心", "综合文化支馆", "文化支馆",
    "综合文化室", "文化活动中心", "文化活动室", "文化中心", "文化室", "农家书屋", "社区书屋",
)  # fmt: skip
_VILLAGE_ENDINGS = ("村民委员会", "村委会", "行政村", "村委", "村")
_COMMUNITY_ENDINGS = ("社区居民委员会", "居民委员会", "社区居委会", "居委会", "社区", "居委")
_TOWN_ENDINGS = ("街道办事处", "街道", "镇", "乡", "新区")
_TOWN_CODE = re.compile(r"\d{9}(000)?")
_WHOLE_TOWNS = frozenset(
    ("全镇", "全街道", "全市", "全县", "全区", "镇级", "县级", "市级", "本级", "镇本级", "街道本级")
)
_STATIONS = (
    "综合文化站", "文化站", "文体服务中心", "文化服务中心", "党群服务中心", "公共服务中心", "街道办", "办事处", "人民政府",
    "政府", "管委会", "园区",
)  # fmt: skip


@cache
def _traditional() -> dict[int, str]:
    """Traditional -> simplified for single characters, from OpenCC's own dictionary."""
    import opencc

    converter = opencc.OpenCC("t2s")
    ideographs = [chr(point) for point in range(0x4E00, 0x9FFF + 1)]
    simplified = converter.convert("\n".join(ideographs)).split("\n")
    return {ord(old): new for old, new in zip(ideographs, simplified, strict=True) if old != new}


@lru_cache(maxsize=1 << 16)
def plain(text: str) -> str:
    """NFKC, simplified characters, no white space, no invisible characters: how names and headings are compared."""
    if text.isascii():
        return "".join(text.split())
    folded = unicodedata.normalize("NFKC", text)
    return "".join(c for c in folded if not c.isspace() and unicodedata.category(c) != "Cf").translate(_traditional())


@lru_cache(maxsize=1 << 14)
def _bare(text: str) -> str:
    """A written name without numbering, bracketed notes and marks at its ends."""
    name = plain(_NOTES.sub("", _NUMBERING.sub("", unicodedata.normalize("NFKC", text))))
    while name and unicodedata.category(name[-1])[0] in "PS":
        name = name[:-1]
    while name and unicodedata.category(name[0])[0] in "PS":
        name = name[1:]
    return name


def _is_called_village(written: str) -> bool:
    """Whether a name is that of a village or a village's facility: one that nobody knows is not its town."""
    name = _bare(written)
    name = next((name.removesuffix(facility) for facility in _FACILITIES if name.endswith(facility)), name)
    return name.endswith((*_VILLAGE_ENDINGS, *_COMMUNITY_ENDINGS))


def _stem(official: str, endings: tuple[str, ...]) -> str | None:
    """The name without its ending, or None if it has none of them or nothing else."""
    ending = next((e for e in endings if official.endswith(e)), None)
    return official[: -len(ending)] or None if ending else None


def _spellings(place: Place) -> set[str]:
    """Every way a village's name is accepted: official, aliases, stem, and the stem with any ending of its own kind."""
    accepted = {plain(name) for name in (place.name, *place.aliases)}
    for name in (plain(place.name), *map(plain, place.aliases)):
        for endings in (_COMMUNITY_ENDINGS, _VILLAGE_ENDINGS):
            if stem := _stem(name, endings):
                accepted |= {stem, *(stem + ending for ending in endings)}
                if endings is _VILLAGE_ENDINGS and stem.endswith("村"):  # 幕村委会 for 幕村村委会
                    accepted |= {stem + ending.removeprefix("村") for ending in endings[:-1] if ending[0] == "村"}
                break
    return accepted


class _TownNames(NamedTuple):
    """What one town is called."""

    place: Place
    stem: str
    """Without 镇 or 街道."""
    aliases: tuple[str, ...]
    in_titles: frozenset[str]
    """Names that mean it within running text."""
    alone: frozenset[str]
    """Names that mean it where nothing else is written."""


def _town_names(place: Place) -> _TownNames:
    names = {plain(name) for name in (place.name, *place.aliases)}
    stem = _stem(plain(place.name), _TOWN_ENDINGS) or plain(place.name)
    offices = {stem + office for office in _STATIONS}
    spelled = {stem + ending for ending in _TOWN_ENDINGS} if stem != plain(place.name) else set()
    return _TownNames(
        place,
        stem,
        tuple(map(plain, place.aliases)),
        frozenset(names | offices | spelled),
        frozenset(names | spelled | {stem, stem + "街"}),
    )


class Register:
    """The places of one or more counties, looked up by code or by what stewards write.

    It is made of all versions of its places, and shows the latest of each. `on` gives the register of a day.
    """

    def __init__(self, versions: Iterable[Place], day: date = date.max) -> None:
        """`versions` come in order of days. What is there on the day is looked up; the rest explains what is not."""
        self.versions, self._day = list(versions), day
        held = {place.code: place for place in self.versions if place.valid_from <= day}
        self.by_code = {code: place for code, place in held.items() if place.ending is None}
        self._changes = sorted({place.valid_from for place in self.versions} - {ALWAYS})
        self._days: dict[int, Register] = {}
        self._names_down_to: dict[str, tuple[str, ...]] = {}

    def __reduce__(self) -> tuple[object, ...]:
        return Register, (self.versions, self._day)

    def on(self, day: date) -> "Register":
        """The register of a day: the places that existed then, under the names and codes of then."""
        number = bisect_right(self._changes, day)
        if number == bisect_right(self._changes, self._day):
            return self
        if number not in self._days:
            self._days[number] = Register(self.versions, day)
            self._days[number]._days = self._days
        return self._days[number]

    def place(self, code: str) -> Place | None:
        """The place with a code, or the one under which the unit that had or will have this code exists."""
        return self.by_code.get(code) or self._by_other_code.get(code)

    def ever(self, code: str) -> Place | None:
        """The place with a code, now or whenever it last was."""
        return self.place(code) or next(reversed(self._history.get(code, ())), None)

    @cached_property
    def _by_other_code(self) -> dict[str, Place]:
        several = [place for place in self.by_code.values() if place.codes]
        return {code: place for place in several for code in place.codes if code not in self.by_code}

    def counties(self) -> list[Place]:
        return self._counties

    def towns(self, county_code: str) -> list[Place]:
        return self._towns_by_county.get(county_code, [])

    def villages(self, town_code: str) -> list[Place]:
        return self._villages_by_town.get(town_code, [])

    @cached_property
    def _counties(self) -> list[Place]:
        return [place for place in self.by_code.values() if place.level == 3]

    @cached_property
    def _towns_by_county(self) -> dict[str, list[Place]]:
        return self._by_parent(4)

    @cached_property
    def _villages_by_town(self) -> dict[str, list[Place]]:
        return self._by_parent(5)

    def _by_parent(self, level: int) -> dict[str, list[Place]]:
        grouped: dict[str, list[Place]] = defaultdict(list)
        for place in self.by_code.values():
            if place.level == level:
                grouped[place.parent_code].append(place)
        return grouped

    @cached_property
    def _spelled(self) -> dict[str, dict[str, set[str]]]:
        """Town code -> spelling -> codes of the villages it may mean."""
        index: dict[str, dict[str, set[str]]] = {}
        for town, villages in self._villages_by_town.items():
            index[town] = defaultdict(set)
            for village in villages:
                for spelling in _spellings(village):
                    index[town][spelling].add(village.code)
            for village in villages:  # the official name always means just that village
                index[town][plain(village.name)] = {village.code}
        return index

    def county_named(self, text: str) -> Place | None:
        """The county whose full name stands in the text."""
        written = plain(text)
        return next((county for county in self.counties() if plain(county.name) in written), None)

    @cached_property
    def _town_names(self) -> dict[str, list["_TownNames"]]:
        """County code -> what its towns are called, in register order."""
        counties: dict[str, list[_TownNames]] = defaultdict(list)
        for place in self.by_code.values():
            if place.level == 4:
                counties[place.parent_code].append(_town_names(place))
        return counties

    @cached_property
    def _towns_alone(self) -> dict[str, dict[str, Place]]:
        """County code -> what a text on its own may be called -> the town, the first one of the register."""
        counties: dict[str, dict[str, Place]] = defaultdict(dict)
        for county_code, towns in self._town_names.items():
            for town in towns:
                for name in town.alone:
                    counties[county_code].setdefault(name, town.place)
        return counties

    def towns_named(self, text: str, county_code: str, *, short: bool = False) -> list[Place]:
        """The towns of a county named in running text, in register order.

        `short` also takes a town's name without 镇 or 街道, as people name folders, sheets and files; only where no town
        is named in full. In a title the short name counts only before the name of a station or office (水口文化站).
        """
        written = plain(text)
        towns = self._town_names.get(county_code, [])
        # Every name holds the stem or is an alias: so most texts need not be searched for each of them.
        likely = [t for t in towns if t.stem in written or (t.aliases and any(a in written for a in t.aliases))]
        found = [town.place for town in likely if any(name in written for name in town.in_titles)]
        if short and not found:
            found = [town.place for town in towns if len(town.stem) >= 2 and town.stem in written]
        return found

    def town_written(self, text: str, county_code: str) -> Place | None:
        """The town a cell, a folder or a sheet names on its own (水口镇, 水口, 水口镇综合文化站, 开平市水口镇, 440783117)."""
        written = _bare(text)
        if _TOWN_CODE.fullmatch(written):
            place = self.by_code.get(written[:9] + "000")
            return place if place and place.level == 4 else None
        for above in self._down_to(county_code):
            written = written.removeprefix(above) or written
        alone = self._towns_alone.get(county_code, {})
        if found := alone.get(written):
            return found
        for station in _STATIONS:
            if written.endswith(station) and (found := alone.get(written.removesuffix(station))):
                return found
        return None

    def is_village_name(self, text: str, county_code: str) -> bool:
        """Whether a text alone is the name of a village of the county, in any of its spellings."""
        written = _bare(text[:_LONGEST_NAME])
        return any(written in self._spelled.get(town.code, {}) for town in self.towns(county_code))

    def is_summary_name(self, text: str, county_code: str) -> bool:
        """Whether a row's name is a town, the county or a general word: such a row sums up others."""
        written = _bare(text)
        if written in _WHOLE_TOWNS:
            return True
        county = self.by_code.get(county_code)
        name = plain(county.name) if county else ""
        if name and written.startswith(name) and written.removeprefix(name) in ("", "全市", "本级"):
            return True
        town = self.town_written(text, county_code)
        return town is not None and not self._spelled.get(town.code, {}).get(written)

    # -- one row -------------------------------------------------------------------------------------------------------

    def resolve(self, name: Cell | None, code: Cell | None, town_code: str | None, county_code: str) -> Resolved:
        """The village of a row from its name and code cells.

        `town_code` is the town the row belongs to, None where the file names none. Findings carry no coordinates; those
        about the code are marked with field='division_code', the others with field='village_name'.
        """
        written = read_code(code)
        named = (
            self._by_name(name.raw[:_LONGEST_NAME], town_code, county_code) if name and plain(name.raw[:99]) else None
        )
        if code is None or written.kind == "none":
            return named or Resolved(None, (_about_name("village_missing", ""),))
        if self._is_foreign(written, county_code):
            return Resolved(None, (_about_code("foreign_code", code, county=self.by_code[county_code].name),))
        if written.kind == "exact":
            return self._by_complete_code(written.digits, code, name, named, town_code, county_code)
        return self._by_name_beside_code(written, code, name, named, town_code, county_code)

    def resolve_unit(
        self,
        name: Cell | None,
        code: Cell | None,
        reporter: Place | None,
        county_code: str,
        *,
        towns_only: bool,
        town: Place | None = None,
    ) -> Resolved:
        """The town of a row (`towns_only`), or whichever unit of the county it names by code or name.

        Within a town's return only that town and its villages are meant; where nothing is named, the reporter itself, or
        the `town` that the row or its section names.
        """
        reporter = town or reporter
        coded = self._unit_by_code(code, county_code, towns_only) if code else None
        if isinstance(coded, Finding):
            return Resolved(None, (coded,))
        written = name.raw[:_LONGEST_NAME] if name else ""
        named = self._unit_by_name(written, reporter, county_code, towns_only) if plain(written) else None
        if coded and code and written and named != coded and (named or not self._resembles(written, coded)):
            return Resolved(None, (self._conflict(code, coded, name),))
        place = coded or named or (None if plain(written) else reporter)
        if towns_only and not coded and not plain(written) and (place is None or place.level != 4):
            return Resolved(None, (_about_name("village_missing", ""),))
        if place is None or (towns_only and place.level != 4):
            if reporter and reporter.level == 4 and (closed := self._closed_village(written, reporter.code)):
                return Resolved(None, (closed,))
            county = self.by_code[county_code].name
            return Resolved(None, (_about_name("unknown_unit", written, county=county),))
        if town and place.level == 3:  # a unit of the county, whose row says where it is or what it is about
            return Resolved(place)
        if reporter and reporter.level == 4 and reporter.code not in (place.code, place.parent_code):
            other = self.by_code[place.parent_code].name if place.level == 5 else place.name
            params = {"other_town": other, "town": reporter.name}
            return Resolved(None, (_about_name("wrong_town_village", written or place.name, **params),))
        return Resolved(place)

    def _unit_by_code(self, code: Cell, county_code: str, towns_only: bool) -> "Place | Finding | None":
        """The unit a code means; None where there is none, a finding where it is no unit of the county."""
        written = read_code(code)
        if written.kind == "none":
            return None
        digits = written.digits.ljust(12, "0")
        if written.digits and self._is_foreign(written._replace(kind="exact", digits=digits), county_code):
            return _about_code("foreign_code", code, county=self.by_code[county_code].name)
        place = self.place(digits)
        is_rounded = written.kind == "rounded" and code.kind == "text" and "E" in code.raw.upper()
        if place is None and written.is_complete and (absent := self._absent_by_code(digits, code)):
            return absent
        if place is None or (towns_only and place.level != 4) or written.kind == "broken" or is_rounded:
            return _about_code("unknown_code", code, nearest="")
        return place

    def _unit_by_name(self, written: str, reporter: Place | None, county_code: str, towns_only: bool) -> Place | None:
        """The unit a name means: a town with its station, the county with its bureaus and libraries, else a village."""
        if town := self.town_written(written, county_code):
            return town
        if towns_only:
            towns = self.towns_named(written, county_code)
            return towns[0] if len(towns) == 1 else None
        county = self.by_code[county_code]
        town_code = reporter.code if reporter and reporter.level == 4 else None
        village = self._by_name(written, town_code, county_code).place
        if village or _is_called_village(written):
            return village
        towns = self.towns_named(written, county_code)
        if len(towns) == 1:
            return towns[0]
        return county if not towns and plain(written).startswith(plain(county.name)) else None

    def _by_complete_code(
        self,
        digits: str,
        code: Cell,
        name: Cell | None,
        named: Resolved | None,
        town_code: str | None,
        county_code: str,
    ) -> Resolved:
        """All twelve digits are there: the code decides, unless it is unknown or the name means another village."""
        place = self.place(digits)
        if place is None or place.level != 5:
            if place is None and (absent := self._absent_by_code(digits, code)):
                return Resolved(None, (absent,))
            near = self._nearest(name.raw, town_code, county_code) if name else ""
            return Resolved(None, (_about_code("unknown_code", code, nearest=near),))
        findings: tuple[Finding, ...] = ()
        if name and named and named.place != place and not self._means(name.raw, place):
            means_another = any(self._lookup(name.raw, town.code, county_code) for town in self.towns(county_code))
            if means_another or not self._resembles(name.raw, place):
                return Resolved(None, (self._conflict(code, place, name),))
            findings = (_about_name("name_differs", name.raw, name=place.name),)
        if town_code and place.parent_code != town_code:
            return Resolved(None, (self._wrong_town((name or code).raw, place, town_code),))
        if place.code != digits:
            findings = (*findings, _about_code("code_of_other_time", code, code=place.code, name=place.name))
        return Resolved(place, findings)

    def _is_foreign(self, written: "WrittenCode", county_code: str) -> bool:
        """Whether it is the complete code of a place outside the county, which has not been given another code either."""
        if not written.is_complete or written.digits[:6] == county_code[:6]:
            return False
        place = self._by_other_code.get(written.digits.ljust(12, "0"))
        return place is None or place.code[:6] != county_code[:6]

    def _absent_by_code(self, digits: str, code: Cell) -> Finding | None:
        """What to say of the code of a unit that is no more or not there yet."""
        return self._absent(digits, code.raw, "division_code") if digits in self._history else None

    def _absent(self, unit_code: str, raw: str, field: str) -> Finding:
        """What to say of a unit that is known, but does not exist on this register's day."""
        versions = self._history[unit_code]
        place = next((place for place in reversed(versions) if place.valid_from <= self._day), versions[0])
        day = place.valid_from
        params = {"name": place.name, "day": f"{day.year}年{day.month}月{day.day}日"}
        if place.ending is None:
            return Finding("unit_not_yet", field=field, raw=raw, params=params)
        heirs = "、".join(f"“{self._full_name(heir)}”" for heir in self.heirs(unit_code))
        what = {"change": _ENDINGS[place.ending.change].format(heirs), "instead": heirs and f",数据填在{heirs}一行"}
        return Finding("unit_closed", field=field, raw=raw, params={**params, **what})

    @cached_property
    def _history(self) -> dict[str, list[Place]]:
        """The versions of each place, in order of days."""
        history: dict[str, list[Place]] = {}
        for place in self.versions:
            history.setdefault(place.code, []).append(place)
        return history

    def heirs(self, code: str) -> list[Place]:
        """The places of this register that took over a place which is no more, in order of codes."""
        found: dict[str, Place] = {}
        left = [code]
        while left:
            endings = [place.ending for place in self._history.get(left.pop(), ()) if place.ending]
            for heir in endings[-1].successors if endings else ():
                if place := self.by_code.get(heir):
                    found[heir] = place
                else:
                    left.append(heir)
        return [found[heir] for heir in sorted(found)]

    def _full_name(self, place: Place) -> str:
        town = self.by_code.get(place.parent_code) if place.level == 5 else None
        return f"{town.name if town else ''}{place.name}"

    @cached_property
    def _absent_by_name(self) -> dict[str, dict[str, Place]]:
        """Town code -> spelling -> the village of its that is no more; also of towns that took such a village over."""
        index: dict[str, dict[str, Place]] = defaultdict(dict)
        for place in self.versions:
            if place.ending and place.level == 5 and place.valid_from <= self._day and not self.place(place.code):
                for town in {place.parent_code, *(heir.parent_code for heir in self.heirs(place.code))}:
                    index[town] |= dict.fromkeys(_spellings(place), place)
        return index

    def _closed_village(self, written: str, town_code: str) -> Finding | None:
        index = self._absent_by_name.get(town_code, {})
        known = next((index[name] for name in self._readings(written, town_code) if name in index), None)
        return self._absent(known.code, written, "village_name") if known else None

    def closed_town(self, text: str, county_code: str) -> Finding | None:
        """What to say to a town that is no more, if a text names one of the county."""
        written = plain(text)
        for place in self.versions:
            is_closed = place.ending and place.valid_from <= self._day and not self.place(place.code)
            is_town = place.level == 4 and place.parent_code == county_code
            if is_closed and is_town and plain(place.name) in written:
                return Finding("reporter_closed", params=self._absent(place.code, text, "").params)
        return None

    def _by_name_beside_code(
        self,
        written: "WrittenCode",
        code: Cell,
        name: Cell | None,
        named: Resolved | None,
        town_code: str | None,
        county_code: str,
    ) -> Resolved:
        """A town's code, a rounded, shortened or broken one: worth nothing without a name that settles the village."""
        if named is None or named.place is None:
            if named and town_code:
                return named
            near = self._nearest(name.raw, town_code, county_code) if name else ""
            return Resolved(None, (_about_code("unknown_code", code, nearest=near),))
        if other := self._otherwise_meant(written, named.place):
            return Resolved(None, (self._conflict(code, other, name),))
        if written.kind == "rounded" and abs(int(written.digits) - int(named.place.code)) > written.tolerance:
            return Resolved(None, (_about_code("unknown_code", code, nearest=""),))
        return Resolved(
            named.place, (_about_code("code_repaired", code, code=named.place.code, name=named.place.name),)
        )

    def _otherwise_meant(self, written: "WrittenCode", place: Place) -> Place | None:
        """The other place of the register that an incomplete code means beside a name's village."""
        if written.kind == "recovered":
            meant = self.by_code.get(written.digits)
            return meant if meant != place else None
        if written.kind == "town":
            town = self.by_code.get(written.digits[:9] + "000")
            return town if town and town.code != place.parent_code else None
        if written.kind == "broken" and len(written.digits) in (3, 6):
            meant = self.by_code.get(place.code[: 12 - len(written.digits)] + written.digits)
            return meant if meant != place else None
        return None

    def _by_name(self, written: str, town_code: str | None, county_code: str) -> Resolved:
        """The village a name means within its town; without a town only a name that says its town settles anything."""
        town_code = town_code or self._town_before_name(written, county_code)
        if town_code is None:
            return Resolved(None, (_about_name("town_unknown", written),))
        codes = self._lookup(written, town_code, county_code)
        if len(codes) == 1:
            return Resolved(self.by_code[next(iter(codes))])
        town = self.by_code[town_code]
        if codes:
            names = "、".join(self.by_code[code].name for code in sorted(codes))
            return Resolved(None, (_about_name("ambiguous_village", written, nearest=names),))
        if closed := self._closed_village(written, town_code):
            return Resolved(None, (closed,))
        for other in self.towns(county_code):
            if other.code != town_code and (elsewhere := self._lookup(written, other.code, county_code)):
                return Resolved(None, (self._wrong_town(written, self.by_code[min(elsewhere)], town_code),))
        near = self._nearest(written, town_code, county_code)
        return Resolved(None, (_about_name("unknown_village", written, town=town.name, nearest=near),))

    def _town_before_name(self, written: str, county_code: str) -> str | None:
        """The town whose full name a village's name begins with (水口镇龙塘村)."""
        county = self.by_code.get(county_code)
        name = _bare(written).removeprefix(plain(county.name) if county else "")
        towns = self._town_names.get(county_code, [])
        return next(
            (t.place.code for t in towns if name.startswith(plain(t.place.name)) and name != plain(t.place.name)), None
        )

    def _lookup(self, written: str, town_code: str, county_code: str) -> set[str]:
        """Codes of the villages of a town that a written name may mean."""
        index = self._spelled.get(town_code, {})
        if codes := index.get(plain(written)):  # most names by far are written as they are
            return codes
        return next((codes for name in self._readings(written, town_code) if (codes := index.get(name))), set())

    def _readings(self, written: str, town_code: str) -> Iterator[str]:
        """What was written, then without prefixes of province, county and town, then without a facility's name."""
        names = [plain(written), _bare(written)]
        for prefix in self._prefixes[town_code]:
            if names[-1].startswith(prefix) and names[-1] != prefix:
                names.append(names[-1].removeprefix(prefix))
        yield from names
        for name in reversed(names):
            for facility in _FACILITIES:
                if name.endswith(facility) and name != facility:
                    yield name.removesuffix(facility)

    @cached_property
    def _prefixes(self) -> dict[str, tuple[str, ...]]:
        """Town code -> the names that may stand before a village's, from the province to the town's short name."""
        prefixes = {}
        for towns in self._town_names.values():
            for town in towns:
                prefixes[town.place.code] = (*self._down_to(town.place.code), town.stem)
        return prefixes

    def _down_to(self, code: str) -> tuple[str, ...]:
        """What the places from the province down to this one are called; asked of every row."""
        if code not in self._names_down_to:
            place = self.by_code.get(code)
            above = [*self._ancestors(code), place] if place else []
            self._names_down_to[code] = tuple(plain(each.name) for each in above)
        return self._names_down_to[code]

    def _ancestors(self, code: str) -> list[Place]:
        place = self.by_code.get(code)
        parent = self.by_code.get(place.parent_code) if place else None
        return [*self._ancestors(parent.code), parent] if parent else []

    def _means(self, written: str, place: Place) -> bool:
        return place.code in self._lookup(written[:_LONGEST_NAME], place.parent_code, place.code[:6].ljust(12, "0"))

    def _resembles(self, written: str, place: Place) -> bool:
        """Whether a name that means no village at least holds this one's: anything less could be another village."""
        stems = [_stem(plain(place.name), e) for e in (_COMMUNITY_ENDINGS, _VILLAGE_ENDINGS)]
        return any(stem and len(stem) >= 2 and stem in _bare(written[:_LONGEST_NAME]) for stem in stems)

    def _nearest(self, written: str, town_code: str | None, county_code: str) -> str:
        """The nearest candidates as a sentence, or nothing."""
        name = _village_stem(_bare(written[:_LONGEST_NAME]))
        town_codes = [town_code] if town_code else [town.code for town in self.towns(county_code)]
        stems = [stem for town in town_codes for stem in self._stems.get(town, [])]
        written_with = set(name)
        shared = [(len(written_with & chars), village, stem) for village, stem, chars in stems]
        likely = sorted((each for each in shared if each[0]), key=lambda each: -each[0])[:8]
        matcher = difflib.SequenceMatcher(b=name)
        ratios = []
        for _, village, stem in likely:
            if 2 * sum(map(stem.__contains__, name)) < _NEAR * (len(name) + len(stem)):
                continue  # not even if all they share stood in one order
            matcher.set_seq1(stem)
            ratios.append((-matcher.ratio(), village.code, village.name))
        names = [near for ratio, _, near in sorted(ratios)[:3] if ratio <= -_NEAR]
        return f"最接近的是:{'、'.join(names)}。" if names else ""

    @cached_property
    def _stems(self) -> dict[str, list[tuple[Place, str, frozenset[str]]]]:
        """Town code -> its villages, with what of their names is compared for nearness, and the characters of that."""
        return {
            town: [(v, stem, frozenset(stem)) for v in villages for stem in [_village_stem(plain(v.name))]]
            for town, villages in self._villages_by_town.items()
        }

    def _wrong_town(self, written: str, place: Place, town_code: str) -> Finding:
        return _about_name(
            "wrong_town_village",
            written,
            other_town=self.by_code[place.parent_code].name,
            town=self.by_code[town_code].name,
        )

    def _conflict(self, code: Cell, place: Place, name: Cell | None) -> Finding:
        return _about_code("code_name_conflict", code, code_name=place.name, written_name=name.raw if name else "")


def _about_name(finding: str, raw: str, **params: str) -> Finding:
    return Finding(finding, field="village_name", raw=raw, params=params)


def _about_code(finding: str, cell: Cell, **params: str) -> Finding:
    return Finding(finding, field="division_code", raw=cell.raw, params=params)


_ENDINGS = {
    "merged": "并入{}", "split": "拆分为{}", "renamed": "更名为{}", "recoded": "改用{}的代码", "upgraded": "改为{}", "closed": "撤销",
}  # fmt: skip
"""Change by which a unit ended -> what is said of it."""


def _village_stem(name: str) -> str:
    """What is compared for nearness: the name without 村委会 and the like, which all names share."""
    return _stem(name, _COMMUNITY_ENDINGS) or _stem(name, _VILLAGE_ENDINGS) or name


# -- codes as they are written -----------------------------------------------------------------------------------------

_NO_CODE = {"", "/", "-", "--", "—", "——", "…", "……", "无", "不详", "*"}
_SCIENTIFIC = re.compile(r"(\d)(?:\.(\d+))?[Ee]\+?11")


class WrittenCode(NamedTuple):
    """What a code cell holds."""

    kind: Literal["none", "exact", "recovered", "rounded", "town", "broken"]
    """exact: just twelve digits; recovered: all twelve, but written as no code is (440783117201.0); rounded: the leading
    digits only; town: nine digits, or twelve of a town."""
    digits: str = ""
    tolerance: int = 0
    """How far a rounded code may be off."""

    @property
    def is_complete(self) -> bool:
        """Whether it says for certain which county it is of."""
        return self.kind in ("exact", "recovered", "town")


def read_code(cell: Cell | None) -> WrittenCode:
    """What a cell of a code column says, without looking at any register."""
    if cell is None:
        return WrittenCode("none")
    if cell.kind == "number" and isinstance(cell.value, (int, float)) and cell.value == cell.value // 1:
        return _of_digits(str(int(cell.value)), clean=True)
    if cell.kind != "text":
        return WrittenCode("broken")  # an error or a date in the code column is a broken code, not an absent one
    text = plain(cell.raw[:_LONGEST_NAME]).strip("'`’‘")
    if text in _NO_CODE:
        return WrittenCode("none")
    if text.isascii() and text.isdigit():
        return _of_digits(text, clean=True)
    if found := _SCIENTIFIC.fullmatch(text):
        decimals = found[2] or ""
        digits = (found[1] + decimals).ljust(12, "0")[:12]
        return _of_digits(digits, clean=False) if len(decimals) >= 11 else _rounded(digits, len(decimals))
    return _of_digits(re.sub(r"\D", "", re.sub(r"\.0+$", "", text)), clean=False)


def _of_digits(digits: str, clean: bool) -> WrittenCode:
    if len(digits) == 12 and digits.endswith("000000"):
        return _rounded(digits, 5)
    if len(digits) == 9 or (len(digits) == 12 and digits.endswith("000")):
        return WrittenCode("town", digits)
    if len(digits) == 12:
        return WrittenCode("exact" if clean else "recovered", digits)
    return WrittenCode("broken", digits)


def _rounded(digits: str, decimals: int) -> WrittenCode:
    return WrittenCode("rounded", digits, 10 ** (11 - decimals) // 2)
