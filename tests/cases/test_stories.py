"""One folder per story: `build.py` builds what was handed in, `expected.yml` states the whole verdict.

Rows are sheet, row, division code, status and every value that is not null; findings `sheet!cell code`, those without
a cell `sheet code`. What is not stated is empty. `PYTHONPATH=tests/realistic:tests/unit python
tests/cases/test_stories.py STORY…` prints the verdict on stories, for reading.
"""

import csv
import hashlib
import importlib.util
import sys
import tempfile
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from handed_in import TODAY, HandedIn, written

from wentong import judging
from wentong.findings import Finding
from wentong.forms import SCHEMAS
from wentong.places import Place, Register
from wentong.returns import Judgement, Row

STORIES = sorted(path.parent.name for path in Path(__file__).parent.glob("*/build.py"))
KAIPING = "440783000000"


@cache
def kaiping() -> Register:
    """The register of Kaiping, from the list of units that the project ships."""
    levels = {"province": 1, "prefecture": 2, "county": 3, "subdistrict": 4, "town": 4, "special_zone": 4}
    with open(SCHEMAS / "units" / "440783.csv", encoding="utf-8", newline="") as stream:
        return Register(
            Place(
                row["division_code"], row["name"], int(row["level"] or levels[row["kind"]]), row["parent_code"],
                row["kind"], row["owes_returns"] == "yes",
            )
            for row in csv.DictReader(stream)
        )  # fmt: skip


def handed_in(story: str) -> HandedIn:
    spec = importlib.util.spec_from_file_location(f"story_{story}", Path(__file__).parent / story / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    built: HandedIn = module.build()
    return built


def draft(handed: HandedIn, folder: Path) -> Judgement:
    """The verdict that one file alone gives."""
    sha256 = hashlib.sha256(handed.content).hexdigest()
    path = written(folder, handed)
    file = judging.Incoming(path, handed.name, sha256, handed.folders, KAIPING, handed.period, handed.unit)
    return judging.draft(file, kaiping(), date.fromisoformat(TODAY))


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Judgement]:
    """The verdicts on all stories: drafted one by one, checked in one pass, as the pipeline does."""
    return judged(STORIES, tmp_path_factory.mktemp("stories"))


def judged(stories: list[str], folder: Path) -> dict[str, Judgement]:
    from wentong import checks

    drafts = {story: draft(handed_in(story), folder) for story in stories}
    checks.check(list(drafts.values()), kaiping())
    return drafts


@pytest.mark.parametrize("story", STORIES)
def test_story(story: str, verdicts: dict[str, Judgement]) -> None:
    verdict = verdicts[story]
    expected = yaml.safe_load((Path(__file__).parent / story / "expected.yml").read_text(encoding="utf-8"))
    assert _as_yaml(verdict) == {**_NOTHING_SAID, **expected}
    assert all(finding.message and finding.fix for finding in verdict.findings)


_NOTHING_SAID: dict[str, Any] = {
    "outcome": None, "form": None, "period": None, "unit": None, "signatures": {}, "answers": None, "findings": [],
    "rows": [],
}  # fmt: skip


def _as_yaml(verdict: Judgement) -> dict[str, Any]:
    return {
        "outcome": verdict.outcome,
        "form": verdict.form,
        "period": verdict.period,
        "unit": verdict.unit,
        "rows": [_row(row) for row in verdict.rows],
        "findings": sorted(_line(finding) for finding in verdict.findings),
        "signatures": verdict.signatures,
        "answers": verdict.answers_submission,
    }


def _row(row: Row) -> list[Any]:
    values = {name: _plain(value) for name, value in row.values.items() if value is not None}
    return [row.sheet, row.row, row.division_code, row.status, values]


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    return value


def _line(finding: Finding) -> str:
    place = f"{finding.sheet}!{finding.cell}" if finding.cell else finding.sheet
    about = "" if finding.cell or not finding.params.get("label") else finding.params["label"]
    return " ".join(part for part in (place, finding.code, about) if part)


def _print(stories: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for story, verdict in judged(stories, Path(folder)).items():
            print(f"# {story}\n{_text(verdict)}")


def _text(verdict: Judgement) -> str:
    """A verdict as expected.yml states it."""
    found = _as_yaml(verdict)
    rows = [
        [*row[:4], {name: value for name, value in row[4].items() if value is not None}] for row in found.pop("rows")
    ]
    written = yaml.safe_dump({key: value for key, value in found.items() if value or key == "period"}, **_STYLE)
    if rows:
        written += "rows:\n" + "".join(f"- {_flow(row)}\n" for row in rows)
    return written


def _flow(row: list[Any]) -> str:
    written: str = yaml.safe_dump(row, default_flow_style=True, **_STYLE)
    return written.strip()


_STYLE: dict[str, Any] = {"allow_unicode": True, "sort_keys": False, "width": 1000}


if __name__ == "__main__":
    _print(sys.argv[1:] or STORIES)
