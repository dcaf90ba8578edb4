"""Reports on a plan: text for the terminal, one HTML file, figures.

``document`` says what a report consists of, ``sections`` fill it from a plan, ``text`` and
``html`` render it. Nothing is computed beyond selecting, sorting and summing what is shown.
"""

from carbonplan.report.figures import drawings, figures, png, svg
from carbonplan.report.files import files
from carbonplan.report.html import html
from carbonplan.report.text import text

__all__ = ["drawings", "figures", "files", "html", "png", "svg", "text"]
