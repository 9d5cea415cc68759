"""Returns as town offices send them, each with a known truth for every cell, judged by the whole intake.

What is asserted: no value that is wrong in silence, no line that is none taken for a village, every cell that must be
flagged flagged and no other, wrong rows quarantined, held and refused files answered, and (over all files) at least
99 % of the right cells extracted. To look into a failing file: `make(seed)` writes it again.
"""

import csv
import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
from comparison import SILENTLY_WRONG, Result, compare
from generator import COUNTY, REGISTER, TODAY, Return, make

from wentong import archive, checks, judging
from wentong.places import Place, Register

FAST = range(60)
SLOW = range(60, 700)
EXTRACTED = 0.99


@pytest.fixture(scope="module")
def register() -> Register:
    with open(REGISTER, encoding="utf-8", newline="") as stream:
        return Register(
            Place(
                code=row["division_code"],
                name=row["name"],
                level=int(row["level"]),
                parent_code=row["parent_code"],
                kind=row["kind"],
                owes_returns=row["owes_returns"] == "yes",
            )
            for row in csv.DictReader(stream)
        )


def judged(returns: Sequence[Return], register: Register, folder: Path) -> dict[int, Result]:
    """Every return held against its truth: drafted one by one, then checked all together, as the pipeline does it."""
    drafts = []
    for one in returns:
        path = folder / f"{one.seed}"
        path.write_bytes(one.content)
        incoming = judging.Incoming(path, one.name, hashlib.sha256(one.content).hexdigest(), one.folders, COUNTY)
        drafts.append(judging.draft(incoming, register=register, today=TODAY))
    checks.check(drafts, register)
    return {one.seed: compare(one, draft) for one, draft in zip(returns, drafts, strict=True)}


def share_extracted(results: Iterable[Result]) -> float:
    counts = Counter[str]()
    for result in results:
        counts.update(extracted=result.extracted, right=result.right_cells)
    return counts["extracted"] / counts["right"]


@pytest.fixture(scope="module")
def results(register: Register, tmp_path_factory: pytest.TempPathFactory) -> dict[int, Result]:
    return judged([make(seed) for seed in FAST], register, tmp_path_factory.mktemp("returns"))


def complaints(result: Result) -> str:
    return "\n".join(f"{m.kind} [{m.story}] {m.where}: {m.detail}" for m in result.mismatches)


@pytest.mark.parametrize("seed", FAST)
def test_the_verdict_agrees_with_the_truth(results: dict[int, Result], seed: int) -> None:
    assert not results[seed].mismatches, complaints(results[seed])


def test_right_cells_are_extracted(results: dict[int, Result]) -> None:
    assert share_extracted(results.values()) >= EXTRACTED


def test_the_same_seed_makes_the_same_return() -> None:
    first, second = make(1), make(1)
    assert (first.name, first.folders, first.truth) == (second.name, second.folders, second.truth)


def test_a_mixed_bag_is_made() -> None:
    """The generator itself: formats, layouts and stories are all met, and most cells are right."""
    returns = [make(seed) for seed in range(400)]
    stories = Counter(story for one in returns for story in one.truth.stories)
    for expected in (
        "xlsx", "xls", "ods", "html", "xml 2003", "csv gb18030", "csv utf-16", "county_table", "sheet_per_town", "stacked",
        "side_by_side", "vertical", "not_a_return", "hidden row", "hidden column", "1904", "identical rows", "conflicting rows",
        "no period", "groups", "parts", "macros", "strict",
    ):  # fmt: skip
        assert stories[expected], expected
    cells = [cell for one in returns for row in one.truth.rows for cell in row.cells.values()]
    assert sum(cell.spelling.plain for cell in cells) / len(cells) > 0.8


@pytest.mark.parametrize(
    "name",
    [
        "~$水口镇2026年3季度.xlsx",
        "水口镇.xlsx.tmp",
        "水口镇.xlsx.crdownload",
        ".DS_Store",
        "Thumbs.db",
        "水口镇.xlsx.baiduyun.downloading",
    ],
)
def test_droppings_beside_the_returns_are_none(name: str) -> None:
    assert archive.is_dropping(name)


@pytest.mark.slow
def test_some_hundred_more_returns(register: Register, tmp_path: Path) -> None:
    more = judged([make(seed) for seed in SLOW], register, tmp_path)
    wrong = {seed: result for seed, result in more.items() if result.mismatches}
    counts = Counter(mismatch.kind for result in wrong.values() for mismatch in result.mismatches)
    said = "\n".join(f"seed {seed}:\n{complaints(result)}" for seed, result in wrong.items())
    assert counts[SILENTLY_WRONG] == 0, said
    assert not counts, f"{dict(counts)}\n{said}"
    assert share_extracted(more.values()) >= EXTRACTED
