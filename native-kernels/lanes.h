// A few floats side by side, one per sub-block of weights. Every operation is IEEE single precision, lane by lane and never fused, so
// whatever the width, a lane computes exactly what the TypeScript reference computes for its sub-block.
//
// Compiled once per variant (see search.cpp), all of it local to that file: the same names mean other registers in each, and the
// linker must never take one for the other.
#pragma once

#if defined(__AVX512F__) || defined(__AVX2__)
#include <immintrin.h>
#endif
#include "half.h"

namespace whittle {
namespace {

#if defined(__AVX512F__)

constexpr int WIDTH = 16;
struct Lanes { __m512 v; };
struct Mask { __mmask16 v; };
inline Lanes load(const float* p) { return {_mm512_loadu_ps(p)}; }
inline void store(float* p, Lanes a) { _mm512_storeu_ps(p, a.v); }
inline Lanes all(float a) { return {_mm512_set1_ps(a)}; }
inline Lanes operator+(Lanes a, Lanes b) { return {_mm512_add_ps(a.v, b.v)}; }
inline Lanes operator-(Lanes a, Lanes b) { return {_mm512_sub_ps(a.v, b.v)}; }
inline Lanes operator*(Lanes a, Lanes b) { return {_mm512_mul_ps(a.v, b.v)}; }
inline Lanes operator/(Lanes a, Lanes b) { return {_mm512_div_ps(a.v, b.v)}; }
inline Lanes least(Lanes a, Lanes b) { return {_mm512_min_ps(a.v, b.v)}; }
inline Lanes most(Lanes a, Lanes b) { return {_mm512_max_ps(a.v, b.v)}; }
inline Mask operator<(Lanes a, Lanes b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_LT_OQ)}; }
inline Lanes choose(Mask m, Lanes a, Lanes b) { return {_mm512_mask_blend_ps(m.v, b.v, a.v)}; }

#elif defined(__AVX2__)

constexpr int WIDTH = 8;
struct Lanes { __m256 v; };
struct Mask { __m256 v; };
inline Lanes load(const float* p) { return {_mm256_loadu_ps(p)}; }
inline void store(float* p, Lanes a) { _mm256_storeu_ps(p, a.v); }
inline Lanes all(float a) { return {_mm256_set1_ps(a)}; }
inline Lanes operator+(Lanes a, Lanes b) { return {_mm256_add_ps(a.v, b.v)}; }
inline Lanes operator-(Lanes a, Lanes b) { return {_mm256_sub_ps(a.v, b.v)}; }
inline Lanes operator*(Lanes a, Lanes b) { return {_mm256_mul_ps(a.v, b.v)}; }
inline Lanes operator/(Lanes a, Lanes b) { return {_mm256_div_ps(a.v, b.v)}; }
inline Lanes least(Lanes a, Lanes b) { return {_mm256_min_ps(a.v, b.v)}; }
inline Lanes most(Lanes a, Lanes b) { return {_mm256_max_ps(a.v, b.v)}; }
inline Mask operator<(Lanes a, Lanes b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_LT_OQ)}; }
inline Lanes choose(Mask m, Lanes a, Lanes b) { return {_mm256_blendv_ps(b.v, a.v, m.v)}; }

#elif defined(__GNUC__) && !defined(WHITTLE_PLAIN_LANES)

constexpr int WIDTH = 4;
typedef float FloatVector __attribute__((vector_size(16)));
typedef int IntVector __attribute__((vector_size(16)));
struct Lanes { FloatVector v; };
struct Mask { IntVector v; };
inline Lanes load(const float* p) { Lanes r; __builtin_memcpy(&r.v, p, 16); return r; }
inline void store(float* p, Lanes a) { __builtin_memcpy(p, &a.v, 16); }
inline Lanes all(float a) { return {FloatVector{a, a, a, a}}; }
inline Lanes operator+(Lanes a, Lanes b) { return {a.v + b.v}; }
inline Lanes operator-(Lanes a, Lanes b) { return {a.v - b.v}; }
inline Lanes operator*(Lanes a, Lanes b) { return {a.v * b.v}; }
inline Lanes operator/(Lanes a, Lanes b) { return {a.v / b.v}; }
inline Mask operator<(Lanes a, Lanes b) { return {a.v < b.v}; }
inline Lanes choose(Mask m, Lanes a, Lanes b) { return {(FloatVector)(((IntVector)a.v & m.v) | ((IntVector)b.v & ~m.v))}; }
inline Lanes least(Lanes a, Lanes b) { return choose(a < b, a, b); }
inline Lanes most(Lanes a, Lanes b) { return choose(b < a, a, b); }

#else

constexpr int WIDTH = 4;
struct Lanes { float v[WIDTH]; };
struct Mask { bool v[WIDTH]; };
#define WHITTLE_EACH(expression) Lanes r; for (int i = 0; i < WIDTH; i++) r.v[i] = (expression); return r
inline Lanes load(const float* p) { WHITTLE_EACH(p[i]); }
inline void store(float* p, Lanes a) { for (int i = 0; i < WIDTH; i++) p[i] = a.v[i]; }
inline Lanes all(float a) { WHITTLE_EACH(a); }
inline Lanes operator+(Lanes a, Lanes b) { WHITTLE_EACH(a.v[i] + b.v[i]); }
inline Lanes operator-(Lanes a, Lanes b) { WHITTLE_EACH(a.v[i] - b.v[i]); }
inline Lanes operator*(Lanes a, Lanes b) { WHITTLE_EACH(a.v[i] * b.v[i]); }
inline Lanes operator/(Lanes a, Lanes b) { WHITTLE_EACH(a.v[i] / b.v[i]); }
inline Lanes least(Lanes a, Lanes b) { WHITTLE_EACH(a.v[i] < b.v[i] ? a.v[i] : b.v[i]); }
inline Lanes most(Lanes a, Lanes b) { WHITTLE_EACH(a.v[i] > b.v[i] ? a.v[i] : b.v[i]); }
inline Mask operator<(Lanes a, Lanes b) { Mask r; for (int i = 0; i < WIDTH; i++) r.v[i] = a.v[i] < b.v[i]; return r; }
inline Lanes choose(Mask m, Lanes a, Lanes b) { WHITTLE_EACH(m.v[i] ? a.v[i] : b.v[i]); }
#undef WHITTLE_EACH

#endif

// The nearest whole number, ties to even; right for |a| < 2^22.
#if defined(__AVX512F__)
inline Lanes nearest(Lanes a) { return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)}; }
#else
inline Lanes nearest(Lanes a) { const Lanes rounder = all(12582912.0f); return (a + rounder) - rounder; }
#endif
inline Lanes within(Lanes a, Lanes low, Lanes high) { return least(most(a, low), high); }
inline Lanes negative(Lanes a) { return all(0.0f) - a; }
// 1 / step, or 0 where the step is none (see single.ts).
inline Lanes inverse(Lanes step) {
  const Lanes none = all(7.52316384526264e-37f);  // 2^-120
  const Lanes size = most(step, negative(step));
  return choose(none < size, all(1.0f) / step, all(0.0f));
}

}  // namespace
}  // namespace whittle
