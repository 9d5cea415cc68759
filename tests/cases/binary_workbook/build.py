"""A binary workbook (.xlsb)."""

from handed_in import HandedIn, built, official, xlsb


def build() -> HandedIn:
    return HandedIn(xlsb(official(built(1, "永安村"), built(2, "泮南村", area="二百三"))), "水口镇2026年3季度.xlsb")
