"""Text: which encoding it is in, and files of comma- or tab-separated values.

Chinese programs write csv in GB18030, others in UTF-8 or UTF-16, with a mark or without, and nothing says which. A wrong
guess gives other characters, not an error, so a doubtful one is refused. Everything stays text: what is a number is decided
where a cell is given its meaning, leading zeros and long codes are still there.
"""

import csv
import io
import re
from collections import Counter
from typing import Final

from wentong.grid import Book, Sheet, Unreadable
from wentong.readers import cells

CONTROL: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
"""Characters that text does not contain."""
_DELIMITERS: Final = ("\t", ",", ";", "|", "，")


def decode(data: bytes) -> str:
    """The text of a file. Unreadable when it is no text at all or its encoding stays doubtful."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _strictly(data, "utf-16")
    if data.startswith(b"\xef\xbb\xbf"):
        return _strictly(data, "utf-8-sig")
    if b"\0" in data:
        # without a mark UTF-16 can be told by its line ends and delimiters, which only one byte order makes
        for encoding in ("utf-16-le", "utf-16-be"):
            try:
                text = data.decode(encoding)
            except UnicodeDecodeError:
                continue
            if not CONTROL.search(text) and re.search(r"[\n\t,;|<]", text) and _is_common(text):
                return text
        raise Unreadable("not_a_spreadsheet", kind="无法识别的二进制文件")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass  # the usual case: a Chinese code page
    if _is_torn_utf8(data):
        raise Unreadable("text_encoding")
    if CONTROL.search(data.rstrip(b"\x1a").decode("latin-1")):
        raise Unreadable("not_a_spreadsheet", kind="无法识别的二进制文件")
    text = _strictly(data, "gb18030")
    if not _is_common(text):
        raise Unreadable("text_encoding")
    return text


def _strictly(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise Unreadable("text_encoding") from error


def _is_torn_utf8(data: bytes) -> bool:
    """UTF-8 with a few broken places (a copy cut short), which a Chinese code page would read as other characters."""
    text = data.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    return broken * 10 < sum(character > "\x7f" for character in text)


def _is_common(text: str) -> bool:
    """Does the text consist of characters people write? Bytes read in the wrong encoding give rare ones."""
    foreign = [character for character in text if character > "\x7f"]
    return sum(_is_gb2312(character) for character in foreign) * 10 >= len(foreign) * 6


def _is_gb2312(character: str) -> bool:
    try:
        return len(character.encode("gb2312")) == 2
    except UnicodeEncodeError:
        return False


def read(text: str) -> Book:
    """Delimited text. Rows are records counted from 1, blank ones too; a quoted field may span lines."""
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise Unreadable("empty_file")
    hint = re.match(r"sep=(.)\r?\n", text)  # Excel's own mark; it is not shown as a row
    if hint:
        text, delimiter = text[hint.end() :], hint[1]
    else:
        delimiter = _delimiter(text)
    end = "\x1aend"
    if not text.endswith(("\n", "\r")):
        text += "\n"
    sheet = Sheet("")
    last: list[str] = []
    try:
        for row, record in enumerate(csv.reader(io.StringIO(text + end, newline=""), delimiter=delimiter), start=1):
            last = record
            for column, value in enumerate(record, start=1):
                cell = cells.text(_unquote(value))
                if cell is not None:
                    sheet.cells[row, column] = cell
            if row % 10_000 == 0:
                cells.guard_size([sheet])
    except csv.Error as error:
        raise Unreadable("unsafe_file", reason="单元格中的文字过长") from error
    cells.guard_size([sheet])
    if last != [end]:  # an opening quote swallowed the rest of the file
        raise Unreadable("damaged_file")
    del sheet.cells[row, 1]
    return Book("csv", [sheet])


def _unquote(value: str) -> str:
    """`="0123"` is how exports keep a spreadsheet program from turning text into a number; it shows 0123."""
    return value[2:-1] if value.startswith('="') and value.endswith('"') and len(value) > 2 else value


def _delimiter(text: str) -> str:
    """The delimiter that cuts most of the first records into the same number of fields, and the most of them."""
    sample = text[: 1 << 18]

    def evidence(delimiter: str) -> int:
        if delimiter not in sample:
            return 0
        counts: Counter[int] = Counter()
        try:
            for number, record in enumerate(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)):
                counts[len(record)] += 1
                if number == 200:
                    break
        except csv.Error:  # a field beyond the limit; reading will say so
            return 0
        return max(((width - 1) * times for width, times in counts.items()), default=0)

    best = max(_DELIMITERS, key=evidence)
    return best if evidence(best) else ","
