import pytest

from carbonplan.catalogue.measurements import holds_measurements, read_measurements
from carbonplan.catalogue.profiles import profiles_or_measurements
from carbonplan.errors import InvalidInput

HEADER = (
    "accelerator,llm,precision,tensor_parallel,batch,input_tokens,output_tokens,quantity,value"
)
GOOD = "h100-sxm,llama-3.1-8b,bf16,1,8,1024,0,step_s,0.0091"


def table(folder, *lines, header=HEADER):
    path = folder / "own.csv"
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


def refused(path):
    with pytest.raises(InvalidInput) as error:
        read_measurements(path)
    return error.value.problems


def test_columns_that_may_be_left_out_have_their_plain_value(tmp_path):
    (row,) = read_measurements(table(tmp_path, GOOD))
    assert (row.pipeline_parallel, row.clock_fraction, row.source) == (1, 1.0, "own.csv")
    assert row.context_tokens == 1024


def test_the_context_of_a_step_includes_half_of_what_is_written(tmp_path):
    (row,) = read_measurements(table(tmp_path, GOOD.replace("1024,0", "1024,512")))
    assert row.context_tokens == 1280


def test_every_wrong_cell_is_told_with_its_line(tmp_path):
    told = refused(
        table(
            tmp_path,
            GOOD,
            GOOD.replace("step_s", "step_ms"),
            GOOD.replace("0.0091", "-1"),
        )
    )
    assert len(told) == 2
    assert told[0].startswith('line 3 (h100-sxm), quantity: found "step_ms"')
    assert 'nearest: "step_s"' in told[0]
    assert told[1].startswith('line 4 (h100-sxm), value: found "-1"')


def test_unknown_names_and_missing_lengths_are_told_together(tmp_path):
    told = refused(
        table(
            tmp_path,
            GOOD,
            GOOD.replace("h100-sxm", "h100-smx").replace("llama-3.1-8b", "llama-3.1-8B"),
            GOOD.replace("step_s", "tpot_s"),
            GOOD.replace("1024,0,step_s", "0,0,prefill_s"),
        )
    )
    assert told == (
        'line 3, accelerator: "h100-smx" is not in the catalogue; nearest: "h100-sxm"',
        'line 3, llm: "llama-3.1-8B" is not in the catalogue; nearest: "llama-3.1-8b"',
        "line 4, output_tokens: found 0; tpot_s needs a number above 0",
        "line 5, input_tokens: found 0; prefill_s needs a number above 0",
    )


def test_an_unknown_column_is_told_with_the_nearest(tmp_path):
    (told, _) = refused(table(tmp_path, GOOD, header=HEADER.replace("batch", "batsh")))
    assert 'unknown column "batsh"; nearest: "batch"' in told


def test_a_file_of_profiles_is_told_by_its_header(tmp_path):
    measured = table(tmp_path, GOOD)
    assert holds_measurements(measured)
    assert profiles_or_measurements(measured) == ((), read_measurements(measured))
    points = tmp_path / "points.csv"
    points.write_text(
        "llm,sku,tensor_parallel,pipeline_parallel,precision,clock_fraction,request_class,"
        "max_rate_rps,energy_j_per_request,ttft_s,source\n"
        "llama-3.1-8b,h100-sxm-8,1,1,bf16,1,chat,2,100,0.1,mine\n"
    )
    assert not holds_measurements(points)
    profiles, measurements = profiles_or_measurements(points)
    assert (len(profiles), measurements) == (1, ())
    assert profiles_or_measurements(None) == ((), ())
