"""Machine code is kept between runs where it can be, for its owner alone, and never stale."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from carbonplan.replay import compiled, engine
from carbonplan.replay.compiled import SOURCES, cache_folder, sources_hash
from carbonplan.replay.steps import points, position
from tests.replay.regions import Like, all_open, kinds_of, one_way, requests_of, rules_of

PACKAGE = Path(compiled.__file__).parent
find_folder = cache_folder.__wrapped__


def test_the_hash_covers_every_file_that_compiled_code_comes_from():
    compiled_ones = {
        path.stem
        for path in PACKAGE.glob("*.py")
        if "carbonplan.replay.compiled import" in path.read_text(encoding="utf-8")
    }
    needed = compiled_ones | {name for one in compiled_ones for name in imported(one)}
    assert needed - {"compiled"} == set(SOURCES) - {"compiled"}


def imported(name: str) -> set[str]:
    """Modules of the package that one of its modules imports."""
    tree = ast.parse((PACKAGE / f"{name}.py").read_text(encoding="utf-8"))
    modules = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {one.rpartition(".")[2] for one in modules if one.startswith("carbonplan.replay.")}


def test_the_hash_is_of_what_the_files_say(monkeypatch, tmp_path):
    for name in SOURCES:
        (tmp_path / f"{name}.py").write_bytes((PACKAGE / f"{name}.py").read_bytes())
    monkeypatch.setattr(compiled, "__file__", str(tmp_path / "compiled.py"))
    before = sources_hash()
    with (tmp_path / "steps.py").open("a") as file:
        file.write("# changed\n")
    assert sources_hash() != before


def test_the_folder_is_the_users_own(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = find_folder()
    assert folder == tmp_path / "carbonplan" / "replay" / sources_hash()
    assert folder.stat().st_mode & 0o777 == 0o700


def test_without_a_home_it_lies_in_the_temporary_folder(monkeypatch, tmp_path):
    nowhere = tmp_path / "file"
    nowhere.write_text("not a folder")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(nowhere))
    monkeypatch.setattr(compiled.tempfile, "tempdir", str(tmp_path))
    assert find_folder().is_relative_to(tmp_path)


def test_where_others_may_write_nothing_is_kept(monkeypatch, tmp_path):
    monkeypatch.setattr(compiled, "_bases", lambda: iter([tmp_path]))
    find_folder().chmod(0o777)
    assert find_folder() is None


def test_without_a_folder_code_is_compiled_all_the_same(monkeypatch):
    monkeypatch.setattr(compiled, "cache_folder", lambda: None)
    assert compiled.kept(lambda x: x + 1)(1) == 2
    with compiled.one_at_a_time():
        pass


def test_whatever_the_arrays_the_code_is_compiled_once():
    kinds = kinds_of([Like(slots=2)])
    still = np.broadcast_to(kinds.decode_s[:, :, :, :1], kinds.decode_s.shape)
    turned = np.asfortranarray(kinds.work_s.astype(np.float32))
    others = kinds._replace(decode_s=still, work_s=turned)
    engine.run(
        requests_of([0.0]), others, all_open(kinds), one_way(kinds), rules_of(), np.int64(1)
    )
    assert len(engine.advance.signatures) == 1


def test_what_was_compiled_is_on_disk():
    engine.ready()
    folder = cache_folder()
    assert folder is None or list(folder.rglob("*.nbi"))


def test_without_numba_there_is_a_hint():
    program = (
        "import sys; sys.modules['numba'] = None\n"
        "from carbonplan.errors import MissingDependency\n"
        "try: import carbonplan.replay.engine\n"
        "except MissingDependency as error: print(error, error.exit_code)"
    )
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "pip install 'carbonplan[replay]'" in found.stdout
    assert found.stdout.rstrip().endswith(" 8")


@pytest.mark.parametrize("tokens", [0.0, 1.0, 77.7, 1000.0, 4096.0, 9000.0])
def test_positions_on_an_axis(tokens):
    axis = points(4096.0, 17)
    i, part = position.py_func(tokens, 4096.0, 16)
    assert 0 <= i < 16
    assert axis[i] + part * (axis[i + 1] - axis[i]) == pytest.approx(tokens, abs=1e-9)
    if tokens <= 4096:
        assert 0 <= part <= 1
        assert i == max(np.searchsorted(axis, tokens) - 1, 0)
