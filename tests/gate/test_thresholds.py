"""How much dearer a plan may be, as it is written."""

import pytest

from carbonplan.errors import UsageError
from carbonplan.gate.thresholds import threshold, thresholds


@pytest.mark.parametrize(
    ("impact", "amount", "unit", "expected"),
    [
        ("carbon", "2%", "kgCO2e", 4.0),  # of a reference of 200
        ("carbon", "2.5 %", "kgCO2e", 5.0),
        ("cost", "500/month", "USD", 500 / 730 * 24),
        ("cost", "1.5 kUSD/year", "USD", 1500 / 8760 * 24),
        ("cost", "$", None, None),
        ("carbon", "10 kg/day", "kgCO2e", 10.0),
        ("carbon", "0.5 t / week", "kgCO2e", 500 / 7),
        ("carbon", "3", "kgCO2e", 3.0),  # over the horizon
        ("water", "2 m3", "L", 2000.0),
        ("energy", "1 MWh/h", "kWh", 24_000.0),
        ("latency", "5 ms", "s", 0.005),
        ("objective", "1 t", "kgCO2e", 1000.0),
    ],
)
def test_an_amount_is_a_share_or_by_time_or_over_the_horizon(impact, amount, unit, expected):
    if expected is None:
        with pytest.raises(ValueError, match="expected a number"):
            threshold(impact, amount)
        return
    found = threshold(impact, amount).allowance(200.0, unit, hours=24.0)
    assert found == pytest.approx(expected)


def test_a_share_of_a_negative_reference_is_a_rise_too():
    assert threshold("carbon", "10%").allowance(-50.0, "kgCO2e", 1.0) == 5.0


def test_several_stand_between_commas_or_in_several_options():
    found = thresholds(["carbon=2%, cost=500/month", "water=1%"])
    assert list(found) == ["carbon", "cost", "water"]
    assert found["cost"].written == "500/month"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("carbn=2%", 'nearest: "carbon"'),
        ("carbon", "expected impact=amount"),
        ("carbon=", "expected impact=amount"),
        ("carbon=-1%", 'found "-1%", expected a number >= 0'),
        ("carbon=nan", 'found "nan"'),
        ("carbon=1e999", "expected a finite number"),
        ("carbon=2%/month", "a share has no time"),
        ("cost=5/mont", 'nearest: "month"'),
        ("cost=5 kg", '"kg" is no unit of USD'),
        ("carbon=1 kgs/day", 'nearest: "kg"'),
        ("carbon=1%,carbon=2%", "carbon is given twice"),
        ("carbon=1,5%", "expected impact=amount"),
    ],
)
def test_what_has_no_meaning_is_refused_with_examples(text, words):
    with pytest.raises(UsageError) as error:
        thresholds([text])
    assert words in str(error.value)
    assert "examples: carbon=2%" in str(error.value)


def test_all_that_is_wrong_is_told_at_once():
    with pytest.raises(UsageError) as error:
        thresholds(["carbn=2%,cost=x,water=1%"])
    assert "carbn" in str(error.value)
    assert "cost=x" in str(error.value)
    assert "water=1%" not in str(error.value)
