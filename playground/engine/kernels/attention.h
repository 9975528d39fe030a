// Attention of one new token to the positions it may see, with keys and values where the cache keeps them.
//
// The positions are taken in stretches of STRETCH, which threads share out; what each stretch gives is then joined in
// order. Stretches are counted from the first visible position, so a token's result depends on its own past alone.
#pragma once

#include "linear.h"

constexpr int64_t STRETCH = 64;

struct Past {
  const bf16 *keys, *values;  // [capacity, D] of one head
  int64_t last;               // the last place that is visible
};

inline int64_t stretches(int64_t first, int64_t last) { return (last - first) / STRETCH + 1; }

// The part of the stretch from place `from` on for G query heads [G, D], scaled already: for each head its weighted values [D], their
// common exponent's base (the largest score) and the sum of weights, D + 2 floats, `step` apart.
template <int G>
inline void attend(const Past& past, int64_t from, int64_t size, const bf16* queries, float* out, int64_t step) {
  const int64_t last = past.last + 1, count = (from + STRETCH < last ? from + STRETCH : last) - from;
  alignas(64) float weights[G][STRETCH];
  for (int64_t s = 0; s < count; s++) {
    Floats sums[G];
    for (Floats& one : sums) one = all(0.0f);
    for (int64_t d = 0; d < size; d += 32) {
      const Halves key = load_halves(past.keys + (from + s) * size + d);
      for (int g = 0; g < G; g++) sums[g] = dot(sums[g], key, load_halves(queries + g * size + d));
    }
    for (int g = 0; g < G; g++) weights[g][s] = sum(sums[g]);
  }
  for (int g = 0; g < G; g++) {
    float most = -INFINITY;
    for (int64_t s = 0; s < count; s++) most = weights[g][s] > most ? weights[g][s] : most;
    for (int64_t s = count; s % 16; s++) weights[g][s] = -INFINITY;
    Floats total = all(0.0f);
    for (int64_t s = 0; s < count; s += 16) {
      const Floats e = exponential(add(load(weights[g] + s), all(-most)));
      store(weights[g] + s, e);
    }
    for (int64_t s = count; s % 16; s++) weights[g][s] = 0.0f;
    for (int64_t s = 0; s < count; s += 16) total = add(total, load(weights[g] + s));
    out[g * step + size] = most;
    out[g * step + size + 1] = sum(total);
  }
  for (int64_t d = 0; d < size; d += 32) {
    Floats sums[G][2];
    for (auto& head : sums) head[0] = head[1] = all(0.0f);
    for (int64_t s = 0; s < count; s++) {
      const bf16* value = past.values + (from + s) * size + d;
      const Floats a = widen(value), b = widen(value + 16);
      for (int g = 0; g < G; g++) {
        const Floats weight = all(weights[g][s]);
        sums[g][0] = fma(a, weight, sums[g][0]);
        sums[g][1] = fma(b, weight, sums[g][1]);
      }
    }
    for (int g = 0; g < G; g++) {
      store(out + g * step + d, sums[g][0]);
      store(out + g * step + d + 16, sums[g][1]);
    }
  }
}

// Joins a head's `count` parts, D + 2 floats each, to its output [D].
inline void join(const float* parts, int64_t count, int64_t size, float* out) {
  const int64_t step = size + 2;
  float most = parts[size];
  for (int64_t i = 1; i < count; i++) most = parts[i * step + size] > most ? parts[i * step + size] : most;
  float total = 0;
  for (int64_t d = 0; d < size; d += 16) store(out + d, all(0.0f));
  for (int64_t i = 0; i < count; i++) {
    const float* part = parts + i * step;
    const float weight = std::exp(part[size] - most);
    total += weight * part[size + 1];
    for (int64_t d = 0; d < size; d += 16) store(out + d, fma(load(part + d), all(weight), load(out + d)));
  }
  for (int64_t d = 0; d < size; d += 16) store(out + d, divide(load(out + d), all(total)));
}
