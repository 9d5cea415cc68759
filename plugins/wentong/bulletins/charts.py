"""Charts as SVG, drawn once for the page and the print.

Okabe-Ito colours, and beside every colour another sign (dashes, markers, hatching, figures), so that they read in black
and white too. Built as a tree, so that no name in them can become markup.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from math import ceil
from xml.etree.ElementTree import Element, SubElement, tostring

from wentong.bulletins.document import Rate, Table, Value, shown
from wentong.templates import printable, text_width

BLUE, ORANGE, PALE, INK, RULE = "#0072B2", "#D55E00", "#D9E6EF", "#222222", "#BBBBBB"
FONTS = "Noto Sans CJK SC, Source Han Sans SC, Microsoft YaHei, PingFang SC, SimHei, sans-serif"
WIDTH = 760
_SIZE = 13
_LINES = 5
"""Horizontal lines of a grid, about."""


def svg(table: Table) -> str:
    """The chart of a table, as a standalone SVG image."""
    assert table.chart is not None, "only tables with a chart are drawn"
    draw = {"line": _lines, "bars": _bars}[table.chart.kind]
    return tostring(draw(table), encoding="unicode")


def _picture(title: str, height: int) -> Element:
    root = Element("svg", {
        "xmlns": "http://www.w3.org/2000/svg", "viewBox": f"0 0 {WIDTH} {height}", "role": "img",
        "width": str(WIDTH), "height": str(height), "font-family": FONTS, "font-size": str(_SIZE), "fill": INK,
    })  # fmt: skip
    SubElement(root, "title").text = title
    return root


def _lines(table: Table) -> Element:
    """What was reached and the target, over the days of the first column."""
    assert table.chart is not None
    reached, target = table.chart.series
    days = [day for day in (row[0] for row in table.rows) if isinstance(day, date)]
    highest = max([_number(row[column]) for row in table.rows for column in (reached, target)] + [Fraction(1)])
    step = _step(highest)
    top = step * ceil(highest / step)
    height, left, right, above, below = 320, 46, 24, 44, 34
    root = _picture(table.chart.title, height)
    span = max(1, (days[-1] - days[0]).days)

    def x(day: date) -> float:
        return left + (WIDTH - left - right) * (day - days[0]).days / span

    def y(value: Fraction) -> float:
        return above + (height - above - below) * float(1 - value / top)

    for count in range(top // step + 1):
        level = Fraction(count * step)
        _line(root, left, y(level), WIDTH - right, y(level), RULE, "0.6")
        _text(root, left - 6, y(level) + 4, str(count * step), "end")
    last_label = -100.0
    for day in days:
        if x(day) - last_label >= 44:
            _text(root, x(day), height - 12, f"{day.month}月末" if _is_month_end(day) else f"{day.month}月{day.day}日")
            last_label = x(day)

    targets = [(x(day), y(_number(row[target]))) for day, row in zip(days, table.rows, strict=True)]
    known = [(day, row) for day, row in zip(days, table.rows, strict=True) if row[reached] is not None]
    points = [(x(day), y(_number(row[reached]))) for day, row in known]
    _path(root, targets, ORANGE, dashes="7 4")
    for place in targets:
        _diamond(root, *place)
    _path(root, points, BLUE)
    for (across, down), (_, row) in zip(points, known, strict=True):
        SubElement(root, "circle", {"cx": _n(across), "cy": _n(down), "r": "4", "fill": BLUE})
        is_below = _number(row[reached]) < _number(row[target])  # the figure keeps clear of the other line
        _text(root, across, down + 19 if is_below else down - 9, shown(row[reached]), weight="bold")

    columns = table.columns
    _path(root, [(left, 18), (left + 34, 18)], BLUE)
    SubElement(root, "circle", {"cx": _n(left + 17), "cy": "18", "r": "4", "fill": BLUE})
    _text(root, left + 42, 22, columns[reached].title, "start")
    _path(root, [(left + 210, 18), (left + 244, 18)], ORANGE, dashes="7 4")
    _diamond(root, left + 227, 18)
    _text(root, left + 252, 22, columns[target].title, "start")
    return root


def _bars(table: Table) -> Element:
    """One line a town: all tasks pale, what is accepted filled, the requirement as a mark across."""
    assert table.chart is not None
    accepted, required, tasks = table.chart.series
    rows = table.rows[1:] if table.has_total and len(table.rows) > 1 else table.rows
    pitch, above = 26, 40
    height = above + pitch * len(rows) + 12
    root = _picture(table.chart.title, height)
    left = min(220, max(text_width(str(row[0])) for row in rows) * _SIZE // 2 + 14)
    room = WIDTH - left - 150
    most = max([_number(row[tasks]) for row in rows] + [Fraction(1)])

    def length(value: Value) -> float:
        return float(room * _number(value) / most)

    SubElement(root, "rect", {"x": _n(left), "y": "10", "width": "26", "height": "14", "fill": BLUE})
    _text(root, left + 32, 22, table.columns[accepted].title, "start")
    _mark(root, left + 120, 8, 18)
    _text(root, left + 130, 22, table.columns[required].title, "start")
    SubElement(
        root, "rect", {"x": _n(left + 200), "y": "10", "width": "26", "height": "14", "fill": PALE, "stroke": BLUE}
    )
    _text(root, left + 232, 22, table.columns[tasks].title, "start")

    for number, row in enumerate(rows):
        down = above + pitch * number
        _text(root, left - 8, down + 15, str(row[0]), "end")
        SubElement(root, "rect", {
            "x": _n(left), "y": _n(down + 3), "width": _n(length(row[tasks])), "height": "16", "fill": PALE,
            "stroke": BLUE, "stroke-width": "0.8",
        })  # fmt: skip
        SubElement(root, "rect", {
            "x": _n(left), "y": _n(down + 3), "width": _n(length(row[accepted])), "height": "16", "fill": BLUE,
        })  # fmt: skip
        if row[required] is not None:
            _mark(root, left + length(row[required]), down, 22)
        done = Rate(int(_number(row[accepted])), int(_number(row[tasks])))
        label = f"{shown(row[accepted])}/{shown(row[tasks])}  {shown(done)}"
        _text(root, left + length(row[tasks]) + 10, down + 15, label, "start")
    return root


# -- strokes -----------------------------------------------------------------------------------------------------------


def _line(root: Element, x1: float, y1: float, x2: float, y2: float, colour: str, width: str) -> None:
    ends = {"x1": _n(x1), "y1": _n(y1), "x2": _n(x2), "y2": _n(y2)}
    SubElement(root, "line", {**ends, "stroke": colour, "stroke-width": width})


def _path(root: Element, points: Sequence[tuple[float, float]], colour: str, dashes: str = "") -> None:
    if points:
        line = {"points": " ".join(f"{_n(x)},{_n(y)}" for x, y in points), "fill": "none", "stroke": colour}
        SubElement(root, "polyline", {**line, "stroke-width": "2", **({"stroke-dasharray": dashes} if dashes else {})})


def _diamond(root: Element, x: float, y: float) -> None:
    corners = " ".join(f"{_n(x + dx)},{_n(y + dy)}" for dx, dy in ((0, -5), (5, 0), (0, 5), (-5, 0)))
    SubElement(root, "polygon", {"points": corners, "fill": "#FFFFFF", "stroke": ORANGE, "stroke-width": "1.5"})


def _mark(root: Element, x: float, y: float, height: float) -> None:
    """A requirement: a stroke across the bar."""
    _line(root, x, y, x, y + height, "#FFFFFF", "5")
    _line(root, x, y, x, y + height, ORANGE, "2.5")


def _text(root: Element, x: float, y: float, words: str, anchor: str = "middle", weight: str = "normal") -> None:
    style = {"x": _n(x), "y": _n(y), "text-anchor": anchor}
    SubElement(root, "text", style | ({"font-weight": weight} if weight != "normal" else {})).text = printable(words)


def _n(value: float) -> str:
    return f"{value:.1f}"


def _number(value: Value) -> Fraction:
    return Fraction(value) if isinstance(value, (int, Fraction)) else Fraction(0)


def _step(highest: Fraction) -> int:
    """1, 2, 5, 10, 20, 50 …: the distance of the lines of a grid."""
    power = 1
    while True:
        for factor in (1, 2, 5):
            if power * factor * _LINES >= highest:
                return power * factor
        power *= 10


def _is_month_end(day: date) -> bool:
    return (day + timedelta(days=1)).day == 1
