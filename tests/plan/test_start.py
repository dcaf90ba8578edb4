"""The plan's record is at hand without the slow libraries."""

from __future__ import annotations

import subprocess
import sys


def test_the_record_needs_no_slow_library():
    code = (
        "import sys; from carbonplan.plan import Plan, ImpactTotal; "
        "print([n for n in ('numpy', 'xarray', 'pandas', 'h5py') if n in sys.modules])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"
