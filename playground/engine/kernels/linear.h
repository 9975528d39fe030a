// Weights [N, K] times a few rows of inputs [M, K], in three formats.
//
// Exactness: each output is summed over K in one order, whatever M is and however the outputs are shared out among
// threads. So a row gets the same result alone and beside others. (Compile without contraction and fast maths.)
//
//   bf16  plain rows, as torch keeps them.
//   int8  blocks of 16 outputs: [N/16][K/4][16][4] bytes, 128 added; one scale (float) for each output.
//   int4  blocks of 16 outputs: [N/16][K/8][16][4] bytes, 8 added; the low half holds inputs 0-3 of eight, the high
//         half 4-7; a scale (bf16) for each group of 32 inputs: [N/16][K/32][16].
//
// For int8 and int4 the inputs are rounded to eight bits in groups of 32, each group with its own scale.
#pragma once

#include <cmath>
#include <cstring>
#include <type_traits>

#include "simd.h"

constexpr int GROUP = 32;
constexpr int BLOCK = 16;
enum Format : int64_t { BF16 = 0, INT8 = 1, INT4 = 2 };

struct Matrix {  // mirrored in native.py
  const void* weights;
  const void* scales;
  int64_t outputs, inputs, format;
};

// M rows of inputs [M, K], in the format that a matrix wants. Up to eight rows stand side by side, so that their
// addresses differ by constants: [M / side][K / GROUP][side], and in each of these places GROUP numbers or one scale.
constexpr int MOST_SIDE = 8;
struct Inputs {
  bf16* halves;
  int8_t* bytes;
  float* scales;
  int32_t* starts;  // what takes out again what was added to the weights
  int64_t side;

  int64_t place(int64_t groups, int64_t row, int64_t group) const {
    return (row / side * groups + group) * side + row % side;
  }
};

// Rounds `count` of a row's `groups` groups, from number `group` on.
inline void prepare(const float* from, int64_t count, int64_t groups, int64_t row, int64_t group, int64_t format, const Inputs& to) {
  for (int64_t g = 0; g < count; g++, from += GROUP) {
    const int64_t at = to.place(groups, row, group + g);
    if (format == BF16) {
      store(to.halves + at * GROUP, load(from)), store(to.halves + at * GROUP + 16, load(from + 16));
      continue;
    }
    const Floats a = load(from), b = load(from + 16);
    const float most = largest(larger(magnitude(a), magnitude(b)));
    const Floats inverse = all(most > 0 ? 127.0f / most : 0.0f);
    const Ints first = to_ints(mul(a, inverse)), second = to_ints(mul(b, inverse));
    store_bytes(to.bytes + at * GROUP, first);
    store_bytes(to.bytes + at * GROUP + 16, second);
    to.scales[at] = most / 127.0f;
    to.starts[at] = (format == INT8 ? WIDE_START : -8) * (sum(first) + sum(second));
  }
}

template <int N>
using Count = std::integral_constant<int, N>;

// Calls tile(Count<R>, first row) for rows in blocks of MOST and one rest.
template <int MOST, class Tile>
inline void in_blocks(int64_t rows, Tile tile, int64_t first = 0) {
  for (; rows - first >= MOST; first += MOST) tile(Count<MOST>{}, first);
  if constexpr (MOST > 1) in_blocks<MOST - 1>(rows, tile, first);
}

// Memory is read fastest as one stream per thread, in order: outputs are taken one after another (or one block after
// another), each for as many rows as the registers hold. For one row the processor itself fetches ahead well enough; with
// more it does not, and weights are asked for before their use.
constexpr int64_t AHEAD = 8192;  // bytes

// One output for M rows, [M] with BLOCK between them. Each has two sums, of even and of odd groups of inputs, so that one
// addition need not wait for the last.
template <int M>
inline void tile_bf16(const bf16* w, int64_t groups, const bf16* x, int64_t side, float* y, bool fetch) {
  Floats sums[M][2];
  for (auto& one : sums) one[0] = one[1] = all(0.0f);
  for (int64_t g = 0; g < groups; g += 2)
    for (int part = 0; part < 2 && g + part < groups; part++) {
      const bf16* run = w + (g + part) * GROUP;
      const Halves weights = load_halves(run);
      if (fetch) prefetch(reinterpret_cast<const char*>(run) + AHEAD);
      for (int m = 0; m < M; m++)
        sums[m][part] = dot(sums[m][part], weights, load_halves(x + ((g + part) * side + m) * GROUP));
    }
  Floats both[M];
  for (int m = 0; m < M; m++) both[m] = add(sums[m][0], sums[m][1]);
  float totals[M];
  sum_each<M>(both, totals);
  for (int m = 0; m < M; m++) y[m * BLOCK] = totals[m];
}

// Outputs from `first` to `last` for all rows. Blocks of them are put together before they are stored: rows of logits
// lie a megabyte apart, and a processor's cache has few places for addresses like that.
inline void linear_bf16(const Matrix& w, const Inputs& x, int64_t rows, int64_t first, int64_t last, float* y) {
  const int64_t groups = w.inputs / GROUP;
  const auto* weights = static_cast<const bf16*>(w.weights);
  for (int64_t n = first; n < last; n += BLOCK)
    in_blocks<TILE_ROWS>(rows, [&](auto some, int64_t row) {
      constexpr int M = decltype(some)::value;
      const int64_t count = last - n < BLOCK ? last - n : BLOCK;
      const bf16* in = x.halves + x.place(groups, row, 0) * GROUP;
      float block[M * BLOCK];
      for (int64_t i = 0; i < count; i++) tile_bf16<M>(weights + (n + i) * w.inputs, groups, in, x.side, block + i, M > 1 && row == 0);
      for (int m = 0; m < M; m++) std::memcpy(y + (row + m) * w.outputs + n, block + m * BLOCK, count * sizeof(float));
    });
}

inline Ints input_four(const int8_t* from) {
  int32_t four;
  std::memcpy(&four, from, sizeof four);
  return all(four);
}

// A block of 16 outputs for M rows from `row` on.
template <int M, class Out>
inline void tile_int8(const Matrix& w, int64_t block, const Inputs& x, int64_t row, Out* y) {
  const int64_t groups = w.inputs / GROUP;
  const uint8_t* weights = static_cast<const uint8_t*>(w.weights) + block * w.inputs * BLOCK;
  const int64_t first = x.place(groups, row, 0);
  const bool fetch = M > 1 && row == 0;
  Floats sums[M];
  for (Floats& one : sums) one = all(0.0f);
  for (int64_t g = 0; g < groups; g++) {
    const int64_t at_input = first + g * x.side;
    const int8_t* in = x.bytes + at_input * GROUP;
    Ints part[M];
    for (int m = 0; m < M; m++) part[m] = all(x.starts[at_input + m]);
    for (int j = 0; j < GROUP / 4; j++) {
      const int64_t at = (g * GROUP + 4 * j) * BLOCK;
      const Bytes some = load_bytes(weights + at);
      if (fetch) prefetch(weights + at + AHEAD);
      for (int m = 0; m < M; m++)
        part[m] = dot_wide(part[m], some, input_four(in + m * GROUP + 4 * j));
    }
    for (int m = 0; m < M; m++) sums[m] = fma(to_floats(part[m]), all(x.scales[at_input + m]), sums[m]);
  }
  const Floats scale = load(static_cast<const float*>(w.scales) + block * BLOCK);
  for (int m = 0; m < M; m++) store(y + (row + m) * w.outputs + block * BLOCK, mul(sums[m], scale));
}

template <int M, class Out>
inline void tile_int4(const Matrix& w, int64_t block, const Inputs& x, int64_t row, Out* y) {
  const int64_t groups = w.inputs / GROUP;
  const uint8_t* weights = static_cast<const uint8_t*>(w.weights) + block * w.inputs * BLOCK / 2;
  const bf16* scales = static_cast<const bf16*>(w.scales) + block * groups * BLOCK;
  const int64_t first = x.place(groups, row, 0);
  const bool fetch = M > 1 && row == 0;
  Floats sums[M];
  for (Floats& one : sums) one = all(0.0f);
  for (int64_t g = 0; g < groups; g++) {
    const int64_t at_input = first + g * x.side;
    const int8_t* in = x.bytes + at_input * GROUP;
    Ints part[M];
    for (int m = 0; m < M; m++) part[m] = all(x.starts[at_input + m]);
    for (int j = 0; j < GROUP / 8; j++) {
      const int64_t at = (g * GROUP / 2 + 4 * j) * BLOCK;
      const Bytes both = load_bytes(weights + at), low = low_nibbles(both), high = high_nibbles(both);
      if (fetch) prefetch(weights + at + AHEAD);
      for (int m = 0; m < M; m++) {
        part[m] = dot_small(part[m], low, input_four(in + m * GROUP + 8 * j));
        part[m] = dot_small(part[m], high, input_four(in + m * GROUP + 8 * j + 4));
      }
    }
    const Floats scale = widen(scales + g * BLOCK);
    for (int m = 0; m < M; m++) {
      const Floats both = mul(scale, all(x.scales[at_input + m]));
      sums[m] = fma(to_floats(part[m]), both, sums[m]);
    }
  }
  for (int m = 0; m < M; m++) store(y + (row + m) * w.outputs + block * BLOCK, sums[m]);
}

// Blocks of outputs from `first` to `last` for all rows.
template <class Out>
inline void linear_packed(const Matrix& w, const Inputs& x, int64_t rows, int64_t first, int64_t last, Out* y) {
  for (int64_t block = first; block < last; block++)
    in_blocks<PACKED_ROWS>(rows, [&](auto m, int64_t row) {
      constexpr int M = decltype(m)::value;
      if (w.format == INT8) tile_int8<M>(w, block, x, row, y);
      else tile_int4<M>(w, block, x, row, y);
    });
}

// Blocks of 16 outputs from `first` to `last`, the last one perhaps not whole, for all rows: y [M, N].
inline void linear(const Matrix& w, const Inputs& x, int64_t rows, int64_t first, int64_t last, float* y) {
  if (w.format != BF16) return linear_packed(w, x, rows, first, last, y);
  const int64_t end = last * BLOCK;
  linear_bf16(w, x, rows, first * BLOCK, end < w.outputs ? end : w.outputs, y);
}

// One thread's share of a product.
inline void linear(const Matrix& w, const Inputs& x, int64_t rows, int thread, int threads, float* y) {
  const int64_t blocks = (w.outputs + BLOCK - 1) / BLOCK;
  linear(w, x, rows, blocks * thread / threads, blocks * (thread + 1) / threads, y);
}
