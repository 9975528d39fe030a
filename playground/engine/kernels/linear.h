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

// M rows of inputs, in the format that a matrix wants.
struct Inputs {
  bf16* halves;     // [M, K]
  int8_t* bytes;    // [M, K]
  float* scales;    // [M, K / GROUP]
  int32_t* totals;  // [M, K / GROUP]: sums of bytes
};

// Rounds `count` numbers (a multiple of GROUP) that stand at `at` in the flat [M, K].
inline void prepare(const float* from, int64_t count, int64_t at, int64_t format, const Inputs& to) {
  if (format == BF16) {
    for (int64_t i = 0; i < count; i += 16) store(to.halves + at + i, load(from + i));
    return;
  }
  for (int64_t i = 0; i < count; i += GROUP) {
    const Floats a = load(from + i), b = load(from + i + 16);
    const float most = largest(larger(magnitude(a), magnitude(b)));
    const Floats inverse = all(most > 0 ? 127.0f / most : 0.0f);
    const Ints first = to_ints(mul(a, inverse)), second = to_ints(mul(b, inverse));
    store_bytes(to.bytes + at + i, first);
    store_bytes(to.bytes + at + i + 16, second);
    to.scales[(at + i) / GROUP] = most / 127.0f;
    to.totals[(at + i) / GROUP] = sum(first) + sum(second);
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

// Memory is read fastest as one stream per thread, in order, well ahead of its use: processors' own prefetching stops
// at the end of each page. With few rows a product waits for memory alone, so outputs are taken one after another. More
// rows share a load of inputs between outputs instead.
constexpr int64_t AHEAD = 8192;  // bytes
constexpr int FEW_ROWS = 4;

// Each output has two sums, of even and of odd runs of 32 inputs, so that one addition need not wait for the last.
template <int M, int R>
inline void tile_bf16(const bf16* w, int64_t inputs, const bf16* x, float* y, int64_t outputs, bool fetch) {
  Floats sums[M][R][2];
  for (auto& row : sums)
    for (auto& one : row) one[0] = one[1] = all(0.0f);
  const char* ahead = reinterpret_cast<const char*>(w + R * inputs) + AHEAD;
  const auto add_run = [&](int64_t k, int part) {
    Halves rows[M];
    for (int m = 0; m < M; m++) rows[m] = load_halves(x + m * inputs + k);
    for (int r = 0; r < R; r++) {
      const Halves weights = load_halves(w + r * inputs + k);
      for (int m = 0; m < M; m++) sums[m][r][part] = dot(sums[m][r][part], weights, rows[m]);
    }
  };
  int64_t k = 0;
  for (; k + 64 <= inputs; k += 64) {
    if (fetch)
      for (int line = 0; line < 2 * R; line++, ahead += 64) prefetch(ahead);
    add_run(k, 0);
    add_run(k + 32, 1);
  }
  if (k < inputs) add_run(k, 0);
  for (int m = 0; m < M; m++)
    for (int r = 0; r < R; r++) y[m * outputs + r] = sum(add(sums[m][r][0], sums[m][r][1]));
}

// Outputs from `first` to `last` for all rows.
inline void linear_bf16(const Matrix& w, const Inputs& x, int64_t rows, int64_t first, int64_t last, float* y) {
  const auto* weights = static_cast<const bf16*>(w.weights);
  const auto some = [&](auto outputs, int64_t n) {
    in_blocks<TILE_ROWS>(rows, [&](auto m, int64_t row) {
      const bf16* in = x.halves + row * w.inputs;
      float* out = y + row * w.outputs + n;
      tile_bf16<decltype(m)::value, decltype(outputs)::value>(weights + n * w.inputs, w.inputs, in, out, w.outputs, row == 0);
    });
  };
  int64_t n = first;
  if (rows > FEW_ROWS)
    for (; n + TILE_OUTPUTS <= last; n += TILE_OUTPUTS) some(Count<TILE_OUTPUTS>{}, n);
  for (; n < last; n++) some(Count<1>{}, n);
}

inline Ints input_four(const Inputs& x, int64_t at) {
  int32_t four;
  std::memcpy(&four, x.bytes + at, sizeof four);
  return all(four);
}

// NB blocks of 16 outputs for M rows from `row` on.
template <int M, int NB, class Out>
inline void tile_int8(const Matrix& w, int64_t block, const Inputs& x, int64_t row, Out* y) {
  const int64_t size = w.inputs * BLOCK, groups = w.inputs / GROUP;
  const uint8_t* weights = static_cast<const uint8_t*>(w.weights) + block * size;
  Floats sums[M][NB];
  for (auto& line : sums)
    for (Floats& one : line) one = all(0.0f);
  for (int64_t g = 0; g < groups; g++) {
    Ints part[M][NB];
    for (int m = 0; m < M; m++)
      for (int b = 0; b < NB; b++) part[m][b] = start_wide(x.totals[(row + m) * groups + g]);
    for (int j = 0; j < GROUP / 4; j++) {
      const int64_t at = (g * GROUP + 4 * j) * BLOCK;
      Bytes some[NB];
      for (int b = 0; b < NB; b++) {
        some[b] = load_bytes(weights + b * size + at);
        prefetch(weights + b * size + at + AHEAD);
      }
      for (int m = 0; m < M; m++) {
        const Ints four = input_four(x, (row + m) * w.inputs + g * GROUP + 4 * j);
        for (int b = 0; b < NB; b++) part[m][b] = dot_wide(part[m][b], some[b], four);
      }
    }
    for (int m = 0; m < M; m++)
      for (int b = 0; b < NB; b++)
        sums[m][b] = fma(to_floats(part[m][b]), all(x.scales[(row + m) * groups + g]), sums[m][b]);
  }
  for (int m = 0; m < M; m++)
    for (int b = 0; b < NB; b++) {
      const int64_t n = (block + b) * BLOCK;
      store(y + (row + m) * w.outputs + n, mul(sums[m][b], load(static_cast<const float*>(w.scales) + n)));
    }
}

template <int M, int NB, class Out>
inline void tile_int4(const Matrix& w, int64_t block, const Inputs& x, int64_t row, Out* y) {
  const int64_t size = w.inputs * BLOCK / 2, groups = w.inputs / GROUP;
  const uint8_t* weights = static_cast<const uint8_t*>(w.weights) + block * size;
  const bf16* scales = static_cast<const bf16*>(w.scales) + block * groups * BLOCK;
  Floats sums[M][NB];
  for (auto& line : sums)
    for (Floats& one : line) one = all(0.0f);
  for (int64_t g = 0; g < groups; g++) {
    Ints part[M][NB];
    for (int m = 0; m < M; m++)
      for (int b = 0; b < NB; b++) part[m][b] = all(-8 * x.totals[(row + m) * groups + g]);
    for (int j = 0; j < GROUP / 8; j++) {
      const int64_t at = (g * GROUP / 2 + 4 * j) * BLOCK;
      Bytes low[NB], high[NB];
      for (int b = 0; b < NB; b++) {
        const Bytes both = load_bytes(weights + b * size + at);
        prefetch(weights + b * size + at + AHEAD);
        low[b] = low_nibbles(both);
        high[b] = high_nibbles(both);
      }
      for (int m = 0; m < M; m++) {
        const int64_t in = (row + m) * w.inputs + g * GROUP + 8 * j;
        const Ints four = input_four(x, in), next = input_four(x, in + 4);
        for (int b = 0; b < NB; b++) {
          part[m][b] = dot_small(part[m][b], low[b], four);
          part[m][b] = dot_small(part[m][b], high[b], next);
        }
      }
    }
    for (int b = 0; b < NB; b++) {
      const Floats scale = widen(scales + (b * groups + g) * BLOCK);
      for (int m = 0; m < M; m++) {
        const Floats both = mul(scale, all(x.scales[(row + m) * groups + g]));
        sums[m][b] = fma(to_floats(part[m][b]), both, sums[m][b]);
      }
    }
  }
  for (int m = 0; m < M; m++)
    for (int b = 0; b < NB; b++) store(y + (row + m) * w.outputs + (block + b) * BLOCK, sums[m][b]);
}

// Blocks of outputs from `first` to `last` for all rows.
template <class Out>
inline void linear_packed(const Matrix& w, const Inputs& x, int64_t rows, int64_t first, int64_t last, Out* y) {
  const auto some = [&](auto blocks, int64_t block) {
    constexpr int NB = decltype(blocks)::value;
    in_blocks<8>(rows, [&](auto m, int64_t row) {
      constexpr int M = decltype(m)::value;
      if (w.format == INT8) tile_int8<M, NB>(w, block, x, row, y);
      else tile_int4<M, NB>(w, block, x, row, y);
    });
  };
  int64_t block = first;
  if (rows > FEW_ROWS)
    for (; block + 2 <= last; block += 2) some(Count<2>{}, block);
  for (; block < last; block++) some(Count<1>{}, block);
}

// One thread's share of a product: y [M, N].
inline void linear(const Matrix& w, const Inputs& x, int64_t rows, int thread, int threads, float* y) {
  const int64_t blocks = (w.outputs + BLOCK - 1) / BLOCK;
  const int64_t first = blocks * thread / threads, last = blocks * (thread + 1) / threads;
  if (w.format != BF16) return linear_packed(w, x, rows, first, last, y);
  const int64_t end = last * BLOCK;
  linear_bf16(w, x, rows, first * BLOCK, end < w.outputs ? end : w.outputs, y);
}
