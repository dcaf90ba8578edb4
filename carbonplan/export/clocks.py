"""Clocks: a script for the servers of a SKU in a region that locks what the plan runs at.

It does nothing but say what it would do, unless it is told to apply it; its undo gives the
clocks back to the driver. Names stand in comments alone; the program is made of numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from carbonplan.export.documents import header
from carbonplan.export.names import label, one_line
from carbonplan.export.records import Note

if TYPE_CHECKING:
    from carbonplan.export.records import Group, Hours, Rollout

VENDOR = "NVIDIA"
CLOCKS_PER_LINE = 12

OPENING = """\
set -euo pipefail

usage() {
  printf 'usage: %s [--apply] [--undo]{at_usage}\\n' "${0##*/}"
  printf '  --apply       run what is otherwise only shown\\n'
  printf '  --undo        give the clocks back to the driver\\n'
{at_help}}

apply=0
undo=0
{at_now}while (($# > 0)); do
  case "$1" in
    --apply) apply=1 ;;
    --undo) undo=1 ;;
{at_case}    --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
  shift
done

run() {
  if ((apply)); then
    "$@"
  else
    printf 'would run: %s\\n' "$*"
  fi
}

if ((undo)); then
  run nvidia-smi --reset-gpu-clocks
  exit 0
fi
"""
AT = {  # of scripts whose clocks change with time
    "{at_usage}": " [--at SECONDS]",
    "{at_help}": "  printf '  --at SECONDS  as at this time since 1970 in UTC, not now\\n'\n",
    "{at_now}": 'now="$(date -u +%s)"\n',
    "{at_case}": """\
    --at)
      [[ "${2:-}" =~ ^[1-9][0-9]{0,11}$ ]] || { usage >&2; exit 2; }
      now="$2"
      shift
      ;;
""",
}
IDLE = """\
if ((mhz == 0)); then
  printf 'the plan runs nothing here now; clocks stay as they are\\n'
  exit 0
fi
"""
LOCK = """\
run nvidia-smi --lock-gpu-clocks="${mhz},${mhz}"
"""


def clock_files(rollout: Rollout) -> Iterator[tuple[str, bytes]]:
    """A script for each group whose clocks are not left to the driver."""
    for group in rollout.groups:
        if _is_scripted(rollout, group):
            path = f"clocks/{label(group.region)}/{label(group.sku)}.sh"
            yield path, script(rollout, group).encode("utf-8")


def clock_notes(rollout: Rollout) -> Iterator[Note]:
    """Which groups have no script, and where one clock stands for several."""
    target = "clocks"
    for group in rollout.groups:
        of, machine = f"{group.sku} in {group.region}", rollout.machines[group.sku]
        clocks = clocks_mhz(group)
        if not any(clocks):
            yield Note(target, "no script is needed", "nothing runs on accelerators there", of)
        elif set(clocks) <= {0, round(machine.boost_mhz)}:
            why = "the plan runs at the highest clock throughout"
            yield Note(target, "no script is needed", why, of)
        elif machine.kind != "gpu" or machine.vendor != VENDOR:
            why = "nvidia-smi sets clocks of NVIDIA accelerators alone"
            yield Note(target, "a script is left out", why, of)
        elif len(set(clocks)) > 1 and not _follows(rollout.hours):
            yield Note(target, "a script is left out", rollout.hours.reason, of)
        several = sum(len(found) > 1 for found in group.clocks_mhz)
        if several:
            why = f"where replicas differ in clock (slots: {several}), all get the highest"
            yield Note(target, "more power than planned", why, of)


def clocks_mhz(group: Group) -> list[int]:
    """The clock of each slot: the highest in use, 0 where nothing runs [MHz]."""
    return [max(found, default=0) for found in group.clocks_mhz]


def script(rollout: Rollout, group: Group) -> str:
    """The script of a group of servers."""
    lines = header(
        rollout.identity,
        f"clocks of {group.sku} in {group.region}; run on each of its servers as root, at the "
        "start of every slot",
    )
    comment = "".join(f"# {one_line(line)}\n" for line in lines)
    clocks = clocks_mhz(group)
    constant = len(set(clocks)) == 1
    planned = f"mhz={clocks[0]}\n" if constant else _table(rollout.hours, clocks) + IDLE
    return f"#!/usr/bin/env bash\n{comment}{_opening(timed=not constant)}\n{planned}{LOCK}"


def _opening(*, timed: bool) -> str:
    """How a script reads its options, the time among them where its clocks change."""
    text = OPENING
    for mark, words in AT.items():
        text = text.replace(mark, words if timed else "")
    return text


def _is_scripted(rollout: Rollout, group: Group) -> bool:
    machine, clocks = rollout.machines[group.sku], set(clocks_mhz(group))
    if machine.kind != "gpu" or machine.vendor != VENDOR:
        return False
    if clocks <= {0, round(machine.boost_mhz)}:
        return False
    return len(clocks) == 1 or _follows(rollout.hours)


def _follows(hours: Hours) -> bool:
    """Whether slots follow one another, be it once or every day or week."""
    steps = {(later - earlier).total_seconds() for earlier, later in pairwise(hours.starts)}
    return steps <= {hours.minutes * 60.0}


def _table(hours: Hours, clocks: Sequence[int]) -> str:
    """The clock of now, from the list of all slots."""
    rows = [
        "  " + " ".join(str(clock) for clock in clocks[at : at + CLOCKS_PER_LINE])
        for at in range(0, len(clocks), CLOCKS_PER_LINE)
    ]
    listed = "\n".join(["clocks=( # MHz of each slot; 0 where nothing runs", *rows, ")"])
    start, length = int(hours.starts[0].timestamp()), hours.minutes * 60
    place = f"slot=$(((now - {start}) / {length}))\n"
    if hours.period is not None:
        first = start % (length * len(clocks))
        place = f"slot=$(((now - {first}) / {length} % {len(clocks)}))\n"
    outside = (
        f"if ((now < {start if hours.period is None else 0} || slot >= {len(clocks)})); then\n"
        "  printf 'the plan does not speak of this time; clocks stay as they are\\n'\n"
        "  exit 0\n"
        "fi\n"
    )
    recurs = "" if hours.period is not None else outside
    return f'{listed}\n{place}{recurs}mhz="${{clocks[slot]}}"\n'
