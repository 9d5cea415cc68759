"""What a code cell says before any register is asked."""

import pytest

from wentong.grid import Cell
from wentong.places import read_code


@pytest.mark.parametrize(
    ("written", "kind", "digits"),
    [
        ("440783117200", "exact", "440783117200"),
        ("'440783117200", "exact", "440783117200"),
        ("440783 117 200", "exact", "440783117200"),
        (440783117200, "exact", "440783117200"),
        (440783117200.0, "exact", "440783117200"),
        ("440783117200.0", "recovered", "440783117200"),
        ("4.407831172E+11", "rounded", "440783117200"),
        ("4.40783117201E+11", "recovered", "440783117201"),
        ("4.40783E+11", "rounded", "440783000000"),
        (440783000000, "rounded", "440783000000"),
        ("440783117", "town", "440783117"),
        ("440783117000", "town", "440783117000"),
        ("117200", "broken", "117200"),
        ("—", "none", ""),
    ],
)
def test_code(written: str | int | float, kind: str, digits: str) -> None:
    cell = Cell(written, "text" if isinstance(written, str) else "number", str(written))
    code = read_code(cell)
    assert (code.kind, code.digits) == (kind, digits)


def test_errors_are_broken_codes_not_absent_ones() -> None:
    assert read_code(Cell("#N/A", "error", "#N/A")).kind == "broken"
    assert read_code(None).kind == "none"
