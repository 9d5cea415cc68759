"""Bulletins are printed too: without a Chinese font these tests are skipped, and say so."""

import pytest

from wentong.bulletins import paper
from wentong.errors import EnvironmentProblem


@pytest.fixture(autouse=True)
def chinese_font() -> None:
    try:
        paper.fonts()
    except EnvironmentProblem:
        pytest.skip("no Chinese font is installed; `make test` installs one for root only")
