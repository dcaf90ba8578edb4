"""A scenario's own tables and cards: they go before the shipped ones, and are checked."""

from __future__ import annotations

import hashlib

import pytest

from carbonplan.catalogue.gather import gather
from carbonplan.catalogue.shipped import models_root
from carbonplan.errors import InvalidInput
from carbonplan.scenario import load

SCENARIO = """\
carbonplan: 1
name: own
catalogue: mine
horizon: {start: 2022-02-21T00:00:00Z, hours: 1}
signal: {kind: average, scope: location, basis: lifecycle}
regions: [{region: aws-us-east-1}]
series: {intensity_g_per_kwh: intensity.csv}
fleet: {skus: [h100-sxm-8]}
workloads:
  - name: chat
    kind: online
    llm: llama-3.1-8b
    classes: azure-conversation
    arrivals: {mean_rps: 20}
    ttft_s: 2.0
    tpot_s: 0.1
objective: {minimise: carbon}
"""
PRICES = (
    "sku,purchase_usd,rental_usd_per_hour,low_purchase_usd,high_purchase_usd,evidence,source"
)
CLASSES = "service,request_class,input_tokens,output_tokens,share,evidence,source"


@pytest.fixture
def scenario(tmp_path):
    """Writes the scenario with files of its own catalogue; returns its path."""

    def write(*changes: tuple[str, str], **files: str):
        text = SCENARIO
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "own.yaml"
        path.write_text(text)
        (tmp_path / "intensity.csv").write_text(
            "time_utc,aws-us-east-1\n2022-02-21T00:00Z,300\n"
        )
        for name, content in files.items():
            file = tmp_path / "mine" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content)
        return path

    return write


def problems(path) -> str:
    with pytest.raises(InvalidInput) as caught:
        gather(load(path))
    return "\n".join(caught.value.problems)


def test_a_row_of_its_own_replaces_the_shipped_one_and_no_other(scenario):
    prices = f"{PRICES}\nh100-sxm-8,1234,,1000,2000,assumed,scenario\n"
    shipped = gather(load(scenario(("catalogue: mine\n", ""))))
    own = gather(load(scenario(**{"hardware/prices.csv": prices})))
    assert own.servers[0].price.purchase_usd == 1234
    assert own.servers[0].host == shipped.servers[0].host


def test_rows_that_belong_together_are_replaced_together(scenario):
    classes = f"{CLASSES}\nazure-conversation,only,100,10,1,measured,scenario\n"
    (only,) = gather(load(scenario(**{"requests/classes.csv": classes}))).classes
    assert (only.name, only.request_class.input_tokens) == ("chat/only", 100)


def test_a_card_of_its_own_is_served(scenario):
    card = (models_root() / "llama-3.1-8b.yaml").read_text()
    text = card.replace("llm: llama-3.1-8b", "llm: my-llm")
    path = scenario(("llm: llama-3.1-8b", "llm: my-llm"), **{"models/my-llm.yaml": text})
    assert [llm.llm for llm in gather(load(path)).llms] == ["my-llm"]


def test_its_files_are_hashed(scenario, tmp_path):
    prices = f"{PRICES}\nh100-sxm-8,1234,,1000,2000,assumed,scenario\n"
    files = gather(load(scenario(**{"hardware/prices.csv": prices}))).files
    own = {file.path: file.sha256 for file in files if file.path.is_relative_to(tmp_path)}
    sha256 = hashlib.sha256(prices.encode()).hexdigest()
    assert own[tmp_path / "mine" / "hardware" / "prices.csv"] == sha256


def test_every_problem_of_every_file_is_told_with_its_name(scenario):
    path = scenario(
        **{
            "hardware/prices.csv": f"{PRICES}\nh100-sxm-8,-1,,1,2,assumed,scenario\n",
            "skus.csv": "sku\nx\n",
            "my-card.yaml": "llm: x\n",
        }
    )
    told = problems(path)
    assert "hardware/prices.csv: line 2 (h100-sxm-8), purchase_usd" in told
    assert (
        "skus.csv: no table of the catalogue is called so; expected hardware/skus.csv" in told
    )
    assert "my-card.yaml: a card belongs in models/" in told


def test_a_name_that_leads_nowhere_is_told(scenario):
    skus = (
        "sku,host,accelerator,accelerators,host_lifetime_years,accelerator_lifetime_years,"
        "nic_gb_per_s,evidence,source\nmine,nowhere,h100-sxm,8,6,4,12.5,assumed,scenario\n"
    )
    told = problems(scenario(**{"hardware/skus.csv": skus}))
    assert 'skus.csv (mine), host: "nowhere" has no row in hardware/hosts.csv' in told
    assert 'skus.csv (mine), sku: "mine" has no row in hardware/prices.csv' in told


def test_an_unknown_name_tells_of_both_places(scenario):
    prices = f"{PRICES}\nh100-sxm-8,1234,,1000,2000,assumed,scenario\n"
    path = scenario(("[h100-sxm-8]", "[h100-sxm8]"), **{"hardware/prices.csv": prices})
    assert '"h100-sxm8" is not in data/hardware/skus.csv or mine/' in problems(path)


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("missing", "no file"),
        ("../elsewhere", "outside"),
        ("intensity.csv", "is no folder"),
    ],
)
def test_a_folder_that_is_none(scenario, reference, words):
    assert words in problems(scenario(("catalogue: mine", f"catalogue: {reference}")))


def test_an_empty_folder_is_a_mistake(scenario, tmp_path):
    (tmp_path / "mine").mkdir()
    assert "holds no table" in problems(scenario())
