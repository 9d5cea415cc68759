"""The register of places in memory: which town and which village is meant by what somebody wrote.

Names are matched within the reporting town; a guess between two candidates is never made (design: what a cell means).
"""

import difflib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from functools import cache, cached_property, lru_cache
from typing import NamedTuple

from wentong.findings import Finding
from wentong.grid import Cell


class Place(NamedTuple):
    """One administrative division of the register. Codes are 12 digits, zero-padded on the right."""

    code: str
    name: str
    level: int
    """3 county, 4 town or sub-district, 5 village or community."""
    parent_code: str
    kind: str
    owes_returns: bool = False
    aliases: tuple[str, ...] = ()


class Resolved(NamedTuple):
    """The village a row is about, or the reason why it cannot be told (a finding that quarantines the row)."""

    place: Place | None
    findings: tuple[Finding, ...] = ()


_NOTES = re.compile(r"[((\[【〔《<][^))\]】〕》>]*[))\]】〕》>]")
_NUMBERING = re.compile(r"^[\s((]*\d{1,3}\s*[、.．))]\s*")
_FACILITIES = (
    "基层综合性文化服务中心", "综合性文化服务中心", "综合文化服务中心", "文化服务中心", "综合文化支馆", "文化支馆",
    "综合文化室", "文化活动室", "文化室", "农家书屋", "社区书屋",
)  # fmt: skip
_VILLAGE_ENDINGS = ("村民委员会", "村委会", "行政村", "村委", "村")
_COMMUNITY_ENDINGS = ("社区居民委员会", "居民委员会", "社区居委会", "居委会", "社区", "居委")
_TOWN_ENDINGS = ("街道办事处", "街道", "镇", "乡")
_STATIONS = ("综合文化站", "文化站", "文体服务中心", "文化服务中心", "党群服务中心", "公共服务中心", "街道办", "办事处", "政府")


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


def _bare(text: str) -> str:
    """A written name without numbering, bracketed notes and marks at its ends."""
    name = plain(_NOTES.sub("", _NUMBERING.sub("", unicodedata.normalize("NFKC", text))))
    while name and unicodedata.category(name[-1])[0] in "PS":
        name = name[:-1]
    while name and unicodedata.category(name[0])[0] in "PS":
        name = name[1:]
    return name


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
                break
    return accepted


class Register:
    """The places of one or more counties, looked up by code or by what stewards write."""

    def __init__(self, places: Iterable[Place]) -> None:
        self.by_code = {place.code: place for place in places}

    def __reduce__(self) -> tuple[object, ...]:
        return Register, (list(self.by_code.values()),)

    def counties(self) -> list[Place]:
        return [place for place in self.by_code.values() if place.level == 3]

    def towns(self, county_code: str) -> list[Place]:
        return [p for p in self.by_code.values() if p.level == 4 and p.parent_code == county_code]

    def villages(self, town_code: str) -> list[Place]:
        return self._villages_by_town.get(town_code, [])

    def county_of(self, code: str) -> Place | None:
        return self.by_code.get(code[:6].ljust(12, "0"))

    @cached_property
    def _villages_by_town(self) -> dict[str, list[Place]]:
        grouped: dict[str, list[Place]] = defaultdict(list)
        for place in self.by_code.values():
            if place.level == 5:
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

    def towns_named(self, text: str, county_code: str, *, short: bool = False) -> list[Place]:
        """The towns of a county named in running text, in register order.

        `short` also takes a town's name without 镇 or 街道, as people name folders, sheets and files. In a title the short
        name counts only before the name of a station or office (水口文化站).
        """
        written = plain(text)
        found = []
        for town in self.towns(county_code):
            names = {plain(town.name), *map(plain, town.aliases)}
            stem = _stem(plain(town.name), _TOWN_ENDINGS) or plain(town.name)
            if any(name in written for name in names):
                found.append(town)
            elif any(stem + other in written for other in (*_STATIONS, *(_TOWN_ENDINGS if stem != town.name else ()))):
                found.append(town)
            elif short and len(stem) >= 2 and stem in written:
                found.append(town)
        return found

    def town_written(self, text: str, county_code: str) -> Place | None:
        """The town a cell, a folder or a sheet names on its own (水口镇, 水口, 水口镇综合文化站, 开平市水口镇, 440783117)."""
        written = _bare(text)
        if re.fullmatch(r"\d{9}(000)?", written):
            place = self.by_code.get(written[:9] + "000")
            return place if place and place.level == 4 else None
        county = self.by_code.get(county_code)
        if county and written.startswith(plain(county.name)) and written != plain(county.name):
            written = written[len(plain(county.name)) :]
        for station in _STATIONS:
            written = written.removesuffix(station) or written
        for town in self.towns(county_code):
            name = plain(town.name)
            stem = _stem(name, _TOWN_ENDINGS) or name
            if written in {name, stem, stem + "镇", stem + "街道", stem + "街", *map(plain, town.aliases)}:
                return town
        return None

    def is_summary_name(self, text: str, county_code: str) -> bool:
        """Whether a row's name is a town, the county or a general word: such a row sums up others."""
        written = _bare(text)
        if written in {"全镇", "全街道", "全市", "全县", "全区", "镇级", "县级", "市级", "本级", "镇本级", "街道本级"}:
            return True
        county = self.by_code.get(county_code)
        if county and written in {plain(county.name), plain(county.name) + "全市"}:
            return True
        town = self.town_written(text, county_code)
        return town is not None and not self._spelled.get(town.code, {}).get(written)

    # -- one row -------------------------------------------------------------------------------------------------------

    def resolve(self, name: Cell | None, code: Cell | None, town_code: str | None, county_code: str) -> Resolved:
        """The village of a row from its name and code cells.

        `town_code` is the town the row belongs to, None where the file names none. Findings carry no coordinates; those
        about the code are marked with field='division_code', the others with field='village_name'.
        """
        digits, exact = _code_digits(code)
        named = self._by_name(name.raw, town_code, county_code) if name and name.raw.strip() else None
        if code is None or not digits and not exact:
            if named is None:
                return Resolved(None, (_about_name("village_missing", ""),))
            return self._named_only(named, name, town_code, county_code)
        if exact and not digits.endswith("000"):
            return self._by_complete_code(digits, code, name, named, town_code, county_code)
        # A town's code, a rounded or broken one: worth nothing without a name that settles it.
        place = named.place if named else None
        if place is None:
            near = self._nearest(name.raw, town_code, county_code) if name else ""
            if named and named.findings:
                return named
            return Resolved(None, (_about_code("unknown_code", code, nearest=near),))
        if digits.endswith("000") and exact and digits in self.by_code and self.by_code[digits].level == 4:
            if digits != place.parent_code:
                return Resolved(None, (self._conflict(code, self.by_code[digits], name),))
        return Resolved(place, (_about_code("code_repaired", code, code=place.code, name=place.name),))

    def _by_complete_code(
        self, digits: str, code: Cell, name: Cell | None, named: Resolved | None, town_code: str | None, county_code: str
    ) -> Resolved:
        county = self.by_code[county_code]
        if digits[:6] != county_code[:6]:
            return Resolved(None, (_about_code("foreign_code", code, county=county.name),))
        place = self.by_code.get(digits)
        if place is None or place.level != 5:
            near = self._nearest(name.raw, town_code, county_code) if name else ""
            return Resolved(None, (_about_code("unknown_code", code, nearest=near),))
        if name and name.raw.strip() and not self._means(name.raw, place):
            elsewhere = named.place if named and named.place else None
            if elsewhere or not self._resembles(name.raw, place):
                return Resolved(None, (self._conflict(code, place, name),))
            return self._in_town(place, town_code, name, (_about_name("name_differs", name.raw, name=place.name),))
        return self._in_town(place, town_code, name or code)

    def _in_town(
        self, place: Place, town_code: str | None, cell: Cell, findings: tuple[Finding, ...] = ()
    ) -> Resolved:
        if town_code and place.parent_code != town_code:
            return Resolved(None, (self._wrong_town(cell.raw, place, town_code),))
        return Resolved(place, findings)

    def _named_only(
        self, named: Resolved, name: Cell | None, town_code: str | None, county_code: str
    ) -> Resolved:
        if town_code is None and named.place is None and not named.findings:
            return Resolved(None, (_about_name("town_unknown", name.raw if name else ""),))
        return named

    def _by_name(self, written: str, town_code: str | None, county_code: str) -> Resolved:
        """The village a name means within its town; without a town the name settles nothing."""
        if town_code is None:
            return Resolved(None)
        codes = self._lookup(written, town_code, county_code)
        if len(codes) == 1:
            return Resolved(self.by_code[next(iter(codes))])
        town = self.by_code[town_code]
        if codes:
            names = "、".join(self.by_code[code].name for code in sorted(codes))
            return Resolved(None, (_about_name("ambiguous_village", written, nearest=names),))
        for other in self.towns(county_code):
            if other.code != town_code and (elsewhere := self._lookup(written, other.code, county_code)):
                return Resolved(None, (self._wrong_town(written, self.by_code[min(elsewhere)], town_code),))
        near = self._nearest(written, town_code, county_code)
        return Resolved(None, (_about_name("unknown_village", written, town=town.name, nearest=near),))

    def _lookup(self, written: str, town_code: str, county_code: str) -> set[str]:
        """Codes of the villages of a town that a written name may mean."""
        index = self._spelled.get(town_code, {})
        for name in self._readings(written, town_code, county_code):
            if codes := index.get(name):
                return codes
        return set()

    def _readings(self, written: str, town_code: str, county_code: str) -> Iterable[str]:
        """What was written, then without prefixes of province, county and town, then without a facility's name."""
        name = _bare(written)
        yield plain(written)
        yield name
        prefixes = [place.name for place in (*self._ancestors(town_code), self.by_code[town_code])]
        for prefix in prefixes:
            if name.startswith(plain(prefix)) and name != plain(prefix):
                name = name[len(plain(prefix)) :]
                yield name
        for facility in _FACILITIES:
            if name.endswith(facility) and name != facility:
                yield name[: -len(facility)]
                return

    def _ancestors(self, code: str) -> list[Place]:
        parent = self.by_code.get(self.by_code[code].parent_code)
        return [*self._ancestors(parent.code), parent] if parent else []

    def _means(self, written: str, place: Place) -> bool:
        return place.code in self._lookup(written, place.parent_code, place.code[:6].ljust(12, "0"))

    def _resembles(self, written: str, place: Place) -> bool:
        """Whether a name that means no village at least holds this one's: anything less could be another village."""
        stems = [_stem(plain(place.name), e) for e in (_COMMUNITY_ENDINGS, _VILLAGE_ENDINGS)]
        return any(stem and len(stem) >= 2 and stem in _bare(written) for stem in stems)

    def _nearest(self, written: str, town_code: str | None, county_code: str) -> str:
        """The nearest candidates as a sentence, or nothing."""
        town_codes = [town_code] if town_code else [town.code for town in self.towns(county_code)]
        spelled = {s: v for town in town_codes for v in self.villages(town) for s in _spellings(v)}
        near = difflib.get_close_matches(_bare(written), spelled, n=6, cutoff=0.5)
        names = list(dict.fromkeys(spelled[s].name for s in near))[:3]
        return f"最接近的是:{'、'.join(names)}。" if names else ""

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


def _about_code(finding: str, code: Cell, **params: str) -> Finding:
    return Finding(finding, field="division_code", raw=code.raw, params=params)


_NO_CODE = {"", "/", "-", "--", "—", "——", "…", "……", "无", "不详"}


def _code_digits(cell: Cell | None) -> tuple[str, bool]:
    """(digits, exact): exact when the cell holds just twelve digits; ('', False) when it holds no code at all."""
    if cell is None or cell.kind in ("error", "uncalculated"):
        return ("", cell is not None)  # an error in the code column is a broken code, not an absent one
    if cell.kind == "number":
        number = cell.value
        if isinstance(number, int) or isinstance(number, float) and number.is_integer():
            digits = str(int(number))
            return digits, len(digits) == 12
    text = plain(cell.raw).removeprefix("'").removeprefix("`").removeprefix("’").removeprefix("‘")
    if text in _NO_CODE:
        return "", False
    if text.isascii() and text.isdigit():
        return text, len(text) == 12
    digits = re.sub(r"\D", "", text)
    return digits or "?", False
