"""What was stored -> `Cell`: the few ways to make one, shared by all formats, and how much one file may hold.

Programs store more than they show: 0.30000000000000004 for 0.3, 35.0 for 35, a line break as `_x000D_`, a number as text
that is no number. `raw` is what the sender saw. What is no plain number stays text, so that it can be questioned.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from wentong.grid import Cell, Sheet, Unreadable

MAX_CELLS: Final = 2_000_000
"""Cells with content in one file. 50 000 rows of 15 columns are 750 000; more than this would take all of a gigabyte."""
MAX_TEXT: Final = 4 * 32_767
"""Characters in one cell: four times what Excel can hold."""
MAX_ROW: Final = 1_048_576
MAX_COLUMN: Final = 16_384

UNCALCULATED: Final = Cell(None, "uncalculated", "", True)
"""A formula whose result nobody has calculated yet. It is neither blank nor 0."""

_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def number(text: str, formula: bool = False) -> Cell:
    """The cell of a number stored as text. What is no plain number stays text, so that it can be questioned."""
    if len(text) < 16 and text.isascii():  # the usual ones, which are written as they are shown
        if text.isdigit():
            return Cell(int(text), "number", text, formula)
        if text.replace(".", "", 1).isdigit() and not (value := float(text)).is_integer():
            return Cell(value, "number", text, formula)
    if not _NUMBER.fullmatch(text):
        return Cell(text, "text", text, formula)
    return binary(float(text), formula)


def binary(value: float, formula: bool = False) -> Cell:
    """The cell of a binary number, with the 15 digits a spreadsheet program shows and calculates with."""
    if value - value != 0:  # infinite or not a number
        return error("#NUM!", formula)
    if value.is_integer() and abs(value) < 1e15:
        whole = int(value)
        return Cell(whole, "number", str(whole), formula)
    raw = f"{value:.15G}"
    return Cell(float(raw), "number", raw, formula)


def text(content: str, formula: bool = False) -> Cell | None:
    """The cell of a text, None when there is nothing to see."""
    if not content or content.isspace():
        return None
    if len(content) > MAX_TEXT:
        raise Unreadable("unsafe_file", reason="单元格中的文字过长")
    if "\r" in content:
        content = content.replace("\r\n", "\n").replace("\r", "\n")
    return Cell(content, "text", content, formula)


def boolean(truth: bool, formula: bool = False) -> Cell:
    return Cell(truth, "boolean", "TRUE" if truth else "FALSE", formula)


def error(shown: str, formula: bool = False) -> Cell:
    """The cell of an error value (`#REF!`). An error is never read as a blank."""
    return Cell(shown, "error", shown, formula)


def index(digits: str | None) -> int:
    """A count, row or column stated by the file as text."""
    if digits is None or not (digits.isascii() and digits.isdigit()) or len(digits) > 10:
        raise Unreadable("damaged_file")
    return int(digits)


def guard_size(sheets: list[Sheet], more: int = 0) -> None:
    """Stop before the cells read so far, and `more` of them, take all memory."""
    if more + sum(len(sheet.cells) for sheet in sheets) > MAX_CELLS:
        raise Unreadable("unsafe_file", reason="单元格过多")


@dataclass(slots=True)
class Placing:
    """Puts cells that state no address (web pages, XML of 2003) where a reader sees them: beside those that span."""

    sheet: Sheet
    row: int = 0
    column: int = 0
    covered: dict[int, int] = field(default_factory=dict)
    """Column -> last row that a merged cell above covers."""

    def free(self, column: int) -> int:
        """The first column from `column` on that no merged cell above covers in this row."""
        while self.covered.get(column, 0) >= self.row:
            column += 1
        return column

    def put(self, cell: Cell | None, right: int, down: int) -> None:
        """A cell, or a blank, at the current place; it takes so many more columns and rows. Goes to its last column."""
        first, last = self.column, self.column + right
        if not (0 < self.row <= MAX_ROW and first > 0 and last <= MAX_COLUMN):
            raise Unreadable("damaged_file")
        if cell is not None:
            self.sheet.cells[self.row, first] = cell
        if right or down:
            self.sheet.merged.append((self.row, first, self.row + down, last))
        if down:
            self.covered.update(dict.fromkeys(range(first, last + 1), self.row + down))
        self.column = last
