"""The report as a PDF: the page of ``html``, laid out on paper by WeasyPrint."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING

from carbonplan.errors import MissingDependency
from carbonplan.report.html import html

if TYPE_CHECKING:
    from carbonplan.plan import Plan

HOW_TO_HAVE = (
    'a report as PDF needs WeasyPrint and, with it, Pango: pip install "carbonplan[pdf]"; '
    "or open --format html in a browser and print it"
)


def pdf(plan: Plan, drawings: Mapping[str, str] | None = None) -> bytes:
    """The report on a plan, as a PDF with bookmarks; the same plan gives the same bytes.

    Parameters
    ----------
    drawings
        SVG of each figure by name, where they are drawn already.

    Raises
    ------
    MissingDependency
        WeasyPrint is not installed, or finds no Pango.
    """
    weasyprint = _weasyprint()
    page = html(plan, drawings, themed=False)
    return weasyprint.HTML(string=page, url_fetcher=_refused).write_pdf()


def _weasyprint() -> ModuleType:
    try:
        import weasyprint
    except (ImportError, OSError) as error:  # OSError: a library of the system is missing
        raise MissingDependency(HOW_TO_HAVE) from error
    return weasyprint


def _refused(url: str, *_: object, **__: object) -> None:
    """No address is fetched, whatever a page may name."""
    raise ValueError(f"{url} is not fetched")
