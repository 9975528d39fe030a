// The names of simd.h with Arm's NEON and its dot products of bytes: four vectors of four. Operations have the order
// that they have on AVX2, so that both give the same bits.
#pragma once

#include <arm_neon.h>

struct Floats { float32x4_t v[4]; };
struct Ints { int32x4_t v[4]; };
struct Halves { uint16x8_t v[4]; };
struct Bytes { uint8x16_t v[4]; };
constexpr int TILE_ROWS = 2, TILE_OUTPUTS = 1, PACKED_ROWS = 4;

template <class To, class Act>
inline To each_of(Act act) {
  return {act(0), act(1), act(2), act(3)};
}

inline Floats all(float value) {
  return each_of<Floats>([&](int) { return vdupq_n_f32(value); });
}
inline Floats load(const float* from) {
  return each_of<Floats>([&](int i) { return vld1q_f32(from + 4 * i); });
}
inline void store(float* to, Floats x) {
  for (int i = 0; i < 4; i++) vst1q_f32(to + 4 * i, x.v[i]);
}
inline Floats add(Floats x, Floats y) {
  return each_of<Floats>([&](int i) { return vaddq_f32(x.v[i], y.v[i]); });
}
inline Floats mul(Floats x, Floats y) {
  return each_of<Floats>([&](int i) { return vmulq_f32(x.v[i], y.v[i]); });
}
inline Floats fma(Floats x, Floats y, Floats z) {
  return each_of<Floats>([&](int i) { return vfmaq_f32(z.v[i], x.v[i], y.v[i]); });
}
inline Floats divide(Floats x, Floats y) {
  return each_of<Floats>([&](int i) { return vdivq_f32(x.v[i], y.v[i]); });
}
inline Floats larger(Floats x, Floats y) {
  return each_of<Floats>([&](int i) { return vmaxq_f32(x.v[i], y.v[i]); });
}
inline Floats magnitude(Floats x) {
  return each_of<Floats>([&](int i) { return vabsq_f32(x.v[i]); });
}
inline Floats rounded(Floats x) {
  return each_of<Floats>([&](int i) { return vrndnq_f32(x.v[i]); });
}
inline float sum(Floats x) {
  const float32x4_t four = vaddq_f32(vaddq_f32(x.v[0], x.v[2]), vaddq_f32(x.v[1], x.v[3]));
  const float32x2_t two = vadd_f32(vget_low_f32(four), vget_high_f32(four));
  return vget_lane_f32(two, 0) + vget_lane_f32(two, 1);
}
template <int M>
inline void sum_each(const Floats v[M], float to[M]) {
  for (int m = 0; m < M; m++) to[m] = sum(v[m]);
}
inline float largest(Floats x) {
  return vmaxvq_f32(vmaxq_f32(vmaxq_f32(x.v[0], x.v[1]), vmaxq_f32(x.v[2], x.v[3])));
}
inline bool all_numbers(Floats x) {
  uint32x4_t equal = vceqq_f32(x.v[0], x.v[0]);
  for (int i = 1; i < 4; i++) equal = vandq_u32(equal, vceqq_f32(x.v[i], x.v[i]));
  return vminvq_u32(equal) != 0;
}
inline Floats times_power_of_two(Floats x, Floats exponent) {
  return each_of<Floats>([&](int i) {
    const int32x4_t biased = vaddq_s32(vcvtnq_s32_f32(exponent.v[i]), vdupq_n_s32(127));
    return vmulq_f32(x.v[i], vreinterpretq_f32_s32(vshlq_n_s32(biased, 23)));
  });
}
inline Floats widen(const bf16* from) {
  return each_of<Floats>([&](int i) { return vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(from + 4 * i), 16)); });
}
inline void store(bf16* to, Floats x) {
  for (int i = 0; i < 4; i++) {
    const uint32x4_t bits = vreinterpretq_u32_f32(x.v[i]), odd = vandq_u32(vshrq_n_u32(bits, 16), vdupq_n_u32(1));
    vst1_u16(to + 4 * i, vshrn_n_u32(vaddq_u32(bits, vaddq_u32(odd, vdupq_n_u32(0x7fff))), 16));
  }
}
inline Halves load_halves(const bf16* from) {
  return each_of<Halves>([&](int i) { return vld1q_u16(from + 8 * i); });
}
inline float32x4_t even(uint16x8_t halves) {
  return vreinterpretq_f32_u32(vshlq_n_u32(vreinterpretq_u32_u16(halves), 16));
}
inline float32x4_t odd(uint16x8_t halves) {
  return vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_u16(halves), vdupq_n_u32(0xffff0000)));
}
inline Floats dot(Floats sums, Halves x, Halves y) {
  return each_of<Floats>([&](int i) {
    return vfmaq_f32(vfmaq_f32(sums.v[i], even(x.v[i]), even(y.v[i])), odd(x.v[i]), odd(y.v[i]));
  });
}
inline Ints to_ints(Floats x) {
  return each_of<Ints>([&](int i) { return vcvtnq_s32_f32(x.v[i]); });
}
inline Floats to_floats(Ints x) {
  return each_of<Floats>([&](int i) { return vcvtq_f32_s32(x.v[i]); });
}
inline int32_t sum(Ints x) {
  return vaddvq_s32(vaddq_s32(vaddq_s32(x.v[0], x.v[1]), vaddq_s32(x.v[2], x.v[3])));
}
inline void store_bytes(int8_t* to, Ints x) {
  const int16x8_t low = vcombine_s16(vqmovn_s32(x.v[0]), vqmovn_s32(x.v[1]));
  const int16x8_t high = vcombine_s16(vqmovn_s32(x.v[2]), vqmovn_s32(x.v[3]));
  vst1q_s8(to, vcombine_s8(vqmovn_s16(low), vqmovn_s16(high)));
}
inline Bytes load_bytes(const uint8_t* from) {
  return each_of<Bytes>([&](int i) { return vld1q_u8(from + 16 * i); });
}
inline Bytes low_nibbles(Bytes x) {
  return each_of<Bytes>([&](int i) { return vandq_u8(x.v[i], vdupq_n_u8(15)); });
}
inline Bytes high_nibbles(Bytes x) {
  return each_of<Bytes>([&](int i) { return vshrq_n_u8(x.v[i], 4); });
}
inline Ints all(int32_t value) {
  return each_of<Ints>([&](int) { return vdupq_n_s32(value); });
}
using Sums = Ints;
inline Sums small_start(int32_t start) { return all(start); }
inline Sums dot_small(Sums sums, Bytes w, Ints x) {
  return each_of<Ints>([&](int i) {
    return vdotq_s32(sums.v[i], vreinterpretq_s8_u8(w.v[i]), vreinterpretq_s8_s32(x.v[i]));
  });
}
inline Ints small_total(Sums sums, int32_t) { return sums; }
constexpr int32_t WIDE_START = 0;  // the 128 that was added to weights is taken off before the product
inline Ints dot_wide(Ints sums, Bytes w, Ints x) {
  return dot_small(sums, each_of<Bytes>([&](int i) { return veorq_u8(w.v[i], vdupq_n_u8(128)); }), x);
}

inline void prefetch(const void* address) { __builtin_prefetch(address, 0, 2); }  // into the second cache
inline void pause() { __asm__ __volatile__("yield"); }
