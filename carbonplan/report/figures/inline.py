"""A figure made part of a page: no prolog, names of its own, the page's colours."""

from __future__ import annotations

import re

from carbonplan.report.figures.palette import COLOURS, PAPER

ID = re.compile(r' id="([^"<>]*)"')
REFERENCE = re.compile(r'(url\(|href=")#([^")<>]+)')
OPENING = re.compile(r"<svg [^>]*>")
VIEW_BOX = re.compile(r'viewBox="[^"<>]*"')
STYLE_SHEET = re.compile(r"<defs>\s*<style.*?</style>\s*</defs>", re.DOTALL)
METADATA = re.compile(r"<metadata>.*?</metadata>", re.DOTALL)
COLOUR = re.compile("|".join(colour.light for colour in COLOURS))
VARIABLES = {colour.light: f"var({colour.variable})" for colour in COLOURS}
ON_WHITE = {PAPER.light: "#ffffff"}


def inline_svg(svg: str, name: str, *, themed: bool = True) -> str:
    """The ``<svg>`` element of a figure, to stand inside HTML as one image.

    Parameters
    ----------
    svg
        As ``carbonplan.report.figures.svg`` writes it: attributes in double quotes, ``<``
        and ``>`` only as parts of tags.
    name
        Of the figure: prefix of the ids that the drawing refers to; the other ids are dropped.
        The element ``<name>-caption`` says what the image shows.
    themed
        Whether colours become the variables of the page, which differ on a dark one.
    """
    opening = OPENING.search(svg)
    view_box = VIEW_BOX.search(opening[0])[0]
    body = METADATA.sub("", STYLE_SHEET.sub("", svg[opening.end() :], count=1))
    used = {match[2] for match in REFERENCE.finditer(body)}
    body = ID.sub(lambda m: f' id="{name}-{m[1]}"' if m[1] in used else "", body)
    body = REFERENCE.sub(lambda m: f"{m[1]}#{name}-{m[2]}", body)
    shown = VARIABLES if themed else ON_WHITE
    body = COLOUR.sub(lambda m: shown.get(m[0], m[0]), body)
    return f'<svg {view_box} role="img" aria-labelledby="{name}-caption">{body.strip()}'
