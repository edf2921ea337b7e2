// Cholesky factors, triangular inverses and products, blocked so that nearly all the work is in products of matrices. Compiled several times,
// each for other processors and with another WHITTLE_ALGEBRA; the variants agree to rounding.
#include "linear-algebra.h"

#include <cmath>

#include "eigen.h"
#include "matrix-product.h"

namespace whittle {
namespace {

// Below this size plain loops.
constexpr size_t SMALL = 64;
// Triangles are cut into strips of this many rows or columns; what a strip's product computes beyond the triangle is wasted.
constexpr size_t STRIP = 128;

size_t half_of(size_t n) { return (n / 2 + SMALL - 1) / SMALL * SMALL; }

bool factor_small(double* l, size_t stride, size_t n) {
  for (size_t i = 0; i < n; i++) {
    double* row = l + i * stride;
    for (size_t j = 0; j <= i; j++) {
      const double* other = l + j * stride;
      double rest = row[j];
      for (size_t k = 0; k < j; k++) rest -= row[k] * other[k];
      if (j < i) row[j] = rest / other[j];
      else if (rest > 0 && rest < HUGE_VAL) row[i] = std::sqrt(rest);
      else return false;  // NaN, too
    }
  }
  return true;
}

// X of X L^T = B in place of B (rows, n), L (n, n) small: as many rows side by side as four registers hold.
void solve_right_small(const double* l, size_t stride, size_t n, double* b, size_t b_stride, size_t rows) {
  constexpr size_t SIDE = 4 * WIDTH;
  double y[SMALL * SIDE];
  for (size_t start = 0; start < rows; start += SIDE) {
    const size_t taken = least(SIDE, rows - start);
    double* from = b + start * b_stride;
    for (size_t j = 0; j < n; j++)
      for (size_t i = 0; i < SIDE; i++) y[j * SIDE + i] = i < taken ? from[i * b_stride + j] : 0;
    for (size_t j = 0; j < n; j++) {
      const double* row = l + j * stride;
      double* to = y + j * SIDE;
      Doubles s0 = load(to), s1 = load(to + WIDTH), s2 = load(to + 2 * WIDTH), s3 = load(to + 3 * WIDTH);
      for (size_t k = 0; k < j; k++) {
        const Doubles factor = all(row[k]);
        const double* known = y + k * SIDE;
        s0 = s0 - factor * load(known);
        s1 = s1 - factor * load(known + WIDTH);
        s2 = s2 - factor * load(known + 2 * WIDTH);
        s3 = s3 - factor * load(known + 3 * WIDTH);
      }
      store(to, s0);
      store(to + WIDTH, s1);
      store(to + 2 * WIDTH, s2);
      store(to + 3 * WIDTH, s3);
      for (size_t i = 0; i < SIDE; i++) to[i] /= row[j];
    }
    for (size_t i = 0; i < taken; i++)
      for (size_t j = 0; j < n; j++) from[i * b_stride + j] = y[j * SIDE + i];
  }
}

void solve_right(Workspace& work, const double* l, size_t stride, size_t n, double* b, size_t b_stride, size_t rows) {
  if (n <= SMALL) return solve_right_small(l, stride, n, b, b_stride, rows);
  const size_t half = half_of(n), rest = n - half;
  solve_right(work, l, stride, half, b, b_stride, rows);
  add_product(work, rows_of(b, b_stride), transpose_of(l + half * stride, stride), rows, half, rest, -1, b + half, b_stride);
  solve_right(work, l + half * stride + half, stride, rest, b + half, b_stride, rows);
}

// The lower triangle of `l` becomes its factor; what is above it is not used, but written to.
bool factor(Workspace& work, double* l, size_t stride, size_t n) {
  if (n <= SMALL) return factor_small(l, stride, n);
  const size_t half = half_of(n), rest = n - half;
  double* below = l + half * stride;
  double* corner = below + half;
  if (!factor(work, l, stride, half)) return false;
  solve_right(work, l, stride, half, below, stride, rest);
  for (size_t i = 0; i < rest; i += STRIP) {
    const size_t height = least(STRIP, rest - i);
    add_product(work, rows_of(below + i * stride, stride), transpose_of(below, stride), height, half, i + height, -1, corner + i * stride, stride);
  }
  return factor(work, corner, stride, rest);
}

Outcome cholesky(const double* a, size_t n, double* out) {
  Workspace work;
  if (!work.ready()) return Outcome::NoMemory;
  for (size_t i = 0; i < n; i++) copy(a + i * n, i + 1, out + i * n);
  if (!factor(work, out, n, n)) return Outcome::NotPositive;
  for (size_t i = 0; i < n; i++) fill(out + i * n + i + 1, n - i - 1, 0);
  return Outcome::Done;
}

void invert_small(const double* l, size_t stride, size_t n, double* x) {
  for (size_t i = 0; i < n; i++) {
    double* row = x + i * stride;
    row[i] = 1;
    for (size_t k = 0; k < i; k++) {
      const double factor = l[i * stride + k];
      const double* known = x + k * stride;
      for (size_t j = 0; j <= k; j++) row[j] -= factor * known[j];
    }
    const double scale = 1 / l[i * stride + i];
    for (size_t j = 0; j <= i; j++) row[j] *= scale;
  }
}

// x = l^-1, both `stride` apart, x zeroed: with l = (A 0; B C), the corner of x is -C^-1 (B A^-1). `corner` has room for it.
void invert(Workspace& work, const double* l, size_t stride, size_t n, double* x, double* corner) {
  if (n <= SMALL) return invert_small(l, stride, n, x);
  const size_t half = half_of(n), rest = n - half;
  double* below = x + half * stride;
  invert(work, l, stride, half, x, corner);
  invert(work, l + half * stride + half, stride, rest, below + half, corner);
  fill(corner, rest * half, 0);
  for (size_t j = 0; j < half; j += STRIP) {
    const View b = rows_of(l + half * stride + j, stride);
    add_product(work, b, rows_of(x + j * stride + j, stride), rest, half - j, least(STRIP, half - j), 1, corner + j, half);
  }
  for (size_t i = 0; i < rest; i += STRIP) {
    const size_t height = least(STRIP, rest - i);
    const View c = rows_of(below + i * stride + half, stride);
    add_product(work, c, rows_of(corner, half), height, i + height, half, -1, below + i * stride, stride);
  }
}

Outcome invert_lower(const double* l, size_t n, double* out) {
  Workspace work;
  const size_t half = half_of(n);
  Buffer corner(n <= SMALL ? 0 : half * (n - half) + half * half);
  if (!work.ready() || corner.data == nullptr) return Outcome::NoMemory;
  fill(out, n * n, 0);
  invert(work, l, n, n, out, corner.data);
  return Outcome::Done;
}

inline void subtract_scaled(double* to, double factor, const double* from, size_t count) {
  for (size_t j = 0; j < count; j++) to[j] -= factor * from[j];
}

Outcome solve_cholesky(const double* l, size_t n, const double* b, size_t m, double* x) {
  Workspace work;
  if (!work.ready()) return Outcome::NoMemory;
  copy(b, n * m, x);
  for (size_t start = 0; start < n; start += SMALL) {
    const size_t end = least(start + SMALL, n);
    for (size_t i = start; i < end; i++) {
      for (size_t k = start; k < i; k++) subtract_scaled(x + i * m, l[i * n + k], x + k * m, m);
      for (size_t j = 0; j < m; j++) x[i * m + j] /= l[i * n + i];
    }
    add_product(work, rows_of(l + end * n + start, n), rows_of(x + start * m, m), n - end, end - start, m, -1, x + end * m, m);
  }
  for (size_t end = n; end > 0;) {
    const size_t start = (end - 1) / SMALL * SMALL;
    for (size_t i = end; i-- > start;) {
      for (size_t j = 0; j < m; j++) x[i * m + j] /= l[i * n + i];
      for (size_t k = start; k < i; k++) subtract_scaled(x + k * m, l[i * n + k], x + i * m, m);
    }
    add_product(work, transpose_of(l + start * n, n), rows_of(x + start * m, m), start, end - start, m, -1, x, m);
    end = start;
  }
  return Outcome::Done;
}

Outcome product(const double* a, size_t rows, size_t inner, const double* b, size_t columns, double* out) {
  Workspace work;
  if (!work.ready()) return Outcome::NoMemory;
  fill(out, rows * columns, 0);
  add_product(work, rows_of(a, inner), rows_of(b, columns), rows, inner, columns, 1, out, columns);
  return Outcome::Done;
}

}  // namespace

LinearAlgebra WHITTLE_ALGEBRA() { return {cholesky, invert_lower, solve_cholesky, symmetric_eigen, product}; }

}  // namespace whittle
