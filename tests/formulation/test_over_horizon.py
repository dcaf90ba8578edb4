"""impact_within_bound, impact_within_stage_bound, share_is_matched: rows over the horizon."""

import pytest

from tests.answers import optimum, plain, row
from tests.staged import staged
from tests.tiny import tiny
