"""Hostile names through every exporter: read back, no file holds more than with plain ones."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest
import yaml
from markdown_it import MarkdownIt

from carbonplan.export import TARGETS, export
from carbonplan.plan.tabulate import FORMULA_SIGNS
from tests.export.example import pools, renamed, rollout
from tests.export.payloads import PAYLOADS

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
SEGMENT = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,59}")
LEFT_OUT_WHERE_NAMES_ACT = {"served-model-name"}
INSTANCE_TYPE = "node.kubernetes.io/instance-type"


IDS = [f"{number}" for number in range(len(PAYLOADS))]


@cache
def exported(payload: str) -> dict[str, bytes]:
    some = [pool for pool in pools() if pool.role == "mixed" and not pool.cpus]
    return dict(export(renamed(rollout(pools=tuple(some)), payload), list(TARGETS)).files)


def in_order(payload: str) -> list[tuple[str, bytes, bytes]]:
    """Path, content with plain names, content with hostile ones."""
    plain, hostile = exported(""), exported(payload)
    assert len(plain) == len(hostile)
    return [
        (path, plain[first], hostile[path]) for first, path in zip(plain, hostile, strict=True)
    ]


def shape(value: object) -> object:
    """What a document is made of: keys, lengths, numbers, and that a text is a text."""
    match value:
        case dict():
            return {
                key: shape(part)
                for key, part in value.items()
                if key not in LEFT_OUT_WHERE_NAMES_ACT
            }
        case list():
            kept = [
                p for p in value if not (isinstance(p, dict) and p.get("key") == INSTANCE_TYPE)
            ]
            return [shape(part) for part in kept]
        case str():
            return "text"
    return value


def documents(content: bytes) -> list[object]:
    """As the engines read it, and by the older rules that kubectl reads by as well."""
    return list(yaml.load_all(content.decode("utf-8"), LOADER))


@pytest.mark.parametrize("payload", PAYLOADS, ids=IDS)
def test_no_file_has_more_in_it(payload):
    for path, plain, hostile in in_order(payload):
        assert all(SEGMENT.fullmatch(part) for part in Path(path).parts), path
        CHECKS[Path(path).suffix](plain, hostile)


def same_yaml(plain: bytes, hostile: bytes) -> None:
    assert shape(documents(hostile)) == shape(documents(plain))
    assert no_line_acts(hostile)


def same_json(plain: bytes, hostile: bytes) -> None:
    assert levels(json.loads(hostile)) == levels(json.loads(plain))


def levels(value: object) -> object:
    """The shape of values whose keys are names."""
    if isinstance(value, dict):
        return [levels(part) for part in value.values()]
    return "text" if isinstance(value, str) else value


def same_program(plain: bytes, hostile: bytes) -> None:
    """All lines that are not comments are the same, byte by byte."""
    assert code_lines(hostile) == code_lines(plain)
    assert hostile.count(b"\n") == plain.count(b"\n")
    assert no_line_acts(hostile)


def code_lines(content: bytes) -> list[bytes]:
    return [line for line in content.split(b"\n") if not line.startswith(b"# ")]


def no_line_acts(content: bytes) -> bool:
    """No sign that ends a line somewhere, turns its direction or moves the cursor."""
    return not set(content.decode("utf-8")) & set("\r\x0b\x0c\x00\x1b\x85\u2028\u2029\u202e")


def same_table(plain: bytes, hostile: bytes) -> None:
    rows, expected = (
        list(csv.reader(io.StringIO(c.decode("utf-8")))) for c in (hostile, plain)
    )
    assert [len(row) for row in rows] == [len(row) for row in expected]
    texts = [cell for row in rows for cell in row if not is_number(cell)]
    assert not [text for text in texts if text.startswith(tuple(set(FORMULA_SIGNS) - {"'"}))]


def is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def same_markdown(plain: bytes, hostile: bytes) -> None:
    """The same elements; of notes there may be more, made of the elements of notes."""
    (page, notes), (expected, kinds) = divided(hostile), divided(plain)
    assert page == expected
    assert set(notes) <= set(kinds)
    assert no_line_acts(hostile)


def divided(content: bytes) -> tuple[list[str], list[str]]:
    """Elements of a page before its notes, and those of its notes."""
    page, _, notes = content.decode("utf-8").partition("\n## Left out")
    return tokens(page), tokens(notes)


def tokens(text: str) -> list[str]:
    """Kinds of the elements of a page, inline ones among them; what is code says nothing."""
    found = []
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        found.append(f"{token.type} {token.tag}")
        found += [f"{part.type} {part.tag}" for part in token.children or ()]
    return found


CHECKS = {
    ".yaml": same_yaml,
    ".json": same_json,
    ".tf": same_program,
    ".sh": same_program,
    ".csv": same_table,
    ".md": same_markdown,
}


@pytest.mark.parametrize("payload", PAYLOADS, ids=IDS)
def test_no_name_becomes_an_option_of_an_engine(payload):
    """Read as the engines read it: each value follows its option on one command line."""
    for path, content in exported(payload).items():
        if path.startswith(("vllm/", "sglang/")):
            (config,) = documents(content)
            assert not [value for value in config.values() if str(value).startswith("-")]


def test_different_names_stay_different_in_every_path():
    for payload in PAYLOADS:
        assert len(exported(payload)) == len(exported(""))


@pytest.mark.skipif(shutil.which("terraform") is None, reason="needs terraform")
def test_terraform_takes_hostile_names_literally(tmp_path):
    content = exported('${file("/etc/passwd")}%{ if true }')
    for path, text in content.items():
        if path.startswith("terraform/"):
            (tmp_path / Path(path).name).write_bytes(text)
    output = 'output "servers" {\n  value = keys(var.carbonplan_servers)\n}\n'
    (tmp_path / "outputs.tf").write_text(output)
    for command in (["init"], ["apply", "-auto-approve"]):
        run(["terraform", *command, "-input=false", "-no-color"], tmp_path)
    found = json.loads(run(["terraform", "output", "-json", "servers"], tmp_path))
    assert found == sorted(
        json.loads(content["terraform/carbonplan.auto.tfvars.json"])["carbonplan_servers"]
    )
    assert all("/etc/passwd" in name for name in found)


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="needs kubectl")
def test_kubectl_builds_what_hostile_names_are_in(tmp_path):
    content = exported("x\nkind: Secret\n# ")
    for path, text in content.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(text)
    overlays = sorted((tmp_path / "kubernetes" / "overlays").iterdir())
    for overlay in overlays:
        built = documents(run(["kubectl", "kustomize", str(overlay)], tmp_path).encode())
        assert {one["kind"] for one in built} <= {
            *("ConfigMap", "Deployment", "LeaderWorkerSet", "Service"),
        }


def run(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
