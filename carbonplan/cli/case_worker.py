"""What ``compare`` starts for its cases: ``python -m carbonplan.cli.case_worker``."""

from __future__ import annotations

from carbonplan.compare.worker import serve
from carbonplan.report import files

if __name__ == "__main__":
    serve(files)
