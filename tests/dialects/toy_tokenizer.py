"""A tokenizer of Gemma's make (BPE, byte fallback, spaces as `▁`) that is built in a moment, for tests of text."""

from functools import lru_cache

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers

from playground.dialects.gemma3 import Gemma3

WORDS = ("▁the", "the", "ing", "call", "name", "\n\n\n", "▁▁", "user", "model")
UNMARKED = ("<unmarked>",)
"""A control token that is an added token but not marked special, as some checkpoints have them."""


@lru_cache
def toy_tokenizer(controls: tuple[str, ...] = Gemma3.control_tokens + UNMARKED) -> Tokenizer:
    vocab = {name: number for number, name in enumerate(controls)}
    for byte in range(256):
        vocab[f"<0x{byte:02X}>"] = len(vocab)
    for char in map(chr, range(33, 127)):
        vocab[char] = len(vocab)
    for piece in ("▁", "\n", "é", "ü", "<table>"):
        vocab[piece] = len(vocab)
    merges = []
    for word in WORDS:
        for end in range(2, len(word) + 1):
            if word[:end] not in vocab:
                vocab[word[:end]] = len(vocab)
                merges.append((word[: end - 1], word[end - 1]))
    tokenizer = Tokenizer(models.BPE(vocab, merges, unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    tokenizer.add_special_tokens([AddedToken(name, normalized=False) for name in controls if name not in UNMARKED])
    tokenizer.add_tokens(
        [AddedToken(name, special=False, normalized=False) for name in ("\n\n", "▁▁", "<table>", *UNMARKED)]
    )
    return tokenizer
