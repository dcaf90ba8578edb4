"""A plan becomes files that other tools take: clusters, engines, schedules, clocks, orders."""

from __future__ import annotations

from carbonplan.export.records import Export, Note, Options, Rollout
from carbonplan.export.targets import TARGETS, export

__all__ = ["TARGETS", "Export", "Note", "Options", "Rollout", "export"]
