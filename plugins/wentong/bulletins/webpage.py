"""A bulletin as one HTML file that needs nothing else: readable on a telephone, offline, and when printed."""

import jinja2
from markupsafe import Markup

from wentong.bulletins.charts import svg
from wentong.bulletins.document import Document, shown
from wentong.bulletins.facts import Light
from wentong.settings import INCLUDE
from wentong.templates import printable


def page(document: Document) -> str:
    """The page. Whatever people wrote is escaped; the charts are built as trees and need no escaping."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(INCLUDE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value,
    )
    return environment.get_template("bulletin.html").render(
        document=document,
        shown=shown,
        light=lambda value: value.value if isinstance(value, Light) else None,
        svg=lambda table: Markup(svg(table)),
    )
