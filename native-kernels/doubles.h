// A few doubles side by side, as many as a register of the variant holds. Like lanes.h it is local to the file that includes it.
#pragma once
#include <cstddef>
#include <cstring>

#if defined(__AVX512F__) || defined(__AVX2__)
#include <immintrin.h>
#endif

namespace whittle {
namespace {

#if defined(__AVX512F__)

constexpr size_t WIDTH = 8;
struct Doubles { __m512d v; };
inline Doubles load(const double* p) { return {_mm512_loadu_pd(p)}; }
inline void store(double* p, Doubles a) { _mm512_storeu_pd(p, a.v); }
inline Doubles all(double a) { return {_mm512_set1_pd(a)}; }
inline Doubles operator+(Doubles a, Doubles b) { return {_mm512_add_pd(a.v, b.v)}; }
inline Doubles operator-(Doubles a, Doubles b) { return {_mm512_sub_pd(a.v, b.v)}; }
inline Doubles operator*(Doubles a, Doubles b) { return {_mm512_mul_pd(a.v, b.v)}; }

#elif defined(__AVX2__)

constexpr size_t WIDTH = 4;
struct Doubles { __m256d v; };
inline Doubles load(const double* p) { return {_mm256_loadu_pd(p)}; }
inline void store(double* p, Doubles a) { _mm256_storeu_pd(p, a.v); }
inline Doubles all(double a) { return {_mm256_set1_pd(a)}; }
inline Doubles operator+(Doubles a, Doubles b) { return {_mm256_add_pd(a.v, b.v)}; }
inline Doubles operator-(Doubles a, Doubles b) { return {_mm256_sub_pd(a.v, b.v)}; }
inline Doubles operator*(Doubles a, Doubles b) { return {_mm256_mul_pd(a.v, b.v)}; }

#elif defined(__GNUC__)

constexpr size_t WIDTH = 2;
typedef double DoubleVector __attribute__((vector_size(16)));
struct Doubles { DoubleVector v; };
inline Doubles load(const double* p) { Doubles r; std::memcpy(&r.v, p, 16); return r; }
inline void store(double* p, Doubles a) { std::memcpy(p, &a.v, 16); }
inline Doubles all(double a) { return {DoubleVector{a, a}}; }
inline Doubles operator+(Doubles a, Doubles b) { return {a.v + b.v}; }
inline Doubles operator-(Doubles a, Doubles b) { return {a.v - b.v}; }
inline Doubles operator*(Doubles a, Doubles b) { return {a.v * b.v}; }

#else

constexpr size_t WIDTH = 2;
struct Doubles { double v[2]; };
inline Doubles load(const double* p) { return {{p[0], p[1]}}; }
inline void store(double* p, Doubles a) { p[0] = a.v[0]; p[1] = a.v[1]; }
inline Doubles all(double a) { return {{a, a}}; }
inline Doubles operator+(Doubles a, Doubles b) { return {{a.v[0] + b.v[0], a.v[1] + b.v[1]}}; }
inline Doubles operator-(Doubles a, Doubles b) { return {{a.v[0] - b.v[0], a.v[1] - b.v[1]}}; }
inline Doubles operator*(Doubles a, Doubles b) { return {{a.v[0] * b.v[0], a.v[1] * b.v[1]}}; }

#endif

inline double sum(Doubles a) {
  double parts[WIDTH], total = 0;
  store(parts, a);
  for (size_t i = 0; i < WIDTH; i++) total += parts[i];
  return total;
}

}  // namespace
}  // namespace whittle
