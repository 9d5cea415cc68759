"""The steps of docs/adding-a-form.md, taken from its text and done in a folder that stands for the checkout."""

import csv
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl

from wentong.settings import PROJECT

GUIDE = (PROJECT / "docs" / "adding-a-form.md").read_text(encoding="utf-8")
WORKBOOK = "var/try/基文09.xlsx"
SIGNATURES = {"单位负责人": "甲某", "审核人": "乙某", "填表人": "丙某", "报出日期": "2026-04-02"}


class Block(NamedTuple):
    """A fenced block: the words after the fence (yaml, csv, sh, text; then where it belongs) and what is in it."""

    kind: str
    target: str
    text: str


def blocks(section: str) -> list[Block]:
    """The blocks of the guide's section of that heading."""
    (text,) = re.findall(rf"^## {section}\n(.*?)(?=^## |\Z)", GUIDE, re.DOTALL | re.MULTILINE)
    found = re.findall(r"^```(\w+) ?([^\n]*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [Block(*each) for each in found]


@dataclass
class Checkout:
    """A folder with the declarations and the programs, in which the guide's commands run."""

    folder: Path
    exports: list[str] = field(default_factory=list)
    printed: list[tuple[Block, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for parent in (self.folder, self.folder.parent):
            parent.chmod(0o755)  # as root the server may run as nobody, who must get there
        (self.folder / ".venv").symlink_to(sys.prefix)
        shutil.copytree(PROJECT / "include", self.folder / "include")

    def run(self, commands: str, status: int = 0) -> str:
        """What the commands print; of an expected failure what they say."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("WENTONG_")}
        script = "\n".join([*self.exports, commands])
        done = subprocess.run(
            ["bash", "-euc", script], cwd=self.folder, env=own, capture_output=True, text=True, check=False
        )
        assert done.returncode == status, done.stdout + done.stderr
        self.exports += [line for line in commands.splitlines() if line.startswith("export ")]
        return done.stdout if status == 0 else done.stderr

    def follow(self, steps: list[Block]) -> Iterator[tuple[Block, str]]:
        """Do the steps in order; gives every block of output beside what was really printed."""
        printed = ""
        for kind, target, text in steps:
            if kind == "sh":
                printed = self.run(text)
            elif kind == "text":
                yield Block(kind, target, text), printed
            elif target.startswith("fill "):
                fill(self.folder / WORKBOOK, target.removeprefix("fill "), text)
            elif target.startswith(">> "):
                with open(self.folder / target.removeprefix(">> "), "a", encoding="utf-8") as stream:
                    stream.write(text)
            else:
                (self.folder / target).write_text(text, encoding="utf-8")


def fill(path: Path, sheet_name: str, text: str) -> None:
    """Write what the guide says into a sheet of the workbook, and sign it."""
    workbook = openpyxl.load_workbook(path)
    sheet: Any = workbook[sheet_name]
    heads, *rows = csv.reader(text.splitlines())
    top, columns = _header(sheet, heads)
    name, state = columns[heads[0]], columns.get("开放状态")
    lines = {sheet.cell(row, name).value: row for row in range(top + 1, sheet.max_row + 1)}
    for number, values in enumerate(rows):
        row = lines[values[0]] if state else top + 1 + number
        for head, value in zip(heads, values, strict=True):
            sheet.cell(row, columns[head]).value = int(value) if value.isdigit() else value or None
    villages = [row for said, row in lines.items() if state and str(said).endswith("委会")]
    for row in villages:
        sheet.cell(row, state).value = sheet.cell(row, state).value or "没有设立"
    for line in sheet.iter_rows():
        for cell in line:
            label = re.sub("[:\uff1a]$", "", str(cell.value or ""))
            if label in SIGNATURES:
                cell.value = f"{label}:{SIGNATURES[label]}"
    workbook.save(path)


def _header(sheet: Any, heads: list[str]) -> tuple[int, dict[str, int]]:
    """The header row and the column of each heading, units apart."""
    for line in sheet.iter_rows():
        found = {str(cell.value).split("\n")[0]: cell.column for cell in line if cell.value}
        if set(heads) <= found.keys():
            return line[0].row, found
    raise AssertionError(f"{sheet.title} has no header {heads}")
