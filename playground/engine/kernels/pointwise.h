// What stands between the products: norms, rotary positions, the gate.
#pragma once

#include "simd.h"

// RMS norm of `size` numbers; `weight` is the factor itself (Gemma stores it less one).
inline void rms_norm(const float* x, const float* weight, int64_t size, float epsilon, float* out) {
  Floats squares = all(0.0f);
  for (int64_t i = 0; i < size; i += 16) squares = fma(load(x + i), load(x + i), squares);
  const Floats factor = all(1.0f / std::sqrt(sum(squares) / static_cast<float>(size) + epsilon));
  for (int64_t i = 0; i < size; i += 16) store(out + i, mul(mul(load(x + i), factor), load(weight + i)));
}

// Turns pairs (i, i + half) of a head by the angle of its position; in place.
inline void rotate(float* x, const float* cosines, const float* sines, int64_t half) {
  for (int64_t i = 0; i < half; i += 16) {
    const Floats a = load(x + i), b = load(x + half + i), c = load(cosines + i), s = load(sines + i);
    store(x + i, add(mul(a, c), mul(mul(b, s), all(-1.0f))));
    store(x + half + i, add(mul(b, c), mul(a, s)));
  }
}

// gelu(gate) * up, with the tanh form of gelu: x * sigmoid(2 u), u = sqrt(2 / pi) (x + 0.044715 x^3).
inline Floats gated(Floats gate, Floats up) {
  const Floats cube = mul(mul(gate, gate), gate);
  const Floats twice = mul(fma(cube, all(0.044715f), gate), all(-1.5957691216f));
  // e^88 is still a number, and the quotient nothing.
  const Floats e = exponential(mul(larger(mul(twice, all(-1.0f)), all(-88.0f)), all(-1.0f)));
  return mul(divide(gate, add(all(1.0f), e)), up);
}
