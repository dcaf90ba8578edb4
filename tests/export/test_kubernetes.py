"""Manifests against published schemas, built by the real tool where it is there."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from carbonplan.export import TARGETS, Options, export
from tests.export.example import MONDAY, NORTH, SLOTS, SOUTH, groups, machines, pool, rollout
from tests.export.published import LEADER_WORKER_SET, NODE_POOL, SCALED_OBJECT

CHAT = "llama-3-1-8b-h100-sxm-8-tp2-fp8-b9abbd2e"
MEASURED = "llama-3-1-405b-h100-sxm-8-tp8pp2-fp8-2f6ea07b"
needs_kubectl = pytest.mark.skipif(shutil.which("kubectl") is None, reason="needs kubectl")


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return dict(export(rollout(), list(TARGETS)).files)


@pytest.fixture(scope="module")
def folder(files, tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("export")
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    return root


def built(folder: Path, overlay: str) -> dict[tuple[str, str], dict]:
    done = subprocess.run(
        ["kubectl", "kustomize", str(folder / overlay)],
        capture_output=True,
        check=True,
    )
    found = yaml.safe_load_all(done.stdout)
    return {(one["kind"], one["metadata"]["name"]): one for one in found}


def document(files: dict[str, bytes], path: str) -> dict:
    return yaml.safe_load(files[path])


def noted(**changes: object) -> set[str]:
    return {note.what for note in export(rollout(**changes), list(TARGETS)).notes}


def test_a_replica_in_one_server_is_a_pod_of_a_deployment(files):
    found = document(files, f"kubernetes/base/{CHAT}/workload.yaml")
    assert (found["kind"], found["metadata"]["name"]) == ("Deployment", CHAT)
    pod = found["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["resources"]["limits"] == {"nvidia.com/gpu": "2"}
    assert container["resources"]["requests"] == {"nvidia.com/gpu": "2"}
    assert pod["nodeSelector"] == {"carbonplan/sku": "h100-sxm-8"}
    assert container["image"] == "registry.example/vllm:1"
    assert found["spec"]["strategy"]["rollingUpdate"]["maxSurge"] == 0


def test_a_replica_over_two_servers_is_a_group(files):
    jsonschema = pytest.importorskip("jsonschema")
    found = document(files, f"kubernetes/base/{MEASURED}/workload.yaml")
    jsonschema.validate(found, LEADER_WORKER_SET)
    groups_of = found["spec"]["leaderWorkerTemplate"]
    assert groups_of["size"] == 2
    leader, worker = (
        groups_of[part]["spec"]["containers"][0]
        for part in ("leaderTemplate", "workerTemplate")
    )
    assert leader["resources"]["limits"] == {"nvidia.com/gpu": "8"}
    assert "$(LWS_LEADER_ADDRESS)" in leader["args"]
    assert worker["args"] == [*leader["args"], "--headless"]
    assert "readinessProbe" in leader
    assert "readinessProbe" not in worker


def test_a_pod_gets_four_times_its_planned_start(files):
    """900 s are 3600 s, 360 tries at 10 s; 90 s are less than the least, 600 s."""
    slow = document(files, f"kubernetes/base/{MEASURED}/workload.yaml")
    pods = slow["spec"]["leaderWorkerTemplate"]["leaderTemplate"]["spec"]
    assert pods["containers"][0]["startupProbe"]["failureThreshold"] == 360
    quick = document(files, f"kubernetes/base/{CHAT}/workload.yaml")
    container = quick["spec"]["template"]["spec"]["containers"][0]
    assert container["startupProbe"]["failureThreshold"] == 60


def test_other_vendors_and_sockets_ask_for_what_they_are(files):
    by_engine = {}
    for path in files:
        if path.endswith("workload.yaml") and MEASURED not in path:
            found = document(files, path)
            container = found["spec"]["template"]["spec"]["containers"][0]
            by_engine[found["metadata"]["annotations"]["carbonplan/engine"]] = container[
                "resources"
            ]
    assert by_engine["qwen2.5-72b@mi300x-8:tp2:bf16:decode"]["limits"] == {"amd.com/gpu": "2"}
    host = by_engine["llama-3.1-8b@h100-sxm-8/host:tp1:bf16"]
    assert host["limits"] == {"cpu": "56", "memory": "62G"}


def test_an_unknown_vendor_asks_for_nothing_and_is_named():
    unknown = {name: replace(one, vendor="Acme") for name, one in machines().items()}
    assert "requests for accelerators are left out" in noted(machines=unknown)
    assert "requests for accelerators are left out" not in noted()


def test_what_is_left_out_is_named():
    bare = noted(options=Options())
    assert {"image is left out", "model is left out", "nodeClassRef is left out"} <= bare
    assert "image is left out" not in noted()
    only = noted(pools=(pool(),))
    assert "no LeaderWorkerSet is needed" in only
    assert "no LeaderWorkerSet is needed" not in noted()
    assert "command and arguments are left out" in noted(serving="tensorrt-llm-2025")


def test_an_engine_without_known_arguments_has_no_command():
    files = export(rollout(serving="tensorrt-llm-2025"), ["kubernetes"]).files
    found = document(files, f"kubernetes/base/{CHAT}/workload.yaml")
    container = found["spec"]["template"]["spec"]["containers"][0]
    assert not {"command", "args"} & set(container)
    assert not [path for path in files if path.endswith("config.yaml")]


def test_counts_are_of_the_busiest_slot_which_fits():
    """Two pools that take turns: 4 by day, 4 by night; never 8 at once."""
    day = tuple(4 if t % 24 < 12 else 0 for t in range(SLOTS))
    night = tuple(0 if t % 24 < 12 else 3 for t in range(SLOTS))
    turns = rollout(
        pools=(pool(replicas={NORTH: day}), pool(engine="other", replicas={NORTH: night}))
    )
    assert [turns.count(one, NORTH) for one in turns.pools] == [4, 0]
    chosen = rollout(pools=turns.pools, options=Options(slot=23))
    assert [chosen.count(one, NORTH) for one in turns.pools] == [0, 3]
    notes = export(turns, ["kubernetes"]).notes
    assert [note.of for note in notes if note.what == "a pool has no replicas"] == [
        f"other in {NORTH}"
    ]


def test_replicas_that_do_not_fit_when_rounded_up_are_named():
    one = pool(replicas={NORTH: (13,) * SLOTS})  # 26 accelerators where 3 servers have 24
    full = rollout(pools=(one,), groups=groups()[:1])
    assert full.lacking(full.groups[0]) == 2
    whys = [note.why for note in export(full, ["kubernetes"]).notes]
    assert "rounded up, replicas lack accelerators: 2 at the worst" in whys


@needs_kubectl
def test_overlays_are_built_and_valid(folder):
    validation = pytest.importorskip("kubernetes_validate")
    for region, counts in ((NORTH, {CHAT: 3}), (SOUTH, {CHAT: 2, MEASURED: 2})):
        found = built(folder, f"kubernetes/overlays/{region}")
        for one in found.values():
            if one["kind"] != "LeaderWorkerSet":
                validation.validate(one, "1.32", strict=True)
        for name, count in counts.items():
            kind = "LeaderWorkerSet" if name == MEASURED else "Deployment"
            assert found[kind, name]["spec"]["replicas"] == count
            assert found[kind, name]["metadata"]["labels"]["carbonplan/region"] == region


@needs_kubectl
def test_pods_of_groups_are_valid_and_find_their_configuration(folder):
    validation = pytest.importorskip("kubernetes_validate")
    found = built(folder, f"kubernetes/overlays/{SOUTH}")
    group = found["LeaderWorkerSet", MEASURED]["spec"]["leaderWorkerTemplate"]
    for template in (group["leaderTemplate"], group["workerTemplate"]):
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, **template}
        validation.validate(pod | {"metadata": {"name": "x"}}, "1.32", strict=True)
        assert ("ConfigMap", template["spec"]["volumes"][0]["configMap"]["name"]) in found


@needs_kubectl
def test_services_find_the_pods_that_answer(folder):
    found = built(folder, f"kubernetes/overlays/{NORTH}")
    selectors = [
        one["spec"]["selector"] for (kind, _), one in found.items() if kind == "Service"
    ]
    pods = [
        one["spec"]["template"]["metadata"]["labels"]
        for (kind, _), one in found.items()
        if kind == "Deployment"
    ]
    assert len(selectors) == 3  # chat on two pools, and two phases
    assert all(any(wanted.items() <= pod.items() for pod in pods) for wanted in selectors)


def test_schedules_and_node_pools_keep_their_published_schemas(files):
    jsonschema = pytest.importorskip("jsonschema")
    checked = 0
    for path in files:
        if path.startswith("keda/") and not path.endswith("kustomization.yaml"):
            jsonschema.validate(document(files, path), SCALED_OBJECT)
            checked += 1
        if path.startswith(f"karpenter/{SOUTH}/"):
            jsonschema.validate(document(files, path), NODE_POOL)
            checked += 1
    assert checked == 4


def test_a_node_pool_is_limited_to_what_stands(files):
    found = document(files, f"karpenter/{SOUTH}/p5-48xlarge-866aa927.yaml")["spec"]
    assert found["limits"] == {"nvidia.com/gpu": "32"}
    (requirement,) = found["template"]["spec"]["requirements"]
    assert requirement["values"] == ["p5.48xlarge"]
    assert found["template"]["spec"]["nodeClassRef"]["kind"] == "EC2NodeClass"
    elsewhere = document(files, f"karpenter/{NORTH}/mi300x-8.yaml")["spec"]
    assert elsewhere["limits"] == {"amd.com/gpu": "8"}
    assert "nodeClassRef" not in elsewhere["template"]["spec"]


def test_an_overlay_says_which_slot_it_is_of(files):
    text = files[f"kubernetes/overlays/{NORTH}/kustomization.yaml"].decode()
    busiest = rollout().hours.starts[rollout().busiest(NORTH)]
    assert busiest == MONDAY.replace(hour=8)
    assert "the busiest slot, from 2024-04-15 08:00 UTC" in text
    assert 'plan "demo", stage "2025"' in text
    assert "fingerprint 0123456789ab, status feasible, gap 1.230%" in text


def test_yaml_is_clean(folder):
    linter = pytest.importorskip("yamllint.linter")
    config = pytest.importorskip("yamllint.config")
    rules = config.YamlLintConfig("{extends: default, rules: {line-length: {max: 170}}}")
    for path in folder.rglob("*.yaml"):
        assert not list(linter.run(path.read_text(encoding="utf-8"), rules)), path
