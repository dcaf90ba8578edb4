"""Clocks that follow the load: multiplicative increase, additive decrease. Compiled code.

Source
------
``freesh``: the principle; gains, steps and what counts as risk are chosen here.
"""

from __future__ import annotations

from carbonplan.replay.arrays import NOBODY
from carbonplan.replay.compiled import compiled
from carbonplan.replay.world import World


@compiled
def adapt(replica: int, now: float, world: World) -> None:
    """Raise the clock at risk by a factor, lower it otherwise by a step."""
    here, rules = world.replicas[replica], world.rules[0]
    if now < here.next_control_s:
        return
    kind = world.kinds[here.kind]
    here.next_control_s = now + rules.control_s
    if _is_at_risk(replica, now, world):
        here.wanted_clock = min(here.wanted_clock * rules.raise_by, kind.highest_clock)
    else:
        here.wanted_clock = max(here.wanted_clock - rules.lower_by, kind.lowest_clock)


@compiled
def _is_at_risk(replica: int, now: float, world: World) -> bool:
    """Whether a first token, or the time per token of a running request, nears its limit.

    First tokens are those of running requests without any, and of the first that waits.
    """
    here, share = world.replicas[replica], world.rules[0].risk_share
    if here.root != NOBODY and _waits_too_long(here.root, now, share, world):
        return True
    for at in range(here.running):
        number = world.sequence[replica, at]
        if _is_too_slow(number, now, share, world):
            return True
        if _waits_too_long(number, now, share, world):
            return True
    return False


@compiled
def _waits_too_long(number: int, now: float, share: float, world: World) -> bool:
    request = world.requests[number]
    return request.made == 0 and now - request.release_s > share * request.ttft_s


@compiled
def _is_too_slow(number: int, now: float, share: float, world: World) -> bool:
    """Whether the mean time per token so far is beyond a share of its limit."""
    request = world.requests[number]
    return now - request.first_s > share * request.tpot_s * (request.made - 1) > 0.0
