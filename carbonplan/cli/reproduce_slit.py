"""``reproduce slit``: sites of the world, four impacts, and a front between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from carbonplan.cli.options import Json, Overwrite, Quiet, refuse_existing
from carbonplan.cli.output import say, show, show_json, table
from carbonplan.cli.reproduce_cases import Out, Page, Processes
from carbonplan.errors import PlanDoesNotHold

if TYPE_CHECKING:
    from carbonplan.reproduce.slit import Answer


def slit(
    page: Page = None,
    out: Out = None,
    overwrite: Overwrite = False,
    quick: Annotated[
        bool, typer.Option("--quick", help="Fewer plans of the front, fewer levers let go.")
    ] = False,
    processes: Processes = 2,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Divide the world's requests over standing sites, by four impacts at once.

    The front over time to first token, carbon, water and energy cost, beside an evolutionary
    search (with pymoo); the balanced plan beside plans like those of Splitwise and Helix; and
    what each lever saves.
    """
    from carbonplan.report import files
    from carbonplan.reproduce.slit import QUICK, Effort, reproduce

    for path in (page, out):
        if path is not None:
            refuse_existing(path, overwrite)
    answer = reproduce(
        QUICK if quick else Effort(),
        processes,
        out,
        render=files if out is not None else None,
        told=None if quiet else say,
    )
    if page is not None:
        from carbonplan.catalogue.writing import write_whole
        from carbonplan.reproduce.slit.page import page as text_of

        page.parent.mkdir(parents=True, exist_ok=True)
        write_whole(page, text_of(answer, quick=quick))
        say(f"wrote {page}")
    _show(answer, as_json=as_json)
    if not answer.holds:
        say("a plan does not hold when it is recomputed")
        raise typer.Exit(PlanDoesNotHold.exit_code)


def _show(answer: Answer, *, as_json: bool) -> None:
    from carbonplan.reproduce.slit.page import claims, document, lever_rows, plan_rows, searches

    if as_json:
        show_json(document(answer))
        return
    show(table(plan_rows(answer)))
    show("\n" + table(searches(answer)))
    show("\n" + table(lever_rows(answer)))
    for claim in claims(answer):
        show(f"\n{claim.known}: {claim.claim}\n  here: {claim.here}")
