// Sixteen doubles, one for each row of a tile of the matrix: rows do not know of each other, so a lane computes exactly what the TypeScript
// reference computes for its row. Local to each file that includes it, like lanes.h.
#pragma once
#include "half.h"

#include <cmath>
#include <cstddef>

namespace whittle {
namespace {

constexpr size_t TILE = 16;

#if defined(__GNUC__)

#if defined(__AVX512F__)
constexpr size_t LANES = 8;
#elif defined(__AVX2__)
constexpr size_t LANES = 4;
#else
constexpr size_t LANES = 2;
#endif
typedef double Vector __attribute__((vector_size(LANES * 8)));
typedef long long VectorMask __attribute__((vector_size(LANES * 8)));
typedef float SingleVector __attribute__((vector_size(LANES * 4)));
inline Vector vector_of(double a) { return a - Vector{}; }
inline Vector choose(VectorMask m, Vector a, Vector b) { return m ? a : b; }
inline Vector single(Vector a) { return __builtin_convertvector(__builtin_convertvector(a, SingleVector), Vector); }
inline bool any(VectorMask m) {
  long long bits = 0;
  for (size_t i = 0; i < LANES; i++) bits |= m[i];
  return bits != 0;
}

#else

constexpr size_t LANES = 1;
typedef double Vector;
typedef bool VectorMask;
inline Vector vector_of(double a) { return a; }
inline Vector choose(VectorMask m, Vector a, Vector b) { return m ? a : b; }
inline Vector single(Vector a) { return static_cast<float>(a); }
inline bool any(VectorMask m) { return m; }

#endif

constexpr size_t VECTORS = TILE / LANES;
// Columns a sweep keeps in registers.
constexpr size_t PANEL = VECTORS == 2 ? 8 : VECTORS == 4 ? 2 : 1;

struct Rows { Vector v[VECTORS]; };
struct RowsMask { VectorMask v[VECTORS]; };
#define WHITTLE_EACH(Result, expression) Result r; for (size_t i = 0; i < VECTORS; i++) r.v[i] = (expression); return r
inline Rows load(const double* p) { Rows r; std::memcpy(&r, p, sizeof r); return r; }
inline void store(double* p, const Rows& a) { std::memcpy(p, &a, sizeof a); }
inline Rows all(double a) { const Vector v = vector_of(a); WHITTLE_EACH(Rows, v); }
inline Rows operator+(const Rows& a, const Rows& b) { WHITTLE_EACH(Rows, a.v[i] + b.v[i]); }
inline Rows operator-(const Rows& a, const Rows& b) { WHITTLE_EACH(Rows, a.v[i] - b.v[i]); }
inline Rows operator*(const Rows& a, const Rows& b) { WHITTLE_EACH(Rows, a.v[i] * b.v[i]); }
inline Rows operator/(const Rows& a, const Rows& b) { WHITTLE_EACH(Rows, a.v[i] / b.v[i]); }
inline RowsMask operator<(const Rows& a, const Rows& b) { WHITTLE_EACH(RowsMask, a.v[i] < b.v[i]); }
inline RowsMask operator==(const Rows& a, const Rows& b) { WHITTLE_EACH(RowsMask, a.v[i] == b.v[i]); }
inline Rows choose(const RowsMask& m, const Rows& a, const Rows& b) { WHITTLE_EACH(Rows, choose(m.v[i], a.v[i], b.v[i])); }
inline Rows single(const Rows& a) { WHITTLE_EACH(Rows, single(a.v[i])); }
inline bool any(const RowsMask& m) { bool found = false; for (size_t i = 0; i < VECTORS; i++) found = found || any(m.v[i]); return found; }
#undef WHITTLE_EACH

// The nearest whole number, ties to even (ROUNDER of gptq/grid.ts).
inline Rows nearest(const Rows& a) { const Rows rounder = all(6755399441055744.0); return (a + rounder) - rounder; }
inline double nearest(double a) { const double rounder = 6755399441055744.0; return (a + rounder) - rounder; }

}  // namespace
}  // namespace whittle
