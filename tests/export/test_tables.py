"""Terraform variables and the purchase list."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from carbonplan.export import export
from tests.export.example import rollout

needs_terraform = pytest.mark.skipif(
    shutil.which("terraform") is None, reason="needs terraform"
)


@pytest.fixture
def module(tmp_path) -> Path:
    for path, content in export(rollout(), ["terraform"]).files.items():
        (tmp_path / Path(path).name).write_bytes(content)
    return tmp_path


def terraform(module: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["terraform", *options], cwd=module, capture_output=True, text=True, check=False
    )


@needs_terraform
def test_terraform_accepts_declarations_and_values(module):
    assert terraform(module, "fmt", "-check").returncode == 0
    assert terraform(module, "init", "-input=false").returncode == 0
    assert terraform(module, "validate").returncode == 0
    assert terraform(module, "plan", "-input=false").returncode == 0


@needs_terraform
def test_terraform_refuses_half_a_server(module):
    path = module / "carbonplan.auto.tfvars.json"
    found = json.loads(path.read_text())
    found["carbonplan_servers"]["eu-north"]["h100-sxm-8"] = 1.5
    path.write_text(json.dumps(found))
    assert terraform(module, "init", "-input=false").returncode == 0
    refused = terraform(module, "plan", "-input=false", "-no-color")
    assert refused.returncode == 1
    assert "Servers are whole numbers" in refused.stderr


def test_variables_hold_the_fleet(module):
    found = json.loads((module / "carbonplan.auto.tfvars.json").read_text())
    assert found["carbonplan_servers"] == {
        "eu-north": {"h100-sxm-8": 3, "mi300x-8": 1},
        "us-east": {"p5.48xlarge": 4, "h100-sxm-8": 4},
    }
    assert found["carbonplan_plan"]["gap"] == 0.0123
    assert found["carbonplan_replicas"]["us-east"]["llama-3.1-8b@h100-sxm-8:tp2:fp8"] == 2


def test_purchases_add_up():
    files = export(rollout(), ["purchases"]).files
    rows = list(csv.DictReader(io.StringIO(files["purchases/purchases.csv"].decode())))
    bought, rented, upgraded, moved = rows
    assert (bought["count"], float(bought["total_price"])) == ("3", 810000.0)
    assert float(bought["embodied_kgco2e"]) == pytest.approx(3 * 6371.5)
    assert (bought["price_evidence"], bought["lead_time_years"]) == ("assumed", "0.5")
    assert (rented["unit_price"], rented["total_price"]) == ("", "")
    assert (upgraded["action"], upgraded["from"]) == ("upgrade", "a100-80-sxm-8")
    assert (moved["action"], moved["from"], moved["price_in"]) == ("move", "us-east", "USD")
    page = files["purchases/purchases.md"].decode()
    assert "- In `2025`: 810,000 USD, 19,114 kgCO2e to make." in page
    assert "- In `2025`: no price of all in USD an hour, 19,114 kgCO2e to make." in page
    assert "- In `2027`: 272,700 USD, 25,486 kgCO2e to make." in page  # 1 at 270,000, 3 moved


def test_an_empty_list_says_so():
    found = export(rollout(orders=()), ["purchases"])
    assert "the list is empty" in [note.what for note in found.notes]
    assert found.files["purchases/purchases.csv"].count(b"\n") == 1
