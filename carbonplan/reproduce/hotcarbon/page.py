"""The page on HotCarbon'24: what the paper claims and what came out here, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from carbonplan.reproduce.baselines import baselines_table
from carbonplan.reproduce.cases import Found
from carbonplan.reproduce.claims import (
    NOTHING,
    Claim,
    Known,
    amount,
    markdown_table,
    percent,
    side_by_side,
)
from carbonplan.reproduce.hotcarbon.cases import NEW as NEW_SKU
from carbonplan.reproduce.hotcarbon.cases import OLD as OLD_SKU
from carbonplan.reproduce.hotcarbon.prompts import (
    NEW,
    OLD,
    RECALLED_GRIDS,
    RECALLED_KG,
    Pair,
    Parting,
)

COEFFICIENTS = ("eserve-2025", "act-2022", "vendor-pcf")


def page(
    found: Sequence[Found],
    pairs: Sequence[Pair],
    partings: Sequence[Parting],
    *,
    quick: bool = False,
) -> str:
    """The whole page as Markdown."""
    parts = [
        HEADING,
        *([QUICK] if quick else []),
        "## Claims\n",
        side_by_side(claims(found, pairs, partings)),
        "## A prompt\n",
        prompts_table(pairs),
        "## A day\n",
        days_table(found),
        baselines_table(found),
    ]
    return "\n".join([*parts, SAME_AND_DIFFERENT])


def claims(
    found: Sequence[Found], pairs: Sequence[Pair], partings: Sequence[Parting]
) -> list[Claim]:
    """What is claimed, beside what prompts and days say of it."""
    return [
        *_energy(pairs),
        _parting(partings),
        _old_or_new(found),
        _together(found),
        _embodied(),
    ]


def _energy(pairs: Sequence[Pair]) -> Iterator[Claim]:
    alone = [pair for pair in pairs if pair.batch == 1]
    ratios = ", ".join(f"{percent(pair.energy_ratio - 1)} ({pair.llm})" for pair in alone)
    here = f"energy of the RTX 6000 Ada against the T4, batch 1: {ratios}"
    yield Claim(
        "at batch 1 the T4 takes less energy than the RTX 6000 Ada", Known.SUMMARY, here
    )
    yield Claim(
        "the newer card uses 28 % more energy than the older one at small batch",
        Known.SUMMARY,
        f"the same: {ratios}",
    )


def _parting(partings: Sequence[Parting]) -> Claim:
    """How often less energy means more carbon, over all configurations of both cards."""
    here = ", ".join(f"{one.parting} of {one.compared} in {one.grid}" for one in partings)
    return Claim(
        "a more efficient configuration does not always emit less",
        Known.SUMMARY,
        "of a T4 and an RTX 6000 Ada at any two batches, the one with less energy emits more "
        f"in {here}",
    )


def _old_or_new(found: Sequence[Found]) -> Claim:
    """Which card a plan with a free choice buys."""
    bought = [
        f"{_servers(one)} for {one.case.title}"
        for one in found
        if one.baselines and one.impacts
    ]
    return Claim(
        "which card emits less depends on LLM, batch and grid",
        Known.SUMMARY,
        "; ".join(bought) or NOTHING,
    )


def _together(found: Sequence[Found]) -> Claim:
    """The most that a plan for carbon saves against plans for one thing alone."""
    most: dict[str, float] = {}
    for one in found:
        for row in one.baselines:
            saving = one.saved_against(row)
            if saving is not None:
                most[row["name"]] = max(saving, most.get(row["name"], saving))
    here = ", ".join(f"{percent(saving)} ({name})" for name, saving in most.items())
    return Claim(
        "there is potential in optimising operational and embodied carbon at once",
        Known.PAPER,
        f"the most that the plan saves against: {here or NOTHING}",
    )


def _embodied() -> Claim:
    from carbonplan.catalogue.hardware import embodied_coefficients
    from carbonplan.catalogue.machines import machines
    from carbonplan.technology.embodied import embodied_footprint

    old, new = machines((OLD, NEW))
    made = [
        f"{embodied_footprint(old, rows).kgco2e:.1f} and "
        f"{embodied_footprint(new, rows).kgco2e:.1f} ({name})"
        for name in COEFFICIENTS
        for rows in (embodied_coefficients(name),)
    ]
    old_kg, new_kg = RECALLED_KG[OLD], RECALLED_KG[NEW]
    return Claim(
        f"the T4 took {old_kg} and the RTX 6000 Ada {new_kg} kgCO2e to make",
        Known.MEMORY,
        ", ".join(made),
    )


def prompts_table(pairs: Sequence[Pair]) -> str:
    """Energy and carbon of a prompt, on the old card and on the new one."""
    header = ("LLM", "batch", "T4 J", "Ada J", "Ada over T4")
    grids = [f"{grid.name} mgCO2e, T4 / Ada" for grid in RECALLED_GRIDS]
    rows = [
        (
            pair.llm,
            pair.batch,
            *map(amount, pair.energy_j),
            f"{pair.energy_ratio:.2f}",
            *(f"{amount(old)} / {amount(new)}" for old, new in pair.carbon_mg.values()),
        )
        for pair in pairs
    ]
    return markdown_table((*header, *grids), rows)


def days_table(found: Sequence[Found]) -> str:
    """A line for each plan of a day."""
    header = ("case", "status", "kgCO2e", "making", "kWh", "servers bought")
    rows = [
        (
            one.case.title,
            one.status,
            amount(one.carbon_kg),
            NOTHING if one.embodied_share is None else f"{one.embodied_share:.0%}",
            amount(one.impacts.get("energy")),
            _servers(one),
        )
        for one in found
    ]
    return markdown_table(header, rows)


def _servers(one: Found) -> str:
    names = {OLD_SKU: "T4", NEW_SKU: "RTX 6000 Ada"}
    bought = [f"{count:g} {names[sku]}" for sku, count in one.servers.items()]
    return ", ".join(bought) or NOTHING


HEADING = """\
# HotCarbon'24: towards sustainable LLM serving

This page is made by

    carbonplan reproduce hotcarbon --page docs/reproduce/hotcarbon.md

which computes prompts from the fitted model and solves the shipped scenario
`reproduce-hotcarbon` with its variants. The study is by Nguyen, Zhou, Ding and Liu
(HotCarbon'24, arXiv 2501.01990): LLaMA of 1, 3 and 7 billion parameters on a T4 and on an RTX
6000 Ada. Its tables, regions and embodied figures could not be read. **Recalled from memory and
not checked** are the intensities 31, 262 and 647 g/kWh, a life of 5 years, and 10.3 and 26.6
kgCO2e for the cards; they prove nothing. Nothing here is meant to meet a claim.
"""

QUICK = "**Made with `--quick`:** the smallest LLM and load stand for all of it.\n"

SAME_AND_DIFFERENT = """\
## What is the same, and what differs

The same: both cards; an LLM of each size (Llama 3.2 1B and 3B, Llama 2 7B, the nearest cards);
energy as power by time, carbon as energy by intensity and making by time over life; batch and
LLM varied; prefill and decode apart (`carbonplan prompt-carbon`).

Different: nothing is measured here. Times and powers are those of the fitted model; prompts
have 128 tokens in and out, in fp16, where the paper has those of Alpaca. A prompt counts the
card alone, as the paper's power readings do; a day counts the whole server with its host and
all its idle hours, and making by the catalogue's default coefficients. A load of 1 or 20
requests/s in each region, which serves its own, and limits of 2 s and 0.2 s on latency are
ours.
"""
