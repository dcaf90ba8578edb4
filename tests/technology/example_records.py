"""Records written by hand: data-sheet accelerators and published LLMs of the tests here."""

from carbonplan.catalogue.records import (
    Accelerator,
    AcceleratorPower,
    Host,
    LatentAttention,
    MixtureOfExperts,
    ModelCard,
    Price,
    Server,
    Sku,
)

KNOWN = {"evidence": "published", "source": "test"}


def server(
    accelerator: Accelerator, accelerators: int, idle_w: float, parked_w: float
) -> Server:
    name = accelerator.accelerator
    sku = f"{name}-{accelerators}"
    return Server(
        sku=Sku(
            sku=sku,
            host="host",
            accelerator=name,
            accelerators=accelerators,
            host_lifetime_years=6,
            accelerator_lifetime_years=4,
            nic_gb_per_s=25,
            **KNOWN,
        ),
        host=Host(
            host="host",
            cpu="cpu",
            sockets=2,
            cores=96,
            dram_gb=1000,
            dram_type="ddr5",
            ssd_gb=8000,
            idle_w=400,
            load_w=400,
            off_w=15,
            **KNOWN,
        ),
        accelerator=accelerator,
        power=AcceleratorPower(accelerator=name, idle_w=idle_w, parked_w=parked_w, **KNOWN),
        price=Price(
            sku=sku,
            purchase_usd=250_000,
            rental_usd_per_hour=None,
            low_purchase_usd=200_000,
            high_purchase_usd=300_000,
            **KNOWN,
        ),
        parts=(),
    )


def accelerator(name: str, **changes) -> Accelerator:
    values = {
        "accelerator": name,
        "kind": "gpu",
        "vendor": "nvidia",
        "architecture": "Hopper",
        "launch_year": 2022,
        "memory_type": "hbm3",
        "memory_gb": 80,
        "memory_bandwidth_gb_per_s": 3350,
        "fp16_tflops": 989,
        "bf16_tflops": 989,
        "fp8_tflops": 1979,
        "int8_tops": 1979,
        "fp4_tflops": None,
        "tdp_w": 700,
        "boost_clock_mhz": 1980,
        "lowest_clock_mhz": 210,
        "scale_up_link": "NVLink 4",
        "scale_up_bandwidth_gb_per_s": 450,
    }
    return Accelerator(**{**values, **changes}, **KNOWN)


T4 = accelerator(
    "t4",
    architecture="Turing",
    launch_year=2018,
    memory_type="gddr6",
    memory_gb=16,
    memory_bandwidth_gb_per_s=320,
    fp16_tflops=65,
    bf16_tflops=None,
    fp8_tflops=None,
    int8_tops=130,
    tdp_w=70,
    boost_clock_mhz=1590,
    lowest_clock_mhz=300,
    scale_up_link="PCIe 3.0 x16",
    scale_up_bandwidth_gb_per_s=16,
)
H100_8 = server(accelerator("h100-sxm"), 8, idle_w=110, parked_w=70)
T4_4 = server(T4, 4, idle_w=27, parked_w=10)
NEW_8 = server(  # of an architecture and with a link that nobody has measured
    accelerator(
        "new",
        architecture="Rubin",
        launch_year=2027,
        memory_gb=288,
        memory_bandwidth_gb_per_s=20_000,
        fp4_tflops=15_000,
        tdp_w=1800,
        scale_up_link="NVLink 6",
        scale_up_bandwidth_gb_per_s=1800,
    ),
    8,
    idle_w=200,
    parked_w=100,
)


def llm(name: str, **values) -> ModelCard:
    return ModelCard(
        **{
            "llm": name,
            "family": name,
            "publisher": "test",
            "active_parameters_b": values.get("parameters_b"),
            "native_precision": "bf16",
            **values,
            **KNOWN,
        }
    )


LLAMA_8B = llm(
    "llama-3.1-8b",
    parameters_b=8.03,
    layers=32,
    hidden_size=4096,
    intermediate_size=14336,
    attention_heads=32,
    kv_heads=8,
    head_dim=128,
    vocabulary=128256,
    context_tokens=131072,
)
LLAMA_70B = llm(
    "llama-3.1-70b",
    parameters_b=70.55,
    layers=80,
    hidden_size=8192,
    intermediate_size=28672,
    attention_heads=64,
    kv_heads=8,
    head_dim=128,
    vocabulary=128256,
    context_tokens=131072,
)
MIXTRAL = llm(
    "mixtral-8x7b",
    parameters_b=46.7,
    active_parameters_b=12.9,
    layers=32,
    hidden_size=4096,
    intermediate_size=14336,
    attention_heads=32,
    kv_heads=8,
    head_dim=128,
    vocabulary=32000,
    context_tokens=32768,
    moe=MixtureOfExperts(experts=8, experts_per_token=2, expert_intermediate_size=14336),
)
DEEPSEEK = llm(
    "deepseek-v3",
    parameters_b=671,
    active_parameters_b=37,
    layers=61,
    hidden_size=7168,
    intermediate_size=18432,
    attention_heads=128,
    kv_heads=128,
    head_dim=128,
    vocabulary=129280,
    context_tokens=131072,
    native_precision="fp8",
    moe=MixtureOfExperts(
        experts=256,
        experts_per_token=8,
        shared_experts=1,
        expert_intermediate_size=2048,
        dense_layers=3,
    ),
    mla=LatentAttention(
        kv_lora_rank=512, rope_head_dim=64, nope_head_dim=128, v_head_dim=128, q_lora_rank=1536
    ),
)
