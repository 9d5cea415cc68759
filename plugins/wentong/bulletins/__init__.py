"""Bulletins (通报): the same facts about one plan and one period as a workbook, a page and a print."""

from pathlib import Path

from wentong.bulletins.document import compose
from wentong.bulletins.facts import Bulletin, Seal
from wentong.bulletins.gathering import current_plans, gather
from wentong.bulletins.paper import pdf
from wentong.bulletins.webpage import page
from wentong.bulletins.workbook import write_workbook
from wentong.errors import EnvironmentProblem

__all__ = ["Bulletin", "Seal", "current_plans", "gather", "write"]


def write(facts: Bulletin, folder: Path) -> list[Path]:
    """Write a bulletin into a folder as <code>.xlsx, .html and .pdf; returns them. What lies there under these names is
    replaced.

    Raises EnvironmentProblem when the folder cannot be written, or, once the others are written, when the machine has
    no Chinese font to print with.
    """
    document = compose(facts)
    workbook, web, paper = (folder / f"{facts.code}.{ending}" for ending in ("xlsx", "html", "pdf"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_workbook(document, workbook)
        web.write_text(page(document), encoding="utf-8")
        paper.write_bytes(pdf(document, facts.known_on))
    except OSError as error:
        raise EnvironmentProblem(f"Cannot write bulletins to {folder}: {error.strerror}.") from error
    return [workbook, web, paper]
