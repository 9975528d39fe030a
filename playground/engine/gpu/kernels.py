"""What a decode step does between its products, in Triton; one program never looks at another slot's numbers.

Every tensor has SLOTS rows, used or not. A slot's position is -1 while it is idle. States are found through a table
[SLOTS, 3] for each storing layer: where the sequence's tensor [2, heads, capacity, size] lies, its capacity, and the
position it begins with. So a sequence may grow, move or leave without another shape.

Sums over keys are made piece by piece in an order that depends on the slot's own position only.
"""

from __future__ import annotations

import triton
import triton.language as tl

FULL = 1 << 30
"""The window of a layer that attends to everything."""
GROUP = tl.constexpr(16)
"""Query heads that share keys are filled up to this many, the least that a product of tiles takes."""


@triton.jit
def _squares(x, count, epsilon):
    return tl.rsqrt(tl.sum(x * x, axis=0) / count + epsilon)


@triton.jit
def _address(entry, kind: tl.constexpr):
    """A pointer from a table's entry."""
    return tl.load(entry).to(tl.pointer_type(kind))


@triton.jit
def add_and_norm(
    stream,
    branch,
    branch_weight,
    out_weight,
    out,
    scale,
    epsilon,
    hidden: tl.constexpr,
    padded: tl.constexpr,
    adds: tl.constexpr,
    norms: tl.constexpr,
):
    """stream [SLOTS, hidden] becomes (stream + norm(branch)) * scale, and out its norm: what ends a block of a layer
    and begins the next. Without `adds` the stream stays; without `norms` out is the stream itself.
    """
    slot = tl.program_id(0)
    at = tl.arange(0, padded)
    inside = at < hidden
    x = tl.load(stream + slot * hidden + at, mask=inside, other=0.0)
    if adds:
        y = tl.load(branch + slot * hidden + at, mask=inside, other=0.0).to(tl.float32)
        x += y * _squares(y, hidden, epsilon) * tl.load(branch_weight + at, mask=inside, other=0.0)
        x *= scale
        tl.store(stream + slot * hidden + at, x, mask=inside)
    if norms:
        x *= _squares(x, hidden, epsilon) * tl.load(out_weight + at, mask=inside, other=0.0)
    tl.store(out + slot * hidden + at, x.to(out.dtype.element_ty), mask=inside)


@triton.jit
def gated(gate, factor, out, gate_stride, factor_stride, count: tl.constexpr, piece: tl.constexpr):
    """out [SLOTS, count] = gelu(gate) * factor, by the tanh formula: 0.5 (1 + tanh u) is the sigmoid of 2 u."""
    slot = tl.program_id(0)
    at = tl.program_id(1) * piece + tl.arange(0, piece)
    inside = at < count
    x = tl.load(gate + slot * gate_stride + at, mask=inside, other=0.0).to(tl.float32)
    y = tl.load(factor + slot * factor_stride + at, mask=inside, other=0.0).to(tl.float32)
    x *= tl.sigmoid(1.5957691216057308 * (x + 0.044715 * x * x * x))
    tl.store(out + slot * count + at, (x * y).to(out.dtype.element_ty), mask=inside)


@triton.jit
def _normed(source, weight, at, inside, size, epsilon, weighted: tl.constexpr):
    x = tl.load(source + at, mask=inside, other=0.0).to(tl.float32)
    x *= _squares(tl.where(inside, x, 0.0), size, epsilon)
    if weighted:
        x *= tl.load(weight + at, mask=inside, other=0.0)
    return x


@triton.jit
def _turned(source, weight, cosines, sines, at, inside, size: tl.constexpr, epsilon):
    """A head's vector after its norm, turned by its position."""
    half: tl.constexpr = size // 2
    other = tl.where(at < half, at + half, at - half)
    x = tl.load(source + at, mask=inside, other=0.0).to(tl.float32)
    across = tl.load(source + other, mask=inside, other=0.0).to(tl.float32)
    factor = _squares(x, size, epsilon)
    x *= factor * tl.load(weight + at, mask=inside, other=0.0)
    across *= factor * tl.load(weight + other, mask=inside, other=0.0)
    angle = tl.where(at < half, at, at - half)
    cosine = tl.load(cosines + angle, mask=inside, other=0.0)
    sine = tl.load(sines + angle, mask=inside, other=0.0)
    return x * cosine + tl.where(at < half, -across, across) * sine


@triton.jit
def place_states(
    projected,
    queries,
    q_norm,
    k_norm,
    v_norm,
    cosines,
    sines,
    positions,
    table,
    stride,
    epsilon,
    heads: tl.constexpr,
    kv_heads: tl.constexpr,
    size: tl.constexpr,
    padded: tl.constexpr,
    has_values: tl.constexpr,
    norms_values: tl.constexpr,
):
    """From projected rows of `stride` numbers [heads + 2 kv_heads, size]: queries [SLOTS, heads, size], normed and
    turned, and keys and values into each slot's states. Without `has_values` the values are the projected keys.
    """
    slot = tl.program_id(0)
    head = tl.program_id(1)
    at = tl.arange(0, padded)
    inside = at < size
    row = projected + slot * stride
    cosines += slot * (size // 2)
    sines += slot * (size // 2)
    if head < heads:
        y = _turned(row + head * size, q_norm, cosines, sines, at, inside, size, epsilon)
        tl.store(queries + (slot * heads + head) * size + at, y.to(queries.dtype.element_ty), mask=inside)
    else:
        position = tl.load(positions + slot)
        if position >= 0:
            own = head - heads
            states = _address(table + 3 * slot, queries.dtype.element_ty)
            capacity = tl.load(table + 3 * slot + 1)
            place = (own * capacity + position - tl.load(table + 3 * slot + 2)) * size
            if own < kv_heads:
                y = _turned(row + head * size, k_norm, cosines, sines, at, inside, size, epsilon)
                tl.store(states + place + at, y.to(queries.dtype.element_ty), mask=inside)
            else:
                source = row + head * size
                if not has_values:
                    source = row + (head - kv_heads) * size
                if norms_values:
                    y = _normed(source, v_norm, at, inside, size, epsilon, True)
                else:
                    y = tl.load(source + at, mask=inside, other=0.0).to(tl.float32)
                tl.store(states + place + at, y.to(queries.dtype.element_ty), mask=inside)


@triton.jit
def _span(position, window, splits: tl.constexpr, keys: tl.constexpr):
    """The first position that a query sees, how many, and how many of them each split takes."""
    begin = tl.maximum(position - window + 1, 0)
    count = position + 1 - begin
    each = tl.cdiv(tl.cdiv(count, keys), splits) * keys
    return begin, count, each


@triton.jit
def attend(
    queries,
    sums,
    largest,
    masses,
    positions,
    table,
    window,
    scaling,
    heads: tl.constexpr,
    kv_heads: tl.constexpr,
    size: tl.constexpr,
    padded: tl.constexpr,
    splits: tl.constexpr,
    keys: tl.constexpr,
):
    """Attention of each slot's one query per head [SLOTS, heads, size] over a split of its keys: weighted values
    sums [SLOTS, heads, splits, size], the largest score and the sum of weights [SLOTS, heads, splits].
    """
    slot = tl.program_id(0)
    kv = tl.program_id(1)
    split = tl.program_id(2)
    group: tl.constexpr = heads // kv_heads
    position = tl.load(positions + slot)
    begin, count, each = _span(position, window, splits, keys)
    start = begin + split * each
    end = tl.minimum(start + each, begin + count)
    if start < end:
        at = tl.arange(0, padded)
        inside = at < size
        rows = tl.arange(0, GROUP)
        head = slot * heads + kv * group + rows
        real = rows < group
        q = tl.load(queries + head[:, None] * size + at[None, :], mask=real[:, None] & inside[None, :], other=0.0)
        states = _address(table + 3 * slot, queries.dtype.element_ty)
        capacity = tl.load(table + 3 * slot + 1)
        first = tl.load(table + 3 * slot + 2)
        own_keys = states + kv * capacity * size
        own_values = states + (kv_heads + kv) * capacity * size
        best = tl.full([GROUP], -float("inf"), tl.float32)
        mass = tl.zeros([GROUP], tl.float32)
        total = tl.zeros([GROUP, padded], tl.float32)
        for block in range(start, end, keys):
            seen = block + tl.arange(0, keys)
            there = seen < end
            place = (seen - first) * size
            # Tensors of torch begin at multiples of 16 bytes. The compiler cannot know, and would read numbers singly.
            k_at = tl.multiple_of(own_keys + place[None, :] + at[:, None], (16, 1))
            v_at = tl.multiple_of(own_values + place[:, None] + at[None, :], (1, 16))
            k = tl.load(k_at, mask=there[None, :] & inside[:, None], other=0.0)
            scores = tl.dot(q, k, input_precision="ieee") * scaling
            scores = tl.where(there[None, :], scores, -float("inf"))
            higher = tl.maximum(best, tl.max(scores, axis=1))
            weights = tl.exp(scores - higher[:, None])
            fade = tl.exp(best - higher)
            mass = mass * fade + tl.sum(weights, axis=1)
            v = tl.load(v_at, mask=there[:, None] & inside[None, :], other=0.0)
            total = total * fade[:, None] + tl.dot(weights.to(v.dtype), v, input_precision="ieee")
            best = higher
        place_of = head * splits + split
        tl.store(largest + place_of, best, mask=real)
        tl.store(masses + place_of, mass, mask=real)
        tl.store(sums + place_of[:, None] * size + at[None, :], total, mask=real[:, None] & inside[None, :])


@triton.jit
def join_splits(
    sums,
    largest,
    masses,
    positions,
    out,
    window,
    heads: tl.constexpr,
    size: tl.constexpr,
    padded: tl.constexpr,
    splits: tl.constexpr,
    keys: tl.constexpr,
):
    """What `attend` found in each split, to out [SLOTS, heads, size]; zeros for an idle slot."""
    slot = tl.program_id(0)
    row = slot * heads + tl.program_id(1)
    at = tl.arange(0, padded)
    inside = at < size
    _, count, each = _span(tl.load(positions + slot), window, splits, keys)
    best = -float("inf")
    mass = 0.0
    total = tl.zeros([padded], tl.float32)
    if count > 0:
        best = tl.load(largest + row * splits)
        mass = tl.load(masses + row * splits)
        total = tl.load(sums + row * splits * size + at, mask=inside, other=0.0)
        for split in range(1, tl.cdiv(count, each)):
            place = row * splits + split
            other = tl.load(largest + place)
            higher = tl.maximum(best, other)
            fade = tl.exp(best - higher)
            share = tl.exp(other - higher)
            mass = mass * fade + tl.load(masses + place) * share
            total = total * fade + tl.load(sums + place * size + at, mask=inside, other=0.0) * share
            best = higher
        total = total / mass
    tl.store(out + row * size + at, total.to(out.dtype.element_ty), mask=inside)


@triton.jit
def multiply_packed(
    x,
    words,
    scales,
    out,
    outputs,
    words_each,
    slots: tl.constexpr,
    inputs: tl.constexpr,
    bits: tl.constexpr,
    columns: tl.constexpr,
    depth: tl.constexpr,
    direct: tl.constexpr,
):
    """x [SLOTS, inputs] times quantised weights, over a split of the inputs: out [splits, SLOTS, outputs], without the
    scales of 8 bits unless it is `direct`, the only split. `words` are the weights of `quantised.py`, four bytes each.
    """
    rows = tl.arange(0, GROUP)
    column = tl.program_id(0) * columns + tl.arange(0, columns)
    split = tl.program_id(1)
    of_word: tl.constexpr = 32 // bits
    count: tl.constexpr = inputs // of_word
    block = column // 16
    within = column % 16
    known = (column < outputs)[None, :]
    total = tl.zeros([GROUP, columns], tl.float32)
    for start in range(split * words_each, min((split + 1) * words_each, count), depth):
        word = start + tl.arange(0, depth)
        there = word < count
        packed = tl.load(
            words + (block[None, :] * count + word[:, None]) * 16 + within[None, :],
            mask=there[:, None] & known,
            other=0,
        )
        if bits == 4:
            scale = tl.load(
                scales + (block[None, :] * (inputs // 32) + word[:, None] // 4) * 16 + within[None, :],
                mask=there[:, None] & known,
                other=0.0,
            ).to(tl.float32)
        for place in tl.static_range(of_word):
            # Bytes hold neighbours; a byte's upper half holds the fourth input after its lower half's.
            at = word * of_word + place
            part = tl.load(
                x + rows[:, None] * inputs + at[None, :], mask=(rows < slots)[:, None] & there[None, :], other=0.0
            )
            if bits == 8:
                number = ((packed >> (8 * place)) & 255) - 128
                weight = number.to(tl.float32)
            else:
                number = ((packed >> (8 * (place % 4) + 4 * (place // 4))) & 15) - 8
                weight = number.to(tl.float32) * scale
            total = tl.dot(part, weight.to(part.dtype), total, input_precision="ieee")
    if direct and bits == 8:
        total *= tl.load(scales + column, mask=column < outputs, other=0.0)[None, :]
    target = out + (split * slots + rows[:, None]) * outputs + column[None, :]
    tl.store(target, total.to(out.dtype.element_ty), mask=(rows < slots)[:, None] & known)


@triton.jit
def add_splits(parts, scales, out, outputs, splits, slots: tl.constexpr, scaled: tl.constexpr, columns: tl.constexpr):
    """The splits of `multiply_packed` [splits, SLOTS, outputs] in their order, to out [SLOTS, outputs]."""
    slot = tl.program_id(0)
    column = tl.program_id(1) * columns + tl.arange(0, columns)
    known = column < outputs
    total = tl.zeros([columns], tl.float32)
    for split in range(splits):
        total += tl.load(parts + (split * slots + slot) * outputs + column, mask=known, other=0.0)
    if scaled:
        total *= tl.load(scales + column, mask=known, other=0.0)
    tl.store(out + slot * outputs + column, total.to(out.dtype.element_ty), mask=known)
