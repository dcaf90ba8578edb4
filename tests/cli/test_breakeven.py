import json

import pytest

from carbonplan.catalogue.hardware import coefficient_sets
from carbonplan.cli.main import run


def answered(capsys, *arguments: str) -> dict:
    assert run(["breakeven", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_three_questions_are_answered_for_every_grid(capsys):
    found = answered(capsys, "t4", "rtx-6000-ada", "--intensity", "17", "--intensity", "CA-QC")
    asked = [(answer["question"], answer["grid"]) for answer in found["repays"]]
    grids = ["17", "CA-QC"]
    assert asked == [
        ("intensity", None),
        *(("utilisation", grid) for grid in grids),
        *(("lifetime", grid) for grid in grids),
    ]
    for answer in found["repays"]:
        assert (answer["threshold"] is None) == (answer["repays"] in ("always", "never"))
        assert bool(answer["reason"]) == (answer["threshold"] is None)


def test_the_formula_with_the_printed_terms_gives_the_threshold(capsys):
    found = answered(
        capsys, "a100-80-sxm-8", "h100-sxm-8", "--intensity", "261", "--charge-old"
    )
    terms = found["terms"]
    saving_wh = terms["A_wh"] * found["utilisation"] + terms["B_wh"]
    assert terms["E_mg"] == pytest.approx(terms["E_new_mg"] - terms["E_old_mg"])
    (_, _, lifetime) = found["repays"]
    years = found["machines"][1]["lifetime_years"]
    # g/kWh times Wh is mg
    saved_mg = 261 * saving_wh + terms["E_old_mg"]
    assert lifetime["threshold"] == pytest.approx(years * terms["E_new_mg"] / saved_mg)


def test_the_first_threshold_has_equal_carbon_on_both_sides(capsys):
    pair = ("a100-80-sxm-8", "h100-sxm-8", "--set", "nvidia-pcf")
    intensity = answered(capsys, *pair)["repays"][0]["threshold"]
    (row,) = answered(capsys, *pair, "--intensity", str(intensity))["carbon"]
    assert row["old_mg_per_ktoken"] == pytest.approx(row["new_mg_per_ktoken"])


def test_more_to_make_never_lowers_the_intensity_that_repays_it(capsys):
    pair = ("a100-80-sxm-8", "h100-sxm-8")
    plain, dear, longer = (
        answered(capsys, *pair, *more)["repays"][0]["threshold"]
        for more in ((), ("--set", "nvidia-pcf"), ("--lifetime-years", "8"))
    )
    assert plain < dear
    assert longer == pytest.approx(plain / 2)


def test_pue_lowers_the_intensity_that_repays_the_making(capsys):
    pair = ("a100-80-sxm-8", "h100-sxm-8")
    plain = answered(capsys, *pair)["repays"][0]["threshold"]
    site = answered(capsys, *pair, "--pue", "1.25")["repays"][0]["threshold"]
    assert site == pytest.approx(plain / 1.25)


def test_a_limit_on_tokens_makes_the_batch_smaller(capsys):
    free = answered(capsys, "t4", "l4")["machines"]
    bound = answered(capsys, "t4", "l4", "--tpot-s", "0.06")["machines"]
    assert all(b["batch"] < f["batch"] for b, f in zip(bound, free, strict=True))


def test_one_name_is_judged_by_every_set(capsys):
    found = answered(capsys, "h100-sxm-8", "--lifetime-years", "4")
    assert [row["coefficient_set"] for row in found["crossovers"]] == list(coefficient_sets())
    for row in found["crossovers"]:
        hourly_g = row["embodied_kgco2e"] / (4 * 8.76)
        assert row["embodied_g_per_hour"] == pytest.approx(hourly_g)
        crossover = row["crossover_g_per_kwh"]
        assert crossover * found["mean_power_kw"] == pytest.approx(hourly_g)
        assert row["low_g_per_kwh"] <= crossover <= row["high_g_per_kwh"]


def test_words_name_case_set_and_thresholds(capsys):
    assert run(["breakeven", "a100-80-sxm-8", "h100-sxm-8", "--set", "eserve-2025"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("llama-3.2-3b in bf16, 512 tokens in and 256 out")
    assert "making by eserve-2025" in printed
    assert "E / (A u + B)" in printed
    assert run(["breakeven", "t4"]) == 0
    assert "t4 draws" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["t4", "rtx-6000-adda"], 3, 'nearest: "rtx-6000-ada"'),
        (["t4", "l4", "--llm", "llama-3.2-3c"], 3, 'nearest: "llama-3.2-3b"'),
        (["t4", "l4", "--intensity", "CA-QX"], 3, 'nearest: "CA-QC"'),
        (["t4", "l4", "--set", "act-2023"], 3, 'nearest: "act-2022"'),
        (["t4", "l4", "--llm", "llama-3.1-70b"], 3, "weights"),
        (["t4", "l4", "--precision", "fp17"], 2, 'nearest: "fp16"'),
        (["t4", "l4", "--request-class", "512"], 2, "as in 512,256"),
        (["t4", "l4", "--request-class", "512,nan"], 2, "as in 512,256"),
        (["t4", "l4", "--utilisation", "0"], 2, "--utilisation"),
        (["t4", "--charge-old"], 2, "OLD NEW"),
        ([], 2, "OLD"),
    ],
)
def test_mistakes_are_told_with_the_way_out(arguments, code, words, capsys):
    assert run(["breakeven", *arguments]) == code
    printed = capsys.readouterr()
    assert words in printed.err
    assert printed.out == ""
