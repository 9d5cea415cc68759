"""A county's whole history in one file is judged row by row. How long that takes is bench/intake.py's business."""

from pathlib import Path

import pytest
from handed_in import HEADINGS, NAMES, HandedIn, built, csv
from test_stories import draft


@pytest.mark.slow
def test_fifty_thousand_rows(tmp_path: Path) -> None:
    rows = [built(n, NAMES[n % 30]) for n in range(50_000)]
    content = csv("\n".join(["水口镇2026年第三季度综合性文化服务中心情况", HEADINGS, *rows]))
    verdict = draft(HandedIn(content, "水口镇.csv"), tmp_path)
    assert [row.status for row in verdict.rows].count("accept") == 30
    assert [row.status for row in verdict.rows].count("duplicate") == 49_970


@pytest.mark.slow
def test_fifty_thousand_villages_nobody_knows(tmp_path: Path) -> None:
    rows = [built(n, f"幸{n}福{n % 7}里村") for n in range(50_000)]
    content = csv("\n".join(["水口镇2026年第三季度综合性文化服务中心情况", HEADINGS, *rows]))
    verdict = draft(HandedIn(content, "水口镇.csv"), tmp_path)
    assert {row.status for row in verdict.rows} == {"quarantine"}
