"""The notebooks of the documentation: their cells run, and what they show is kept and small."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
LARGEST_BYTES = 300_000
PLACE = re.compile(r"/(home|root|tmp|work|Users|var)/")


def cells(path: Path, kind: str = "code") -> list[dict]:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return [cell for cell in notebook["cells"] if cell["cell_type"] == kind]


def test_there_are_three():
    assert [path.stem for path in NOTEBOOKS] == [
        *("first-plan", "reading-a-plan", "regions-and-generations"),
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_cells_run_in_their_order(path: Path):
    pytest.importorskip("IPython", reason="notebooks need the extra docs")
    names: dict[str, object] = {"__name__": "__main__"}
    for cell in cells(path):
        exec(compile("".join(cell["source"]), f"{path.name}:{cell['id']}", "exec"), names)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_cells_show_is_kept_without_places_or_errors(path: Path):
    text = path.read_text(encoding="utf-8")
    assert len(text.encode("utf-8")) < LARGEST_BYTES
    assert not PLACE.search(text)
    runs = [cell["execution_count"] for cell in cells(path)]
    assert runs == list(range(1, len(runs) + 1))
    outputs = [output for cell in cells(path) for output in cell["outputs"]]
    assert len(outputs) >= 4
    kinds = {output["output_type"] for output in outputs}
    assert kinds <= {"execute_result", "display_data", "stream"}
    assert not [output for output in outputs if output.get("name") == "stderr"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_each_cell_is_led_in_by_words(path: Path):
    assert len(cells(path, "markdown")) >= 3
