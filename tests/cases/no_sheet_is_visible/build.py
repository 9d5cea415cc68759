"""No sheet is visible at all, as some systems export: refused, and the sender is told to show the sheet."""

from handed_in import HandedIn, Sheet, built, official, saved
from writers import xls


def build() -> HandedIn:
    return HandedIn(saved(xls, Sheet(official(built(1, "永安村")), "季报", state="hidden")), "水口镇2026年3季度.xls")
