"""What benchmark programs write, as small as it can be."""


def vllm(**changes) -> dict[str, object]:
    """A result of ``vllm bench serve --save-result``: 100 requests in 100 s, 1000 in, 101 out.

    Each takes 100 steps of 20 ms, so that two are running; 2.05 are in the system.
    """
    return {
        "date": "20260102-030405",
        "endpoint_type": "vllm",
        "backend": "vllm",
        "label": None,
        "model_id": "meta-llama/Llama-3.1-8B-Instruct",
        "tokenizer_id": "meta-llama/Llama-3.1-8B-Instruct",
        "num_prompts": 100,
        "request_rate": "inf",
        "burstiness": 1.0,
        "max_concurrency": 2,
        "duration": 100.0,
        "completed": 100,
        "failed": 0,
        "total_input_tokens": 100_000,
        "total_output_tokens": 10_100,
        "request_throughput": 1.0,
        "request_goodput": None,
        "output_throughput": 101.0,
        "total_token_throughput": 1101.0,
        "mean_ttft_ms": 50.0,
        "median_ttft_ms": 48.0,
        "std_ttft_ms": 3.0,
        "p99_ttft_ms": 70.0,
        "mean_tpot_ms": 20.0,
        "median_tpot_ms": 19.0,
        "std_tpot_ms": 1.0,
        "p99_tpot_ms": 25.0,
        "mean_itl_ms": 20.0,
        **changes,
    }


def guidellm(model: str | None = "meta-llama/Llama-3.1-8B-Instruct") -> dict[str, object]:
    """A report of GuideLLM with a quiet and a loaded run of the same requests."""
    return {
        "metadata": {"version": 1, "guidellm_version": "0.5.2"},
        "args": {"target": "http://localhost:8000", "model": model, "backend": "openai_http"},
        "benchmarks": [_run(1.0, 50.0, 20.0), _run(10.0, 900.0, 40.0)],
    }


def _run(rate: float, ttft_ms: float, itl_ms: float) -> dict[str, object]:
    means = {
        "requests_per_second": rate,
        "request_concurrency": rate * (ttft_ms + 100 * itl_ms) / 1000,
        "request_latency": (ttft_ms + 100 * itl_ms) / 1000,
        "prompt_token_count": 1000.0,
        "output_token_count": 101.0,
        "time_to_first_token_ms": ttft_ms,
        "time_per_output_token_ms": (ttft_ms + 100 * itl_ms) / 101,
        "inter_token_latency_ms": itl_ms,
    }
    summaries = {
        name: {"successful": {"mean": mean, "median": mean, "count": 100}}
        for name, mean in means.items()
    }
    totals = {"successful": 100, "incomplete": 0, "errored": 0, "total": 100}
    return {
        "type_": "generative_benchmark",
        "config": {"strategy": {"type_": "constant", "rate": rate}},
        "metrics": {"request_totals": totals, **summaries},
    }


RESULTS_HEADER = (
    "model,isl,osl,prefix,concurrency,request_rate,bs,global_bs,ttft,tpot,request_latency,"
    "seq/s,tokens/s,tokens/s/gpu,tokens/s/user,num_total_gpus,tp,pp,dp,moe_tp,moe_ep,gemm,"
    "backend,version,system,power_w"
)
RESULTS_ROW = (
    "Qwen/Qwen3-32B,4000,1000,0,{concurrency},1,8,8,500.0,{tpot},10500,1,800,400,100,2,2,1,"
    "{dp},1,1,fp8_block,vllm,0.12.0,h200_sxm,0"
)
SAMPLE_HEADER = (
    "id,silicon_data_source,backend,backend_version,model_path,system,precision,mode,isl,osl,"
    "batch_size,tp_size,pp_size,attention_dp_size,silicon_ttft_ms,silicon_tpot_ms"
)


def results(*, concurrency: int = 8, tpot: float = 10.0, dp: int = 1) -> str:
    """A result of AIConfigurator for aggregated serving."""
    row = RESULTS_ROW.format(concurrency=concurrency, tpot=tpot, dp=dp)
    return f"{RESULTS_HEADER}\n{row}\n"
