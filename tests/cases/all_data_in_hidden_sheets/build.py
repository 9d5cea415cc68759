"""Every sheet with data is hidden: refused, and the sender is told to show the sheet."""

from handed_in import HandedIn, Sheet, built, official, workbook


def build() -> HandedIn:
    cover = Sheet("填表说明\n请各村按要求填写", "说明")
    return HandedIn(workbook(cover, Sheet(official(built(1, "永安村")), "季报", state="hidden")))
