// The few largest of many scores, as sampling needs them: sorted, of equals those with the lower number first.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "simd.h"

constexpr int64_t SPAN = 64;  // neighbouring scores whose largest is looked at first

struct Scored {
  float score;
  int64_t token;
  bool operator<(const Scored& other) const {
    return score != other.score ? score > other.score : token < other.token;
  }
};

// Writes the `width` largest of `size` scores, at least as many, and their numbers. With a NaN among the scores, the
// first that is written is NaN.
inline void likeliest(const float* scores, int64_t size, int64_t width, float* top, int64_t* tokens) {
  const int64_t spans = (size + SPAN - 1) / SPAN;
  std::vector<float> most(spans);
  bool is_number = true;
  for (int64_t s = 0; s < spans; s++) {
    const float* from = scores + s * SPAN;
    if (const int64_t count = std::min(SPAN, size - s * SPAN); count < SPAN) {
      most[s] = *std::max_element(from, from + count);
      for (int64_t i = 0; i < count; i++) is_number &= !std::isnan(from[i]);
      continue;
    }
    Floats largest_of = load(from);
    is_number &= all_numbers(largest_of);
    for (int64_t i = 16; i < SPAN; i += 16) {
      const Floats next = load(from + i);
      is_number &= all_numbers(next);
      largest_of = larger(largest_of, next);
    }
    most[s] = largest(largest_of);
  }
  if (!is_number) {
    std::fill(top, top + width, NAN), std::fill(tokens, tokens + width, 0);
    return;
  }
  // At least `width` scores reach the largest of the span that comes `width`-th.
  std::vector<float> ranked(most);
  const int64_t place = std::min(width, spans) - 1;
  std::nth_element(ranked.begin(), ranked.begin() + place, ranked.end(), std::greater<float>());
  const float least = spans < width ? -INFINITY : ranked[place];
  std::vector<Scored> found;
  int64_t equal = 0;  // of those just at the limit there may be very many, and no more than `width` are needed
  for (int64_t s = 0; s < spans; s++) {
    if (most[s] < least) continue;
    const int64_t end = std::min(size, (s + 1) * SPAN);
    for (int64_t i = s * SPAN; i < end; i++)
      if (scores[i] > least || (scores[i] == least && equal++ < width)) found.push_back({scores[i], i});
  }
  std::partial_sort(found.begin(), found.begin() + width, found.end());
  for (int64_t i = 0; i < width; i++) top[i] = found[i].score, tokens[i] = found[i].token;
}
