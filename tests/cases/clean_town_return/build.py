"""A town that keeps to the rules: all villages, official headings, signatures."""

from handed_in import NAMES, HandedIn, built, official, workbook


def build() -> HandedIn:
    rows = [built(n, name) for n, name in enumerate(NAMES, 1)]
    return HandedIn(workbook(official(*rows)))
