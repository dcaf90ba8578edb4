"""The page on EcoServe: what the paper claims and what came out here, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

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
from carbonplan.reproduce.ecoserve.cases import GRIDS, NAMED_BY_PAPER

if TYPE_CHECKING:
    from carbonplan.catalogue.records import Server

ByName = Mapping[str, Found]
COEFFICIENTS = "eserve-2025"


def page(found: Sequence[Found], *, quick: bool = False) -> str:
    """The whole page as Markdown."""
    parts = [HEADING, *([QUICK] if quick else []), "## Claims\n", side_by_side(claims(found))]
    parts += [
        "## Plans\n",
        plans_table(found),
        "## Baselines\n",
        baselines_table(found),
        ablation_table(found),
    ]
    parts += [lives(found)]
    return "\n".join([*parts, SAME_AND_DIFFERENT])


def claims(found: Sequence[Found]) -> list[Claim]:
    """What is claimed, beside what the cases that were solved say of it."""
    by_name = {one.case.name: one for one in found if one.impacts}
    return [
        *_headline(by_name),
        *_levers_together(by_name),
        *_embodied(by_name),
        *_decade(by_name),
        *_servers(),
    ]


def _headline(by_name: ByName) -> Iterator[Claim]:
    """Savings against the baselines that the paper names."""
    yield Claim(
        '"EcoServe can lower carbon emissions by up to 47 %, compared to performance, energy, '
        'and cost-optimized design points" (which of them gives 47 % is not known)',
        Known.PAPER,
        "; ".join(_savings(by_name, baseline) for baseline in NAMED_BY_PAPER),
    )


def _savings(by_name: ByName, baseline: str) -> str:
    """Least and most that plans save against a baseline, in words."""
    savings = {
        one.case.title: saving
        for one in by_name.values()
        for row in one.baselines
        if row["name"] == baseline and (saving := one.saved_against(row)) is not None
    }
    if not savings:
        return f"no {baseline} plan"
    most = max(savings, key=savings.__getitem__)
    least = percent(min(savings.values()))
    return f"{least} to {percent(savings[most])} ({most}) against the {baseline} plan"


def _levers_together(by_name: ByName) -> Iterator[Claim]:
    """Carbon without any lever over that with all of them."""
    factors = [
        f"{row['objective'] / one.carbon_kg:.2f} times at {one.case.title}"
        for one in by_name.values()
        for row in one.ablation
        if row["name"] == "all" and row["objective"]
    ]
    yield Claim(
        "total carbon is lower by a factor of 1.4 to 2.2",
        Known.SUMMARY,
        f"without any lever {', '.join(factors) or NOTHING} as much as with all",
    )


def _embodied(by_name: ByName) -> Iterator[Claim]:
    clean = by_name.get(f"grid-{GRIDS[0]}")
    first = by_name.get("first-library")
    shares = [
        f"{one.embodied_share:.0%} {words}"
        for one, words in (
            (clean, f"at {GRIDS[0]} g/kWh"),
            (first, "there with the group's first coefficients"),
        )
        if one is not None
    ]
    yield Claim(
        "making is more than half of the carbon where power is renewable",
        Known.SUMMARY,
        ", ".join(shares) or NOTHING,
    )


def _decade(by_name: ByName) -> Iterator[Claim]:
    saved = {}
    for grid in GRIDS:
        recycled = by_name.get(f"decade-upgrades-{grid}")
        for years in (3, 4):
            whole = by_name.get(f"decade-whole-{years}-{grid}")
            if recycled and whole:
                saved[grid, years] = 1.0 - recycled.carbon_kg / whole.carbon_kg
    here = ", ".join(
        f"{percent(share)} against whole servers every {years} years at {grid} g/kWh"
        for (grid, years), share in saved.items()
    )
    yield Claim(
        "GPUs renewed every 3 years on hosts of 10 save about 16 % over a decade",
        Known.SUMMARY,
        here or NOTHING,
    )


def _servers() -> Iterator[Claim]:
    """Making of accelerators and hosts by the group's coefficients, without any plan."""
    from carbonplan.catalogue.hardware import embodied_coefficients
    from carbonplan.catalogue.machines import machines
    from carbonplan.technology.embodied import embodied_footprint

    coefficients = embodied_coefficients(COEFFICIENTS)

    def made_kg(server: Server) -> float:
        return embodied_footprint(server, coefficients).kgco2e

    node, large, small = machines(["h100-sxm-8", "h100-sxm", "l4"])
    of_host = 1.0 - made_kg(large) * node.sku.accelerators / made_kg(node)
    yield Claim(
        "hosts dominate embodied carbon, GPUs operational carbon",
        Known.PAPER,
        f"the host is {of_host:.0%} of making the {node.name} server, whole",
    )
    yield Claim(
        "an L4 has about a third of the embodied carbon of an H100",
        Known.SUMMARY,
        f"{made_kg(small):.1f} of {made_kg(large):.1f} kgCO2e, by a factor of "
        f"{made_kg(large) / made_kg(small):.2f}",
    )


def plans_table(found: Sequence[Found]) -> str:
    """A line for each case: carbon, of it making, offline share and servers."""
    header = (
        *("case", "status", "gap", "kgCO2e", "making", "offline share of accelerator hours"),
        "servers bought",
    )
    return markdown_table(header, map(_plan, found))


def _plan(one: Found) -> tuple[str, ...]:
    def share(value: float | None) -> str:
        return NOTHING if value is None else f"{value:.0%}"

    servers = [f"{count:g} {sku}" for sku, count in one.servers.items()]
    servers += [f"{count:g} hosts made {sku}" for sku, count in one.upgraded.items()]
    return (
        one.case.title,
        one.status,
        NOTHING if one.gap is None else f"{one.gap:.2%}",
        amount(one.carbon_kg),
        share(one.embodied_share),
        share(one.share_of.get("offline")),
        ", ".join(servers) or NOTHING,
    )


def ablation_table(found: Sequence[Found]) -> str:
    """What each lever saves where it alone is let go."""
    rows = [
        (
            one.case.title,
            row["title"],
            amount(row["objective"]),
            amount(row["saving"]),
            f"{amount(row['at_least'])} to {amount(row['at_most'])}",
            percent(row["share"]),
        )
        for one in found
        for row in one.ablation
    ]
    header = ("case", "without", "kgCO2e", "saved by it", "proven to be", "share")
    return "## Without each lever\n\n" + markdown_table(header, rows)


def lives(found: Sequence[Found]) -> str:
    """What lives of 10 and 3 years save against 4 and 4, in one plan of a day."""
    by_name = {one.case.name: one for one in found if one.impacts}
    pairs = {
        grid: (by_name.get(f"grid-{grid}"), by_name.get(f"four-years-{grid}")) for grid in GRIDS
    }
    saved = [
        f"{percent(1.0 - of_grid.carbon_kg / same.carbon_kg)} at {grid} g/kWh"
        for grid, (of_grid, same) in pairs.items()
        if of_grid and same
    ]
    return (
        "*Recycle* in these plans is the lives of 10 years for hosts and 3 for accelerators. "
        f"Against 4 for both, the default of the group's code, it saves: "
        f"{', '.join(saved) or NOTHING}.\n"
    )


HEADING = """\
# EcoServe

This page is made by

    carbonplan reproduce ecoserve --page docs/reproduce/ecoserve.md

which solves the shipped scenarios `reproduce-ecoserve` and `reproduce-ecoserve-decade` with
their variants, baselines and ablation. EcoServe is by Li, Hu, Choukse, Fonseca, Suh and Gupta
(arXiv 2502.05043). Its integer program, LLMs, limits on latency, baselines and results by lever
could not be read: what is known of them is second-hand, and each claim below says from whom.
Nothing here is meant to meet a claim.
"""

QUICK = "**Made with `--quick`:** two hours, three SKUs and two grids stand for all of it.\n"

SAME_AND_DIFFERENT = """\
## What is the same, and what differs

The same, as published: 17, 261 and 501 g/kWh; an offline share of 21, 45 or 55 % with 24 hours
to finish; GPUs on 3 years and hosts on 10; embodied coefficients of the group's code, those in
which it settled and, once, its first ones; the GPU types of its library that the catalogue has;
hosts of whose CPUs 6 % are in use. The 4R are levers of the plan: *reuse* is batch work on idle
hosts, *rightsize* several SKUs and prefill apart from decode, *reduce* host memory as needed,
*recycle* lives of their own for hosts and accelerators.

Ours, since theirs could not be read: Llama 3.1 8B in fp16 (Llama 3.2 3B over the nine years, as
four T4 serve it in time), the request lengths of the public Azure conversation trace for both
services (so that a share of the requests is that share of the work), 2,000 requests/s on
average in the daily rhythm of a public trace, 1 s to the first token and 0.1 s for each one
after (5 s and 0.2 s over the nine years), the PUE of the region, performance from the fitted
model rather than from profiles, hosts and sockets from public sources. Servers are whole,
replicas are counted in fractions.

Different: baselines have the same freedom in all but what they minimise, so that "cost-optimal"
may use several SKUs, idle hosts and hours too; a baseline with none of the levers is the last
row of the ablation. By the roofline of sockets a request on a host takes many times the energy
of one on a GPU, which weighs against reuse even where power is clean. Hosts cannot get new
accelerators of the kind that they have. Over the nine years demand is constant: few servers
with newer accelerators do the work of many older ones, and most old hosts have no further use.
Lever by lever, "proven to be" says what the bounds of both plans prove; a range that holds 0 is
no saving.
"""
