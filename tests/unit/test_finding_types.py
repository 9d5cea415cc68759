"""The catalogue of findings: closed sets, every sentence renders, every code used anywhere is in it."""

import ast
import csv
import string
from pathlib import Path

import pytest

from wentong import findings
from wentong.errors import DeclarationError
from wentong.findings import SEVERITIES, Finding, FindingType, finding_types
from wentong.forms import forms
from wentong.settings import INCLUDE, PROJECT

TYPES = finding_types()
MODULES = sorted((PROJECT / "plugins" / "wentong").rglob("*.py"))


def placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def each_type(test):
    return pytest.mark.parametrize("kind", TYPES.values(), ids=TYPES)(test)


def test_codes_are_unique_and_rows_complete():
    with open(INCLUDE / "schemas" / "finding_types.csv", encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    codes = [row[0] for row in rows[1:]]
    assert len(set(codes)) == len(codes)
    assert {len(row) for row in rows} == {7}


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("b,error,contest,steward,甲,乙,丙,丁。", "line 3: b has not as many cells as the first line"),
        ("a,warning,none,steward,甲,乙,丙。", "line 3: there is a finding a already"),
        ("b,warning,contest,steward,甲,乙,丙。", "line 3: b is warning,contest; write one of .* with warning, none"),
    ],
)
def test_a_row_that_is_no_finding_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, row: str, says: str):
    (tmp_path / "schemas").mkdir()
    lines = f"code,severity,effect,who,title,message,fix\na,error,contest,steward,甲,乙,丙。\n{row}\n"
    (tmp_path / "schemas" / "finding_types.csv").write_text(lines, encoding="utf-8")
    monkeypatch.setattr(findings, "INCLUDE", tmp_path)
    with pytest.raises(DeclarationError, match=rf"finding_types\.csv, {says}"):
        finding_types.__wrapped__()


@each_type
def test_closed_sets(kind: FindingType):
    assert kind.severity in SEVERITIES
    assert kind.who in ("steward", "supervisor", "us")
    assert kind.code.isidentifier()
    assert kind.code == kind.code.lower()


@each_type
def test_title_and_fix_are_said(kind: FindingType):
    assert kind.title
    assert kind.fix.endswith(("。", "…", "》"))
    assert kind.message


@each_type
def test_every_sentence_renders(kind: FindingType):
    needed = placeholders(kind.message) | placeholders(kind.fix)
    assert all(name.isidentifier() for name in needed)
    params = dict.fromkeys(needed - {"raw", "cell", "row", "sheet"}, "样例")
    finding = Finding(kind.code, "Sheet1", 17, 5, "books_total", "300多", params)
    for sentence in (finding.message, finding.fix):
        assert not set(sentence) & set("{}")
    if "raw" in placeholders(kind.message):
        assert "300多" in finding.message
    if "cell" in placeholders(kind.message):
        assert "E17" in finding.message


def test_a_long_cell_is_quoted_shortened():
    finding = Finding("number_expected", "Sheet1", 17, 5, raw="长" * 500, params={"label": "图书藏量", "example": "12"})
    assert "长" * 60 + "…" in finding.message
    assert "长" * 61 not in finding.message


# --- the code and the catalogue --------------------------------------------------------------------


def calls(path: Path, *names: str) -> list[ast.Call]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and (node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")) in names
        and (node.args or node.keywords)
    ]


def literals(node: ast.expr | None) -> list[str]:
    """The strings an expression may be: a literal, or the literals of `a if … else b`."""
    if isinstance(node, ast.IfExp):
        return literals(node.body) + literals(node.orelse)
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def code_of(call: ast.Call) -> list[str]:
    return literals(call.args[0] if call.args else next((k.value for k in call.keywords if k.arg == "code"), None))


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_every_code_used_is_in_the_catalogue(module: Path):
    used = {code: call.lineno for call in calls(module, "Finding", "Unreadable", "_withheld") for code in code_of(call)}
    unknown = {f"{module.name}:{line}: {code}" for code, line in used.items() if code not in TYPES}
    assert not unknown


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_unreadable_carries_what_its_message_needs(module: Path):
    for call in calls(module, "Unreadable"):
        if any(keyword.arg is None for keyword in call.keywords):
            continue
        given = {keyword.arg for keyword in call.keywords}
        for code in code_of(call):
            needed = placeholders(TYPES[code].message) | placeholders(TYPES[code].fix)
            assert needed <= given, f"{module.name}:{call.lineno}"


def test_every_finding_of_a_declared_rule_is_in_the_catalogue():
    for form in forms().values():
        for table in form.tables:
            assert {rule.finding for rule in table.rules} <= TYPES.keys()
