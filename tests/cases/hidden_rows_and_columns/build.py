"""A hidden village and a hidden column are data; the sender is told."""

from handed_in import HandedIn, Sheet, built, official, workbook


def build() -> HandedIn:
    text = official(built(1, "永安村"), built(2, "泮南村"))
    return HandedIn(workbook(Sheet(text, hidden_rows=(5,), hidden_columns=("G",))))
