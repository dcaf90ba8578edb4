"""The meaning of HiGHS's statuses is total."""

import highspy

from carbonplan.solve.status import CLAIMS, Claim


def test_every_status_of_the_enum_has_a_meaning_and_no_other():
    assert set(CLAIMS) == set(highspy.HighsModelStatus.__members__)


def test_only_optimal_is_proved():
    assert [name for name, claim in CLAIMS.items() if claim is Claim.PROVED] == ["kOptimal"]
