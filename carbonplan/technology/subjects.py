r"""What a coefficient may depend on: who computes, with which engine, in which shape.

A coefficient of a replica is a pooled value times a factor for each level that its table knows:

.. math:: \ln x = \ln x_{all} + \sum_{l} \ln f_{l, name} + \sum_s e_s\,\phi_s

Levels are names: an engine and its family, an architecture and an accelerator, both with an
engine, a precision, a link. The shape features :math:`\phi` are logarithms over a reference or
marks of 0 and 1; they are held inside the range that was measured, so that what they correct
fades outside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from carbonplan.catalogue.records import Accelerator

if TYPE_CHECKING:
    from carbonplan.technology.figures import HardwareFigures
    from carbonplan.technology.shapes import LlmFigures

DEFAULT_ENGINE = "vllm-2026"
FAMILIES = {  # engines of one code base
    "vllm-2025": "vllm",
    "vllm-2026": "vllm",
    "vllm-l20": "vllm",
    "vllm-2024": "vllm-v0",
    "vllm-2024-offline": "vllm-v0",
    "vllm-rocm-2024": "vllm-v0",
    "vllm-xpu-2024": "vllm-v0",
    "tensorrt-llm-2024": "tensorrt-llm",
    "tensorrt-llm-2025": "tensorrt-llm",
    "tensorrt-llm-maximum": "tensorrt-llm",
    "mlperf": "tensorrt-llm",
    "transformers-2023": "transformers",
    "transformers": "transformers",
    "transformers-uncached": "transformers",
    "llama.cpp": "llama.cpp",
    "llama.cpp-2024": "llama.cpp",
    "llama.cpp-rocm": "llama.cpp",
    "llama.cpp-xpu": "llama.cpp",
    "deepspeed-mii": "deepspeed",
    "deepspeed-gaudi": "deepspeed",
}
UNFUSED = ("transformers", "llama.cpp")  # families that store the products of a prompt's tokens
SHORT_SUMS = ("llama.cpp",)  # families that add products of 16 bits up in 16 bits, not in 32
LIMITED = ("offline", "server", "interactive")  # tasks that say how requests arrive
MODALITIES = {  # of requests that hold more than text
    "image-chat": "image",
    "mllm_text_generation/chat": "image",
    "video-chat": "video",
    "omni-video-chat": "omni-video",
}
SWITCHED_PCIE = ("5.0",)
SLICE_BYTES = 1e8  # of one layer's weights on one rank: the reference of ``slice``
ACTIVE_PARAMETERS = 1e10  # of ``size``
EXPERT_BYTES = 2e7  # of ``expert``
RANGE = 2.5  # natural logarithm over the reference: as far as was measured
WATTS_RANGE = 2.0

Names = Mapping[str, NDArray[np.str_]]
Features = Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True)
class Subjects:
    """Whom coefficients are asked for.

    Attributes
    ----------
    names
        By level, of each group that has all its names in common, (group,).
    place
        The group of each, (replica,).
    features
        By name of the shape, (replica,).
    """

    names: Names
    place: NDArray[np.int64]
    features: Features

    def __len__(self) -> int:
        return len(self.place)

    def __getitem__(self, part: NDArray[np.int64] | slice) -> Subjects:
        features = {name: values[part] for name, values in self.features.items()}
        return Subjects(self.names, self.place[part], features)

    def level(self, name: str) -> NDArray[np.str_]:
        """Names on a level, (replica,)."""
        return self.names[name][self.place]


def link_name(accelerator: Accelerator) -> str:
    """A link by its generation: the first two words of its name, or "pcie".

    Before the fifth generation accelerators on a host bus share it; with it they have switches.
    """
    words = accelerator.scale_up_link.lower().replace("-", " ").split()
    if words[0] == "pcie" and words[1] not in SWITCHED_PCIE:
        return "pcie"
    return " ".join(words[:2])


def names_by_level(
    accelerators: NDArray[np.object_],
    engines: NDArray[np.str_],
    precisions: NDArray[np.str_],
    tasks: NDArray[np.str_] | None = None,
) -> Names:
    """Names on every level, (group,), for records of accelerators over groups.

    A task says of a measurement what its requests hold beside text, or under which limits it
    was served; replicas have none.
    """
    tasks = np.full(len(engines), "") if tasks is None else np.asarray(tasks, dtype=str)

    def of(attribute: str) -> NDArray[np.str_]:
        return np.array([getattr(one, attribute).lower() for one in accelerators], dtype=str)

    architecture = of("architecture")
    families = np.array([FAMILIES.get(one, one) for one in engines], dtype=str)
    return {
        "kind": of("kind"),
        "architecture": architecture,
        "accelerator": of("accelerator"),
        "link": np.array([link_name(one) for one in accelerators], dtype=str),
        "engine": np.asarray(engines, dtype=str),
        "engine-family": families,
        "architecture-engine": np.char.add(np.char.add(architecture, "|"), engines),
        "unfused": np.where(np.isin(families, UNFUSED), families, ""),
        "precision": np.asarray(precisions, dtype=str),
        "task": np.where(np.isin(tasks, LIMITED), tasks, ""),
        "modality": np.array([MODALITIES.get(one, "") for one in tasks], dtype=str),
    }


def shape_features(
    llm: LlmFigures,
    hardware: HardwareFigures,
    ranks: NDArray[np.float64],
    stages: NDArray[np.float64],
    expert_parallel: NDArray[np.float64],
    data_parallel: NDArray[np.float64],
) -> Features:
    """Shape features, (row,); zero at the reference."""
    routed = llm.experts > 1
    layer_bytes = llm.core_bytes / (ranks * stages * llm.layers)
    active = llm.core_parameters + llm.expert_parameters * llm.experts_per_token / llm.experts
    expert = llm.expert_bytes / (np.maximum(llm.expert_layers, 1.0) * llm.experts)
    watts = hardware.limit_w / hardware.attention_tflops
    return {
        "slice": _log(layer_bytes / SLICE_BYTES),
        "size": _log(active / ACTIVE_PARAMETERS),
        "expert": np.where(routed, _log(np.maximum(expert, 1.0) / EXPERT_BYTES), 0.0),
        "watts-per-tflops": np.clip(np.log(watts), -WATTS_RANGE, WATTS_RANGE),
        "tensor-parallel": np.log2(ranks),
        "expert-parallel": (expert_parallel > 1).astype(float),
        "data-parallel": (data_parallel > 1).astype(float),
        "latent-attention": np.asarray(llm.latent_attention, dtype=float),
    }


def _log(ratio: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.clip(np.log(ratio), -RANGE, RANGE)
