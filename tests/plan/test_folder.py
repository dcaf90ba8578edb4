"""A plan's folder: written whole, the same every time, and read back to the last bit."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from carbonplan.errors import InvalidInput, UsageError
from carbonplan.plan import Plan, manifest, read, write
from carbonplan.verify import verify
from tests.plan import example

NAMES = ("servers", "kept", "upgraded", "moved", "powered", "replicas", "load", "flow",
         "demand", "backlog",
    "partitions", "energy", "configurations", "hourly", "impacts",
         "attribution")  # fmt: skip


@pytest.fixture(scope="module")
def plan() -> Plan:
    return example.plan()


@pytest.fixture(scope="module")
def written(plan, tmp_path_factory) -> Path:
    return write(
        plan,
        tmp_path_factory.mktemp("plans") / "week",
        extra={"report.html": b"<p>", "figures/fleet.svg": b"<svg/>"},
        inputs_files=[example.input_file("scenarios/week.yaml")],
        options={"gap": 1e-3, "seed": 7},
    )


@pytest.fixture
def folder(written, tmp_path) -> Path:
    """A copy that a test may spoil."""
    return Path(shutil.copytree(written, tmp_path / "week"))


def test_what_is_read_is_what_was_written(plan, folder):
    found = read(folder)
    assert found.scenario_name == "example"
    assert found.data.identical(plan.data)
    assert found.impacts == plan.impacts
    times = found.summary.pop("timings_s")
    assert found.summary == {k: v for k, v in plan.summary.items() if k != "timings_s"}
    assert times["solve"] == 0.1
    assert times["total"] == pytest.approx(0.1 + times["write"])


def test_a_plan_that_was_read_verifies(folder):
    assert verify(example.inputs(), read(folder)).violations == ()


def test_files_of_a_folder(folder):
    found = {
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    }
    tables = {f"tables/{name}.csv" for name in NAMES}
    extra = {"report.html", "figures/fleet.svg"}
    assert found == {"plan.nc", "plan.json", "scenario.json", "manifest.json"} | tables | extra
    assert [path.name for path in folder.parent.iterdir()] == ["week"]


def test_manifest_names_everything(folder):
    content = json.loads((folder / "manifest.json").read_text())
    assert set(content) == set(manifest.KEYS)
    assert content["seed"] == 7
    assert content["options"]["gap"] == 1e-3
    assert content["inputs"] == [{"path": "scenarios/week.yaml", "sha256": "0" * 64}]
    assert "report.html" in content["outputs"]
    assert content["versions"]["highspy"]


def test_equal_plans_give_equal_bytes(plan, folder, tmp_path):
    again = write(plan, tmp_path / "again")
    for path in again.rglob("*"):
        if path.is_file() and path.name not in ("plan.json", "manifest.json"):
            assert path.read_bytes() == (folder / path.relative_to(again)).read_bytes()


def test_floats_survive_to_the_last_bit(tmp_path):
    plan = example.plan()
    awkward = np.array([0.1 + 0.2, 1e-308, -0.0, 1e300, 2.0 / 3.0])
    plan.data["replicas"].values.flat[:5] = awkward
    found = read(write(plan, tmp_path / "p")).data["replicas"].values
    assert found.tobytes() == plan.data["replicas"].values.tobytes()


def test_tables_read_back(folder):
    load = pd.read_csv(folder / "tables/load.csv")
    assert load["load_rps"].tolist() == [10, 15, 5, 10]
    assert load["time_utc"].tolist()[:2] == ["2024-04-16T00:00Z", "2024-04-16T01:00Z"]
    hourly = pd.read_csv(folder / "tables/hourly.csv")
    assert hourly["batch_rps"].tolist() == [0, 10, 0, 0]
    assert hourly["it_power_kw"].tolist() == pytest.approx([10.75, 25.75, 0.36, 5.36])
    impacts = pd.read_csv(folder / "tables/impacts.csv", keep_default_na=False)
    total = impacts[(impacts["impact"] == "energy") & (impacts["of"] == "total")]
    assert total["value"].item() == pytest.approx(86.728)


def test_not_a_number_never_reaches_json(plan, tmp_path):
    broken = Plan(plan.scenario_name, plan.data, plan.impacts, {**plan.summary, "gap": np.nan})
    with pytest.raises(ValueError, match="JSON"):
        write(broken, tmp_path / "p")
    assert list(tmp_path.iterdir()) == []


def test_names_stay_inside_the_folder(plan, tmp_path):
    with pytest.raises(ValueError, match="inside"):
        write(plan, tmp_path / "p", extra={"../elsewhere": b""})


def test_an_existing_folder_is_replaced_only_when_asked(plan, folder):
    with pytest.raises(UsageError, match="--overwrite"):
        write(plan, folder)
    assert (folder / "report.html").exists()
    write(plan, folder, overwrite=True)
    assert not (folder / "report.html").exists()
    assert read(folder).scenario_name == "example"


@pytest.mark.parametrize("name", ["plan.nc", "plan.json", "tables/load.csv", "report.html"])
def test_a_changed_file_is_named(folder, name):
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(InvalidInput, match=f"{name}: changed since") as raised:
        read(folder)
    assert raised.value.exit_code == 3


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text.replace('"seed": 7', '"seed": 8'), "digest does not match"),
        (lambda text: text.replace('"seed"', '"sed"'), "seed is missing"),
        (
            lambda text: text.replace('"gap": 0.00', '"gap": NaN, "g": 0.00'),
            "NaN is not a number",
        ),
        (lambda text: text[:40], "not valid JSON"),
        (lambda _: "[]", "a manifest is a mapping"),
        (lambda text: text.replace('"seed": 7,', '"seed": 7, "seed": 7,'), "stands twice"),
    ],
)
def test_a_changed_manifest_is_refused(folder, change, words):
    path = folder / "manifest.json"
    path.write_text(change(path.read_text()))
    with pytest.raises(InvalidInput, match=words):
        read(folder)


def rewritten(folder, **changes):
    """The manifest with changes and a digest that fits."""
    path = folder / "manifest.json"
    content = json.loads(path.read_text()) | changes
    path.write_text(json.dumps(content | {"digest": manifest.digest(content)}))


def test_a_manifest_cannot_lead_outside(folder):
    outputs = json.loads((folder / "manifest.json").read_text())["outputs"]
    rewritten(folder, outputs=outputs | {"../secret": "0"})
    with pytest.raises(InvalidInput, match="not a path inside"):
        read(folder)
    rewritten(folder, outputs=outputs | {"link": "0"})
    (folder / "link").symlink_to("/etc/hostname")
    with pytest.raises(InvalidInput, match="link: lies outside"):
        read(folder)


def test_a_manifest_of_another_version_is_refused(folder):
    rewritten(folder, schema_version=99)
    with pytest.raises(InvalidInput, match="schema_version is 99"):
        read(folder)


def test_missing_things_are_named(folder, tmp_path):
    with pytest.raises(InvalidInput, match="no such folder"):
        read(tmp_path / "nowhere")
    (folder / "tables/flow.csv").unlink()
    (folder / "plan.nc").unlink()
    with pytest.raises(InvalidInput) as raised:
        read(folder)
    assert raised.value.problems == ("plan.nc: missing", "tables/flow.csv: missing")
    (folder / "manifest.json").unlink()
    with pytest.raises(InvalidInput, match=r"manifest\.json: missing"):
        read(folder)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda summary: summary.pop("servers"), "servers is missing"),
        (lambda summary: summary.pop("fingerprint"), "fingerprint is missing"),
        (lambda summary: summary.update(schema_version=1), "schema_version is 1"),
        (lambda summary: summary["impacts"]["energy"].pop("unit"), "impacts.energy needs"),
    ],
)
def test_a_summary_that_is_none_is_refused(folder, change, words):
    path = folder / "plan.json"
    summary = json.loads(path.read_text())
    change(summary)
    path.write_text(json.dumps(summary))
    outputs = json.loads((folder / "manifest.json").read_text())["outputs"]
    rewritten(folder, outputs=outputs | {"plan.json": manifest.sha256(path.read_bytes())})
    with pytest.raises(InvalidInput, match=words):
        read(folder)


def test_arrays_that_are_no_plan_are_refused(folder, plan):
    data = plan.data.drop_vars("replicas").assign(servers=plan.data["servers"].T)
    data = data.assign(class_kind=data["input_tokens"]).drop_vars("time_utc")
    data.to_netcdf(folder / "plan.nc", engine="h5netcdf")
    outputs = json.loads((folder / "manifest.json").read_text())["outputs"]
    content = (folder / "plan.nc").read_bytes()
    rewritten(folder, outputs=outputs | {"plan.nc": manifest.sha256(content)})
    with pytest.raises(InvalidInput) as raised:
        read(folder)
    assert raised.value.problems == (
        "plan.nc: time_utc is missing",
        "plan.nc: servers is over (region, sku, stage), expected (stage, sku, region)",
        "plan.nc: replicas is missing",
        "plan.nc: class_kind does not hold text",
    )
