"""Weights from names: the same numbers here and in test/fixtures/golden-checkpoint.ts, bit for bit.

Element i of a tensor comes from a 32-bit hash of (FNV-1a of the name, i). Its upper bits give an odd multiple of 1/256 in (-1, 1), times
a power of two; norm weights are 1 + a multiple of 1/128. Every value has at most 8 significant bits, so float16 and bfloat16 hold it
exactly and nothing is rounded anywhere.
"""
import numpy as np

# What a tensor is filled with, from the end of its name; anything else is a matrix whose rows are outputs.
EMBEDDINGS = ("embed_tokens.weight", "pos_embed.weight")
CORRECTIONS = ("bias", "e_score_correction_bias")
TRANSPOSED = ("experts.gate_up_proj", "experts.down_proj")


def fill_of(name, shape):
    """'embedding', 'norm', 'bias', 'matrix' (inputs last) or 'transposed' (inputs before last)."""
    if name.endswith(EMBEDDINGS):
        return "embedding"
    if name.endswith(CORRECTIONS):
        return "bias"
    if len(shape) == 1:
        return "norm"
    return "transposed" if name.endswith(TRANSPOSED) else "matrix"


def values(name, shape, fill):
    """The tensor as float32."""
    mixed = mix(fnv1a(name), int(np.prod(shape)))
    if fill == "norm":
        numbers = 1 + ((mixed >> 26).astype(np.float64) - 32) / 128
    else:
        numbers = (2 * (mixed >> 24).astype(np.float64) - 255) / 256 * scale(shape, fill)
    return numbers.reshape(shape).astype("<f4")


def scale(shape, fill):
    """A power of two: a uniform number in (-1, 1) times this has a standard deviation near 0.58, 0.14 or 1/sqrt(inputs)."""
    if fill == "embedding":
        return 1.0
    if fill == "bias":
        return 0.25
    inputs = shape[-2] if fill == "transposed" else shape[-1]
    exponent = 0
    while 6 * 4**exponent < inputs:
        exponent += 1
    return 2.0**-exponent


def fnv1a(text):
    value = 0x811C9DC5
    for byte in text.encode():
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value


def mix(seed, count):
    """MurmurHash3's last step over seed xor i x the golden ratio, in 64 bits cut back to 32 after each product."""
    low = np.uint64(0xFFFFFFFF)
    x = np.uint64(seed) ^ (np.arange(count, dtype=np.uint64) * np.uint64(0x9E3779B1) & low)
    x = (x ^ x >> np.uint64(16)) * np.uint64(0x85EBCA6B) & low
    x = (x ^ x >> np.uint64(13)) * np.uint64(0xC2B2AE35) & low
    return (x ^ x >> np.uint64(16)).astype(np.int64)
