"""Idle sockets of a host: one roofline with CPU servers, marginal power, published speeds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from carbonplan.catalogue.cards import cards
from carbonplan.catalogue.hardware import servers
from carbonplan.technology.calibration import load_calibration
from carbonplan.technology.figures import Replica, replica_figures
from carbonplan.technology.host_sockets import (
    KV_CACHE_GB,
    host_replica,
    host_server,
    host_share,
    replica_dram_gb,
    sockets_are_free,
)
from carbonplan.technology.memory import activations_gb, kv_room_gb, weights_gb
from carbonplan.technology.operating import ClassLimits, operating_points
from carbonplan.technology.performance import decode_step

CALIBRATION = load_calibration()
H100, A100, XEON, XEON_6 = servers(
    ["h100-sxm-8", "a100-80-sxm-8", "xeon-8480-2", "xeon-6980p-2"]
)
LLAMA, PHI = cards(["llama-3.1-8b", "phi-4"])
MLPERF = ClassLimits(input_tokens=778, output_tokens=128, ttft_s=None, tpot_s=None)


def points(*replicas):
    return operating_points(replicas, [MLPERF], 1.0, CALIBRATION)


def test_a_host_is_a_server_of_its_sockets_without_a_bill():
    host = host_server(H100, 100.0)
    assert (host.name, host.sku.accelerators) == ("h100-sxm-8/host", 2)
    assert host.accelerator.memory_bandwidth_gb_per_s == 8 * 4800e6 * 8 / 1e9
    assert host.accelerator.kind == "cpu"
    assert host.parts == ()


def test_only_hosts_of_accelerators_have_free_sockets():
    assert sockets_are_free(H100)
    assert not sockets_are_free(XEON)
    assert not sockets_are_free(replace(H100, cpu=None))


def test_a_socket_is_as_fast_on_a_host_as_in_a_server_of_its_own():
    """Xeon 8480C beside eight H100 is the 8480+ of the CPU server."""
    memory_gb = host_replica(H100, LLAMA, 1, "bf16").server.accelerator.memory_gb
    chip = XEON.accelerator.model_copy(update={"memory_gb": memory_gb})
    alone = Replica(replace(XEON, accelerator=chip), LLAMA, 1, 1, "bf16", 1.0)
    found = points(host_replica(H100, LLAMA, 1, "bf16"), alone)
    assert found.max_rate_rps[0, 0] == pytest.approx(found.max_rate_rps[0, 1])


def test_memory_of_a_replica_holds_weights_activations_and_the_cache():
    replica = host_replica(H100, LLAMA, 2, "bf16")
    figures = replica_figures([replica], CALIBRATION)
    assert kv_room_gb(figures)[0] == pytest.approx(KV_CACHE_GB)
    per_socket = (weights_gb(figures)[0] / 2 + activations_gb(figures)[0] + KV_CACHE_GB) / 0.9
    assert replica_dram_gb(replica) == pytest.approx(2 * per_socket)
    assert host_share(replica) == 1.0
    assert host_share(host_replica(H100, LLAMA, 1, "bf16")) == 0.5


def test_replicas_of_one_host_keep_memories_of_their_own():
    one, two = host_replica(H100, LLAMA, 1, "bf16"), host_replica(H100, LLAMA, 1, "fp8")
    figures = replica_figures([one, two], CALIBRATION)
    assert kv_room_gb(figures) == pytest.approx([KV_CACHE_GB, KV_CACHE_GB])


def test_a_loaded_socket_draws_no_more_than_an_idle_one():
    """Only work adds power, at most the socket's limit and what supports it."""
    found = points(host_replica(H100, LLAMA, 1, "bf16"))
    assert found.loaded_kw[0] == 0.0
    power_kw = found.energy_kj_per_request[0, 0] * found.max_rate_rps[0, 0]
    assert 0.1 < power_kw < (350 - 70 + 0.16 * 350) / 1e3


def test_published_offline_speed_of_a_cpu_server():
    """``mlperf-inference-2025-cpu``: 9.63 and 9.34 samples/s on two 6980P."""
    found = points(Replica(XEON_6, LLAMA, 1, 1, "int8", 1.0))
    assert 2 * found.max_rate_rps[0, 0] == pytest.approx((9.63192 + 9.34322) / 2, rel=0.03)


def test_published_decode_speed_on_one_socket():
    """``llama-cpp-epyc-9554-2025``: 19.19 tokens/s with 15.6 GB of weights."""
    (server,) = servers(["l40s-4"])
    figures = replica_figures([host_replica(server, PHI, 1, "int8")], CALIBRATION)
    step_s = decode_step(1.0, 64.0, figures).total_s[0]
    assert 1 / step_s == pytest.approx(19.194, rel=0.03)


def test_sockets_without_matrix_units_are_slower():
    amx = points(host_replica(H100, LLAMA, 1, "bf16"))
    avx2 = points(host_replica(A100, LLAMA, 1, "bf16"))
    assert amx.max_rate_rps[0, 0] > 10 * avx2.max_rate_rps[0, 0]


def test_unknown_cpu_is_refused():
    with pytest.raises(ValueError, match="nothing is known of the CPU of h100-sxm-8"):
        host_server(replace(H100, cpu=None), 10.0)
