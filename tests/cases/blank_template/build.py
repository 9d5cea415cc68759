"""The headings and the villages are there, and nothing else."""

from handed_in import NAMES, HandedIn, official, workbook


def build() -> HandedIn:
    rows = [f"{n} | {name} | 440783117{n:03}" for n, name in enumerate(NAMES, 1)]
    return HandedIn(workbook(official(*rows)))
