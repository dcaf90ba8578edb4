from __future__ import annotations

from pathlib import Path

import pytest

from carbonplan.catalogue import shipped
from carbonplan.errors import EnvironmentFailed


@pytest.fixture
def roots(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """A package folder of the test's own, with no memory of where data was found before."""
    package = tmp_path / "place" / "carbonplan"
    package.mkdir(parents=True)
    monkeypatch.setattr(shipped, "PACKAGE", package)
    shipped._shipped.cache_clear()
    yield package
    shipped._shipped.cache_clear()


def test_checkout_has_data_beside_the_package(roots):
    (roots.parent / "data").mkdir()
    assert shipped.data_root() == roots.parent / "data"


def test_wheel_has_data_inside_and_wins(roots):
    (roots.parent / "models").mkdir()
    (roots / "shipped" / "models").mkdir(parents=True)
    assert shipped.models_root() == roots / "shipped" / "models"


@pytest.mark.usefixtures("roots")
def test_missing_folder_says_where_it_was_looked_for():
    with pytest.raises(EnvironmentFailed, match=r"scenarios/ folder of carbonplan is missing"):
        shipped.scenarios_root()


def test_messages_name_shipped_files_from_their_root(tmp_path):
    assert shipped.shown(shipped.data_root() / "hardware" / "skus.csv") == str(
        Path("data", "hardware", "skus.csv")
    )
    assert shipped.shown(tmp_path / "own.csv") == str(tmp_path / "own.csv")
