"""Only headings and sequence numbers."""

from handed_in import HandedIn, official, workbook


def build() -> HandedIn:
    return HandedIn(workbook(official("1", "2", "3")))
