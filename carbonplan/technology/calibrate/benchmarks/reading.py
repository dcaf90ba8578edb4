"""Any file of measurements: a table of one's own, or what a benchmark program wrote."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from carbonplan.catalogue.measurements import Measurement, holds_measurements, read_measurements
from carbonplan.catalogue.shipped import shown
from carbonplan.catalogue.tables import LIMIT_BYTES, refuse
from carbonplan.catalogue.text import read_text
from carbonplan.errors import InvalidInput
from carbonplan.technology.calibrate.benchmarks import aiconfigurator, guidellm, vllm
from carbonplan.technology.calibrate.benchmarks.given import (
    Given,
    Imported,
    card_of,
    no_card,
)
from carbonplan.technology.calibrate.benchmarks.serving import ServingRun

EXPECTED = (
    "is no result of `vllm bench serve` and no report of GuideLLM; expected one of them, a "
    "table of AIConfigurator or one of your own"
)


def read_files(paths: Sequence[Path], given: Given) -> Imported:
    """Measurements of all files together.

    Raises
    ------
    InvalidInput
        With every problem of the first file that has any.
    """
    parts = [read_file(path, given) for path in paths]
    return Imported(
        tuple(row for part in parts for row in part.measurements),
        tuple(
            f"{shown(path)}: {note}"
            for path, part in zip(paths, parts, strict=True)
            for note in part.notes
        ),
    )


def read_file(path: Path, given: Given) -> Imported:
    """Measurements of one file, whichever program wrote it."""
    text = read_text(path, LIMIT_BYTES)
    if text.lstrip().startswith(("{", "[")):
        imported = _from_json(path, text, given)
    elif not holds_measurements(path) and aiconfigurator.is_aiconfigurator(_header(text)):
        imported, problems = aiconfigurator.read_rows(text, given, path.name)
        refuse(path, problems)
    else:
        imported = Imported(read_measurements(path))
    chosen = tuple(row for row in imported.measurements if given.chooses(row))
    if not chosen:
        refuse(path, [*imported.notes, f"no row is left{_chosen_by(given)}"])
    return Imported(chosen, imported.notes)


def _from_json(path: Path, text: str, given: Given) -> Imported:
    documents = _documents(path, text)
    if len(documents) == 1 and guidellm.is_guidellm(documents[0]):
        runs, problems = guidellm.read_runs(documents[0])
    elif all(vllm.is_vllm(document) for document in documents):
        runs, problems = _vllm_runs(documents)
    else:
        raise InvalidInput(shown(path), [EXPECTED])
    refuse(path, problems)
    said = ["llm"] if all(run.model is not None for run in runs) else []
    refuse(path, [*given.absent(said), *_model_problems(runs, given)])
    rows = tuple(row for run in runs for row in _rows(run, given, path.name))
    waiting = sum(not run.ttft_counts for run in runs)
    note = f"TTFT of {waiting} runs left out: under their load requests wait for others"
    return Imported(rows, (note,) if waiting else ())


def _documents(path: Path, text: str) -> list[object]:
    """JSON documents that follow each other in a file."""
    decoder = json.JSONDecoder()
    documents, at = [], 0
    while rest := text[at:].lstrip():
        at = len(text) - len(rest)
        try:
            document, at = decoder.raw_decode(text, at)
        except (json.JSONDecodeError, RecursionError) as error:
            line = text.count("\n", 0, getattr(error, "pos", at)) + 1
            raise InvalidInput(shown(path), [f"line {line}: not JSON: {error}"]) from None
        documents.append(document)
    return documents


def _vllm_runs(documents: Sequence[object]) -> tuple[list[ServingRun], list[str]]:
    several = len(documents) > 1
    read = [
        vllm.read_run(document, f"document {number}: " if several else "")
        for number, document in enumerate(documents, start=1)
    ]
    return [run for run, _ in read if run], [line for _, lines in read for line in lines]


def _model_problems(runs: Sequence[ServingRun], given: Given) -> list[str]:
    """Models without a card, and those that are not the LLM that the option names."""
    problems = []
    for model in dict.fromkeys(run.model for run in runs if run.model is not None):
        card = card_of(model)
        if card is None and given.llm is None:
            problems.append(no_card(model))
        elif card is not None and given.llm not in (None, card):
            problems.append(f'ran "{model}", the card {card}; --llm says {given.llm}')
    return problems


def _rows(run: ServingRun, given: Given, source: str) -> tuple[Measurement, ...]:
    card = card_of(run.model) if run.model else None
    return tuple(run.measurements({"llm": card, **given.known()}, source))


def _header(text: str) -> list[str]:
    return [name.strip() for name in text.partition("\n")[0].split(",")]


def _chosen_by(given: Given) -> str:
    options = ", ".join(
        f"--{name.replace('_', '-')} {value}" for name, value in given.known().items()
    )
    return f" of those that {options} chooses" if options else ""
