"""A county's whole history in one file is judged in seconds, and a town's return in no time."""

import time
from pathlib import Path

import pytest
from handed_in import HEADINGS, NAMES, HandedIn, built, csv, official, workbook
from test_stories import draft


@pytest.mark.slow
def test_fifty_thousand_rows(tmp_path: Path) -> None:
    rows = [built(n, NAMES[n % 30]) for n in range(50_000)]
    content = csv("\n".join(["水口镇2026年第三季度综合性文化服务中心情况", HEADINGS, *rows]))
    started = time.process_time()
    verdict = draft(HandedIn(content, "水口镇.csv"), tmp_path)
    assert time.process_time() - started < 10
    assert [row.status for row in verdict.rows].count("accept") == 30
    assert [row.status for row in verdict.rows].count("duplicate") == 49_970


@pytest.mark.slow
def test_fifty_thousand_villages_nobody_knows(tmp_path: Path) -> None:
    rows = [built(n, f"幸{n}福{n % 7}里村") for n in range(50_000)]
    content = csv("\n".join(["水口镇2026年第三季度综合性文化服务中心情况", HEADINGS, *rows]))
    started = time.process_time()
    verdict = draft(HandedIn(content, "水口镇.csv"), tmp_path)
    assert time.process_time() - started < 20
    assert {row.status for row in verdict.rows} == {"quarantine"}


def test_a_clean_return_takes_milliseconds(tmp_path: Path) -> None:
    content = workbook(official(*(built(n, name) for n, name in enumerate(NAMES[:15], 1))))
    handed = HandedIn(content)
    draft(handed, tmp_path)
    started = time.process_time()
    for _ in range(20):
        draft(handed, tmp_path)
    assert (time.process_time() - started) / 20 < 0.02  # 4 ms on a quiet machine
