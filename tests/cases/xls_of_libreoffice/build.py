"""A real Excel 97 file, saved by LibreOffice: three rows of merged headings, results of formulas, dates, a hidden column
and a hidden sheet."""

from pathlib import Path

from handed_in import HandedIn


def build() -> HandedIn:
    return HandedIn((Path(__file__).parent / "handed_in.xls").read_bytes(), "水口镇2026年3季度.xls")
