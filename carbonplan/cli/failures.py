"""Failures as exit codes and words, or as one JSON document."""

from __future__ import annotations

import traceback

import typer

from carbonplan.cli.output import say, show_json
from carbonplan.errors import CarbonplanError, EnvironmentFailed, Interrupted, UsageError

BUG = 1
PLEASE_REPORT = (
    "This is a bug in carbonplan. Please report it with the text above, the scenario, and "
    "what `carbonplan version` prints."
)


def report(error: BaseException, *, as_json: bool) -> int:
    """Tell the user what failed, and return the exit code.

    A failure with a cause outside the program is its own text; anything else is a bug and keeps
    its traceback.
    """
    failure = _outside_cause(error)
    if failure is None:
        message = f"{type(error).__name__}: {error}"
        say("".join(traceback.format_exception(error)) + "\n" + PLEASE_REPORT)
        code, kind = BUG, "Bug"
    else:
        message = str(failure)
        say(message)
        code, kind = failure.exit_code, type(failure).__name__
    if as_json:
        show_json({"error": _document(failure, code, kind, message)})
    return code


def _outside_cause(error: BaseException) -> CarbonplanError | None:
    match error:
        case CarbonplanError():
            return error
        case typer.TyperException():
            return _wrong_usage(error)
        case KeyboardInterrupt() | typer.Abort():
            return Interrupted("interrupted")
        case MemoryError():
            return EnvironmentFailed("the machine has no memory left for this")
        case OSError():
            place = f"{error.filename}: " if error.filename else ""
            return EnvironmentFailed(f"{place}{error.strerror or error}")
    return None


def _wrong_usage(error: typer.TyperException) -> UsageError:
    """A command line that means nothing, with the help that would have told."""
    message = error.format_message()
    if "--help" in message:
        return UsageError(message)
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "carbonplan"
    return UsageError(f"{message}\nsee {command} --help")


def _document(
    failure: CarbonplanError | None, code: int, kind: str, message: str
) -> dict[str, object]:
    """Fields of an error that a program can act on."""
    document: dict[str, object] = {"exit_code": code, "kind": kind, "message": message}
    for field in ("subject", "problems", "reasons", "diagnosis"):
        if getattr(failure, field, None) is not None:
            document[field] = getattr(failure, field)
    return document
