"""What the README shows works as it stands."""

import gzip
import re
from pathlib import Path

from carbonplan.cli.main import run

README = (Path(__file__).resolve().parents[1] / "README.md").read_text(encoding="utf-8")


def test_the_python_sample_runs(tmp_path, monkeypatch):
    (sample,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    monkeypatch.chdir(tmp_path)
    run(["init", "my-first"])
    requests = "".join(f"{second},300,100\n" for second in range(60))
    trace = f"time_s,input_tokens,output_tokens\n{requests}"
    (tmp_path / "requests.csv.gz").write_bytes(gzip.compress(trace.encode()))
    names = {}
    exec(sample, names)
    assert names["plan"].impacts["carbon"].value > 0


def test_every_document_that_it_points_to_is_there():
    root = Path(__file__).resolve().parents[1]
    pointed = re.findall(r"`((?:docs|data|carbonplan)/[\w./-]+\.md|[A-Z]+\.md)`", README)
    assert pointed
    assert [path for path in pointed if not (root / path).is_file()] == []
