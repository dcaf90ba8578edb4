"""Shares of an objective by evidence, computed by hand on the example.

Of its 14.404 kgCO2e, measured profiles serve 13.0 (7 in the north, 6 in the south), hosts draw
0.64 and 0.024 switched off, accelerators at rest 0.32 and loaded 0.18; making the hosts took
0.08 and the accelerators 0.16.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from carbonplan.catalogue.inputs import Inputs, Known
from carbonplan.plan.evidence import evidence_shares
from carbonplan.plan.terms import objective_terms
from tests.plan import example

KNOWN = {
    "intensity_kgco2e_per_kwh": Known("derived", "grid"),
    "pue": Known("published", "operator"),
    "price_usd_per_kwh": Known("published", "market"),
    "wue_l_per_kwh": Known("measured", "operator"),
    "ewif_l_per_kwh": Known("derived", "grid"),
    "rtt_s": Known("measured", "probes"),
}


def inputs(**changes: object) -> Inputs:
    """The example with figures of every class: only idle power and lifetimes are assumed."""
    of = example.inputs(**changes)
    (box,) = of.servers
    published = {"evidence": "published"}
    box = replace(
        box,
        host=box.host.model_copy(update=published),
        price=box.price.model_copy(update=published),
        parts=tuple(part.model_copy(update=published) for part in box.parts),
    )
    coefficients = tuple(
        row.model_copy(update={"evidence": evidence})
        for row, evidence in zip(
            of.embodied_coefficients, ("published", "derived"), strict=True
        )
    )
    known = {(name, r.region): one for name, one in KNOWN.items() for r in of.regions}
    return replace(of, servers=(box,), embodied_coefficients=coefficients, known=known)


def evidence(of: Inputs) -> dict[str, object]:
    return example.plan(of).summary["evidence"]


def test_shares_by_hand():
    found = evidence(inputs())
    assert found["of"] == "objective"
    assert found["shares"] == pytest.approx(
        {
            "measured": 0.0,
            "published": 0.0,
            "derived": (13.0 + 0.64 + 0.024) / 14.404,
            "assumed": (0.32 + 0.18 + 0.24) / 14.404,
        }
    )


def test_terms_by_hand_with_what_they_owe_their_class_to():
    terms = {(term["part"], term["evidence"]): term for term in evidence(inputs())["terms"]}
    values = {part: term["value"] for (part, _), term in terms.items()}
    assert values == pytest.approx(
        {
            "profile": 13.0,
            "hosts": 0.64,
            "accelerators": 0.32,
            "ready": 0.18,
            "accelerator_made": 0.16,
            "host_made": 0.08,
            "off": 0.024,
        }
    )
    both = ["carbon intensity of north", "carbon intensity of south"]
    assert terms["profile", "derived"]["owed_to"] == both
    assert terms["ready", "assumed"]["owed_to"] == ["idle power of chip"]
    assert terms["host_made", "assumed"]["owed_to"] == ["lifetime of box"]


def test_figures_carry_the_share_of_all_terms_that_owe_them_their_class():
    figures = {one["figure"]: one for one in evidence(inputs())["figures"]}
    assert figures["idle power of chip"]["share"] == pytest.approx(0.5 / 14.404)
    assert figures["lifetime of box"]["share"] == pytest.approx(0.24 / 14.404)
    north = 7.0 + 0.16  # served and hosts: two powered, none off
    assert figures["carbon intensity of north"]["share"] == pytest.approx(north / 14.404)
    assert figures["carbon intensity of north"]["source"] == "grid"


def test_lifetimes_that_the_scenario_gives_have_no_class():
    years = {"host_lifetime_years": 1.0, "accelerator_lifetime_years": 0.5}
    found = evidence(inputs(embodied={"coefficient_set": "round", **years}))
    assert found["shares"]["published"] == pytest.approx(0.08 / 14.404)
    assert found["shares"]["assumed"] == pytest.approx(0.5 / 14.404)


def test_what_says_nothing_of_itself_is_assumed():
    found = evidence(replace(inputs(), known={}))
    assert found["shares"]["assumed"] == pytest.approx(1.0)


def test_with_negative_terms_shares_are_of_absolute_ones():
    """South at -0.5 kg/kWh counts -6.864, north 7.3 and making 0.24: of 14.404 in absolutes."""
    of = inputs()
    sign = of.series["region"].copy(data=[1.0, -1.0]).astype(float)
    intensity = of.series["intensity_kgco2e_per_kwh"] * sign
    of = replace(of, series=of.series.assign(intensity_kgco2e_per_kwh=intensity))
    terms = objective_terms(of, example.configurations(of), example.plan(of).data)
    assert sum(term.value for term in terms) == pytest.approx(7.3 - 6.864 + 0.24)
    found = evidence_shares(terms)
    assert found["of"] == "absolute terms"
    assert sum(found["shares"].values()) == pytest.approx(1.0)
    assert found["shares"]["assumed"] == pytest.approx((0.32 + 0.18 + 0.24) / 14.404)


def test_no_terms_have_no_shares():
    assert evidence_shares([])["shares"] == {}


@pytest.mark.parametrize(
    ("objective", "value"),
    [
        ({"minimise": "energy"}, 86.728),
        ({"minimise": "cost", "carbon_price_usd_per_tonne": 1000}, 26.0456 + 14.404),
        ({"minimise": "water"}, 369.792),
        ({"minimise": "latency"}, 2.6 / 30 + 0.2),
        ({"weights": {"cost": 2, "water": 0.1}}, 2 * 26.0456 + 36.9792),
    ],
)
def test_terms_sum_to_any_objective(objective, value):
    check_terms(inputs(objective=objective), value)


@pytest.mark.parametrize(
    ("accounting", "kgco2e"),
    [
        ({}, 0.24),
        ({"include_existing": True}, 0.48),
        ({"charge": "purchase"}, 2 * 175.2),
        ({"charge": "use"}, 3 * 4 * 0.03),  # 3 powered, 4 h
    ],
)
def test_terms_of_making_by_every_rule(accounting, kgco2e):
    of = inputs(embodied={"coefficient_set": "round", **accounting})
    check_terms(of, 14.164 + kgco2e)


def check_terms(of: Inputs, objective: float) -> None:
    """Terms sum to the objective, and the shares of their classes to one."""
    terms = objective_terms(of, example.configurations(of), example.plan(of).data)
    assert sum(term.value for term in terms) == pytest.approx(objective)
    assert sum(evidence_shares(terms)["shares"].values()) == pytest.approx(1.0)


def test_rents_are_known_as_the_price_alone():
    of = inputs(objective={"minimise": "cost"}, cost={"acquisition": "rental"})
    terms = objective_terms(of, example.configurations(of), example.plan(of).data)
    (rent,) = {term.figures for term in terms if term.part == "rental"}
    assert [figure.name for figure in rent] == ["price of box"]


def test_rounding_of_the_solver_is_no_term():
    of = inputs()
    terms = objective_terms(of, example.configurations(of), example.plan(of).data)
    noise = replace(terms[0], value=-1e-15)
    assert evidence_shares([*terms, noise])["of"] == "objective"
