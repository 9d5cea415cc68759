"""A total over a value that is withheld or unknown says nothing about the others."""

from handed_in import HandedIn, built, official, workbook


def build() -> HandedIn:
    rows = [
        "合计 | | | | 630 | 900 | 4500 | 72 | 3 | | 9 | 360 | 36 | |",
        built(1, "永安村").replace("| 1500 |", "| 一千多本 |"),
        built(2, "泮南村").replace("| 24 |", "| 不详 |"),
        built(3, "黎村"),
    ]
    return HandedIn(workbook(official(*rows)))
