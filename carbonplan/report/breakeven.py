"""Break-even as rows: what the machines do, what that emits, and where the new one repays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from carbonplan.catalogue.grids import Grid
from carbonplan.catalogue.hardware import coefficient_sets, embodied_coefficients
from carbonplan.catalogue.records import Server
from carbonplan.technology.breakeven import (
    Machine,
    Replacement,
    Threshold,
    crossover_g_per_kwh,
    embodied_g_per_hour,
    intensity_threshold,
    lifetime_threshold,
    utilisation_threshold,
)
from carbonplan.technology.embodied import priced_bill
from carbonplan.units import MG_PER_G, W_PER_KW

Row = Mapping[str, object]
FORMULAS = {
    "intensity": "E / (A u + B)",
    "utilisation": "(E / I - B) / A",
    "lifetime": "L E_new / (I (A u + B) + E_old)",
}
UNITS = {"intensity": "g/kWh", "utilisation": "of the hours", "lifetime": "years"}


def crossover_rows(
    server: Server, mean_power_kw: float, lifetime_years: float
) -> Iterator[Row]:
    """Where operational equals embodied carbon, by every set that prices the whole machine."""
    for name in coefficient_sets():
        lines = priced_bill(server, embodied_coefficients(name)).lines
        if None in lines:
            continue
        kgco2e = sum(line.kgco2e for line in lines)
        yield {
            "coefficient_set": name,
            "embodied_kgco2e": kgco2e,
            "embodied_g_per_hour": embodied_g_per_hour(kgco2e, lifetime_years),
            "crossover_g_per_kwh": crossover_g_per_kwh(kgco2e, lifetime_years, mean_power_kw),
            **{
                f"{end}_g_per_kwh": crossover_g_per_kwh(
                    sum(getattr(line, f"{end}_kgco2e") for line in lines),
                    lifetime_years,
                    mean_power_kw,
                )
                for end in ("low", "high")
            },
        }


def answer_rows(pair: Replacement, on: Sequence[Grid], utilisation: float) -> Iterator[Row]:
    """At which intensity, and on each grid at which utilisation and which age, it repays."""
    yield _answer("intensity", None, intensity_threshold(pair, utilisation))
    for grid in on:
        found = utilisation_threshold(pair, grid.intensity_g_per_kwh)
        yield _answer("utilisation", grid.name, found)
    for grid in on:
        found = lifetime_threshold(pair, grid.intensity_g_per_kwh, utilisation)
        yield _answer("lifetime", grid.name, found)


def _answer(question: str, grid: str | None, found: Threshold) -> Row:
    return {
        "question": question,
        "grid": grid,
        "repays": found.side,
        "threshold": found.value,
        "unit": UNITS[question],
        "formula": FORMULAS[question],
        "reason": found.reason,
    }


def in_short(answer: Row) -> Row:
    """An answer with its formula where it has a threshold, and else with the reason."""
    solved = answer["threshold"] is not None
    kept = ("question", "grid", "repays", "threshold")
    return {
        **{name: answer[name] for name in kept},
        "unit": answer["unit"] if solved else "",
        "because": answer["formula"] if solved else answer["reason"],
    }


def terms_of(pair: Replacement) -> dict[str, float]:
    """Terms of the inequality, for 1,000 output tokens at full utilisation."""
    return {
        "A_wh": pair.active_saving_kwh * W_PER_KW,
        "B_wh": pair.idle_saving_kwh * W_PER_KW,
        "E_mg": pair.making_g * MG_PER_G,
        "E_new_mg": pair.new.making_g_per_ktoken * MG_PER_G,
        "E_old_mg": pair.charged_old_g * MG_PER_G,
    }


def terms_in_words(terms: Mapping[str, float]) -> str:
    """As in "A = 0.0053 Wh, E_new = 0.33 mg"."""
    parts = ((name.rpartition("_"), value) for name, value in terms.items())
    return ", ".join(
        f"{symbol} = {value:.4g} {'Wh' if unit == 'wh' else unit}"
        for (symbol, _, unit), value in parts
    )


def machine_row(machine: Machine) -> Row:
    """What a machine does at its operating point, and what its making took."""
    work = machine.work
    return {
        "machine": machine.name,
        "tensor_parallel": work.tensor_parallel,
        "batch": work.batch,
        "ktokens_per_hour": work.ktokens_per_hour,
        "active_wh_per_ktoken": work.active_kwh_per_ktoken * W_PER_KW,
        "idle_w": work.idle_kw * W_PER_KW,
        "embodied_kgco2e": machine.embodied_kgco2e,
        "lifetime_years": machine.lifetime_years,
    }


def carbon_row(pair: Replacement, grid: Grid, utilisation: float) -> Row:
    """Carbon of 1,000 output tokens on a grid, by either machine."""
    intensity = grid.intensity_g_per_kwh
    return {
        "grid": grid.name,
        "g_per_kwh": intensity,
        "old_mg_per_ktoken": pair.old_g_per_ktoken(intensity, utilisation) * MG_PER_G,
        "new_mg_per_ktoken": pair.new_g_per_ktoken(intensity, utilisation) * MG_PER_G,
    }
