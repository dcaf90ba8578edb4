import gzip
import json

import pytest

from carbonplan.errors import InvalidInput
from carbonplan.technology.calibrate.benchmarks.given import Given
from carbonplan.technology.calibrate.benchmarks.reading import read_file, read_files
from tests.technology.calibrate.benchmarks import documents

WHERE = Given(accelerator="h100-sxm", precision="bf16", tensor_parallel=1)


def written(folder, content, name="result.json"):
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def refused(path, given=WHERE):
    with pytest.raises(InvalidInput) as error:
        read_file(path, given)
    return error.value.problems


def values(imported):
    return {(one.quantity, round(one.batch, 6)): one.value for one in imported.measurements}


def test_a_result_of_vllm(tmp_path):
    """One request a second, decoded for 100 x 20 ms, keeps two running."""
    imported = read_file(written(tmp_path, documents.vllm()), WHERE)
    assert values(imported) == {("tpot_s", 2.0): 0.02, ("ttft_s", 2.0): 0.05}
    one = imported.measurements[0]
    assert (one.accelerator, one.llm, one.precision) == ("h100-sxm", "llama-3.1-8b", "bf16")
    assert (one.input_tokens, one.output_tokens) == (1000, 101)
    assert (one.tensor_parallel, one.pipeline_parallel, one.clock_fraction) == (1, 1, 1)
    assert one.source == "result.json"


def test_under_load_the_time_to_first_token_is_a_queue_and_left_out(tmp_path):
    loaded = documents.vllm(request_throughput=10.0, mean_ttft_ms=900.0)
    imported = read_file(written(tmp_path, loaded), WHERE)
    assert values(imported) == {("tpot_s", 20.0): 0.02}
    assert imported.notes == (
        "TTFT of 1 runs left out: under their load requests wait for others",
    )


def test_appended_results_of_vllm_are_read_one_by_one(tmp_path):
    lines = [documents.vllm(), documents.vllm(mean_tpot_ms=30.0)]
    path = written(tmp_path, "\n".join(json.dumps(one) for one in lines))
    tpots = [
        one.value for one in read_file(path, WHERE).measurements if one.quantity == "tpot_s"
    ]
    assert tpots == [0.02, 0.03]


def test_one_token_answers_have_no_time_per_further_token(tmp_path):
    single = documents.vllm(total_output_tokens=100, mean_tpot_ms=0.0)
    imported = read_file(written(tmp_path, single), WHERE)
    assert [one.quantity for one in imported.measurements] == ["ttft_s"]


def test_what_a_result_lacks_is_told_at_once(tmp_path):
    broken = documents.vllm(mean_ttft_ms=None, request_throughput="fast")
    told = refused(written(tmp_path, broken))
    assert told == (
        'request_throughput: found "fast"; expected a number above 0',
        "mean_ttft_ms: is missing; expected a number above 0",
    )


def test_a_run_that_answered_nothing_or_guessed_tokens_is_refused(tmp_path):
    (told,) = refused(written(tmp_path, documents.vllm(completed=0)))
    assert told.startswith("completed: found")
    (told,) = refused(written(tmp_path, documents.vllm(spec_decode_acceptance_rate=0.7)))
    assert "speculative decoding" in told


def test_what_neither_file_nor_options_say_names_the_option(tmp_path):
    told = refused(written(tmp_path, documents.vllm(model_id=None)), Given())
    assert [line.partition("; give ")[2] for line in told] == [
        "--accelerator",
        "--llm",
        "--precision",
        "--tensor-parallel",
    ]


def test_a_model_without_a_card_needs_the_option(tmp_path):
    path = written(tmp_path, documents.vllm(model_id="me/llama-3.1-8c"))
    (told,) = refused(path)
    assert told == '"me/llama-3.1-8c" has no card; nearest: "llama-3.1-8b"; give --llm'
    given = Given("h100-sxm", "llama-3.2-1b", "bf16", 1)
    assert {one.llm for one in read_file(path, given).measurements} == {"llama-3.2-1b"}


def test_an_option_that_contradicts_the_file_is_refused(tmp_path):
    given = Given("h100-sxm", "llama-3.1-70b", "bf16", 4)
    (told,) = refused(written(tmp_path, documents.vllm()), given)
    assert told.endswith("the card llama-3.1-8b; --llm says llama-3.1-70b")


def test_a_report_of_guidellm(tmp_path):
    """The second run keeps 40 running, and its first tokens wait."""
    imported = read_file(written(tmp_path, documents.guidellm()), WHERE)
    assert values(imported) == {
        ("tpot_s", 2.0): 0.02,
        ("ttft_s", 2.0): 0.05,
        ("tpot_s", 40.0): 0.04,
    }
    assert {one.llm for one in imported.measurements} == {"llama-3.1-8b"}


def test_a_report_of_guidellm_before_it_named_the_model(tmp_path):
    path = written(tmp_path, documents.guidellm(model=None))
    assert refused(path) == ("does not say which LLM card of models/ it ran; give --llm",)
    assert read_file(path, Given("h100-sxm", "llama-3.1-8b", "bf16", 1)).measurements


def test_a_report_of_guidellm_without_runs_or_means_is_refused(tmp_path):
    empty = {**documents.guidellm(), "benchmarks": []}
    assert "is empty" in refused(written(tmp_path, empty))[0]
    without = documents.guidellm()
    del without["benchmarks"][1]["metrics"]["inter_token_latency_ms"]
    assert refused(written(tmp_path, without)) == (
        "benchmarks[2].metrics.inter_token_latency_ms.successful.mean: is missing; expected a "
        "number above 0",
    )


def test_results_of_aiconfigurator(tmp_path):
    """Of 8 in the system those that wait for 0.5 s of 10.5 s are not running."""
    imported = read_file(written(tmp_path, documents.results(), "best.csv"), Given())
    (one,) = imported.measurements
    assert (one.accelerator, one.llm, one.precision) == ("h200-sxm", "qwen3-32b", "fp8")
    assert (one.tensor_parallel, one.input_tokens, one.output_tokens) == (2, 4000, 1000)
    assert one.batch == pytest.approx(8 * 10.0 / 10.5)
    assert (one.quantity, one.value) == ("tpot_s", 0.01)


def test_rows_of_aiconfigurator_that_the_models_do_not_know_are_left_out(tmp_path):
    text = documents.results(dp=4) + documents.results(tpot=0.05).splitlines()[1] + "\n"
    told = refused(written(tmp_path, text, "best.csv"), Given())
    assert told == (
        "1 rows left out: attention data parallelism",
        "1 rows left out: most requests wait in a queue",
        "no row is left",
    )


def test_the_measured_sample_of_aiconfigurator_and_its_wrong_cells(tmp_path):
    good = "a,x,vllm,1,meta-llama/Llama-3.1-8B,h100_sxm,fp8,agg,1024,128,1,1,1,1,30.0,8.0"
    lines = [documents.SAMPLE_HEADER, good, good.replace("agg", "disagg")]
    imported = read_file(written(tmp_path, "\n".join(lines), "sample.csv"), Given())
    assert {one.quantity: one.value for one in imported.measurements} == {
        "tpot_s": 0.008,
        "ttft_s": 0.03,
    }
    wrong = [*lines, good.replace("8.0", "fast"), good.replace("fp8", "int3")]
    told = refused(written(tmp_path, "\n".join(wrong), "sample.csv"), Given())
    assert told[0] == 'line 4: tpot: found "fast"; expected a number'
    assert told[1].startswith('line 5: precision: found "int3"')


def test_a_table_of_separate_pools_is_refused(tmp_path):
    text = "model,isl,osl,(p)tp,(d)tp,ttft,tpot\nx,1,1,1,1,1,1\n"
    assert "separate pools" in refused(written(tmp_path, text, "disagg.csv"))[0]


def test_options_choose_among_the_rows_of_a_file_that_says_where(tmp_path):
    rows = [
        "accelerator,llm,precision,tensor_parallel,batch,input_tokens,output_tokens,quantity,value",
        "h100-sxm,llama-3.1-8b,bf16,1,1,1024,0,step_s,0.008",
        "h200-sxm,llama-3.1-8b,bf16,1,1,1024,0,step_s,0.006",
    ]
    path = written(tmp_path, "\n".join(rows), "own.csv")
    assert len(read_file(path, Given()).measurements) == 2
    (one,) = read_file(path, Given(accelerator="h200-sxm")).measurements
    assert one.value == 0.006
    assert refused(path, Given(accelerator="l4")) == (
        "no row is left of those that --accelerator l4 chooses",
    )


def test_any_other_file_is_refused_in_words(tmp_path):
    assert "is no result of `vllm bench serve`" in refused(written(tmp_path, {"a": 1}))[0]
    assert refused(written(tmp_path, '{"a": \n 1,,}'))[0].startswith("line 2: not JSON")
    deep = "[" * 100_000
    assert "not JSON" in refused(written(tmp_path, deep))[0]
    assert "unknown column" in refused(written(tmp_path, "a,b\n1,2\n", "own.csv"))[0]


def test_files_are_read_together_and_compressed_ones_too(tmp_path):
    plain = written(tmp_path, documents.vllm())
    packed = tmp_path / "best.csv.gz"
    packed.write_bytes(gzip.compress(documents.results().encode()))
    imported = read_files([plain], WHERE)
    assert len(imported.measurements) == 2
    assert len(read_file(packed, Given()).measurements) == 1
