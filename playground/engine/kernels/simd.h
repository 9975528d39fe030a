// Sixteen numbers at a time, the same names on AVX-512 (with VNNI, and BF16 where it has that), on AVX2 (with VNNI or
// without) and on Arm's NEON (with dot products).
//
// Every function has a fixed order of operations, so a result never depends on who asks. The instruction sets may round
// differently: AVX-512's BF16 multiplies and adds pairs in one instruction, all others widen to float first.
#pragma once

#include <cstdint>

using bf16 = uint16_t;  // the upper half of a float

#if defined(__AVX512DQ__) && defined(__AVX512VNNI__)
#include "simd_avx512.h"
#elif defined(__AVX2__) && defined(__FMA__)
#include "simd_avx2.h"
#elif defined(__ARM_NEON) && defined(__ARM_FEATURE_DOTPROD)
#include "simd_neon.h"
#else
#error "needs AVX-512 with VNNI, AVX2 with FMA, or NEON with dot products"
#endif

// e^x to about 2e-7 of the value; below -87 it is nothing worth adding. A polynomial on [-ln 2 / 2, ln 2 / 2].
inline Floats exponential(Floats x) {
  x = larger(x, all(-87.0f));
  const Floats n = rounded(mul(x, all(1.44269504f)));
  Floats r = fma(n, all(-0.693359375f), x);
  r = fma(n, all(2.12194440e-4f), r);
  Floats p = all(1.0f / 720);
  p = fma(p, r, all(1.0f / 120));
  p = fma(p, r, all(1.0f / 24));
  p = fma(p, r, all(1.0f / 6));
  p = fma(p, r, all(0.5f));
  p = fma(p, r, all(1.0f));
  p = fma(p, r, all(1.0f));
  return times_power_of_two(p, n);
}
