"""Plans that the tests of the report share; nothing changes them."""

from __future__ import annotations

import pytest

from carbonplan.plan import Plan
from tests.report.example_plan import hour_plan, typical_days_plan, week_plan


@pytest.fixture(scope="session")
def week() -> Plan:
    """Six regions, six SKUs, three workloads, 168 hours, three baselines."""
    return week_plan()


@pytest.fixture(scope="session")
def hour() -> Plan:
    """One region, one hour, no baselines."""
    return hour_plan()


@pytest.fixture(scope="session")
def typical_days() -> Plan:
    """Twelve days that stand for a year."""
    return typical_days_plan()
