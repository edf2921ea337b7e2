// The twin of src-main/kernels/gptq/feedback.ts. The matrix lies in tiles of sixteen rows, (tiles, columns, TILE); the last one is filled
// up with rows of zeros.
#pragma once
#include "gptq-grid.h"

#include <memory>
#include <new>

namespace whittle {
namespace {

struct Tiles {
  size_t rows, columns, tiles;
  std::unique_ptr<double[]> values;

  // False without memory.
  bool take(const float* weights, const float* minus, size_t rows_, size_t columns_) {
    rows = rows_;
    columns = columns_;
    tiles = (rows + TILE - 1) / TILE;
    values.reset(new (std::nothrow) double[tiles * columns * TILE]());
    if (values == nullptr) return false;
    for (size_t row = 0; row < rows; row++) {
      double* to = tile(row / TILE) + row % TILE;
      const size_t base = row * columns;
      for (size_t j = 0; j < columns; j++)
        to[j * TILE] = minus == nullptr ? weights[base + j] : static_cast<double>(weights[base + j]) - static_cast<double>(minus[base + j]);
    }
    return true;
  }

  double* tile(size_t t) { return values.get() + t * columns * TILE; }
  // Rows of tile t that are in the matrix.
  size_t filled(size_t t) const { return rows - t * TILE < TILE ? rows - t * TILE : TILE; }
};

// Columns [k, k + PANEL) of rows [start, end) of a square matrix, padded with zeros, PANEL side by side.
template <class Number> void pack_panel(const Number* matrix, size_t columns, size_t start, size_t end, size_t k, double* panel) {
  for (size_t j = start; j < end; j++)
    for (size_t p = 0; p < PANEL; p++) *panel++ = k + p < columns ? static_cast<double>(matrix[j * columns + k + p]) : 0.0;
}

// The errors (count, TILE) to the columns [k, k + PANEL) of a tile, one after the other.
inline void pass_on(double* columns, size_t present, const double* errors, size_t count, const double* panel) {
  Rows sums[PANEL];
  for (size_t p = 0; p < PANEL; p++) sums[p] = p < present ? load(columns + p * TILE) : all(0.0);
  for (size_t j = 0; j < count; j++) {
    const Rows error = load(errors + j * TILE);
    for (size_t p = 0; p < PANEL; p++) sums[p] = sums[p] - error * all(panel[j * PANEL + p]);
  }
  for (size_t p = 0; p < present; p++) store(columns + p * TILE, sums[p]);
}

// feedErrors: `rounding` says where blocks end, opens them, and rounds a column of a tile. `errors` (rows). False without memory.
template <class Rounding> bool feed_errors(Tiles& work, const double* factor, Rounding& rounding, double* errors) {
  const size_t columns = work.columns, room = rounding.widest_block();
  std::unique_ptr<double[]> total(new (std::nothrow) double[work.tiles * TILE]());
  std::unique_ptr<double[]> pending(new (std::nothrow) double[work.tiles * room * TILE]);
  std::unique_ptr<double[]> panel(new (std::nothrow) double[room * PANEL]);
  if (total == nullptr || pending == nullptr || panel == nullptr) return false;
  for (size_t start = 0, end; start < columns; start = end) {
    end = rounding.block_end(start);
    if (!rounding.open_block(work, start)) return false;
    for (size_t t = 0; t < work.tiles; t++) {
      double* weights = work.tile(t);
      Rows sum = load(total.get() + t * TILE);
      for (size_t j = start; j < end; j++) {
        const Rows value = rounding.round(work, t, j);
        const Rows rest = load(weights + j * TILE) - value;
        const Rows error = factor == nullptr ? rest : rest / all(factor[j * columns + j]);
        sum = sum + error * error;
        store(pending.get() + (t * room + j - start) * TILE, error);
        if (factor != nullptr) feed(weights, j + 1, end, error, factor + j * columns);
      }
      store(total.get() + t * TILE, sum);
    }
    if (factor == nullptr) continue;
    for (size_t k = end; k < columns; k += PANEL) {
      pack_panel(factor, columns, start, end, k, panel.get());
      const size_t present = columns - k < PANEL ? columns - k : PANEL;
      for (size_t t = 0; t < work.tiles; t++) pass_on(work.tile(t) + k * TILE, present, pending.get() + t * room * TILE, end - start, panel.get());
    }
  }
  for (size_t row = 0; row < work.rows; row++) errors[row] = total[row];
  return true;
}

// Stored values as they are given.
struct GivenValues {
  const float* decoded;
  size_t rows, columns;
  size_t widest_block() const { return PIECE_COLUMNS; }
  size_t block_end(size_t start) const { return start + PIECE_COLUMNS < columns ? start + PIECE_COLUMNS : columns; }
  bool open_block(Tiles&, size_t) { return true; }
  Rows round(Tiles& work, size_t t, size_t column) const {
    double values[TILE] = {0};
    for (size_t l = 0; l < work.filled(t); l++) values[l] = decoded[(t * TILE + l) * columns + column];
    return load(values);
  }
};

}  // namespace
}  // namespace whittle
