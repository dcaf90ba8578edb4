"""What a plan's dataset holds: dimensions, unit and meaning of every variable.

The attributes of plan.nc come from here, and a plan that is read back is held against it.
Slots are numbered; ``time_utc`` says when each begins.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Variable:
    """A variable of the dataset; ``text`` ones hold names."""

    dims: tuple[str, ...]
    units: str
    long_name: str
    text: bool = False


SERVER = ("sku", "region")
FLEET = ("stage", *SERVER)
CHARGED = ("stage", "cohort", "sku")
SITE = ("region", "slot")
RUNNING = ("engine", "region", "slot")
OPERATING_POINT = ("request_class", "configuration")

DECISIONS = {
    "servers": Variable(FLEET, "1", "servers that stand, existing and purchased"),
    "purchased_servers": Variable(FLEET, "1", "servers to buy at the start of the stage"),
    "kept_servers": Variable(
        ("stage", "cohort", *SERVER), "1", "servers that stand since before the stage"
    ),
    "upgraded_servers": Variable(
        ("stage", "cohort", "sku", "new_sku", "region"),
        "1",
        "hosts to be given accelerators of another SKU",
    ),
    "moved_servers": Variable(
        ("stage", "cohort", *SERVER, "to_region"), "1", "servers to be moved"
    ),
    "fitted_servers": Variable(
        ("stage", "cohort", *SERVER, "memory"), "1", "servers with memory of a size"
    ),
    "fitted_fleet": Variable(
        (*FLEET, "memory"), "1", "the same of all cohorts that stand in a stage"
    ),
    "powered_servers": Variable((*SERVER, "slot"), "1", "servers switched on"),
    "powered_fitted": Variable(
        (*SERVER, "memory", "slot"), "1", "of these, with memory of a size"
    ),
    "replicas": Variable(RUNNING, "1", "running replicas"),
    "starts": Variable(RUNNING, "1", "replicas that start in the slot"),
    "load_rps": Variable(
        (*OPERATING_POINT, "region", "slot"), "s-1", "requests served, by clock"
    ),
    "flow_rps": Variable(
        ("request_class", "origin", "region", "slot"),
        "s-1",
        "requests routed from users to site",
    ),
    "backlog_krequests": Variable(
        ("request_class", "slot"), "1e3", "batch requests waiting at the end of the slot"
    ),
    "chosen": Variable(
        ("partition", "slot"), "1", "1 where a workload divides its requests so"
    ),
    "contracted_kw": Variable(("contract", "region"), "kW", "power contracted"),
    "matched_kw": Variable(
        ("contract", "region", "slot"), "kW", "power of servers that a contract feeds"
    ),
}

CONSEQUENCES = {
    "it_power_kw": Variable((*SERVER, "slot"), "kW", "power of the servers"),
    "site_power_kw": Variable(SITE, "kW", "power of the site, cooling and losses included"),
    "operational_kgco2e_per_hour": Variable(SITE, "kg h-1", "operational carbon of an hour"),
    "energy_kwh": Variable(
        ("use", "sku", "region"), "kWh", "energy of the horizon by what it was used for"
    ),
}

GROUNDS = {
    "contract_profile": Variable(
        ("contract", "slot"), "1", "power delivered by the kW contracted"
    ),
    "residual_intensity_kgco2e_per_kwh": Variable(
        SITE, "kg kWh-1", "carbon intensity of what contracts leave of the grid"
    ),
    "existing_servers": Variable(("cohort", *SERVER), "1", "servers that stand already"),
    "server_kgco2e": Variable(CHARGED, "kg", "making that a standing server is charged with"),
    "server_usd": Variable(CHARGED, "USD", "cost of a standing server, energy apart"),
    "slot_stage": Variable(("slot",), "", "stage whose servers stand", True),
    "slot_future": Variable(("slot",), "", "future that the slot belongs to", True),
    "lost_region": Variable(("slot",), "", "region that is lost in the slot", True),
    "demand_rps": Variable(("request_class", "origin", "slot"), "s-1", "requests that arrive"),
    "rtt_s": Variable(("origin", "region"), "s", "network round trip"),
    "intensity_kgco2e_per_kwh": Variable(SITE, "kg kWh-1", "carbon intensity of the grid"),
    "idle_intensity_kgco2e_per_kwh": Variable(
        SITE, "kg kWh-1", "the same of power that serves no request"
    ),
    "pue": Variable(SITE, "1", "power usage effectiveness"),
    "price_usd_per_kwh": Variable(SITE, "USD kWh-1", "price of energy"),
    "wue_l_per_kwh": Variable(SITE, "L kWh-1", "water used on site per IT energy"),
    "ewif_l_per_kwh": Variable(SITE, "L kWh-1", "water used by power stations per site energy"),
    "weight": Variable(("slot",), "1", "like slots that the slot stands for"),
    "previous": Variable(("slot",), "1", "slot before, -1 where a closed run begins"),
    "run": Variable(("slot",), "1", "number of the run of consecutive slots"),
    "slot_hours": Variable(("slot",), "h", "length of the slot"),
    "rate_rps": Variable(OPERATING_POINT, "s-1", "planned rate of one replica"),
    "energy_kj_per_request": Variable(
        OPERATING_POINT, "kJ", "energy of a request above what replicas draw at any load"
    ),
    "ttft_s": Variable(OPERATING_POINT, "s", "mean time to first token without network"),
    "accelerators": Variable(("engine",), "1", "accelerators of one replica"),
    "loaded_kw": Variable(("engine",), "kW", "power of a replica at any load above parked"),
    "working_kw": Variable(("engine",), "kW", "what of it an idle replica does not draw"),
    "start_energy_kwh": Variable(("engine",), "kWh", "energy of starting a replica"),
    "start_hours": Variable(("engine",), "h", "time that starting a replica takes"),
    "host_share": Variable(
        ("engine",), "1", "share of a host's sockets that a replica takes; 0 on accelerators"
    ),
    "host_dram_gb": Variable(("engine",), "GB", "memory of a host that a replica takes"),
    "engine_sku": Variable(("engine",), "", "SKU that the replica runs on", True),
    "engine_llm": Variable(("engine",), "", "LLM that the replica serves", True),
    "configuration_engine": Variable(
        ("configuration",), "", "engine that runs at the configuration's clock", True
    ),
    "workload": Variable(("request_class",), "", "workload of the class", True),
    "class_kind": Variable(("request_class",), "", "online or batch", True),
    "class_llm": Variable(("request_class",), "", "LLM that is asked", True),
    "input_tokens": Variable(("request_class",), "1", "mean tokens of a request"),
    "output_tokens": Variable(("request_class",), "1", "mean tokens of an answer"),
    "sku_accelerators": Variable(("sku",), "1", "accelerators of one server"),
    "sku_accelerator": Variable(("sku",), "", "accelerator of the server", True),
    "off_kw": Variable(("sku",), "kW", "power of a server that is switched off"),
    "host_idle_kw": Variable(("sku",), "kW", "power of a powered host without accelerators"),
    "parked_kw": Variable(("sku",), "kW", "power of a server's accelerators, nothing loaded"),
    "embodied_host_kgco2e": Variable(("sku",), "kg", "carbon of making the host"),
    "embodied_accelerators_kgco2e": Variable(("sku",), "kg", "carbon of making accelerators"),
    "low_embodied_host_kgco2e": Variable(("sku",), "kg", "the same of the host, at least"),
    "low_embodied_accelerators_kgco2e": Variable(
        ("sku",), "kg", "the same of the accelerators, at least"
    ),
    "high_embodied_host_kgco2e": Variable(("sku",), "kg", "the same of the host, at most"),
    "high_embodied_accelerators_kgco2e": Variable(
        ("sku",), "kg", "the same of the accelerators, at most"
    ),
    "memory_dram_gb": Variable(("sku", "memory"), "GB", "DRAM of a server by size of memory"),
    "memory_ssd_gb": Variable(("sku", "memory"), "GB", "SSD of a server by size of memory"),
    "saved_idle_kw": Variable(
        ("sku", "memory"), "kW", "power that it is spared against a server as sold"
    ),
    "saved_kgco2e": Variable(
        (*CHARGED, "memory"), "kg", "making that it is not charged with against one as sold"
    ),
    "saved_usd": Variable((*CHARGED, "memory"), "USD", "the same of its cost"),
    "host_lifetime_years": Variable(("sku",), "a", "life over which the host is charged"),
    "accelerator_lifetime_years": Variable(
        ("sku",), "a", "life over which the accelerators are charged"
    ),
}

PHASES = ("input", "output")  # of what a request class takes: its prompts and its answers
STATES = {
    "ready": "replicas held ready",
    "parked": "accelerators parked beside replicas",
    "resting": "powered servers at rest",
    "off": "servers switched off for now",
    "reserve": "servers kept for the loss of a region",
    "unused": "servers that are never powered",
}

ATTRIBUTION = {
    "prompt_energy_share": Variable(
        OPERATING_POINT, "1", "share of a request's energy that its prompt takes"
    ),
    "prompt_time_share": Variable(
        OPERATING_POINT, "1", "share of a busy replica's time that prompts take"
    ),
    "served_impact": Variable(
        ("impact", "request_class", "phase", *SERVER), "", "what is owed to request classes"
    ),
    "idle_impact": Variable(
        ("impact", "state", *SERVER), "", "what is owed to what serves nobody"
    ),
    "answered_requests": Variable(("request_class", *SERVER), "1", "requests answered"),
    "served_accelerator_hours": Variable(
        ("request_class", "phase", *SERVER), "h", "accelerators that serve"
    ),
    "idle_accelerator_hours": Variable(
        ("state", *SERVER), "h", "accelerators that serve nobody"
    ),
}

VARIABLES = {**DECISIONS, **CONSEQUENCES, **ATTRIBUTION, **GROUNDS}

USES = {
    "serving": "serving requests",
    "ready": "replicas held ready",
    "accelerators": "accelerators of powered servers at rest",
    "hosts": "hosts of powered servers",
    "off": "servers switched off",
    "starts": "loading models",
    "overhead": "cooling and losses of the site",
}
