r"""Tables of step times and powers of replicas that were measured, in place of the models'.

Where times were measured they are the plan's own: steps by batch and context along the lines
between points, prompts with all of the time that they take alone, so that nothing of them goes
on beside sequences. Power is the measured one, or else the models',

.. math::

    P(B, n) = N\,(P_{step} - P_{idle} + P_{host})\,\min(\max(B, 1) / PP, 1), \qquad
    E(n) = N\,(P_{prefill} - P_{idle} + P_{host})\,t_{prefill}(n)

Requests differ, so that some are longer or shorter than what was measured, also where every
class is inside: longer ones take the slow end of the band that ``profiles_outside: widen`` has,
shorter ones as long as the shortest that was measured, or with ``widen`` the slow end, too.

At clock f between clocks a and b at which times are known (measured, or the models' where the
plan has these) each quantity y follows the models from both,

.. math:: y(f) = \sum_{c \in \{a, b\}} w_c\,y(c)\,\frac{y^{model}(f)}{y^{model}(c)}

weighted by nearness; beyond the lowest and the highest from the nearest alone.

Of a mode a token takes the measured time t whatever the batch. Beside others a first token
waits for the iteration in progress, t / 2 on average, and takes t, so that the rest of the
measured time lies before; alone it takes 1.5 t. Nothing is drawn above idle: all of a mode's
power is that of its replicas held ready.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from carbonplan.replay.arrays import Floats
from carbonplan.replay.known import MeasuredMode, MeasuredPoints, MeasuredTimes
from carbonplan.technology.figures import ReplicaFigures
from carbonplan.technology.measured import MeasuredReplica, slow, step_curves
from carbonplan.technology.performance import decode_step, prefill
from carbonplan.technology.power import busy_power_w
from carbonplan.units import J_PER_KJ, W_PER_KW

TABLES = ("decode_s", "decode_kw", "alone_s", "work_s", "work_kj")
WAIT_AND_STEP = 1.5  # times a token: mean wait for an iteration to end, and the next one
NO_LIMIT = np.iinfo(np.int64).max // 4  # of a cache, in tokens

Columns = Mapping[str, NDArray]


def with_times(
    columns: Columns,
    known: MeasuredTimes,
    figures: ReplicaFigures,
    levels: int,
    context_tokens: Floats,
    prompt_tokens: Floats,
) -> Columns:
    """The columns of a kind with what was measured.

    Parameters
    ----------
    columns
        The models', over first the levels and then the clocks of ``known``.
    figures
        At the same clocks.
    context_tokens, prompt_tokens
        Points of the axes of the tables.
    """
    models = _with_admission(columns)
    axes = context_tokens, prompt_tokens
    at_clocks = _at_clocks(known, models, figures, levels, axes)
    clocks = figures.clock_fraction[:levels]
    held = [one for one in known.at.values() if one is not None]
    room = max(int(columns["room_tokens"]), *(_most_tokens(one) for one in held))
    of_models = 1.0 if known.is_modelled_in_part else 0.0
    return {
        **columns,
        **{name: _blended(name, clocks, at_clocks, models) for name in TABLES},
        "room_tokens": np.int64(room),
        **{name: columns[name] * of_models for name in ("before_s", "before_s_per_token")},
        "admission_s": np.float64(0.0),
    }


def _at_clocks(
    known: MeasuredTimes,
    models: Columns,
    figures: ReplicaFigures,
    levels: int,
    axes: tuple[Floats, Floats],
) -> dict[float, Columns]:
    """Tables at each clock at which times are known, in the order of the clocks."""
    context_tokens, prompt_tokens = axes
    batches = np.maximum(np.arange(models["decode_s"].shape[1], dtype=float), 1.0)
    found: dict[float, Columns] = {}
    for place, clock in enumerate(sorted(known.at), start=levels):
        measured, one = known.at[clock], figures[place : place + 1]
        if measured is None:
            found[clock] = {name: models[name][place] for name in TABLES}
        else:
            found[clock] = {
                **_steps(measured, one, batches, context_tokens, widens=known.widens),
                **_prompts(measured, one, prompt_tokens, widens=known.widens),
            }
    return found


def with_factors(columns: Columns, known: MeasuredPoints) -> Columns:
    """The models' columns with other times and energies."""
    times = ("decode_s", "alone_s", "work_s", "before_s", "before_s_per_token", "admission_s")
    return {
        **columns,
        **{name: columns[name] * known.time for name in times},
        "decode_kw": columns["decode_kw"] * (known.energy / known.time),
        "work_kj": columns["work_kj"] * known.energy,
    }


def of_mode(known: MeasuredMode, shape: tuple[int, int, int], prompt_points: int) -> Columns:
    """The columns of a mode.

    Parameters
    ----------
    shape
        Of the tables of steps: levels, batches, contexts.
    """
    of_prompts = shape[0], prompt_points
    inside_s = min(WAIT_AND_STEP * known.tpot_s, known.ttft_s)
    return {
        "room_tokens": np.int64(NO_LIMIT),
        "before_s": np.float64(known.ttft_s - inside_s),
        "before_s_per_token": np.float64(0.0),
        "admission_s": np.float64(0.0),
        "moved_s_per_token": np.float64(0.0),
        "decode_s": np.full(shape, known.tpot_s),
        "decode_kw": np.zeros(shape),
        "alone_s": np.full(of_prompts, inside_s),
        "work_s": np.zeros(of_prompts),
        "work_kj": np.zeros(of_prompts),
    }


def _with_admission(columns: Columns) -> dict[str, Floats]:
    """Tables in which a prompt includes its admission."""
    admission_s = float(columns["admission_s"])
    begun = np.arange(columns["work_s"].shape[1]) > 0
    return {
        **{name: columns[name] for name in TABLES},
        "alone_s": columns["alone_s"] + admission_s,
        "work_s": columns["work_s"] + admission_s * begun,
    }


def _blended(
    name: str,
    clocks: Floats,
    at_clocks: Mapping[float, Columns],
    models: Columns,
) -> Floats:
    """A table at each level, from those at the known clocks below and above."""
    known = list(at_clocks)
    tables = []
    for level, clock in enumerate(clocks.tolist()):
        high = int(np.searchsorted(known, clock))
        low, high = max(high - 1, 0), min(high, len(known) - 1)
        span = known[high] - known[low]
        share = (clock - known[low]) / span if span > 0 else 1.0
        table = np.zeros_like(models[name][level])
        for i, weight in ((low, 1.0 - share), (high, share)):
            model = models[name][len(clocks) + i]
            ratio = np.divide(models[name][level], model, np.ones_like(model), where=model != 0)
            table += weight * at_clocks[known[i]][name] * ratio
        tables.append(table)
    return np.stack(tables)


def _steps(
    measured: MeasuredReplica,
    figures: ReplicaFigures,
    batches: Floats,
    context_tokens: Floats,
    *,
    widens: bool,
) -> Columns:
    """Steps over batch and context at one clock."""
    shortest = min(curve.range[0] for curve in measured.step_s.values())
    seconds, watts = [], []
    for tokens in context_tokens if widens else np.maximum(context_tokens, shortest):
        step_s, step_w = step_curves(measured, float(tokens))
        seconds.append(step_s.at(np.maximum(batches, step_s.range[0])))
        if step_w is None:
            step = decode_step(batches[:, None], tokens, figures)
            watts.append(busy_power_w(step, figures)[:, 0])
        else:
            watts.append(step_w.at(np.clip(batches, *step_w.range)))
    busy = np.minimum(batches / figures.pipeline_parallel[0], 1.0)[:, None]
    above_w = _above_w(np.stack(watts, axis=-1), figures)
    return {"decode_s": np.stack(seconds, axis=-1), "decode_kw": busy * above_w / W_PER_KW}


def _prompts(
    measured: MeasuredReplica, figures: ReplicaFigures, tokens: Floats, *, widens: bool
) -> Columns:
    """Prompts over tokens at one clock; of none nothing."""
    if not widens:
        tokens = np.maximum(tokens, measured.prefill_s.range[0])
    seconds = slow(measured.prefill_s, tokens)
    if measured.prefill_w is None:
        watts = busy_power_w(prefill(tokens[:, None], figures), figures)[:, 0]
    else:
        watts = measured.prefill_w.at(tokens)
    begun = np.arange(len(tokens)) > 0
    work_kj = _above_w(watts, figures) * seconds / J_PER_KJ
    return {"alone_s": seconds, "work_s": seconds * begun, "work_kj": work_kj * begun}


def _above_w(accelerator_w: Floats, figures: ReplicaFigures) -> Floats:
    """Power of a replica above idle, from that of an accelerator, its host's share included."""
    hardware = figures.hardware
    above_w = accelerator_w - hardware.idle_w[0] + hardware.host_load_w[0]
    return figures.accelerators[0] * above_w


def _most_tokens(measured: MeasuredReplica) -> int:
    """Tokens that were held at once when the largest of all batches and contexts ran."""
    return int(max(batch * curve.range[1] for batch, curve in measured.step_s.items()))
