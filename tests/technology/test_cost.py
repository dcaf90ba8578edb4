import pytest

from carbonplan.technology.cost import (
    annuity_factor,
    purchase_usd_per_hour,
    server_usd_per_hour,
)
from tests.technology.example_records import H100_8


def test_without_interest_a_purchase_is_spread_evenly():
    assert annuity_factor(0.0, 4.0) == pytest.approx(0.25)
    assert purchase_usd_per_hour(87600.0, 5.0, 0.0) == pytest.approx(2.0)


def test_textbook_annuity():
    """1,000 at 10 % over 3 years: 402.11 a year."""
    assert 1000 * annuity_factor(0.1, 3.0) == pytest.approx(402.11, abs=0.01)


def test_factors_over_arrays_meet_the_limit_of_no_interest():
    tiny, none = annuity_factor([1e-9, 0.0], 4.0)
    assert tiny == pytest.approx(none)


def test_bought_server_is_written_off_with_its_accelerators():
    assert server_usd_per_hour(H100_8, "purchase", 0.0) == pytest.approx(250_000 / 4 / 8760)


def test_rented_server_costs_its_rent():
    rented = H100_8.price.model_copy(update={"rental_usd_per_hour": 20.0})
    server = type(H100_8)(
        H100_8.sku, H100_8.host, H100_8.accelerator, H100_8.power, rented, H100_8.parts
    )
    assert server_usd_per_hour(server, "rental", 0.1) == 20.0


def test_server_without_a_rental_price_cannot_be_rented():
    with pytest.raises(ValueError, match="h100-sxm-8 has no rental price"):
        server_usd_per_hour(H100_8, "rental", 0.0)
