"""Saved as Strict Open XML: the same data, no word about it."""

from handed_in import HandedIn, built, official, workbook
from writers import strict


def build() -> HandedIn:
    return HandedIn(strict(workbook(official(built(1, "永安村")))))
