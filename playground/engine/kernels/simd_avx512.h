// The names of simd.h with AVX-512, its VNNI and, where it has that, its BF16.
#pragma once

#include <immintrin.h>

using Floats = __m512;
using Ints = __m512i;
using Halves = __m512i;  // 32 bf16
using Bytes = __m512i;   // 64 of them: 16 outputs times 4 inputs
constexpr int TILE_ROWS = 8, TILE_OUTPUTS = 3, PACKED_ROWS = 8;  // what the registers hold

inline Floats all(float value) { return _mm512_set1_ps(value); }
inline Floats load(const float* from) { return _mm512_loadu_ps(from); }
inline void store(float* to, Floats v) { _mm512_storeu_ps(to, v); }
inline Floats add(Floats a, Floats b) { return _mm512_add_ps(a, b); }
inline Floats mul(Floats a, Floats b) { return _mm512_mul_ps(a, b); }
inline Floats fma(Floats a, Floats b, Floats c) { return _mm512_fmadd_ps(a, b, c); }
inline Floats divide(Floats a, Floats b) { return _mm512_div_ps(a, b); }
inline Floats larger(Floats a, Floats b) { return _mm512_max_ps(a, b); }
inline Floats magnitude(Floats a) { return _mm512_abs_ps(a); }
inline Floats rounded(Floats a) { return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
// Halves are added to halves until one number is left; `sum_each` does so for eight vectors at once.
inline float sum(Floats a) {
  const __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(a), _mm512_extractf32x8_ps(a, 1));
  __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  four = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(four, _mm_shuffle_ps(four, four, 1)));
}
inline void sum_eight(const Floats v[8], float to[8]) {
  Floats pairs[4], fours[2];
  for (int i = 0; i < 4; i++)
    pairs[i] = _mm512_add_ps(_mm512_shuffle_f32x4(v[2 * i], v[2 * i + 1], 0x44), _mm512_shuffle_f32x4(v[2 * i], v[2 * i + 1], 0xee));
  for (int i = 0; i < 2; i++)
    fours[i] = _mm512_add_ps(_mm512_shuffle_f32x4(pairs[2 * i], pairs[2 * i + 1], 0x88), _mm512_shuffle_f32x4(pairs[2 * i], pairs[2 * i + 1], 0xdd));
  Floats all = _mm512_add_ps(_mm512_shuffle_ps(fours[0], fours[1], 0x44), _mm512_shuffle_ps(fours[0], fours[1], 0xee));
  all = _mm512_add_ps(all, _mm512_shuffle_ps(all, all, 0xb1));
  alignas(64) float lanes[16];
  _mm512_store_ps(lanes, all);
  for (int i = 0; i < 4; i++) to[i] = lanes[4 * i], to[4 + i] = lanes[4 * i + 2];
}
template <int M>
inline void sum_each(const Floats v[M], float to[M]) {
  if constexpr (M == 8) return sum_eight(v, to);
  for (int m = 0; m < M; m++) to[m] = sum(v[m]);
}
inline float largest(Floats a) { return _mm512_reduce_max_ps(a); }
inline bool all_numbers(Floats a) { return _mm512_cmp_ps_mask(a, a, _CMP_UNORD_Q) == 0; }
inline Floats times_power_of_two(Floats a, Floats exponent) { return _mm512_scalef_ps(a, exponent); }
inline Floats widen(const bf16* from) {
  const __m256i halves = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(halves), 16));
}
inline Halves load_halves(const bf16* from) { return _mm512_loadu_si512(from); }
#ifdef __AVX512BF16__
inline void store(bf16* to, Floats v) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(v)));
}
inline Floats dot(Floats sums, Halves a, Halves b) {
  return _mm512_dpbf16_ps(sums, reinterpret_cast<__m512bh>(a), reinterpret_cast<__m512bh>(b));
}
#else
inline void store(bf16* to, Floats v) {  // to the nearest, of two to the even one
  const Ints bits = _mm512_castps_si512(v), odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
  const Ints nearest = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm512_cvtepi32_epi16(_mm512_srli_epi32(nearest, 16)));
}
inline Floats even(Halves a) { return _mm512_castsi512_ps(_mm512_slli_epi32(a, 16)); }
inline Floats odd(Halves a) { return _mm512_castsi512_ps(_mm512_and_si512(a, _mm512_set1_epi32(static_cast<int>(0xffff0000)))); }
inline Floats dot(Floats sums, Halves a, Halves b) { return fma(odd(a), odd(b), fma(even(a), even(b), sums)); }
#endif
inline Ints to_ints(Floats a) { return _mm512_cvtps_epi32(a); }
inline Floats to_floats(Ints a) { return _mm512_cvtepi32_ps(a); }
inline int32_t sum(Ints a) { return _mm512_reduce_add_epi32(a); }
inline void store_bytes(int8_t* to, Ints v) { _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm512_cvtepi32_epi8(v)); }
inline Bytes load_bytes(const uint8_t* from) { return _mm512_loadu_si512(from); }
inline Bytes low_nibbles(Bytes a) { return _mm512_and_si512(a, _mm512_set1_epi8(15)); }
inline Bytes high_nibbles(Bytes a) { return _mm512_and_si512(_mm512_srli_epi16(a, 4), _mm512_set1_epi8(15)); }
inline Ints all(int32_t value) { return _mm512_set1_epi32(value); }
using Sums = Ints;
inline Sums small_start(int32_t start) { return all(start); }
inline Sums dot_small(Sums sums, Bytes w, Ints x) { return _mm512_dpbusd_epi32(sums, w, x); }
inline Ints small_total(Sums sums, int32_t) { return sums; }
constexpr int32_t WIDE_START = -128;  // weights of eight bits are stored with 128 added
inline Ints dot_wide(Ints sums, Bytes w, Ints x) { return _mm512_dpbusd_epi32(sums, w, x); }

// Into the second cache: the first is busy with the rows' inputs, and what is fetched so far ahead would be gone again
// before its use. Measured: twice the time.
inline void prefetch(const void* address) { _mm_prefetch(static_cast<const char*>(address), _MM_HINT_T1); }
inline void pause() { _mm_pause(); }
