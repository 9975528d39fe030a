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
constexpr int64_t NEAR = 12288;  // inputs that stay in a core's first cache, beside weights

// One output for M rows, [M] with BLOCK between them. Each has two sums, of even and of odd groups of inputs, so that one
// addition need not wait for the last.
template <int M, bool FETCH>
[[gnu::always_inline]] inline void tile_bf16(const bf16* w, int64_t groups, const bf16* x, int64_t side, float* y) {
  Floats sums[M][2];
  for (auto& one : sums) one[0] = one[1] = all(0.0f);
  const auto add_group = [&](int64_t g, int part) {
    const bf16* run = w + g * GROUP;
    const Halves weights = load_halves(run);
    if (FETCH) prefetch(reinterpret_cast<const char*>(run) + AHEAD);
    for (int m = 0; m < M; m++) sums[m][part] = dot(sums[m][part], weights, load_halves(x + (g * side + m) * GROUP));
  };
  for (int64_t g = 0; g + 1 < groups; g += 2) add_group(g, 0), add_group(g + 1, 1);
  if (groups % 2) add_group(groups - 1, 0);
  Floats both[M];
  for (int m = 0; m < M; m++) both[m] = add(sums[m][0], sums[m][1]);
  float totals[M];
  sum_each<M>(both, totals);
  for (int m = 0; m < M; m++) y[m * BLOCK] = totals[m];
}

// N outputs for M rows, y [M, N] with BLOCK between its rows: the same sums, and inputs are loaded once for all outputs.
// The registers hold one sum of each, so all even groups come first and then all odd ones.
template <int M, int N>
[[gnu::always_inline]] inline void wide_tile_bf16(const bf16* w, int64_t groups, const bf16* x, int64_t side, float* y) {
  Floats parts[2][N][M];
  for (int part = 0; part < 2; part++) {
    Floats sums[N][M];
    for (auto& output : sums)
      for (Floats& one : output) one = all(0.0f);
    for (int64_t g = part; g < groups; g += 2) {
      Halves weights[N];
      for (int n = 0; n < N; n++) weights[n] = load_halves(w + (n * groups + g) * GROUP);
      for (int m = 0; m < M; m++) {
        const Halves inputs = load_halves(x + (g * side + m) * GROUP);
        for (int n = 0; n < N; n++) sums[n][m] = dot(sums[n][m], weights[n], inputs);
      }
    }
    std::memcpy(parts[part], sums, sizeof sums);
  }
  for (int n = 0; n < N; n++) {
    Floats both[M];
    for (int m = 0; m < M; m++) both[m] = add(parts[0][n][m], parts[1][n][m]);
    float totals[M];
    sum_each<M>(both, totals);
    for (int m = 0; m < M; m++) y[m * BLOCK + n] = totals[m];
  }
}

// Some outputs, at most BLOCK, for M rows, y [M, BLOCK]. In functions of their own both get all the registers.
template <int M, bool FETCH>
[[gnu::noinline]] void tiles_bf16(const bf16* w, int64_t count, int64_t groups, const bf16* x, int64_t side, float* y) {
  for (int64_t i = 0; i < count; i++) tile_bf16<M, FETCH>(w + i * groups * GROUP, groups, x, side, y + i);
}
template <int M>
[[gnu::noinline]] void wide_tiles_bf16(const bf16* w, int64_t count, int64_t groups, const bf16* x, int64_t side, float* y) {
  in_blocks<TILE_OUTPUTS>(count, [&](auto outputs, int64_t i) {
    wide_tile_bf16<M, decltype(outputs)::value>(w + i * groups * GROUP, groups, x, side, y + i);
  });
}

// Outputs from `first` to `last` for all rows. Blocks of them are put together before they are stored: rows of logits
// lie a megabyte apart, and a processor's cache has few places for addresses like that. The first rows fetch the weights,
// which is fastest one output after another, unless the inputs would come from afar each time.
inline void linear_bf16(const Matrix& w, const Inputs& x, int64_t rows, int64_t first, int64_t last, float* y) {
  const int64_t groups = w.inputs / GROUP;
  for (int64_t n = first; n < last; n += BLOCK)
    in_blocks<TILE_ROWS>(rows, [&](auto some, int64_t row) {
      constexpr int M = decltype(some)::value;
      const int64_t count = last - n < BLOCK ? last - n : BLOCK;
      const bf16* weights = static_cast<const bf16*>(w.weights) + n * w.inputs;
      const bf16* in = x.halves + x.place(groups, row, 0) * GROUP;
      float block[M * BLOCK];
      if (row == 0 && (TILE_OUTPUTS == 1 || M * w.inputs <= NEAR))
        tiles_bf16<M, (M > 1)>(weights, count, groups, in, x.side, block);
      else if constexpr (TILE_OUTPUTS == 1)
        tiles_bf16<M, false>(weights, count, groups, in, x.side, block);
      else
        wide_tiles_bf16<M>(weights, count, groups, in, x.side, block);
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
    Sums part[M];
    for (int m = 0; m < M; m++) part[m] = small_start(x.starts[at_input + m]);
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
      sums[m] = fma(to_floats(small_total(part[m], x.starts[at_input + m])), both, sums[m]);
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

inline int64_t blocks_of(const Matrix& w) { return (w.outputs + BLOCK - 1) / BLOCK; }

// Blocks of 16 outputs from `first` to `last`, the last one perhaps not whole, for all rows: y [M, N].
inline void linear(const Matrix& w, const Inputs& x, int64_t rows, int64_t first, int64_t last, float* y) {
  if (w.format != BF16) return linear_packed(w, x, rows, first, last, y);
  const int64_t end = last * BLOCK;
  linear_bf16(w, x, rows, first * BLOCK, end < w.outputs ? end : w.outputs, y);
}
