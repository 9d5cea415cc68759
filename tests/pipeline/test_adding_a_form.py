"""docs/adding-a-form.md, step by step and word by word: whoever follows it has a form, now and next year."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml
from guide import GUIDE, WORKBOOK, Checkout, blocks, fill
from jsonschema import Draft202012Validator

from wentong import postgres
from wentong.forms import SCHEMAS
from wentong.marks import MARK_SHEET

pytestmark = pytest.mark.slow
FORM = "var/try/include/schemas/forms/e_reading_rooms.yml"
SITE = "var/try/site"
SHEET = "基文09 公共电子阅览室"
TRAINING = "举办单位,培训名称,举办日期,参加人数\n蚬冈镇,数字阅读培训,2026-05-20,30\n"
KIND = json.loads((SCHEMAS / "form.schema.json").read_text(encoding="utf-8"))["$defs"]["rule"]["properties"]["kind"]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """A folder in which the ten minutes have passed; its server stays up between commands."""
    done = Checkout(tmp_path_factory.mktemp("checkout"))
    home = done.folder / SITE
    home.mkdir(parents=True)
    with postgres.server(home):
        done.printed = list(done.follow(blocks("Ten minutes")))
        yield done


def query(checkout: Checkout, sql: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in checkout.run(f'.venv/bin/wentong query --json "{sql}"').splitlines()]


def change(checkout: Checkout, *changes: tuple[str, str]) -> str:
    """Edit the form; returns it as it was."""
    path = checkout.folder / FORM
    before = path.read_text(encoding="utf-8")
    text = before
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")
    return before


def test_ten_minutes(checkout: Checkout) -> None:
    assert [printed for _, printed in checkout.printed] == [block.text for block, _ in checkout.printed]
    assert len(checkout.printed) == 2
    (answer,) = (checkout.folder / SITE / "share/开平市/回执/蚬冈镇").iterdir()
    assert answer.name.startswith("需说明1处_")
    assert query(checkout, "select count(*) as rows from core.fct_e_reading_room") == [{"rows": 12}]
    dictionary = (checkout.folder / "var/try/data-dictionary.md").read_text(encoding="utf-8")
    assert "### e_training 数字技能培训" in dictionary


def test_next_year(checkout: Checkout, tmp_path: Path) -> None:
    """A field is added and one retired: a YAML file and `migrate`. Files of the older edition and old data keep reading."""
    template = f".venv/bin/wentong template --form 基文09 --unit 440783111 --period 2026Q2 -o {WORKBOOK}"
    inbox = f"{SITE}/share/开平市/收件箱/蚬冈镇"
    rooms = "村(社区)名称,开放状态,终端台数,上机人次,开放日期,每周开放时间\n蚬北村委会,正常开放,9,300,2019-05-01,40\n"
    checkout.run(template)
    fill(checkout.folder / WORKBOOK, SHEET, rooms)
    fill(checkout.folder / WORKBOOK, "基文09 数字技能培训", TRAINING)
    checkout.run(f"mv {WORKBOOK} var/try/old.xlsx")

    change(
        checkout,
        ('edition: "2026"', 'edition: "2027"'),
        ("      - name: visits\n", "      - {name: printer_count, title: 打印机台数, type: count, unit: 台}\n      - name: visits\n"),
        ("        type: date\n      - name: weekly", "        type: date\n        retired: true\n      - name: weekly"),
    )  # fmt: skip
    checkout.run(".venv/bin/wentong migrate")
    checkout.run(f"cp var/try/old.xlsx {inbox}/old.xlsx; .venv/bin/wentong collect")
    read = "select opened_on, printer_count, visits, cell_states ->> 'printer_count' as printers from core.fct_e_reading_room"
    now = " where to_load is null and division_code = '440783111220' order by period"
    assert query(checkout, read + now) == [
        {"opened_on": "2019-05-01", "printer_count": None, "visits": 320, "printers": None},
        {"opened_on": "2019-05-01", "printer_count": None, "visits": 300, "printers": "no_column"},
    ]

    checkout.run(template)
    workbook = openpyxl.load_workbook(checkout.folder / WORKBOOK)
    heads = {cell.value for line in workbook[SHEET].iter_rows() for cell in line}
    assert "开放日期" not in heads
    assert "打印机台数\n(台)" in heads
    assert "2027" in {cell.value for line in workbook[MARK_SHEET].iter_rows() for cell in line}
    fill(
        checkout.folder / WORKBOOK,
        SHEET,
        "村(社区)名称,开放状态,终端台数,打印机台数,上机人次\n蚬北村委会,正常开放,9,1,300\n",
    )
    fill(checkout.folder / WORKBOOK, "基文09 数字技能培训", TRAINING)
    checkout.run(f"cp {WORKBOOK} {inbox}/new.xlsx; .venv/bin/wentong collect")
    names = [path.name for path in (checkout.folder / SITE / "share/开平市/回执/蚬冈镇").iterdir()]
    assert any(name.startswith("new_回执") for name in names), names  # nothing to say: of a retired field least of all
    of_second = "select opened_on, printer_count from core.fct_e_reading_room where period = '2026Q2'"
    assert query(checkout, f"{of_second} and division_code = '440783111220' order by from_load") == [
        {"opened_on": "2019-05-01", "printer_count": None},
        {"opened_on": None, "printer_count": 1},
    ]


def test_what_migrate_refuses(checkout: Checkout) -> None:
    (said,) = blocks("Next year")
    removed, retyped = said.text.splitlines(keepends=True)
    before = change(
        checkout,
        ("      - name: visits\n        title: 上机人次\n        type: count\n        unit: 人次\n", ""),
        ("[terminal_count, visits]", "[terminal_count]"),
        ("      - {kind: zero_together, field: visits, with: terminal_count, finding: visits_without_terminals}\n", ""),
    )
    assert checkout.run(".venv/bin/wentong migrate", status=2) == removed
    (checkout.folder / FORM).write_text(before, encoding="utf-8")
    change(checkout, ("title: 开放日期\n        type: date", "title: 开放日期\n        type: text"))
    assert checkout.run(".venv/bin/wentong migrate", status=2) == retyped
    (checkout.folder / FORM).write_text(before, encoding="utf-8")


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("delete from core.fct_e_training", "cannot execute DELETE in a read-only transaction"),
        ("select nothing from core.fct_e_training", 'column "nothing" does not exist'),
        ("select * from ops.findings", "permission denied"),
    ],
)
def test_query_reads_what_analysts_may_read(checkout: Checkout, sql: str, says: str) -> None:
    said = checkout.run(f'.venv/bin/wentong query "{sql}"', status=2)
    assert said.startswith("wentong: The warehouse says: ")
    assert says in said


WRONG = re.findall(
    r"^\| `([^|]+)` \| `([^|]*)` \| ([^|]+) \|$", GUIDE.partition("## When something is wrong")[2], re.MULTILINE
)


@pytest.mark.parametrize(("right", "wrong", "said"), WRONG, ids=[wrong or "nothing" for _, wrong, _ in WRONG])
def test_what_is_said_of_mistakes(checkout: Checkout, right: str, wrong: str, said: str) -> None:
    (declared,) = [block.text for block in blocks("Ten minutes") if block.target == FORM]
    path = checkout.folder / FORM
    before = path.read_text(encoding="utf-8")
    assert right in declared
    path.write_text(declared.replace(right, wrong, 1), encoding="utf-8")
    found = checkout.run(".venv/bin/wentong dictionary", status=2)
    path.write_text(before, encoding="utf-8")
    shown = re.escape(f"wentong: e_reading_rooms.yml, {said}\n").replace("…", ".+")
    assert re.fullmatch(shown, found)


# -- the guide and the schema ------------------------------------------------------------------------------------------


def test_every_kind_of_rule_is_explained_as_the_schema_does() -> None:
    explained = re.findall(r"^\| (\w+) \| ([^|]+) \| `(\{kind: .+\})` \|$", GUIDE, re.MULTILINE)
    said = {kind: meaning for kind, meaning, _ in explained}
    assert said == KIND["x-meaning"], "copy x-meaning of form.schema.json into the guide's table of kinds"
    schema = json.loads((SCHEMAS / "form.schema.json").read_text(encoding="utf-8"))
    for kind, _, example in explained:
        rule = yaml.safe_load(example)
        assert rule["kind"] == kind
        assert list(Draft202012Validator({**schema, **schema["$defs"]["rule"]}).iter_errors(rule)) == []


def test_every_word_of_a_form_is_explained() -> None:
    schema = json.loads((SCHEMAS / "form.schema.json").read_text(encoding="utf-8"))
    parts = [schema, *(schema["$defs"][part] for part in ("table", "field", "rule"))]
    vocabulary = GUIDE[GUIDE.index("## Vocabulary") :]
    assert [word for part in parts for word in part["properties"] if not re.search(rf"\b{word}\b", vocabulary)] == []
    told = {word for words in KIND["x-tells"].values() for word in words}
    assert [word for word in told if f"`{{{word}}}`" not in vocabulary] == []
