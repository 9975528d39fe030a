// The names of simd.h with AVX2 and FMA, and with VNNI where there is that: two vectors of eight.
#pragma once

#include <immintrin.h>

struct Floats { __m256 a, b; };
struct Ints { __m256i a, b; };
using Halves = Ints;
using Bytes = Ints;
constexpr int TILE_ROWS = 2, TILE_OUTPUTS = 1, PACKED_ROWS = 4;

inline Floats all(float value) { const __m256 v = _mm256_set1_ps(value); return {v, v}; }
inline Floats load(const float* from) { return {_mm256_loadu_ps(from), _mm256_loadu_ps(from + 8)}; }
inline void store(float* to, Floats v) { _mm256_storeu_ps(to, v.a); _mm256_storeu_ps(to + 8, v.b); }
inline Floats add(Floats x, Floats y) { return {_mm256_add_ps(x.a, y.a), _mm256_add_ps(x.b, y.b)}; }
inline Floats mul(Floats x, Floats y) { return {_mm256_mul_ps(x.a, y.a), _mm256_mul_ps(x.b, y.b)}; }
inline Floats fma(Floats x, Floats y, Floats z) {
  return {_mm256_fmadd_ps(x.a, y.a, z.a), _mm256_fmadd_ps(x.b, y.b, z.b)};
}
inline Floats divide(Floats x, Floats y) { return {_mm256_div_ps(x.a, y.a), _mm256_div_ps(x.b, y.b)}; }
inline Floats larger(Floats x, Floats y) { return {_mm256_max_ps(x.a, y.a), _mm256_max_ps(x.b, y.b)}; }
inline Floats magnitude(Floats x) {
  const __m256 sign = _mm256_set1_ps(-0.0f);
  return {_mm256_andnot_ps(sign, x.a), _mm256_andnot_ps(sign, x.b)};
}
inline Floats rounded(Floats x) {
  constexpr int mode = _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC;
  return {_mm256_round_ps(x.a, mode), _mm256_round_ps(x.b, mode)};
}
inline float sum(Floats x) {
  const __m256 eight = _mm256_add_ps(x.a, x.b);
  __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  four = _mm_add_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_add_ss(four, _mm_shuffle_ps(four, four, 1)));
}
template <int M>
inline void sum_each(const Floats v[M], float to[M]) {
  for (int m = 0; m < M; m++) to[m] = sum(v[m]);
}
inline float largest(Floats x) {
  const __m256 eight = _mm256_max_ps(x.a, x.b);
  __m128 four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
  four = _mm_max_ps(four, _mm_movehl_ps(four, four));
  return _mm_cvtss_f32(_mm_max_ss(four, _mm_shuffle_ps(four, four, 1)));
}
inline bool all_numbers(Floats x) {
  const __m256 a = _mm256_cmp_ps(x.a, x.a, _CMP_UNORD_Q), b = _mm256_cmp_ps(x.b, x.b, _CMP_UNORD_Q);
  return _mm256_movemask_ps(_mm256_or_ps(a, b)) == 0;
}
inline __m256 power_of_two(__m256 exponent) {
  const __m256i biased = _mm256_add_epi32(_mm256_cvtps_epi32(exponent), _mm256_set1_epi32(127));
  return _mm256_castsi256_ps(_mm256_slli_epi32(biased, 23));
}
inline Floats times_power_of_two(Floats x, Floats exponent) {
  return mul(x, {power_of_two(exponent.a), power_of_two(exponent.b)});
}
inline __m256 widen_eight(const bf16* from) {
  const __m128i halves = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(halves), 16));
}
inline Floats widen(const bf16* from) { return {widen_eight(from), widen_eight(from + 8)}; }
inline __m256i nearest_half(__m256 v) {  // in the lower 16 bits of each lane
  const __m256i bits = _mm256_castps_si256(v);
  const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
  return _mm256_srli_epi32(_mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff))), 16);
}
inline void store(bf16* to, Floats v) {
  const __m256i packed = _mm256_packus_epi32(nearest_half(v.a), nearest_half(v.b));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm256_permute4x64_epi64(packed, 0xd8));
}
inline Ints load_bytes(const uint8_t* from) {
  const auto* p = reinterpret_cast<const __m256i*>(from);
  return {_mm256_loadu_si256(p), _mm256_loadu_si256(p + 1)};
}
inline Halves load_halves(const bf16* from) { return load_bytes(reinterpret_cast<const uint8_t*>(from)); }
inline __m256 even(__m256i halves) { return _mm256_castsi256_ps(_mm256_slli_epi32(halves, 16)); }
inline __m256 odd(__m256i halves) {
  return _mm256_castsi256_ps(_mm256_and_si256(halves, _mm256_set1_epi32(static_cast<int>(0xffff0000))));
}
inline Floats dot(Floats sums, Halves x, Halves y) {
  sums = fma({even(x.a), even(x.b)}, {even(y.a), even(y.b)}, sums);
  return fma({odd(x.a), odd(x.b)}, {odd(y.a), odd(y.b)}, sums);
}
inline Ints to_ints(Floats x) { return {_mm256_cvtps_epi32(x.a), _mm256_cvtps_epi32(x.b)}; }
inline Floats to_floats(Ints x) { return {_mm256_cvtepi32_ps(x.a), _mm256_cvtepi32_ps(x.b)}; }
inline int32_t sum(Ints x) {
  alignas(32) int32_t lanes[8];
  _mm256_store_si256(reinterpret_cast<__m256i*>(lanes), _mm256_add_epi32(x.a, x.b));
  int32_t total = 0;
  for (int32_t lane : lanes) total += lane;
  return total;
}
inline void store_bytes(int8_t* to, Ints v) {
  const __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(v.a, v.b), 0xd8);
  const __m128i bytes = _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), bytes);
}
inline Bytes low_nibbles(Bytes x) {
  const __m256i mask = _mm256_set1_epi8(15);
  return {_mm256_and_si256(x.a, mask), _mm256_and_si256(x.b, mask)};
}
inline Bytes high_nibbles(Bytes x) { return low_nibbles({_mm256_srli_epi16(x.a, 4), _mm256_srli_epi16(x.b, 4)}); }
inline Ints all(int32_t value) { const __m256i v = _mm256_set1_epi32(value); return {v, v}; }
#if defined(__AVXVNNI__) || defined(__AVX512VNNI__)
#ifdef __AVXVNNI__
inline __m256i add_fours(__m256i sums, __m256i w, __m256i x) { return _mm256_dpbusd_avx_epi32(sums, w, x); }
#else
inline __m256i add_fours(__m256i sums, __m256i w, __m256i x) { return _mm256_dpbusd_epi32(sums, w, x); }
#endif
using Sums = Ints;
inline Sums small_start(int32_t start) { return all(start); }
inline Sums dot_small(Sums sums, Bytes w, Ints x) { return {add_fours(sums.a, w.a, x.a), add_fours(sums.b, w.b, x.b)}; }
inline Ints small_total(Sums sums, int32_t) { return sums; }
constexpr int32_t WIDE_START = -128;  // weights of eight bits are stored with 128 added
inline Ints dot_wide(Ints sums, Bytes w, Ints x) { return dot_small(sums, w, x); }
#else
inline __m256i dot_pairs(__m256i sums, __m256i w, __m256i x) {
  return _mm256_add_epi32(sums, _mm256_madd_epi16(_mm256_maddubs_epi16(w, x), _mm256_set1_epi16(1)));
}
// Sums of products of four bits and eight, in 16 bits: a group's sixteen for each lane come to 30,480 at most.
using Sums = Ints;
inline Sums small_start(int32_t) { return all(0); }
inline __m256i add_pairs(__m256i sums, __m256i w, __m256i x) { return _mm256_add_epi16(sums, _mm256_maddubs_epi16(w, x)); }
inline Sums dot_small(Sums sums, Bytes w, Ints x) { return {add_pairs(sums.a, w.a, x.a), add_pairs(sums.b, w.b, x.b)}; }
inline Ints small_total(Sums sums, int32_t start) {
  const __m256i one = _mm256_set1_epi16(1), from = _mm256_set1_epi32(start);
  return {_mm256_add_epi32(from, _mm256_madd_epi16(sums.a, one)), _mm256_add_epi32(from, _mm256_madd_epi16(sums.b, one))};
}
// Pairs of products of unsigned bytes up to 255 would not fit 16 bits, so the sign moves from weights to inputs.
constexpr int32_t WIDE_START = 0;
inline __m256i dot_signed(__m256i sums, __m256i w, __m256i x) {
  const __m256i weights = _mm256_xor_si256(w, _mm256_set1_epi8(static_cast<char>(128)));
  return dot_pairs(sums, _mm256_abs_epi8(weights), _mm256_sign_epi8(x, weights));
}
inline Ints dot_wide(Ints sums, Bytes w, Ints x) { return {dot_signed(sums.a, w.a, x.a), dot_signed(sums.b, w.b, x.b)}; }
#endif

// Into the second cache, see simd_avx512.h.
inline void prefetch(const void* address) { _mm_prefetch(static_cast<const char*>(address), _MM_HINT_T1); }
inline void pause() { _mm_pause(); }
