// The twin of src-main/kernels/gptq/groups.ts and group-grid.ts.
#pragma once
#include "gptq-feedback.h"
#include "gptq.h"

namespace whittle {
namespace {

struct Parts { double first, step; int count; };
constexpr Parts RANGE_PARTS = {1, 0.02, 32}, MEAN_PARTS = {1.8, 0.05, 24};

// The nearest finite number >= 0 half precision has.
inline double stored_scale(double value) {
  const uint16_t bits = narrow_to_half(static_cast<float>(value));
  return widen_half(bits > 0x7bff ? 0x7bff : bits);
}

template <bool BINARY> struct GroupRounding {
  const GroupShape& shape;
  const double* factor;
  uint8_t* codes;
  float* scales;
  uint8_t* zeros;
  std::unique_ptr<double[]> scratch, grids;  // (group_size, TILE), (tiles, 4, TILE)

  size_t widest_block() const { return PIECE_COLUMNS; }
  // Whole groups, or a piece of one.
  size_t block_end(size_t start) const {
    const size_t size = shape.group_size;
    if (size <= PIECE_COLUMNS) {
      const size_t end = start + size * (PIECE_COLUMNS / size);
      return end < shape.columns ? end : shape.columns;
    }
    const size_t group_end = start - start % size + size;
    return start + PIECE_COLUMNS < group_end ? start + PIECE_COLUMNS : group_end;
  }
  bool open_block(Tiles&, size_t) { return true; }

  Rows round(Tiles& work, size_t t, size_t column) {
    const Rows weight = load(work.tile(t) + column * TILE);
    double* kept = grids.get() + t * 4 * TILE;
    Grid grid = {load(kept), load(kept + TILE), load(kept + 2 * TILE), load(kept + 3 * TILE)};
    if (column % shape.group_size == 0) {
      grid = choose_grid(work.tile(t) + column * TILE, column);
      store(kept, grid.step);
      store(kept + TILE, grid.shift);
      store(kept + 2 * TILE, grid.low);
      store(kept + 3 * TILE, grid.high);
      for (size_t l = 0; l < work.filled(t); l++) {
        const size_t at = ((t * TILE + l) * shape.columns + column) / shape.group_size;
        scales[at] = static_cast<float>(kept[BINARY ? TILE + l : l]);
        if (!BINARY) zeros[at] = static_cast<uint8_t>(-kept[2 * TILE + l]);
      }
    }
    const Rows code = code_of<BINARY>(grid, weight);
    double stored[TILE];
    store(stored, code - grid.low);
    for (size_t l = 0; l < work.filled(t); l++) codes[(t * TILE + l) * shape.columns + column] = static_cast<uint8_t>(stored[l]);
    return value_of(grid, code);
  }

  Grid choose_grid(const double* weights, size_t start) {
    double least[TILE] = {0}, most[TILE] = {0}, magnitudes[TILE] = {0};
    for (size_t j = 0; j < shape.group_size; j++)
      for (size_t l = 0; l < TILE; l++) {
        const double weight = weights[j * TILE + l];
        least[l] = weight < least[l] ? weight : least[l];
        most[l] = weight > most[l] ? weight : most[l];
        magnitudes[l] += std::fabs(weight);
      }
    const Parts parts = BINARY ? MEAN_PARTS : RANGE_PARTS;
    Grid grid = {}, trial = {};
    Rows best = all(HUGE_VAL);
    for (int k = 0; k < (shape.search ? parts.count : 1); k++) {
      const double part = shape.search ? parts.first - k * parts.step : 1;
      if (BINARY) set_binary(trial, magnitudes, part);
      else set_range(trial, least, most, part);
      const Rows error = shape.search ? fed_error<BINARY>(trial, weights, shape.group_size, start, shape.columns, factor, scratch.get(), best) : all(0.0);
      if (k == 0) {
        grid = trial;
        best = error;
        continue;
      }
      const RowsMask better = error < best;
      best = choose(better, error, best);
      grid.step = choose(better, trial.step, grid.step);
      grid.shift = choose(better, trial.shift, grid.shift);
      grid.low = choose(better, trial.low, grid.low);
      grid.high = choose(better, trial.high, grid.high);
    }
    return grid;
  }

  void set_binary(Grid& grid, const double* magnitudes, double part) const {
    double shift[TILE], step[TILE];
    for (size_t l = 0; l < TILE; l++) {
      shift[l] = stored_scale(part * (magnitudes[l] / static_cast<double>(shape.group_size)));
      step[l] = 2 * shift[l];
    }
    grid = {load(step), load(shift), all(0.0), all(1.0)};
  }

  void set_range(Grid& grid, const double* least_of, const double* most_of, double part) const {
    const double levels = (1 << shape.bits) - 1;
    double step[TILE], low[TILE], high[TILE];
    for (size_t l = 0; l < TILE; l++) {
      const double least = part * least_of[l], most = part * most_of[l], reach = -least > most ? -least : most;
      step[l] = stored_scale((shape.symmetric ? 2 * reach : most - least) / levels);
      double zero = shape.symmetric ? (levels + 1) / 2 : 0;
      if (!shape.symmetric && step[l] != 0) {
        zero = nearest(-least / step[l]);
        zero = zero < levels ? zero : levels;
      }
      low[l] = -zero;
      high[l] = levels - zero;
    }
    grid = {load(step), all(0.0), load(low), load(high)};
  }
};

template <bool BINARY>
bool round_groups_as(const float* weights, const double* factor, const GroupShape& shape, uint8_t* codes, float* scales, uint8_t* zeros, double* errors) {
  Tiles work;
  if (!work.take(weights, nullptr, shape.rows, shape.columns)) return false;
  GroupRounding<BINARY> rounding = {shape, factor, codes, scales, zeros, nullptr, nullptr};
  rounding.scratch.reset(new (std::nothrow) double[shape.group_size * TILE]);
  rounding.grids.reset(new (std::nothrow) double[work.tiles * 4 * TILE]());
  if (rounding.scratch == nullptr || rounding.grids == nullptr) return false;
  return feed_errors(work, factor, rounding, errors);
}

}  // namespace
}  // namespace whittle
