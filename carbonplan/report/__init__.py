"""Reports on a plan: text, Markdown, one HTML file, PDF, a workbook, figures.

``document`` says what a report consists of, ``sections`` fill it from a plan, ``text``,
``markdown`` and ``html`` render it, and ``pdf`` prints the page. Nothing is computed beyond
selecting, sorting and summing what is shown.
"""

from carbonplan.report.figures import drawings, figures, numbers, png, svg
from carbonplan.report.files import figure_files, files
from carbonplan.report.html import html
from carbonplan.report.markdown import markdown
from carbonplan.report.pdf import pdf
from carbonplan.report.text import text
from carbonplan.report.workbook import workbook

__all__ = [
    "drawings",
    "figure_files",
    "figures",
    "files",
    "html",
    "markdown",
    "numbers",
    "pdf",
    "png",
    "svg",
    "text",
    "workbook",
]
