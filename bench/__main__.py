"""``python -m bench``: measure speed and memory, and write what was found."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from bench.circumstances import Circumstances, now
from bench.page import block, rewritten
from bench.places import PAGE, RESULTS, ROOT
from bench.section import Section

MEASUREMENTS = {
    "a": "bench.demo_week",
    "b": "bench.eight_regions",
    "c": "bench.small_fleet",
    "d": "bench.command_line",
    "e": "bench.million_pairs",
    "f": "bench.levers",
    "g": "bench.five_years",
    "h": "bench.side_by_side",
    "i": "bench.replay",
    "j": "bench.pareto_sets",
}


def main(arguments: Sequence[str]) -> int:
    """Measure what is asked for; 1 if a target of it is missed."""
    options = parser().parse_args(arguments)
    circumstances = now(" ".join(("python -m bench", *arguments)))
    RESULTS.mkdir(exist_ok=True)
    sections = []
    for key in options.only:
        print(f"({key}) {MEASUREMENTS[key]}", file=sys.stderr)
        section = import_module(MEASUREMENTS[key]).measure(quick=options.quick)
        print(f"\n({key}) {block(section, circumstances)}\n")
        sections.append(section)
        if options.write:
            page = options.write.read_text(encoding="utf-8")
            text = rewritten(page, key, block(section, circumstances))
            options.write.write_text(text, encoding="utf-8")
    if options.json:
        save(options.json, sections, circumstances)
    return int(not all(target.holds for s in sections for target in s.targets))


def parser() -> argparse.ArgumentParser:
    """Options of the command; a whole run rewrites the page unless told otherwise."""
    found = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    found.add_argument(
        "--only",
        type=keys,
        default=list(MEASUREMENTS),
        metavar="a,b,c,d,e,f,g,h,i,j",
        help="(a) demonstration, (b) large program, (c) small fleet, (d) command line, "
        "(e) a million pairs, (f) levers, (g) five years, "
        "(h) cases side by side, (i) replay, (j) Pareto sets",
    )
    found.add_argument(
        "--quick",
        action="store_true",
        help="one day instead of a week, less time, fewer rounds",
    )
    found.add_argument("--json", type=Path, metavar="FILE", help="also write every run to FILE")
    found.add_argument(
        "--write",
        type=Path,
        default=PAGE,
        metavar="FILE",
        help=f"page whose tables are rewritten (default: {PAGE.relative_to(ROOT)})",
    )
    found.add_argument(
        "--no-write", dest="write", action="store_const", const=None, help="leave the page"
    )
    return found


def keys(text: str) -> list[str]:
    """Letters of measurements."""
    chosen = text.split(",")
    unknown = [key for key in chosen if key not in MEASUREMENTS]
    if unknown:
        raise argparse.ArgumentTypeError(
            f"unknown {', '.join(unknown)}; expected {', '.join(MEASUREMENTS)}"
        )
    return chosen


def save(file: Path, sections: Sequence[Section], circumstances: Circumstances) -> None:
    """Write every run as JSON."""
    found = {
        "circumstances": asdict(circumstances),
        "sections": {section.key: asdict(section) for section in sections},
    }
    file.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
