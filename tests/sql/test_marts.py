"""Every mart is a function of a load and the plain view of it at the latest load, and reads as the house style says."""

import re
from pathlib import Path

import pytest
from small_county import TOWN_A, Warehouse
from sqlfluff.core import FluffConfig, Linter

from wentong.settings import INCLUDE, PROJECT

MARTS = sorted((INCLUDE / "sql" / "marts").glob("*.sql"))
PARAMETERS = "known_at|as_of|of_plan|seen_on|on_day"
"""What functions of marts are given."""


@pytest.mark.parametrize(
    "path",
    [path for path in MARTS if f"view marts.{path.stem} " in path.read_text(encoding="utf-8")],
    ids=lambda p: p.stem,
)
def test_the_view_is_the_function_at_the_latest_load(path: Path, warehouse: Warehouse) -> None:
    for _ in range(2):
        warehouse.report(TOWN_A, "2026Q1", {201: {"build_status": "built", "floor_area_m2": 250}})
    latest = warehouse.rows("select max(load_id) as load_id from ops.loads")[0]["load_id"]
    text = path.read_text(encoding="utf-8")
    day = ", current_date" if f"function marts.{path.stem}(known_at bigint, as_of date)" in text else ""
    function = warehouse.rows(f"select * from marts.{path.stem}({latest}{day})")
    assert sorted(map(str, warehouse.rows(f"select * from marts.{path.stem}"))) == sorted(map(str, function))
    assert text.startswith("-- ")
    assert "\n-- Grain: one row per " in text


@pytest.mark.parametrize("path", MARTS, ids=lambda path: path.stem)
def test_the_body_is_clean(path: Path) -> None:
    """sqlfluff sees a function's body as one string: here it is linted by itself, its parameters written as binds."""
    bodies = re.findall(r"as \$\$\n(.*?)\$\$;", path.read_text(encoding="utf-8"), re.DOTALL)
    assert bodies
    config = FluffConfig.from_path(str(PROJECT / "pyproject.toml"), overrides={"exclude_rules": "ST06,RF02,RF04"})
    for body in bodies:
        body = re.sub(rf"(?<!\.)\b({PARAMETERS})\b(?! as)", r":\1", body)
        found = Linter(config=config).lint_string(body).get_violations()
        assert [f"{v.line_no}: {v.rule_code()} {v.desc()}" for v in found] == []
