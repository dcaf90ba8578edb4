"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, database=None)
settings.load_profile("repeatable")

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of public measurements beside the checkout; tests that need it skip without it.

    Where CARBONPLAN_REQUIRE_MEASUREMENTS is 1 (continuous integration), they fail instead.
    """
    if SHARED_DATA.is_dir():
        return SHARED_DATA
    reason = f"needs the public measurements in {SHARED_DATA.name}/ beside the checkout"
    if os.environ.get("CARBONPLAN_REQUIRE_MEASUREMENTS") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--rewrite-golden`` stores what the regression scenarios give now."""
    parser.addoption("--rewrite-golden", action="store_true")
