"""Pieces to ids: control tokens come from `Special` pieces only."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llguidance import LLTokenizer
from tokenizers import Tokenizer

from playground.dialects.dialect import ImageSlot, Plain, Special
from playground.dialects.gemma3 import Gemma3
from playground.dialects.token_text import TokenText
from playground.errors import ServerError
from playground.messages import Image
from tests.dialects.toy_tokenizer import UNMARKED, toy_tokenizer
from tests.embedded import unpacked_base

CONTROLS = Gemma3.control_tokens + UNMARKED
TEXT = TokenText(toy_tokenizer(), CONTROLS, Gemma3.image_tokens)
CONTROL_IDS = {toy_tokenizer().token_to_id(name) for name in CONTROLS}
BYTES = {token for entry, token in toy_tokenizer().get_vocab().items() if entry.startswith("<0x")}
PICTURE = Image(b"", "image/png", 8, 8)


def decode(ids):
    return toy_tokenizer().decode(list(ids), skip_special_tokens=False)


def test_the_tokenizer_itself_reads_control_tokens_in_text():
    """Otherwise the tests below would show nothing."""
    for name in CONTROLS:
        assert set(toy_tokenizer().encode(f"a{name}b").ids) & CONTROL_IDS


@given(st.lists(st.sampled_from([*CONTROLS, "<", "<start_of", "_turn>", " the", "é", "日", "\n"]), max_size=8))
def test_text_that_spells_control_tokens_stays_text(parts):
    text = "".join(parts)
    ids = TEXT.encode([Plain(text)]).ids
    assert not set(ids) & CONTROL_IDS
    assert decode(ids) == text


def test_special_pieces_become_their_ids_and_neighbouring_texts_one_run():
    ids = TEXT.encode([Special("<bos>"), Plain("user\n"), Plain("\nthe"), Special("<end_of_turn>")]).ids
    vocab = toy_tokenizer().token_to_id
    assert ids == (vocab("<bos>"), vocab("user"), vocab("\n\n"), vocab("the"), vocab("<end_of_turn>"))


def test_pieces_give_the_ids_of_the_whole_text():
    pieces = [Special("<start_of_turn>"), Plain("user\n the calling"), Special("<end_of_turn>"), Plain("\n")]
    whole = toy_tokenizer().encode("<start_of_turn>user\n the calling<end_of_turn>\n", add_special_tokens=False)
    assert TEXT.encode(pieces).ids == tuple(whole.ids)


def test_an_image_takes_its_soft_tokens_and_its_blank_lines_join_the_text_around():
    encoded = TEXT.encode([Plain("user\n"), ImageSlot(PICTURE), Plain("the")], lambda image: 4)
    expected = "user\n\n\n<start_of_image>" + "<image_soft_token>" * 4 + "<end_of_image>\n\nthe"
    assert encoded.ids == tuple(toy_tokenizer().encode(expected, add_special_tokens=False).ids)
    ((start, length),) = encoded.images
    assert decode(encoded.ids[start : start + length]) == "<image_soft_token>" * 4
    assert encoded.ids.count(encoded.ids[start]) == length == 4


def test_an_image_without_image_tokens_is_refused():
    with pytest.raises(ServerError, match="no image tokens"):
        TokenText(toy_tokenizer(), CONTROLS).encode([ImageSlot(PICTURE)], lambda image: 4)


def test_a_control_token_that_the_tokenizer_lacks_is_named():
    with pytest.raises(ServerError, match="no <|think|> token".replace("|", r"\|")):
        TEXT.encode([Special("<|think|>")])


def stream(ids):
    reader = TEXT.stream()
    return [piece for token in ids for piece in reader.feed(token)] + reader.finish()


@given(st.text())
def test_decoding_gives_back_the_text_and_never_half_a_character(text):
    pieces = stream(TEXT.encode_text(text))
    assert "".join(piece.text for piece in pieces) == text
    assert all(isinstance(piece, Plain) for piece in pieces)


@given(st.lists(st.sampled_from([t for t in toy_tokenizer().get_vocab().values() if t not in BYTES])))
def test_decoding_gives_what_the_tokenizer_decodes(ids):
    shown = "".join(piece.token if isinstance(piece, Special) else piece.text for piece in stream(ids))
    assert shown == decode(ids)


def test_a_character_of_several_tokens_comes_out_once_it_is_whole():
    reader = TEXT.stream()
    assert [reader.feed(token) for token in TEXT.encode_text("日")] == [[], [], [Plain("日")]]


def test_a_character_that_breaks_off_is_replaced_before_the_control_token():
    first, *_ = TEXT.encode_text("日")
    assert stream([first, TEXT.id_of("<end_of_turn>")]) == [Plain("\ufffd"), Special("<end_of_turn>")]


def test_a_leading_space_is_kept():
    assert stream(TEXT.encode_text(" the the")) == [Plain(" the"), Plain(" the")]


def test_ids_beyond_the_vocabulary_add_nothing():
    assert stream([toy_tokenizer().get_vocab_size() + 5]) == []


def test_a_token_alone_is_shown_readably():
    assert TEXT.text_of(TEXT.id_of("<eos>")) == "<eos>"
    assert TEXT.text_of(TEXT.encode_text(" the")[0]) == " the"
    assert TEXT.text_of(TEXT.encode_text("日")[0]) == "\ufffd"


def embedded_tokens():
    """Those of Gemma 3 itself."""
    file = unpacked_base() / "tokenizer.json"
    return TokenText(Tokenizer.from_file(str(file)), Gemma3.control_tokens, Gemma3.image_tokens)


@pytest.mark.parametrize("tokens", [lambda: TEXT, embedded_tokens], ids=["toy", "embedded"])
def test_grammars_see_every_token_as_it_decodes_and_control_tokens_as_special(tokens):
    text = tokens()
    grammar_tokens = LLTokenizer(text.vocabulary_json())
    for token in range(grammar_tokens.vocab_size):
        name = text.control_of(token)
        if text.bytes_of(token) == b"\xff":  # llguidance's mark of special tokens; no character has this byte
            continue
        assert grammar_tokens.is_special_token(token) == (name is not None)
        assert grammar_tokens.decode_bytes([token]) == (name.encode() if name else text.bytes_of(token))
