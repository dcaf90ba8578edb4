"""Run the notebooks of this folder and keep what their cells show; needs the extra ``docs``.

    python docs/notebooks/execute.py

What is kept is the same whenever it is run: no times, no numbers of runs, no paths.
"""

from __future__ import annotations

import json
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
LONGEST_S = 600
LARGEST_BYTES = 300_000


def main() -> None:
    """Execute every notebook in place."""
    for path in sorted(FOLDER.glob("*.ipynb")):
        path.write_text(executed(path), encoding="utf-8")
        print(f"{path.name}: {path.stat().st_size:,} bytes")


def executed(path: Path) -> str:
    """The notebook with the outputs of its cells, as it is written.

    Raises
    ------
    CellExecutionError
        A cell failed.
    ValueError
        The outputs are too large to be kept.
    """
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=LONGEST_S, record_timing=False)
    client.execute(cwd=str(FOLDER))
    notebook.metadata = {key: notebook.metadata[key] for key in ("kernelspec",)}
    for cell in notebook.cells:
        cell.metadata = {}
    text = json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    if len(text.encode("utf-8")) > LARGEST_BYTES:
        raise ValueError(
            f"{path.name} holds more than {LARGEST_BYTES:,} bytes with its outputs"
        )
    return text


if __name__ == "__main__":
    main()
