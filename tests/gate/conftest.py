"""Solves of these tests run in this process: a worker takes longer to start than to solve."""

from functools import partial

import pytest

from carbonplan import solve
from carbonplan.gate import least
from carbonplan.solve import solve as isolated


@pytest.fixture(autouse=True)
def in_process(monkeypatch):
    """No worker processes."""
    here = partial(isolated, isolated=False)
    monkeypatch.setattr(solve, "solve", here)
    monkeypatch.setattr(least, "solve", here)
