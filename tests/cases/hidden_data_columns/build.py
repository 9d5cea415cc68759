"""Three columns of figures, one of them required, are hidden: read, and each is named."""

from handed_in import HandedIn, Sheet, built, official, workbook


def build() -> HandedIn:
    text = official(built(1, "永安村"), built(2, "泮南村", area=""))
    return HandedIn(workbook(Sheet(text, hidden_columns=("E", "K", "L"))))
