// The twin of src-main/kernels/gptq/grid.ts; a lane is a row.
#pragma once
#include "gptq-rows.h"

namespace whittle {
namespace {

constexpr size_t PIECE_COLUMNS = 128;

struct Grid { Rows step, shift, low, high; };

template <bool BINARY> inline Rows code_of(const Grid& grid, const Rows& weight) {
  const Rows none = all(0.0);
  if (BINARY) return choose(weight < none, none, all(1.0));
  const Rows q = choose(grid.step == none, none, nearest((weight + grid.shift) / grid.step));
  const Rows raised = choose(grid.low < q, q, grid.low);
  return choose(raised < grid.high, raised, grid.high);
}

inline Rows value_of(const Grid& grid, const Rows& q) { return single(single(grid.step * q) - grid.shift); }

// weights [from, end) of a tile minus what `error` in the column of `factors` does to them.
inline void feed(double* weights, size_t from, size_t end, const Rows& error, const double* factors) {
  for (size_t k = from; k < end; k++) store(weights + k * TILE, load(weights + k * TILE) - error * all(factors[k]));
}

// `weights` and `scratch` (size, TILE) of the columns from `start` on; gives up when no lane is under its limit any more.
template <bool BINARY>
Rows fed_error(const Grid& grid, const double* weights, size_t size, size_t start, size_t columns, const double* factor, double* scratch, const Rows& limit) {
  Rows sum = all(0.0);
  std::memcpy(scratch, weights, size * TILE * sizeof(double));
  for (size_t j = 0; j < size; j++) {
    if (j % 8 == 0 && !any(sum < limit)) break;
    const Rows weight = load(scratch + j * TILE);
    const Rows rest = weight - value_of(grid, code_of<BINARY>(grid, weight));
    if (factor == nullptr) {
      sum = sum + rest * rest;
      continue;
    }
    const double* factors = factor + (start + j) * columns + start;
    const Rows error = rest / all(factors[j]);
    sum = sum + error * error;
    const size_t piece = j - j % PIECE_COLUMNS + PIECE_COLUMNS;
    feed(scratch, j + 1, piece < size ? piece : size, error, factors);
  }
  return sum;
}

}  // namespace
}  // namespace whittle
