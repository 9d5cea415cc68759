"""One folder of cases/ per story: `in.yml` says what happens, `out.yml` what the SQL must then answer.

in.yml: steps in order. `report` is a return that is loaded (town a or b, period, villages by the last three digits of
their codes), `submit` a receipt that is not, `mark` the marking of the plan, `rows` raw rows per table.
out.yml: what follows `from` in a query -> the expected rows; only the columns named are compared, in no order.
"""

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from small_county import TOWN_A, TOWN_B, Warehouse, mark

CASES = sorted(path.parent for path in Path(__file__).parent.glob("cases/*/in.yml"))
TOWNS = {"a": TOWN_A, "b": TOWN_B}


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_case(folder: Path, warehouse: Warehouse) -> None:
    for step in yaml.safe_load((folder / "in.yml").read_text(encoding="utf-8")):
        ((verb, given),) = step.items()
        if verb == "mark":
            mark(warehouse.engine, "plan_2026", datetime.fromisoformat(f"{given}T09:00+08:00"))
        elif verb == "rows":
            for table, rows in given.items():
                warehouse.insert(table, *rows)
        else:
            getattr(warehouse, verb)(**{**given, "town": TOWNS[given["town"]]})
    for source, expected in yaml.safe_load((folder / "out.yml").read_text(encoding="utf-8")).items():
        columns = list(expected[0]) if expected else ["1"]
        found = [
            {name: _plain(value) for name, value in row.items()}
            for row in warehouse.rows(f"select {', '.join(columns)} from {source}")
        ]
        assert sorted(found, key=repr) == sorted(expected, key=repr), source


def _plain(value: Any) -> Any:
    """A value as YAML writes it: whole decimals as integers, dates as dates."""
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    assert value is None or isinstance(value, str | int | float | bool | date | dict)
    return value
