"""The ``carbonplan`` command."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from carbonplan.cli import (
    accuracy,
    alternatives,
    attribution,
    breakeven,
    catalog,
    check,
    compare,
    data,
    diff,
    explain,
    export,
    failures,
    measure,
    pareto,
    plans,
    prompt_carbon,
    replay,
    report,
    reproduce,
    scenarios,
    stochastic,
    version,
)
from carbonplan.cli.output import survive_any_encoding
from carbonplan.cli.signals import StopRequests

app = typer.Typer(
    name="carbonplan",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help starts faster and reads the same in a file
)
app.command()(scenarios.init)
app.command()(scenarios.validate)
app.command()(plans.solve)
app.command()(pareto.pareto)
app.command()(compare.compare)
app.command()(plans.verify)
app.command()(replay.replay)
app.command()(report.report)
app.command()(diff.diff)
app.command()(check.check)
app.command()(explain.explain)
app.command()(alternatives.alternatives)
app.command()(attribution.attribute)
app.command()(stochastic.stochastic)
app.command()(export.export)
app.command()(accuracy.accuracy)
app.add_typer(catalog.app, name="catalog")
app.command()(breakeven.breakeven)
app.command()(prompt_carbon.prompt_carbon)
app.command()(measure.calibrate)
app.command()(measure.profile)
app.command()(scenarios.schema)
app.add_typer(data.app, name="data")
app.add_typer(reproduce.app, name="reproduce")
app.command()(version.version)


@app.callback()
def carbonplan(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=version.show_and_exit, help="Show the version."
        ),
    ] = False,
) -> None:
    """Plan fleets that serve large language models at least carbon, cost, energy or water."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    survive_any_encoding()
    stop = StopRequests()
    stop.listen()
    code = run(arguments)
    return stop.exit_code or code


def run(arguments: Sequence[str]) -> int:
    """Parse, call, print; every failure becomes words and an exit code."""
    command = typer.main.get_command(app)
    try:
        with command.make_context("carbonplan", list(arguments)) as context:
            command.invoke(context)
    except typer.Exit as end:
        return end.exit_code
    except BaseException as error:  # the outermost frame: nothing may pass it unexplained
        return failures.report(error, as_json="--json" in arguments)
    return 0


if __name__ == "__main__":
    sys.exit(main())
