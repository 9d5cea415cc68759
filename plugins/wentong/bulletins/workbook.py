"""A bulletin as a workbook: a sheet a section, ready to print, numbers as numbers, charts that Excel itself draws."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import ceil
from os import PathLike
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.chart import BarChart, LineChart, Reference, Series
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.spreadsheet_drawing import AnchorMarker, TwoCellAnchor
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from wentong.bulletins.charts import BLUE, ORANGE, PALE
from wentong.bulletins.document import NOTHING, Document, Rate, Section, Table, Value, rounded, shown
from wentong.bulletins.facts import Light
from wentong.milestones import percentage
from wentong.templates import put_text, save, text_width

FILLS = {
    Light.GREEN: "FF9FD8C4", Light.YELLOW: "FFF7EC8F", Light.RED: "FFF0A877", Light.GREY: "FFD0D0D0",
    Light.WATCH: "FFB5DDF4",
}  # fmt: skip
"""Behind the word of a light: Okabe-Ito, lightened so that the word reads."""

_FIRST_SHEET = "通报"
_LEAST_WIDTH = 88
"""Characters across a portrait page."""
_PORTRAIT = 100
"""Wider tables are printed in landscape."""
_RED = "FFC00000"
_SONG, _HEI = "宋体", "黑体"
_THIN = Side(style="thin", color="FF7F7F7F")
_BOX = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_HEADER_FILL, _TOTAL_FILL = PatternFill("solid", fgColor="FFE8EEF4"), PatternFill("solid", fgColor="FFF5F5F5")
_LINE_POINTS = 16.0
_CHART_ROWS = 20
_ROWS_BESIDE_CHART = 25
"""So many rows and their chart go on one page; Excel knows no page break in a sheet that is fitted to a width."""


def write_workbook(document: Document, target: str | PathLike[str] | IO[bytes]) -> None:
    """Write the bulletin as .xlsx; the same document gives the same bytes."""
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    first, *others = document.sections or (Section("", ""),)
    _Sheet(workbook.create_sheet(_FIRST_SHEET), document, first).write_front()
    for section in others:
        _Sheet(workbook.create_sheet(section.sheet), document, section).write_section()
    save(workbook, target)


class _Sheet:
    """One section on its sheet; the first one also has the head, the notes and the signatures."""

    def __init__(self, sheet: Any, document: Document, section: Section) -> None:
        self.sheet, self.document, self.section = sheet, document, section
        self.widths = _widths(section.tables)
        self.row = 1

    def write_front(self) -> None:
        about = self.document
        self._banner()
        self._line(about.masthead, Font(name=_SONG, size=24, bold=True, color=_RED), "center")
        middle = max(1, len(self.widths) // 2)
        for first, last, text, align in (
            (1, middle, about.number, "left"), (middle + 1, len(self.widths), about.issued_on, "right")
        ):  # fmt: skip
            self._merged(self.row, first, last, text, Font(name=_SONG, size=11), align)
            for column in range(first, last + 1):
                self.sheet.cell(self.row, column).border = Border(bottom=Side(style="thick", color=_RED))
        self.row += 2
        self._line(about.title, Font(name=_SONG, size=16, bold=True), "center")
        self._line(about.status, Font(name=_HEI, size=11, color=_RED), "center")
        self._line(about.headline, Font(name=_SONG, size=13), "left")
        self.row += 1
        self._section()
        self.row += 1
        self._line("说明", Font(name=_HEI, size=11, bold=True), "left")
        for number, note in enumerate(about.notes, start=1):
            self._line(f"{number}. {note}", Font(name=_SONG, size=10), "left")
        self.row += 1
        for start in range(0, len(about.signatures), len(self.widths)):
            for column, text in enumerate(about.signatures[start : start + len(self.widths)], start=1):
                put_text(self.sheet.cell(self.row, column), text)
                self.sheet.cell(self.row, column).font = Font(name=_SONG, size=12)
            self.sheet.row_dimensions[self.row].height = 30
            self.row += 1
        self._line(about.foot, Font(name=_SONG, size=9, color="FF595959"), "left")
        self._set_page(None)
        self.sheet.page_setup.fitToHeight = 1  # the signatures stay with what is signed

    def write_section(self) -> None:
        self._banner()
        header_row = self._section()
        self._set_page(header_row)
        rows = [len(table.rows) for table in self.section.tables if table.chart]
        if rows and max(rows) <= _ROWS_BESIDE_CHART:
            self.sheet.page_setup.orientation, self.sheet.page_setup.fitToHeight = "portrait", 1

    def _banner(self) -> None:
        if self.document.banner:
            self._line(self.document.banner, Font(name=_HEI, size=12, bold=True, color=_RED), "center")

    def _section(self) -> int | None:
        """Returns the row of the headings, if they are those of the whole sheet."""
        self._line(self.section.title, Font(name=_HEI, size=14, bold=True), "left")
        for text in self.section.paragraphs:
            self._line(text, Font(name=_SONG, size=12), "left")
        header_rows = [self._table(table) for table in self.section.tables]
        return header_rows[0] if len(header_rows) == 1 else None

    def _table(self, table: Table) -> int:
        if table.caption:
            self._line(table.caption, Font(name=_HEI, size=11, bold=True), "left")
        header_row = self.row
        for number, column in enumerate(table.columns, start=1):
            cell = self.sheet.cell(header_row, number)
            put_text(cell, column.title)
            cell.font, cell.border, cell.fill = Font(name=_HEI, size=11, bold=True), _BOX, _HEADER_FILL
            cell.alignment = Alignment("center", "center", wrap_text=True)
        headings = zip(table.columns, self.widths, strict=False)
        self.sheet.row_dimensions[header_row].height = 4 + _LINE_POINTS * max(
            ceil(text_width(column.title) / (width - 1)) for column, width in headings
        )
        drawn = table.chart.series if table.chart else ()
        for place, row in enumerate(table.rows):
            self.row += 1
            is_total = table.has_total and place == 0
            lines = 1
            for number, (column, value, width) in enumerate(zip(table.columns, row, self.widths, strict=False)):
                cell = self.sheet.cell(self.row, number + 1)
                if not (value is None and number in drawn):  # Excel would draw text as 0
                    _put(cell, value)
                cell.border, cell.font = _BOX, Font(name=_SONG, size=11, bold=is_total or isinstance(value, Light))
                cell.alignment = Alignment(
                    column.align, "center", wrap_text=column.align != "right", indent=int(column.align != "center")
                )
                if isinstance(value, Light):
                    cell.fill = PatternFill("solid", fgColor=FILLS[value])
                elif is_total:
                    cell.fill = _TOTAL_FILL
                if isinstance(value, str):
                    lines = max(lines, ceil(text_width(value) / (width - 1)))
            self.sheet.row_dimensions[self.row].height = 4 + _LINE_POINTS * lines
        last_row = self.row
        self.row += 2
        if table.chart and table.rows:
            self._chart(table, header_row, last_row)
        return header_row

    def _chart(self, table: Table, header_row: int, last_row: int) -> None:
        """Below its table, as wide as that."""
        assert table.chart is not None
        draw = {"line": _line_chart, "bars": _bar_chart}[table.chart.kind]
        first_row = header_row + 1 + (table.has_total and table.chart.kind == "bars" and last_row > header_row + 1)
        chart = draw(self.sheet, table, first_row, last_row)
        chart.title = table.chart.title
        chart.legend.position = "t"
        rows = _CHART_ROWS if table.chart.kind == "line" else max(_CHART_ROWS, 6 + 2 * (last_row - first_row + 1))
        corners = AnchorMarker(0, 0, self.row - 1, 0), AnchorMarker(len(table.columns), 0, self.row - 1 + rows, 0)
        chart.anchor = TwoCellAnchor("oneCell", *corners)
        self.sheet.add_chart(chart)
        self.row += rows + 1

    def _line(self, text: str, font: Font, align: str) -> None:
        """A text across the page, as high as it needs."""
        self._merged(self.row, 1, len(self.widths), text, font, align)
        room = sum(self.widths) * 11 / (font.size or 11)
        lines = ceil(text_width(text) / max(1, room - 2))
        self.sheet.row_dimensions[self.row].height = 6 + 1.4 * (font.size or 11) * max(1, lines)
        self.row += 1

    def _merged(self, row: int, first: int, last: int, text: str, font: Font, align: str) -> None:
        cell = self.sheet.cell(row, first)
        put_text(cell, text)
        cell.font = font
        cell.alignment = Alignment(align, "center", wrap_text=True)
        if last > first:
            self.sheet.merge_cells(start_row=row, start_column=first, end_row=row, end_column=last)

    def _set_page(self, header_row: int | None) -> None:
        """A4, one page wide, with page numbers; headings stay on top of every page and when scrolling."""
        sheet = self.sheet
        for number, width in enumerate(self.widths, start=1):
            sheet.column_dimensions[get_column_letter(number)].width = width
        sheet.page_setup.paperSize = 9  # A4
        sheet.page_setup.orientation = "portrait" if sum(self.widths) <= _PORTRAIT else "landscape"
        sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
        sheet.sheet_properties.pageSetUpPr.fitToPage = True
        sheet.print_options.horizontalCentered = True
        sheet.oddFooter.left.text, sheet.oddFooter.left.size = self.document.number, 8
        sheet.oddFooter.center.text = "第 &P 页，共 &N 页"
        sheet.print_area = f"A1:{get_column_letter(len(self.widths))}{max(1, self.row - 1)}"
        sheet.sheet_view.showGridLines = False
        if header_row is not None:
            sheet.print_title_rows = f"{header_row}:{header_row}"
            sheet.freeze_panes = sheet.cell(header_row + 1, 2 if len(self.widths) > 4 else 1).coordinate


def _widths(tables: Sequence[Table]) -> list[float]:
    """Widths of the columns; those of narrow tables fill the page."""
    columns = max((len(table.columns) for table in tables), default=4)
    widths = [
        float(max((table.columns[number].width for table in tables if number < len(table.columns)), default=10))
        for number in range(max(columns, 2))
    ]
    return [width * max(1.0, _LEAST_WIDTH / sum(widths)) for width in widths]


def _put(cell: Any, value: Value) -> None:
    """A value as a number where it is one; what Excel then shows is what the other formats print."""
    if isinstance(value, Rate) and value.whole:
        cell.value, cell.number_format = Decimal(percentage(value.part, value.whole).rstrip("%")) / 100, "0.0%"
    elif isinstance(value, Fraction):
        cell.value, cell.number_format = rounded(value), "0.0"
    elif isinstance(value, Decimal):
        places = max(0, -int(value.as_tuple().exponent))
        cell.value, cell.number_format = value, "0." + "0" * places if places else "0"
    elif isinstance(value, int):
        cell.value, cell.number_format = value, "0"
    elif isinstance(value, date):
        cell.value, cell.number_format = value, "yyyy-mm-dd"
    else:
        put_text(cell, shown(value) if not isinstance(value, Rate) else NOTHING)


def _bar_chart(sheet: Any, table: Table, first_row: int, last_row: int) -> Any:
    assert table.chart is not None
    chart = BarChart()
    chart.type, chart.grouping, chart.gapWidth = "bar", "clustered", 60
    looks = ((BLUE, False), (ORANGE, False), (PALE, True))
    for series, (colour, is_outlined) in zip(_series(chart, sheet, table, first_row, last_row), looks, strict=True):
        series.graphicalProperties = GraphicalProperties(solidFill=colour[1:])
        series.graphicalProperties.line = LineProperties(solidFill=BLUE[1:] if is_outlined else colour[1:], w=9525)
        series.dLbls = _labels()
    chart.x_axis.scaling.orientation = "maxMin"  # the first town on top
    chart.y_axis.crosses = "max"
    _show_axes(chart)
    return chart


def _line_chart(sheet: Any, table: Table, first_row: int, last_row: int) -> Any:
    assert table.chart is not None
    chart = LineChart()
    reached, target = _series(chart, sheet, table, first_row, last_row)
    for series, colour, marker in ((reached, BLUE, "circle"), (target, ORANGE, "diamond")):
        line = LineProperties(solidFill=colour[1:], prstDash="solid" if series is reached else "dash", w=28575)
        series.graphicalProperties.line = line
        series.marker.symbol, series.marker.size, series.smooth = marker, 7, False
        series.marker.graphicalProperties = GraphicalProperties(solidFill=BLUE[1:] if series is reached else "FFFFFF")
        series.marker.graphicalProperties.line = LineProperties(solidFill=colour[1:])
    reached.dLbls = _labels()
    reached.dLbls.position = "b"
    chart.x_axis.number_format = 'm"月"d"日"'
    chart.display_blanks = "gap"
    _show_axes(chart)
    return chart


def _series(chart: Any, sheet: Any, table: Table, first_row: int, last_row: int) -> Iterator[Any]:
    """Add the series of a chart, titled by their headings; yields each to be given its look."""
    assert table.chart is not None
    for column in table.chart.series:
        values = Reference(sheet, min_col=column + 1, min_row=first_row, max_row=last_row)
        series = Series(values, title_from_data=False, title=table.columns[column].title)
        chart.series.append(series)
    chart.set_categories(Reference(sheet, min_col=1, min_row=first_row, max_row=last_row))
    yield from chart.series


def _labels() -> DataLabelList:
    return DataLabelList(
        showVal=True,
        showSerName=False,
        showCatName=False,
        showLegendKey=False,
        showPercent=False,
        showLeaderLines=False,
    )


def _show_axes(chart: Any) -> None:
    chart.x_axis.delete = chart.y_axis.delete = False
    chart.y_axis.number_format, chart.y_axis.scaling.min = "0", 0
    chart.y_axis.majorGridlines.spPr = GraphicalProperties(ln=LineProperties(solidFill="D0D0D0"))
