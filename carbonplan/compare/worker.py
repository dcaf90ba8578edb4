"""A process that plans one case after the other and has its libraries loaded once.

Tasks come as lines on standard input, messages go as lines to standard output. The end of
standard input means that the sweep is gone: the process leaves at once, whatever it does.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from carbonplan.compare.records import BUG, Failure
from carbonplan.compare.results import CASE_FILE, case_file, is_whole, key_of
from carbonplan.compare.tasks import Answer, CaseOptions, Task, line_of, task_of
from carbonplan.errors import CarbonplanError, EnvironmentFailed
from carbonplan.solve.limits import Progress

if TYPE_CHECKING:
    from carbonplan.pipeline import Options
    from carbonplan.plan import Plan
    from carbonplan.scenario.loaded import LoadedScenario

ORPHANED = 3
Tell = Callable[[Progress], None]
Render = Callable[["Plan"], Mapping[str, bytes]]


def serve(render: Render) -> None:
    """Answer tasks until there are no more."""
    messages = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)  # whatever else is printed goes to standard error
    tasks: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(tasks,), daemon=True).start()

    def tell(message: Progress | Answer) -> None:
        messages.write(line_of(message))
        messages.flush()

    while True:
        tell(answered(task_of(tasks.get()), tell, render))


def _listen(tasks: queue.SimpleQueue[str]) -> None:
    for line in sys.stdin:
        tasks.put(line)
    os._exit(ORPHANED)


def answered(task: Task, tell: Tell, render: Render) -> Answer:
    """What comes of a task; every failure becomes words."""
    try:
        return _checked(task) if task.do == "check" else _planned(task, tell, render)
    except Exception as error:
        return Answer(failure=failure_of(error))


def failure_of(error: Exception) -> Failure:
    """An error with its exit code; what has no cause outside keeps its traceback."""
    match error:
        case CarbonplanError():
            problems = tuple(getattr(error, "problems", ()))
            return Failure(type(error).__name__, error.exit_code, str(error), problems)
        case MemoryError():
            words = "the machine has no memory left for this"
            return Failure("EnvironmentFailed", EnvironmentFailed.exit_code, words)
        case OSError():
            place = f"{error.filename}: " if error.filename else ""
            words = f"{place}{error.strerror or error}"
            return Failure("EnvironmentFailed", EnvironmentFailed.exit_code, words)
    return Failure("Bug", BUG, "".join(traceback.format_exception(error)).rstrip())


def _checked(task: Task) -> Answer:
    """Load what a case names; its key, and whether its plan lies there already."""
    from carbonplan.catalogue.gather import gather

    loaded = _loaded(task)
    inputs = gather(loaded)
    limits = _options(task.options).limits(inputs)
    key = key_of(loaded, inputs, limits)
    searches = max(len(inputs.scenario.objective.lexicographic or ()), 1)
    return Answer(key, is_whole(Path(task.folder), key), searches * limits.time_limit_s)


def _planned(task: Task, tell: Tell, render: Render) -> Answer:
    """Plan a case in the ordinary way; its folder also holds what case it is."""
    from dataclasses import replace

    from carbonplan import pipeline
    from carbonplan.catalogue.gather import gather

    loaded = _loaded(task)
    inputs = gather(loaded)
    options = _options(task.options)
    key = key_of(loaded, inputs, options.limits(inputs))
    options = replace(options, out=Path(task.folder), overwrite=True)
    beside = {CASE_FILE: case_file(task.case, key)}
    pipeline.run(loaded, options, on_progress=tell, render=lambda p: {**render(p), **beside})
    return Answer(key)


def _loaded(task: Task) -> LoadedScenario:
    from carbonplan.scenario import load

    case, folders = task.case, tuple(map(Path, task.options.allowed_folders))
    return load(case.scenario, case.overrides, case.variant, folders)


def _options(given: CaseOptions) -> Options:
    from carbonplan.pipeline import Options

    return Options(
        gap=given.gap,
        time_limit_s=given.time_limit_s,
        threads=given.threads,
        seed=given.seed,
    )
