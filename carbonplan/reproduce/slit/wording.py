"""Words of the page on SLIT that no number changes."""

from carbonplan.reproduce.claims import Known

HEADING = """\
# SLIT: four objectives over data centres of the world

This page is made by

    carbonplan reproduce slit --page docs/reproduce/slit.md

from the shipped scenario `reproduce-slit`, for SLIT (Moore, Qi, Hogade, Milojicic, Bash,
Pasricha; GLSVLSI 2025; arXiv 2505.23554). The question is the paper's: data centres with
several kinds of servers stand around the world, requests to several LLMs come from all sides;
which site serves them in each epoch, so that time to first token, carbon, water and the cost of
energy are low? Its data could not be read, nor its percentages; no number below is meant to
meet one of them.

## What is claimed, and what is found here
"""
CLAIMED = (
    (
        "significantly less carbon, water, energy cost and time to first token than Helix and "
        "Splitwise",
        Known.SUMMARY,
    ),
    (
        "a balanced point, SLIT-Balance, that betters both in all four, with competitive time to "
        "first token",
        Known.SUMMARY,
    ),
    (
        "the four are co-optimised by a machine-learning based metaheuristic",
        Known.PAPER,
    ),
    ("epochs of, for example, 15 minutes", Known.SUMMARY),
)
PLANS = """\
## The plans

*Least ...* minimises one impact alone. *Balanced* is the plan of the front whose worst impact is
nearest to its best, with the front's range of each impact as its measure. The baselines are ours,
made from what is known of each system:

- *Splitwise-like*: performance first. Prefill and decode run on replicas of their own and the KV
  cache travels between them; all servers are on, at full clock; time to first token is least,
  and cost is least among plans within 1 % of it.
- *Helix-like*: throughput first. All servers are on, at full clock; each site serves a fixed
  share of each workload in every hour, in proportion to the highest rate that its servers reach;
  within that, cost is least. Of Helix's layers spread over several sites nothing is here.
"""
LATENCY = """\
## What time to first token is made of

| the paper, as a summary has it | here |
| --- | --- |
| (2) loading: size of the LLM over the bandwidth of the server | Planned ahead: a replica loads \
its model before its first request, and the capacity and energy of it are paid for. With \
`fleet.load_on_demand`, requests wait for it (`docs/levers.md`). |
| (3) migration: hops from source to destination, times the latency of a router | The measured \
round trip between users and site, which contains the hops. |
| processing | Queueing, prefill, and the step that runs when a request comes. |

There is no term for what a request carries to another site. A prompt is text: 4,000 tokens are
about 16 kB, 1 ms at 16 MB/s, within the round trip. A KV cache would weigh (300 MB for 1,000 tokens of
a 70B LLM in 16 bits), but only where a conversation's earlier turns lie in the cache of another site; here
every request brings its prompt, whose prefill is in the time to first token wherever it is served.
"""
DIFFERENT = """\
## What is the same, and what differs

The same: the four objectives; several LLMs; several kinds of servers, which stand already and are
not charged for their making; power states of servers; sites on five continents with users near
each; carbon, energy price and water by the hour; water on site and at the power station; a
balanced point.

Different: sites, servers, LLMs, requests and grids are those of this catalogue, two days of 2022
(28 January and 29 July) that stand for half a year each. The year ahead is known, where SLIT predicts
its next epoch. Requests are planned as flows, not one by one. The front is found by limits on
impacts, each of its plans with a proof, where SLIT searches. Against it stands NSGA-III (pymoo)
for as long, whose genomes are weights of the four impacts, as the fleet stands: each is evaluated
by the exact dispatch. That is a kinder search than the paper's, whose starting points
are chosen by gradient boosting and whose size is not known.
"""
