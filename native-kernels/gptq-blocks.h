// The twin of src-main/kernels/gptq/blocks.ts and block-grid.ts.
#pragma once
#include "gptq-feedback.h"
#include "gptq.h"
#include "layouts.h"

namespace whittle {
namespace {

inline float within_single(double value) {
  const double largest = 3.4028234663852886e38;
  return static_cast<float>(value > largest ? largest : value < -largest ? -largest : value);
}

// 0, 1, -1, 2, -2, ...
inline double offset_of(int k) { return k % 2 == 1 ? (k + 1) / 2 : -(k / 2); }

// The whole numbers `center` + `offset` no lower than `low` and no higher than `high`; whether any lane is within without that.
inline bool around(const Rows& center, double offset, double low, double high, Rows& found) {
  const Rows wanted = center + all(offset);
  const RowsMask below = wanted < all(low), above = all(high) < wanted;
  found = choose(below, all(low), choose(above, all(high), wanted));
  return any(found == wanted);
}

// A tile's grids of a sub-block: the best stored fields near those of the search.
template <class Layout> struct AffineGrids {
  static constexpr int SCALE_REACH = 8, MINIMUM_REACH = 4;
  AffineFields fields[TILE];
  Grid grid;

  void choose_fields(int i, const double* weights, size_t column, size_t columns, const double* factor, double* scratch) {
    double d_of[TILE], e_of[TILE], scale_of[TILE], minimum_of[TILE];
    for (size_t l = 0; l < TILE; l++) {
      d_of[l] = widen_half(fields[l].scale);
      e_of[l] = widen_half(fields[l].minimum);
      scale_of[l] = fields[l].scales[i];
      minimum_of[l] = fields[l].minimums[i];
    }
    const Rows d = load(d_of), e = load(e_of), center = load(scale_of), middle = load(minimum_of);
    Rows best = all(HUGE_VAL), best_scale = center, best_minimum = middle, scale, minimum;
    Grid trial = {all(0.0), all(0.0), all(0.0), all(Layout::LEVELS)};
    for (int k = 0; k <= 2 * SCALE_REACH; k++) {
      if (!around(center, offset_of(k), 0, Layout::SCALE_MAX, scale)) continue;
      trial.step = single(d * scale);
      for (int n = 0; n <= 2 * MINIMUM_REACH; n++) {
        if (!around(middle, offset_of(n), 0, Layout::SCALE_MAX, minimum)) continue;
        trial.shift = single(e * minimum);
        const Rows error = fed_error<false>(trial, weights, Layout::SUB_SIZE, column, columns, factor, scratch, best);
        const RowsMask better = error < best;
        best = choose(better, error, best);
        best_scale = choose(better, scale, best_scale);
        best_minimum = choose(better, minimum, best_minimum);
      }
    }
    grid = {single(d * best_scale), single(e * best_minimum), all(0.0), all(Layout::LEVELS)};
    store(scale_of, best_scale);
    store(minimum_of, best_minimum);
    for (size_t l = 0; l < TILE; l++) {
      fields[l].scales[i] = static_cast<uint8_t>(scale_of[l]);
      fields[l].minimums[i] = static_cast<uint8_t>(minimum_of[l]);
    }
  }
};

template <class Layout> struct SymmetricGrids {
  static constexpr int SCALE_REACH = 16;
  SymmetricFields fields[TILE];
  Grid grid;

  void choose_fields(int i, const double* weights, size_t column, size_t columns, const double* factor, double* scratch) {
    double d_of[TILE], scale_of[TILE];
    for (size_t l = 0; l < TILE; l++) {
      d_of[l] = widen_half(fields[l].scale);
      scale_of[l] = fields[l].scales[i];
    }
    const Rows d = load(d_of), center = load(scale_of);
    Rows best = all(HUGE_VAL), best_scale = center, scale;
    Grid trial = {all(0.0), all(0.0), all(Layout::CODE_MIN), all(Layout::CODE_MAX)};
    for (int k = 0; k <= (Layout::SCALE_MAX == Layout::SCALE_MIN ? -1 : 2 * SCALE_REACH); k++) {
      if (!around(center, offset_of(k), Layout::SCALE_MIN, Layout::SCALE_MAX, scale)) continue;
      trial.step = single(d * scale);
      const Rows error = fed_error<false>(trial, weights, Layout::SUB_SIZE, column, columns, factor, scratch, best);
      const RowsMask better = error < best;
      best = choose(better, error, best);
      best_scale = choose(better, scale, best_scale);
    }
    grid = {single(d * best_scale), all(0.0), all(Layout::CODE_MIN), all(Layout::CODE_MAX)};
    store(scale_of, best_scale);
    for (size_t l = 0; l < TILE; l++) fields[l].scales[i] = static_cast<int8_t>(scale_of[l]);
  }
};

template <class Layout, template <class> class Grids> struct BlockRounding {
  static constexpr size_t SUB_SIZE = Layout::SUB_SIZE, BLOCK = Layout::SUB_BLOCKS * SUB_SIZE;
  Type type;
  size_t rows, columns;
  const double* factor;
  const float* importance;
  uint8_t* out;
  std::unique_ptr<float[]> current;     // (rows, BLOCK)
  std::unique_ptr<uint8_t[]> searched;  // (rows) blocks
  Grids<Layout> grids;
  double scratch[SUB_SIZE * TILE];

  size_t widest_block() const { return BLOCK; }
  size_t block_end(size_t start) const { return start + BLOCK; }
  bool open_block(Tiles& work, size_t start) {
    for (size_t row = 0; row < rows; row++) {
      const double* from = work.tile(row / TILE) + start * TILE + row % TILE;
      for (size_t j = 0; j < BLOCK; j++) current[row * BLOCK + j] = within_single(from[j * TILE]);
    }
    return encode(type, current.get(), rows, BLOCK, importance + start, searched.get());
  }

  Rows round(Tiles& work, size_t t, size_t column) {
    const size_t within = column % BLOCK, filled = work.filled(t);
    const double* weights = work.tile(t) + column * TILE;
    if (within == 0) {
      for (size_t l = 0; l < TILE; l++) grids.fields[l] = {};
      for (size_t l = 0; l < filled; l++) Layout::unpack(searched.get() + (t * TILE + l) * Layout::BYTES, grids.fields[l]);
    }
    if (within % SUB_SIZE == 0) grids.choose_fields(static_cast<int>(within / SUB_SIZE), weights, column, columns, factor, scratch);
    const Rows code = code_of<false>(grids.grid, load(weights));
    double codes[TILE];
    store(codes, code);
    for (size_t l = 0; l < filled; l++) set_code(grids.fields[l], within, codes[l]);
    if (within == BLOCK - 1)
      for (size_t l = 0; l < filled; l++) Layout::pack(grids.fields[l], out + ((t * TILE + l) * (columns / BLOCK) + column / BLOCK) * Layout::BYTES);
    return value_of(grids.grid, code);
  }

  static void set_code(AffineFields& fields, size_t j, double code) { fields.codes[j] = static_cast<uint8_t>(code); }
  static void set_code(SymmetricFields& fields, size_t j, double code) { fields.codes[j] = static_cast<int8_t>(code); }
};

template <class Layout, template <class> class Grids>
bool round_blocks_as(Type type, const float* weights, size_t rows, size_t columns, const double* factor, const float* importance, uint8_t* out, double* errors) {
  typedef BlockRounding<Layout, Grids> Rounding;
  Tiles work;
  std::unique_ptr<Rounding> rounding(new (std::nothrow) Rounding());
  if (rounding == nullptr || !work.take(weights, nullptr, rows, columns)) return false;
  rounding->type = type;
  rounding->rows = rows;
  rounding->columns = columns;
  rounding->factor = factor;
  rounding->importance = importance;
  rounding->out = out;
  rounding->current.reset(new (std::nothrow) float[rows * Rounding::BLOCK]);
  rounding->searched.reset(new (std::nothrow) uint8_t[rows * Layout::BYTES]);
  if (rounding->current == nullptr || rounding->searched == nullptr) return false;
  return feed_errors(work, factor, *rounding, errors);
}

}  // namespace
}  // namespace whittle
