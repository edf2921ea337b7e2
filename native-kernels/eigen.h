// Eigenvalues and eigenvectors of a symmetric matrix: Householder's tridiagonal form, then QL steps with implicit shifts whose rotations
// are applied many steps at a time. Local to linear-algebra.cpp.
#pragma once
#include <cfloat>
#include <cmath>

#include "linear-algebra.h"
#include "matrix-product.h"

namespace whittle {
namespace {

// Four rows of a matrix at a time share what is loaded besides them.
constexpr size_t ROWS = 4;

// The reflector of x (count numbers), which become v: (I - beta v v^T) x = (0, ..., 0, left). Returns beta, 0 when there is nothing to reflect.
double reflector(double* x, size_t count, double* left) {
  double squares = 0;
  for (size_t k = 0; k + 1 < count; k++) squares += x[k] * x[k];
  const double last = x[count - 1];
  *left = last;
  if (squares == 0) return 0;
  *left = last > 0 ? -std::sqrt(squares + last * last) : std::sqrt(squares + last * last);
  x[count - 1] = last - *left;
  return 2 / (squares + (last - *left) * (last - *left));
}

// What one pass over the lower triangle does: A -= v w^T + w v^T, the update the last reflector left behind, and y += A x with the new A.
struct Pass { const double *v, *w, *x; double* y; };

// Elements [start, end) of `count` rows from `first` on, one by one.
void pass_plain(double* a, size_t n, size_t first, size_t count, size_t start, const Pass& p) {
  for (size_t r = first; r < first + count; r++) {
    double* row = a + r * n;
    double total = 0;
    for (size_t c = start; c < r; c++) {
      row[c] -= p.v[r] * p.w[c] + p.w[r] * p.v[c];
      total += row[c] * p.x[c];
      p.y[c] += row[c] * p.x[r];
    }
    row[r] -= 2 * (p.v[r] * p.w[r]);
    p.y[r] += total + row[r] * p.x[r];
  }
}

// Rows first .. first + 3, from their beginning to the last whole register left of the diagonal. Returns where it stopped.
size_t pass_rows(double* a, size_t n, size_t first, const Pass& p) {
  Doubles total[ROWS], v[ROWS], w[ROWS], x[ROWS];
  for (size_t i = 0; i < ROWS; i++) {
    total[i] = all(0);
    v[i] = all(p.v[first + i]);
    w[i] = all(p.w[first + i]);
    x[i] = all(p.x[first + i]);
  }
  double* rows = a + first * n;
  size_t c = 0;
  for (; c + WIDTH <= first; c += WIDTH) {
    const Doubles vc = load(p.v + c), wc = load(p.w + c), xc = load(p.x + c);
    Doubles yc = load(p.y + c);
    for (size_t i = 0; i < ROWS; i++) {
      const Doubles element = load(rows + i * n + c) - (v[i] * wc + w[i] * vc);
      store(rows + i * n + c, element);
      total[i] = total[i] + element * xc;
      yc = yc + element * x[i];
    }
    store(p.y + c, yc);
  }
  for (size_t i = 0; i < ROWS; i++) p.y[first + i] += sum(total[i]);
  return c;
}

// The leading (size, size) block of A, of which the lower triangle is kept.
void pass_triangle(double* a, size_t n, size_t size, const Pass& p) {
  size_t r = 0;
  for (; r + ROWS <= size; r += ROWS) pass_plain(a, n, r, ROWS, pass_rows(a, n, r, p), p);
  pass_plain(a, n, r, size - r, 0, p);
}

// As tridiagonalize of src-main/kernels/linear-algebra/tridiagonal.ts, but the update of one reflector and the product of the next share a pass.
// Row i of the lower triangle of `a` becomes v_i. `room` has 3 n zeros.
void tridiagonalize(double* a, size_t n, double* diagonal, double* beside, double* betas, double* room) {
  double *w = room, *y = room + n;
  const double* v = room + 2 * n;
  for (size_t i = n - 1; i > 0; i--) {
    double* row = a + i * n;
    for (size_t c = 0; c <= i; c++) row[c] -= v[i] * w[c] + w[i] * v[c];
    diagonal[i] = row[i];
    const double beta = betas[i] = reflector(row, i, beside + i - 1);
    fill(y, i, 0);
    pass_triangle(a, n, i, {v, w, row, y});
    double inner = 0;
    for (size_t k = 0; k < i; k++) inner += y[k] * row[k];
    const double half = beta / 2 * (beta * inner);
    for (size_t k = 0; k < i; k++) w[k] = beta * y[k] - half * row[k];
    v = row;
  }
  diagonal[0] = a[0];
}

// Q^T = H_2 H_3 ... H_(n-1) in `q` (n, n), zeroed. Rows are independent; a reflector leaves rows it does not reach alone because they are zero there.
void accumulate(const double* a, size_t n, const double* betas, double* q) {
  for (size_t r = 0; r < n; r++) q[r * n + r] = 1;
  for (size_t r = 0; r < n; r += ROWS) {
    const size_t count = least(ROWS, n - r);
    double* rows[ROWS];
    for (size_t t = 0; t < ROWS; t++) rows[t] = q + (r + (t < count ? t : 0)) * n;
    for (size_t i = r + 1; i < n; i++) {
      if (betas[i] == 0) continue;
      const double* v = a + i * n;
      Doubles total[ROWS];
      double factor[ROWS] = {0, 0, 0, 0};
      for (size_t t = 0; t < ROWS; t++) total[t] = all(0);
      size_t k = 0;
      for (; k + WIDTH <= i; k += WIDTH) {
        const Doubles vk = load(v + k);
        for (size_t t = 0; t < ROWS; t++) total[t] = total[t] + load(rows[t] + k) * vk;
      }
      for (size_t t = 0; t < count; t++) {
        factor[t] = sum(total[t]);
        for (size_t rest = k; rest < i; rest++) factor[t] += rows[t][rest] * v[rest];
        factor[t] *= betas[i];
      }
      // Where fewer rows are left the others stand in for the first, and take nothing from it.
      for (size_t t = 0; t < count; t++) {
        const Doubles scale = all(factor[t]);
        for (size_t c = 0; c < k; c += WIDTH) store(rows[t] + c, load(rows[t] + c) - scale * load(v + c));
        for (size_t rest = k; rest < i; rest++) rows[t][rest] -= factor[t] * v[rest];
      }
    }
  }
}

// The rotations of one QL step: of rows (first - j, first - j + 1), j = 0 .. count - 1.
struct Step { size_t first, count, start; };
struct Rotation { double cosine, sine; };

// Columns of the rotated matrix that stay in registers while a step's rotations run down its rows.
constexpr size_t PANEL = 4 * WIDTH;

// The matrix whose rows are rotated, as panels of columns; each panel holds all rows, one after the other.
struct Panels {
  double* data;
  size_t n, count;

  void rotate(const Step* steps, size_t together, const Rotation* rotations) const {
    for (size_t p = 0; p < count; p++)
      for (size_t s = 0; s < together; s++) rotate_panel(data + p * n * PANEL, steps[s], rotations + steps[s].start);
  }

  static void rotate_panel(double* panel, const Step& step, const Rotation* rotations) {
    double* row = panel + (step.first + 1) * PANEL;
    Doubles y0 = load(row), y1 = load(row + WIDTH), y2 = load(row + 2 * WIDTH), y3 = load(row + 3 * WIDTH);
    for (size_t j = 0; j < step.count; j++, row -= PANEL) {
      const Doubles cosine = all(rotations[j].cosine), sine = all(rotations[j].sine);
      const double* above = row - PANEL;
      const Doubles x0 = load(above), x1 = load(above + WIDTH), x2 = load(above + 2 * WIDTH), x3 = load(above + 3 * WIDTH);
      store(row, sine * x0 + cosine * y0);
      store(row + WIDTH, sine * x1 + cosine * y1);
      store(row + 2 * WIDTH, sine * x2 + cosine * y2);
      store(row + 3 * WIDTH, sine * x3 + cosine * y3);
      y0 = cosine * x0 - sine * y0;
      y1 = cosine * x1 - sine * y1;
      y2 = cosine * x2 - sine * y2;
      y3 = cosine * x3 - sine * y3;
    }
    store(row, y0);
    store(row + WIDTH, y1);
    store(row + 2 * WIDTH, y2);
    store(row + 3 * WIDTH, y3);
  }

  void gather(const double* rows) const {
    for (size_t p = 0; p < count; p++)
      for (size_t r = 0; r < n; r++)
        for (size_t c = 0; c < PANEL; c++) data[(p * n + r) * PANEL + c] = p * PANEL + c < n ? rows[r * n + p * PANEL + c] : 0;
  }

  void read_row(size_t r, double* out) const {
    for (size_t c = 0; c < n; c++) out[c] = data[(c / PANEL * n + r) * PANEL + c % PANEL];
  }
};

// One QL step with Wilkinson's shift on the block [first, last]; see qlStep of src-main/kernels/linear-algebra/eigen.ts.
// Returns how many rotations it took, at most last - first.
size_t ql_step(double* d, double* e, size_t first, size_t last, Rotation* rotations) {
  const double half = (d[first + 1] - d[first]) / (2 * e[first]), root = std::hypot(half, 1.0);
  double g = d[last] - d[first] + e[first] / (half + (half < 0 ? -root : root));
  double sine = 1, cosine = 1, shift = 0;
  for (size_t i = last; i-- > first;) {
    const double f = sine * e[i], b = cosine * e[i], length = std::hypot(f, g);
    e[i + 1] = length;
    if (length == 0) {
      d[i + 1] -= shift;
      e[last] = 0;
      return last - 1 - i;
    }
    sine = f / length;
    cosine = g / length;
    g = d[i + 1] - shift;
    const double turned = (d[i] - g) * sine + 2 * cosine * b;
    shift = sine * turned;
    d[i + 1] = g + shift;
    g = cosine * turned - b;
    rotations[last - 1 - i] = {cosine, sine};
  }
  d[first] -= shift;
  e[first] = g;
  e[last] = 0;
  return last - first;
}

Outcome diagonalize(double* d, double* e, size_t n, const Panels& panels) {
  constexpr size_t STEPS_TOGETHER = 64, STEPS_PER_ROW = 30;
  const Buffer room(STEPS_TOGETHER * n * 2);
  if (room.data == nullptr) return Outcome::NoMemory;
  Rotation* rotations = reinterpret_cast<Rotation*>(room.data);
  Step steps[STEPS_TOGETHER];
  size_t together = 0, used = 0, total = 0;
  for (size_t first = 0; first < n; first++)
    for (;;) {
      size_t last = first;
      while (last + 1 < n && std::fabs(e[last]) > DBL_EPSILON * (std::fabs(d[last]) + std::fabs(d[last + 1]))) last++;
      if (last == first) break;
      if (++total > STEPS_PER_ROW * n) return Outcome::NotConverged;
      const size_t count = ql_step(d, e, first, last, rotations + used);
      steps[together++] = {last - 1, count, used};
      used += count;
      if (together < STEPS_TOGETHER) continue;
      panels.rotate(steps, together, rotations);
      together = used = 0;
    }
  panels.rotate(steps, together, rotations);
  return Outcome::Done;
}

// A power of two above the largest element of the lower triangle, so that squares stay in range; false for NaN and infinities.
bool scale_of(const double* a, size_t n, double* scale) {
  double largest = 0;
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j <= i; j++) {
      const double size = std::fabs(a[i * n + j]);
      if (!(size < HUGE_VAL)) return false;
      if (size > largest) largest = size;
    }
  int exponent = 0;
  std::frexp(largest, &exponent);
  *scale = largest == 0 ? 1 : std::ldexp(1.0, exponent < -1022 ? -1022 : exponent > 1023 ? 1023 : exponent);
  return true;
}

Outcome symmetric_eigen(const double* a, size_t n, double* values, double* vectors) {
  double scale = 1;
  if (!scale_of(a, n, &scale)) return Outcome::NotFinite;
  if (n == 0) return Outcome::Done;
  const size_t count = (n + PANEL - 1) / PANEL;
  Buffer work(n * n), turned(count * PANEL * n), lines(6 * n);
  if (work.data == nullptr || turned.data == nullptr || lines.data == nullptr) return Outcome::NoMemory;
  double *d = lines.data, *e = d + n, *betas = e + n, *room = betas + n;
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j <= i; j++) work.data[i * n + j] = a[i * n + j] / scale;
  tridiagonalize(work.data, n, d, e, betas, room);
  fill(vectors, n * n, 0);
  accumulate(work.data, n, betas, vectors);
  const Panels panels = {turned.data, n, count};
  panels.gather(vectors);
  const Outcome outcome = diagonalize(d, e, n, panels);
  if (outcome != Outcome::Done) return outcome;
  // Row numbers, which doubles hold exactly, sorted by insertion: n is small beside n^3.
  double* order = betas;
  for (size_t i = 0; i < n; i++) {
    size_t at = i;
    for (; at > 0 && d[static_cast<size_t>(order[at - 1])] < d[i]; at--) order[at] = order[at - 1];
    order[at] = static_cast<double>(i);
  }
  for (size_t i = 0; i < n; i++) {
    const size_t row = static_cast<size_t>(order[i]);
    values[i] = d[row] * scale;
    panels.read_row(row, vectors + i * n);
  }
  return Outcome::Done;
}

}  // namespace
}  // namespace whittle
