"""What Excel's three own formats (xlsx, xlsb, xls) share: what cells refer to, and the values of binary records.

A cell says little by itself: its text is a number in a table of shared texts, that it is a date is in a style, which
calendar its day belongs to is said once for the workbook, and so is whether results of formulas are worth anything.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

from wentong.grid import Cell, Unreadable
from wentong.readers import cells
from wentong.readers.dates import DateStyle, dated, hundredths

T = TypeVar("T")

_ERRORS: Final = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}  # fmt: skip


@dataclass(slots=True)
class Workbook:
    """What the cells of a workbook refer to."""

    strings: list[Cell | None] = field(default_factory=list)
    """The shared texts as the cells they make."""
    numbers: dict[str, Cell] = field(default_factory=dict)
    """Plain numbers met before, by their stored text: most numbers come again and again."""
    styles: dict[str | int, DateStyle] = field(default_factory=dict)
    """The styles that show dates, by their index as the file's cells write it: text in XML, a number in binary."""
    date1904: bool = False
    stale: bool = False
    """The writer asks for a full calculation on loading: cached results of formulas are placeholders."""

    def string(self, index: int) -> Cell | None:
        if not 0 <= index < len(self.strings):
            raise Unreadable("damaged_file")
        return self.strings[index]

    def numeric(self, cell: Cell, style: DateStyle) -> Cell:
        """A number as its format shows it. A placeholder 0 of a formula was never calculated."""
        if cell.formula and self.stale and cell.value == 0:
            return cells.UNCALCULATED
        if style and isinstance(cell.value, int | float):
            if style == "percent":
                return hundredths(cell.value, cell.formula)
            return dated(cell.value, style, self.date1904, cell.formula)
        return cell


def packed_number(bits: int) -> float:
    """An RK number, 30 bits: an integer or the high half of a float, perhaps in hundredths."""
    value: float = bits >> 2 if bits & 2 else struct.unpack("<d", struct.pack("<Q", (bits & 0xFFFFFFFC) << 32))[0]
    return value / 100 if bits & 1 else float(value)


def truth_or_error(value: int, is_error: bool, formula: bool = False) -> Cell:
    return cells.error(_ERRORS.get(value, "#ERR!"), formula) if is_error else cells.boolean(bool(value), formula)


def or_damaged(parse: Callable[[], T]) -> T:
    """Run a parser of binary records, which meets broken bytes as offsets that lead nowhere."""
    try:
        return parse()
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise Unreadable("damaged_file") from error
