"""Words of the page on SLIT that no number changes."""

from carbonplan.reproduce.claims import Known

HEADING = """\
# SLIT: four objectives over data centres of the world

This page is made by

    carbonplan reproduce slit{quick} --page docs/reproduce/slit.md

from the shipped scenario `reproduce-slit`, for SLIT (Moore, Qi, Hogade, Milojicic, Bash,
Pasricha; GLSVLSI 2025; arXiv 2505.23554). The question is the paper's: data centres with
several kinds of servers stand around the world, requests to several LLMs come from all sides;
which site serves them in each epoch, so that time to first token, carbon, water and the cost
of energy are low? Neither its data nor its percentages could be read. No number below is meant
to meet one of them.

## What is claimed, and what is found here
"""

CLAIMED = (
    (
        "significantly less carbon, water, energy cost and time to first token than Helix and "
        "Splitwise",
        Known.SUMMARY,
    ),
    (
        "SLIT-Balance, a balanced point, betters both in all four, with competitive time to "
        "first token",
        Known.SUMMARY,
    ),
    (
        'the four are co-optimised with "a machine learning (ML) based metaheuristic"',
        Known.PAPER,
    ),
    ("epochs of, for example, 15 minutes", Known.SUMMARY),
)

PLANS = """\
## The plans

*Least ...* minimises one impact alone, whatever the others come to. *Balanced* is the plan of
the front whose worst impact is nearest to its best, measured by the range of each impact over
the front. The baselines are our own, made from what is known of each system:

- *Splitwise-like*: performance first. Prefill and decode run on replicas of their own, between
  which the KV cache travels; all servers are on, at full clock; time to first token is least,
  and of plans within 1 % of it the cheapest counts.
- *Helix-like*: throughput first. All servers are on, at full clock; each site serves a fixed
  share of each workload in every hour, in proportion to the highest rate that its servers
  reach, and the cheapest of these plans counts. Helix's layers that are spread over sites are
  left out.
- *... switching off*: the same, but idle servers are switched off. Neither system is known to
  do that, nor is it known whether the paper lets them; most of the carbon, water and cost that
  the balanced plan saves against the first two is this.
"""

LATENCY = """\
## What time to first token is made of

| the paper, by a summary | here |
| --- | --- |
| (2) loading: size of the LLM over the bandwidth of the server | {loading} |
| (3) migration: hops from source to destination, times the latency of a router | The measured \
round trip between users and site, which contains the hops. |
| processing | Queueing, the step that runs when a request comes, and prefill. |

Nothing is added for what a request carries to another site, because it decides nothing. A
prompt is text: 4,000 tokens are about 16 kB, or 0.2 ms at 100 MB/s, beside round trips of 2 to
320 ms. A KV cache weighs more (0.33 GB for 1,000 tokens of a 70B LLM in 16 bits), but would
travel only if a conversation's earlier turns lay in the cache of another site. Here every
request brings its whole prompt, and its prefill counts wherever it is served.
"""

LOADING = (
    "A replica loads its model before its first request, as load is foreseen: nobody waits, "
    "and the capacity and energy of loading are paid for. With `fleet.load_on_demand` the "
    "requests that come for a replica wait until it has loaded; the balanced plan then needs "
    "{on_demand} s to the first token, where it needs {ahead} s."
)

DIFFERENT = """\
## What is the same, and what differs

The same: the four objectives; several LLMs; several kinds of servers, which stand already, so
that neither their making nor their price counts; servers that are switched off; sites on five
continents with users near each; carbon, energy price and water by the hour; water on site and
at the power station; a balanced point.

Different: sites, servers, LLMs, requests and grids are those of this catalogue, on two days of
2022 (28 January and 29 July) that stand for half a year each. All hours are known ahead, where
SLIT predicts the next epoch. Requests are planned as flows, not one by one. The front is found
by limits on impacts, and each of its plans is proved, where SLIT searches. Against it stands
NSGA-III (pymoo) on the same program for the same time. As the fleet stands, its genomes are
weights of the four impacts, and each is evaluated by the exact dispatch: a kinder search than
the paper's, which chooses its starting points by gradient boosting and whose size is not
known.
"""
