import pytest

from carbonplan.catalogue.bands import embodied_at, end_of_band, server_at
from tests.plan.example import made_of, server


@pytest.mark.parametrize(
    ("stance", "unfavourable", "end"),
    [
        ("central", "low", "value"),
        ("pessimistic", "low", "low"),
        ("pessimistic", "high", "high"),
        ("optimistic", "low", "high"),
        ("optimistic", "high", "low"),
    ],
)
def test_the_end_that_a_stance_takes(stance, unfavourable, end):
    assert end_of_band(stance, unfavourable) == end


@pytest.mark.parametrize(
    ("stance", "usd", "kgco2e"),
    [("central", 8760, 10), ("pessimistic", 9000, 20), ("optimistic", 8000, 5)],
)
def test_prices_and_embodied_coefficients_at_an_end(stance, usd, kgco2e):
    """The box costs 8,000 to 9,000 USD; a coefficient's band is half to twice its value."""
    assert server_at(server(), stance).price.purchase_usd == usd
    assert server_at(server(), stance).price.rental_usd_per_hour == 5
    row = embodied_at(made_of("board", 10), stance)
    assert row.kgco2e_per_unit == kgco2e
    assert (row.low_kgco2e_per_unit, row.high_kgco2e_per_unit) == (5, 20)
