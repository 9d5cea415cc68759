"""What the rules cost: the village rows of a nation through Great Expectations, batch after batch.

    .venv/bin/python bench/rules.py [--rows 600000] [--batch 600000]

Rows are made as the readers leave them, invented figures of form 基文01 of which few break a rule; only `checks.check` is
timed, and no reading. What the numbers mean and what they were: bench/README.md.
"""

import argparse
import random
import resource
import time
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import islice

from intake import divisions, towns, village_row, villages

from wentong.forms import Table, find_form
from wentong.places import Place, Register
from wentong.returns import Judgement, Row


def register() -> Register:
    return Register(
        Place(unit["division_code"], unit["name"], int(unit["level"]), unit["parent_code"], unit["kind"])
        for unit in divisions()
    )


def row_of(table: Table, village: dict[str, str], number: int, chance: random.Random) -> Row:
    meant = village_row(village, chance)
    if chance.random() < 0.02:
        meant |= {"build_status": "built", "floor_area_m2": None, "weekly_open_hours": 10}
    row = Row("基文01", number, "accept", village["division_code"], village["parent_code"], table=table.name)
    for column, declared in enumerate(table.stored, 1):
        value = meant.get(declared.name)
        if isinstance(value, date):
            value = value.isoformat()
        row.values[declared.name] = Decimal(str(value)) if isinstance(value, float) else value  # type: ignore[assignment]
        row.cells[declared.name] = number, column, "" if value is None else str(value)
        if value is None:
            row.states[declared.name] = "blank"
    return row


def judgements(table: Table) -> Iterator[Judgement]:
    """Returns of towns without end."""
    chance = random.Random(1)
    while True:
        for town in towns():
            code = town["division_code"]
            rows = [row_of(table, village, n, chance) for n, village in enumerate(villages(code), 7)]
            yield Judgement("季报.xlsx", "", "load", "基文01", (table.name,), "2026Q3", code, rows=rows)


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=600_000)
    parser.add_argument("--batch", type=int, default=600_000, help="rows that are held and checked at a time")
    options = parser.parse_args()
    begun = time.perf_counter()
    from wentong import checks

    print(f"importing Great Expectations: {time.perf_counter() - begun:.1f} s")
    places, sent = register(), judgements(find_form("基文01").tables[0])
    few = list(islice(sent, 1))
    for _ in range(2):  # the second time it is what every small batch costs
        begun = time.perf_counter()
        checks.check(few, places)
        print(f"{len(few[0].rows)} rows: {time.perf_counter() - begun:.2f} s")
    done, found, seconds = 0, 0, 0.0
    while done < options.rows:
        batch: list[Judgement] = []
        size = 0
        while size < min(options.batch, options.rows - done):
            batch.append(next(sent))
            size += len(batch[-1].rows)
        begun = time.perf_counter()
        checks.check(batch, places)
        seconds += time.perf_counter() - begun
        done, found = done + size, found + sum(len(judgement.findings) for judgement in batch)
    print(f"{done} rows, {found} findings: {seconds:.1f} s, {done / seconds:.0f} rows/s, peak {peak():.0f} MB")


if __name__ == "__main__":
    main()
