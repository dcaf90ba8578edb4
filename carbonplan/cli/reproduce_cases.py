"""``reproduce ecoserve``, ``hotcarbon``: cases of shipped scenarios, beside what is claimed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from carbonplan.cli.options import Json, Overwrite, Quiet, refuse_existing
from carbonplan.cli.output import say, show, show_json, table
from carbonplan.errors import PlanDoesNotHold

if TYPE_CHECKING:
    from carbonplan.reproduce.cases import Case, Found
    from carbonplan.reproduce.claims import Claim
    from carbonplan.technology.prompt_carbon import PromptCarbon

PROMPTS = "prompts"
Row = Mapping[str, object]
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="DIR", help="Write every plan with its report there."),
]
Page = Annotated[
    Path | None,
    typer.Option("--page", metavar="FILE", help="Write the page that puts both side by side."),
]
Quick = Annotated[
    bool, typer.Option("--quick", help="A few small cases, to see that it works.")
]
Processes = Annotated[int, typer.Option(help="Cases solved at a time.", min=1, max=256)]


def ecoserve(
    page: Page = None,
    out: Out = None,
    overwrite: Overwrite = False,
    quick: Quick = False,
    processes: Processes = 2,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Plan EcoServe's question with its four levers.

    Reuse, rightsize, reduce and recycle on three grids, beside the paper's baselines and
    without each lever; nine years of renewal.
    """
    from carbonplan.reproduce import ecoserve as study

    _refuse(page, out, overwrite)
    found = _solved(study.cases(quick=quick), processes, out, quiet)
    _show(found, study.claims(found), {}, as_json)
    if page is not None:
        _write(page, study.page(found, quick=quick))
    _end(found)


def hotcarbon(
    page: Page = None,
    out: Out = None,
    overwrite: Overwrite = False,
    quick: Quick = False,
    processes: Processes = 2,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Plan HotCarbon'24's question: an old card or a new one.

    Carbon of a prompt on a T4 and on an RTX 6000 Ada, and a day of either on three grids.
    """
    from dataclasses import asdict

    from carbonplan.reproduce import hotcarbon as study
    from carbonplan.reproduce.hotcarbon.prompts import pairs, partings

    _refuse(page, out, overwrite)
    of_prompts = study.prompts()
    beside = list(pairs(of_prompts)), list(partings(of_prompts))
    found = _solved(study.cases(quick=quick), processes, out, quiet)
    rows = [asdict(pair) for pair in beside[0]]
    _show(found, study.claims(found, *beside), {PROMPTS: rows}, as_json)
    if out is not None:
        _write_prompts(of_prompts, out)
    if page is not None:
        _write(page, study.page(found, *beside, quick=quick))
    _end(found)


def _refuse(page: Path | None, out: Path | None, overwrite: bool) -> None:
    for path in (page, out):
        if path is not None:
            refuse_existing(path, overwrite)


def _solved(
    cases: Sequence[Case], processes: int, out: Path | None, quiet: bool
) -> Sequence[Found]:
    from carbonplan.report import files
    from carbonplan.reproduce.cases import solve_cases

    def told(found: Found) -> None:
        if not quiet:
            say(f"{found.case.title}: {found.status}")

    return solve_cases(cases, processes, out, files, told)


def _show(
    found: Sequence[Found],
    claims: Sequence[Claim],
    more: Mapping[str, Sequence[Row]],
    as_json: bool,
) -> None:
    if as_json:
        documents = [one.document() for one in found]
        show_json({"cases": documents, "claims": [one.document() for one in claims], **more})
        return
    show(table(list(_plans(found))))
    for title, rows in (
        ("Baselines: what the plan saves against them [%]", list(_baselines(found))),
        ("Without each lever: what it saves [kgCO2e]", list(_levers(found))),
    ):
        if rows:
            show(f"\n{title}\n{table(rows)}")
    for claim in claims:
        show(f"\n{claim.known}: {claim.claim}\n  here: {claim.here}")


def _plans(found: Sequence[Found]) -> Iterator[Row]:
    for one in found:
        yield {
            "case": one.case.title,
            "status": one.status,
            "carbon_kgco2e": one.carbon_kg,
            "embodied_share": one.embodied_share,
            "servers": ", ".join(f"{count:g} {sku}" for sku, count in one.servers.items()),
        }


def _baselines(found: Sequence[Found]) -> Iterator[Row]:
    for one in found:
        if one.baselines:
            saved = {row["name"]: one.saved_against(row) for row in one.baselines}
            percent = {
                name: None if share is None else round(100.0 * share, 1)
                for name, share in saved.items()
            }
            yield {"case": one.case.title, **percent}


def _levers(found: Sequence[Found]) -> Iterator[Row]:
    for one in found:
        for row in one.ablation:
            yield {
                "case": one.case.title,
                "without": row["title"],
                "saved": row["saving"],
                "at_least": row["at_least"],
                "at_most": row["at_most"],
            }


def _end(found: Sequence[Found]) -> None:
    """Exit as `solve` does where a plan was found that does not hold."""
    amiss = [one.case.title for one in found if one.impacts and not one.holds]
    for title in amiss:
        say(f"{title}: the plan does not hold when it is recomputed")
    if amiss:
        raise typer.Exit(PlanDoesNotHold.exit_code)


def _write_prompts(study: PromptCarbon, folder: Path) -> None:
    """The study of prompts as a table and as a figure."""
    from carbonplan.report.figures import svg
    from carbonplan.report.figures.prompt_carbon import prompt_figure
    from carbonplan.report.prompt_carbon import table_csv
    from carbonplan.reproduce.hotcarbon.prompts import RECALLED_GRIDS

    caption = (
        "cards alone; making, lives and grids recalled, not checked; dotted: prefill, making"
    )
    figure = svg(prompt_figure(study, RECALLED_GRIDS, caption))
    _write(folder / f"{PROMPTS}.csv", table_csv(study, RECALLED_GRIDS))
    _write(folder / f"{PROMPTS}.svg", figure)


def _write(path: Path, text: str) -> None:
    from carbonplan.catalogue.writing import write_whole

    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, text)
    say(f"wrote {path}")
