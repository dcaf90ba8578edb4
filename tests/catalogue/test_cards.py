from __future__ import annotations

import pytest

from carbonplan.catalogue.cards import card_names, card_path, cards, read_card
from carbonplan.catalogue.records import ModelCard
from carbonplan.errors import InvalidInput
from carbonplan.units import PARAMETERS_PER_BILLION

TIED = {  # the output head is the input embedding
    "bloom-176b",
    "gemma-2-27b",
    "gemma-2-9b",
    "gemma-3-27b",
    "llama-3.2-1b",
    "llama-3.2-3b",
}
TWO_MATRICES = {"bloom-176b", "gpt-j-6b"}  # feed-forward layers without a gate
TOLERANCE_TOTAL = 0.005  # norms and biases are left out
TOLERANCE_ACTIVE = 0.03  # publishers round, and count the input embedding or not


def attention_parameters(card: ModelCard) -> int:
    """Projections of one layer."""
    hidden, heads = card.hidden_size, card.attention_heads
    if card.mla is None:
        return 2 * hidden * card.head_dim * (heads + card.kv_heads)
    mla = card.mla
    query_dim = heads * (mla.nope_head_dim + mla.rope_head_dim)
    rank = mla.q_lora_rank
    query = hidden * rank + rank * query_dim if rank else hidden * query_dim
    compress = hidden * (mla.kv_lora_rank + mla.rope_head_dim)
    expand = mla.kv_lora_rank * heads * (mla.nope_head_dim + mla.v_head_dim)
    return query + compress + expand + heads * mla.v_head_dim * hidden


def feed_forward_parameters(card: ModelCard, *, active: bool) -> int:
    """All layers; of the experts either all or those that one token meets."""
    matrices = 2 if card.llm in TWO_MATRICES else 3
    dense = matrices * card.hidden_size * card.intermediate_size
    if card.moe is None:
        return card.layers * dense
    moe = card.moe
    expert = matrices * card.hidden_size * moe.expert_intermediate_size
    met = (moe.experts_per_token if active else moe.experts) + moe.shared_experts
    router = card.hidden_size * moe.experts
    return moe.dense_layers * dense + (card.layers - moe.dense_layers) * (met * expert + router)


def parameters_b(card: ModelCard, *, active: bool, embeddings: int) -> float:
    layers = card.layers * attention_parameters(card)
    layers += feed_forward_parameters(card, active=active)
    table = card.vocabulary * card.hidden_size
    return (layers + embeddings * table) / PARAMETERS_PER_BILLION


@pytest.mark.parametrize("name", card_names())
def test_parameters_follow_from_the_architecture(name):
    (card,) = cards([name])
    total = parameters_b(card, active=False, embeddings=1 if name in TIED else 2)
    assert card.parameters_b == pytest.approx(total, rel=TOLERANCE_TOTAL)


@pytest.mark.parametrize("name", card_names())
def test_active_parameters_follow_from_the_architecture(name):
    (card,) = cards([name])
    if card.moe is None:
        assert card.active_parameters_b == card.parameters_b
        return
    least = parameters_b(card, active=True, embeddings=1)
    most = parameters_b(card, active=True, embeddings=2)
    assert least * (1 - TOLERANCE_ACTIVE) <= card.active_parameters_b
    assert card.active_parameters_b <= most * (1 + TOLERANCE_ACTIVE)


def test_cards_are_told_apart_as_keys():
    """Records are keys wherever one stands for all its configurations."""
    shipped = cards(card_names())
    assert len(dict.fromkeys(shipped)) == len(shipped)


def test_what_four_bits_keep_in_sixteen():
    kept = {card.llm: card.kept_in_16_bits.fp4 for card in cards(card_names())}
    assert {name: one for name, one in kept.items() if one} == {
        "deepseek-v3": "attention",
        "gpt-oss-120b": "all but experts",
        "gpt-oss-20b": "all but experts",
    }


def test_range_of_cards():
    all_cards = cards(card_names())
    assert len(all_cards) >= 20
    assert min(card.parameters_b for card in all_cards) < 1.5
    assert max(card.parameters_b for card in all_cards) > 650
    assert any(card.mla for card in all_cards)
    assert any(card.moe for card in all_cards)
    assert any(card.full_attention_layers for card in all_cards)


def test_heads_fill_the_hidden_size_where_publishers_say_so():
    (card,) = cards(["llama-3.1-70b"])
    assert card.attention_heads * card.head_dim == card.hidden_size


def test_unknown_names_are_told_together():
    with pytest.raises(InvalidInput) as caught:
        cards(["llama-3.1-70B", "mixtral-8x7b", "zzz"])
    assert caught.value.problems == (
        'no card for LLM "llama-3.1-70B"; nearest: "llama-3.1-70b"',
        'no card for LLM "zzz"',
    )


NAME = "mixtral-8x7b"
TEXT = card_path(NAME).read_text()


@pytest.fixture
def problems(tmp_path):
    def read(text: str | bytes) -> list[str]:
        path = tmp_path / f"{NAME}.yaml"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        with pytest.raises(InvalidInput) as caught:
            read_card(path)
        return list(caught.value.problems)

    return read


def changed(**values: str) -> str:
    lines = TEXT.splitlines()
    for key, value in values.items():
        (at,) = [i for i, line in enumerate(lines) if line.strip().startswith(f"{key}:")]
        lines[at] = lines[at].split(":")[0] + f": {value}"
    return "\n".join(lines) + "\n"


def line_of(key: str) -> int:
    return next(
        i for i, line in enumerate(TEXT.splitlines(), 1) if line.strip().startswith(f"{key}:")
    )


@pytest.mark.parametrize(
    ("key", "found", "expected"),
    [
        ("layers", "0", "a number of at least 1"),
        ("layers", "true", "a whole number"),
        ("layers", "32.5", "a whole number"),
        ("parameters_b", ".inf", "a finite number"),
        ("parameters_b", "1e999", "a finite number"),
        ("parameters_b", "46 B", "a number with a decimal point"),
        ("native_precision", "bf61", "one of 'fp16', 'bf16', 'fp8', 'int8', 'int4' or 'fp4'"),
    ],
)
def test_values_are_checked_with_their_line(problems, key, found, expected):
    (problem,) = problems(changed(**{key: found}))
    assert problem.startswith(f'line {line_of(key)}, {key}: found "')
    assert f"; expected {expected}" in problem


def test_keys_are_checked_at_every_level(problems):
    text = TEXT.replace("layers:", "layer:").replace("  experts:", "  expert:")
    assert set(problems(text)) == {
        "layers: is missing",
        f'line {line_of("experts")}, moe.expert: unknown key; nearest: "experts"',
        f'line {line_of("layers")}, layer: unknown key; nearest: "layers"',
        f"line {line_of('moe')}, moe.experts: is missing",
    }


def test_what_is_kept_in_sixteen_bits_is_checked(problems):
    (unknown,) = problems(TEXT + "kept_in_16_bits: {fp5: attention}\n")
    assert unknown.endswith('kept_in_16_bits.fp5: unknown key; nearest: "fp8"')
    (other,) = problems(TEXT + "kept_in_16_bits: {fp4: attentions}\n")
    assert other.endswith(
        'kept_in_16_bits.fp4: found "attentions"; '
        "expected one of 'attention' or 'all but experts'; nearest: \"attention\""
    )


def test_an_llm_without_experts_keeps_its_attention_at_most(tmp_path):
    dense = tmp_path / "llama-3.1-8b.yaml"
    text = card_path(dense.stem).read_text() + "kept_in_16_bits: {fp8: all but experts}\n"
    dense.write_text(text)
    with pytest.raises(InvalidInput) as caught:
        read_card(dense)
    (problem,) = caught.value.problems
    assert problem.endswith(
        'kept_in_16_bits.fp8: found "all but experts"; '
        "expected attention where there are no experts"
    )


def test_contradictions_are_told_together(problems):
    text = changed(llm="other", active_parameters_b="60", kv_heads="5", experts_per_token="9")
    assert problems(text) == [
        f'line {line_of("llm")}, llm: found "other"; expected "{NAME}", the name of the file',
        f'line {line_of("active_parameters_b")}, active_parameters_b: found "60.0"; '
        "expected at most parameters_b, 46.703",
        f'line {line_of("kv_heads")}, kv_heads: found "5"; '
        "expected a divisor of attention_heads, 32",
        f'line {line_of("experts_per_token")}, moe.experts_per_token: found "9"; '
        "expected at most moe.experts, 8",
    ]


def test_duplicate_key_names_both_places(problems):
    (problem,) = problems(TEXT + "layers: 3\n")
    line = len(TEXT.splitlines()) + 1
    assert problem == f'line {line}: "layers" stands twice in the mapping that begins on line 1'


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "a card is a mapping of names to values"),
        ("- a\n", "a card is a mapping of names to values"),
        ("a: 1\n---\nb: 2\n", "line 2: a second document; a card is one"),
        ("a: !!python/object:x 1\n", "line 1: tags are not read"),
        ("a: &x 1\n", "line 1: anchors and aliases are not read; write the value out"),
        ("[" * 5000, "line 1: nested deeper than 4 levels"),
        ("a:\n\t- 1\n", "line 2, column 1: not YAML: "),
        ("a: {\n", "not YAML: "),
        ("a: 2026-02-30\n", "is not YAML: day is out of range for month"),
        (b"\xff\xfea", "line 1: bytes that are not UTF-8; save the file as UTF-8"),
        (b"#" * 70_000, "holds more than 0.065536 MB, the most that is read"),
    ],
)
def test_text_that_is_no_card(problems, text, problem):
    assert problem in problems(text)[0]


@pytest.mark.parametrize("key", ["1: 2", "null: 2", "? [a]\n: 2"])
def test_keys_that_are_not_text(problems, key):
    (problem,) = problems(f"{TEXT}{key}\n")
    assert problem.endswith(": a key is text")
