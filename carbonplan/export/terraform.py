"""Terraform: values of a plan as variables, and the declarations that check them.

The declarations are the same for every plan; names and numbers stand in the values alone, a
JSON file, which Terraform takes literally.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

from carbonplan.export.documents import json_bytes
from carbonplan.export.names import one_line
from carbonplan.export.records import Note

if TYPE_CHECKING:
    from carbonplan.export.records import Rollout

VARIABLES = """\
variable "carbonplan_plan" {
  description = "Which plan the values are from, and how good it is proven to be."
  type = object({
    scenario    = string
    stage       = string
    fingerprint = string
    status      = string
    gap         = optional(number)
  })
}

variable "carbonplan_servers" {
  description = "Servers that stand, by region and SKU."
  type        = map(map(number))

  validation {
    condition = alltrue(flatten([
      for servers in values(var.carbonplan_servers) : [
        for count in values(servers) : count >= 0 && floor(count) == count
      ]
    ]))
    error_message = "Servers are whole numbers, zero or more."
  }
}

variable "carbonplan_skus" {
  description = "What a server of each SKU has."
  type = map(object({
    accelerator  = string
    accelerators = number
    kind         = string
    cores        = number
  }))

  validation {
    condition = alltrue([
      for sku in values(var.carbonplan_skus) : contains(["cpu", "gpu"], sku.kind)
    ])
    error_message = "The kind of a SKU is cpu or gpu."
  }
}

variable "carbonplan_replicas" {
  description = "Replicas of the exported slot, by region and engine."
  type        = map(map(number))
  default     = {}

  validation {
    condition = alltrue(flatten([
      for engines in values(var.carbonplan_replicas) : [
        for count in values(engines) : count >= 0 && floor(count) == count
      ]
    ]))
    error_message = "Replicas are whole numbers, zero or more."
  }
}
"""


def terraform_files(rollout: Rollout) -> Iterator[tuple[str, bytes]]:
    """Declarations and values."""
    yield "terraform/variables.tf", VARIABLES.encode("ascii")
    yield "terraform/carbonplan.auto.tfvars.json", json_bytes(values(rollout))


def terraform_notes(_rollout: Rollout) -> Iterator[Note]:
    """What the variables do not say."""
    why = "how servers come to be differs by provider; the variables say how many"
    yield Note("terraform", "providers and resources are left out", why)


def values(rollout: Rollout) -> dict[str, object]:
    """Values of the variables."""
    identity = asdict(rollout.identity)
    servers: dict[str, dict[str, int]] = {}
    for group in rollout.groups:
        servers.setdefault(group.region, {})[group.sku] = group.servers
    standing = {group.sku for group in rollout.groups}
    found = {
        "carbonplan_plan": identity,
        "carbonplan_servers": servers,
        "carbonplan_skus": {
            machine.sku: {
                "accelerator": machine.accelerator,
                "accelerators": machine.accelerators,
                "kind": machine.kind,
                "cores": machine.cores,
            }
            for machine in rollout.machines.values()
            if machine.sku in standing
        },
        "carbonplan_replicas": {
            region: {
                pool.engine: rollout.count(pool, region) for pool in rollout.in_region(region)
            }
            for region in rollout.regions
        },
    }
    return _on_lines(found)


def _on_lines(value: object) -> object:
    """The value with control signs of every text shown as escapes."""
    match value:
        case str():
            return one_line(value, len(value))  # whole: different names stay different
        case dict():
            return {_on_lines(name): _on_lines(part) for name, part in value.items()}
    return value
