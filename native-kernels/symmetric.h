// The twin of src-main/kernels/search/symmetric.ts, which explains it; a lane is a sub-block.
#pragma once
#include "fields.h"
#include "unit.h"

namespace whittle {
namespace {

// The sweeps of search/effort.ts.
struct SymmetricEffort { double reach_first, reach_step; int reach_count; bool both_signs; int scale_reach, divisors; bool refit; };

template <class Layout> struct SymmetricSearch : Unit<Layout> {
  typedef Unit<Layout> Base;
  using Base::BLOCKS; using Base::x; using Base::codes; using Base::importance; using Base::scale;
  using Base::stored_half; using Base::half_value; using Base::spread; using Base::total;
  static constexpr int SUB_SIZE = Layout::SUB_SIZE, SUB_BLOCKS = Layout::SUB_BLOCKS;
  static constexpr int SCALE_MIN = Layout::SCALE_MIN, SCALE_MAX = Layout::SCALE_MAX;

  const SymmetricEffort effort;
  alignas(64) float step[UNIT], squares[UNIT], scales[UNIT], errors[UNIT], trial_scales[UNIT], trial_errors[UNIT];
  alignas(64) float d[UNIT], cost[UNIT];
  uint16_t scale_bits[BLOCKS];

  explicit SymmetricSearch(const SymmetricEffort& how) : effort(how) {}

  void search() {
    for (int at = 0; at < UNIT; at += WIDTH) search_step(at);
    for (int i = 0; i < UNIT; i++) errors[i] = INFINITE;
    uint16_t trial[BLOCKS];
    if (SCALE_MAX == 1) {
      for (int i = 0; i < UNIT; i++) scales[i] = 1.0f;
      for (int b = 0; b < BLOCKS; b++) trial[b] = stored_half(step[b], b);
      try_scale(trial, 0);
    } else {
      choose_scale(trial);
      for (int at = 0; at < UNIT; at += WIDTH) store(scales + at, nearest(load(step + at) * inverse(load(d + at))));
      try_scale(trial, effort.scale_reach);
    }
    if (effort.refit) {
      fitted_scale(trial);
      try_scale(trial, effort.scale_reach < 1 ? effort.scale_reach : 1);
    }
    write_codes();
  }

  struct Best { Lanes gain, step, squares; };
  struct Sums { Lanes squares, products; };

  void search_step(int at) {
    Lanes largest = all(0.0f), side = all(1.0f);
    for (int j = 0; j < SUB_SIZE; j++) {
      const Lanes value = load(x + j * UNIT + at);
      const Lanes magnitude = most(value, negative(value));
      const Mask larger = largest < magnitude;
      largest = choose(larger, magnitude, largest);
      side = choose(larger, choose(value < all(0.0f), all(1.0f), all(-1.0f)), side);
    }
    const Lanes unit = inverse(largest);
    Best best = {all(0.0f), all(0.0f), all(0.0f)};
    for (int k = 0; k < effort.reach_count; k++) {
      const Lanes steps = all(static_cast<float>(effort.reach_first + k * effort.reach_step)) * side * unit;
      try_step(at, steps, best);
      if (effort.both_signs) try_step(at, negative(steps), best);
    }
    try_step(at, inverse(best.step), best);
    store(step + at, best.step);
    store(squares + at, best.squares);
  }

  WHITTLE_ONE_COPY void try_step(int at, Lanes steps, Best& best) {
    const Sums sums = code_sums(at, steps);
    const Lanes step_ = choose(all(0.0f) < sums.squares, sums.products / sums.squares, all(0.0f));
    const Lanes gain = step_ * sums.products;
    const Mask better = best.gain < gain;
    best.gain = choose(better, gain, best.gain);
    best.step = choose(better, step_, best.step);
    best.squares = choose(better, sums.squares, best.squares);
  }

  WHITTLE_ONE_COPY Sums code_sums(int at, Lanes steps) const {
    Sums sums = {all(0.0f), all(0.0f)};
    const Lanes low = all(Layout::CODE_MIN), high = all(Layout::CODE_MAX);
    for (int j = 0; j < SUB_SIZE; j++) {
      const Lanes value = load(x + j * UNIT + at);
      const Lanes code = within(nearest(value * steps), low, high);
      const Lanes weighted = load(importance + j * UNIT + at) * code;
      sums.squares = sums.squares + weighted * code;
      sums.products = sums.products + weighted * value;
    }
    return sums;
  }

  WHITTLE_ONE_COPY Lanes code_error(int at, Lanes step_) const {
    Lanes error = all(0.0f);
    const Lanes low = all(Layout::CODE_MIN), high = all(Layout::CODE_MAX), steps = inverse(step_);
    for (int j = 0; j < SUB_SIZE; j++) {
      const Lanes value = load(x + j * UNIT + at);
      const Lanes code = within(nearest(value * steps), low, high);
      const Lanes rest = value - code * step_;
      error = error + load(importance + j * UNIT + at) * rest * rest;
    }
    return error;
  }

  // Fills `d` for the chosen bits too.
  void choose_scale(uint16_t* chosen) {
    float extreme[BLOCKS], best[BLOCKS], value[BLOCKS];
    uint16_t bits[BLOCKS];
    for (int b = 0; b < BLOCKS; b++) {
      extreme[b] = 0.0f;
      for (int i = b * SUB_BLOCKS; i < (b + 1) * SUB_BLOCKS; i++)
        if ((bits_of(step[i]) & 0x7fffffff) > (bits_of(extreme[b]) & 0x7fffffff)) extreme[b] = step[i];
      best[b] = INFINITE;
      chosen[b] = stored_half(extreme[b] / static_cast<float>(SCALE_MIN), b);
    }
    for (int k = 0; k < effort.divisors; k++) {
      for (int b = 0; b < BLOCKS; b++) {
        bits[b] = stored_half(extreme[b] / static_cast<float>(SCALE_MIN - 1 + k), b);
        value[b] = half_value(bits[b], b);
      }
      spread(value, d);
      for (int at = 0; at < UNIT; at += WIDTH) {
        const Lanes d_ = load(d + at), own = load(step + at);
        const Lanes off = within(nearest(own * inverse(d_)), all(SCALE_MIN), all(SCALE_MAX)) * d_ - own;
        store(cost + at, load(squares + at) * off * off);
      }
      for (int b = 0; b < BLOCKS; b++) {
        const float sum = total(cost, b);
        if (sum < best[b]) {
          best[b] = sum;
          chosen[b] = bits[b];
        }
      }
    }
    for (int b = 0; b < BLOCKS; b++) value[b] = half_value(chosen[b], b);
    spread(value, d);
  }

  void try_scale(const uint16_t* trial, int reach) {
    float value[BLOCKS];
    for (int b = 0; b < BLOCKS; b++) value[b] = half_value(trial[b], b);
    spread(value, d);
    for (int at = 0; at < UNIT; at += WIDTH) {
      const Lanes d_ = load(d + at), center = load(scales + at);
      Lanes best = all(INFINITE), best_scale = all(0.0f);
      for (int k = -reach; k <= reach; k++) {
        const Lanes stored = within(center + all(static_cast<float>(k)), all(SCALE_MIN), all(SCALE_MAX));
        const Lanes error = code_error(at, stored * d_);
        const Mask better = error < best;
        best = choose(better, error, best);
        best_scale = choose(better, stored, best_scale);
      }
      store(trial_errors + at, best);
      store(trial_scales + at, best_scale);
    }
    for (int b = 0; b < BLOCKS; b++) {
      if (!(total(trial_errors, b) < total(errors, b))) continue;
      scale_bits[b] = trial[b];
      for (int i = b * SUB_BLOCKS; i < (b + 1) * SUB_BLOCKS; i++) {
        scales[i] = trial_scales[i];
        errors[i] = trial_errors[i];
      }
    }
  }

  void block_units() {
    float value[BLOCKS];
    for (int b = 0; b < BLOCKS; b++) value[b] = half_value(scale_bits[b], b);
    spread(value, d);
  }

  void fitted_scale(uint16_t* fitted) {
    alignas(64) float own[UNIT], cross[UNIT];
    block_units();
    for (int at = 0; at < UNIT; at += WIDTH) {
      const Lanes stored = load(scales + at);
      const Sums sums = code_sums(at, inverse(stored * load(d + at)));
      store(own + at, stored * stored * sums.squares);
      store(cross + at, stored * sums.products);
    }
    for (int b = 0; b < BLOCKS; b++) {
      const float squares_ = total(own, b);
      fitted[b] = squares_ > 0.0f ? stored_half(total(cross, b) / squares_, b) : scale_bits[b];
    }
  }

  void write_codes() {
    block_units();
    for (int at = 0; at < UNIT; at += WIDTH) {
      const Lanes steps = inverse(load(scales + at) * load(d + at));
      for (int j = 0; j < SUB_SIZE; j++) {
        store(codes + j * UNIT + at, within(nearest(load(x + j * UNIT + at) * steps), all(Layout::CODE_MIN), all(Layout::CODE_MAX)));
      }
    }
  }

  void fields_of(int b, SymmetricFields& fields) const {
    fields.scale = scale_bits[b];
    for (int i = 0; i < SUB_BLOCKS; i++) {
      const int lane = b * SUB_BLOCKS + i;
      fields.scales[i] = static_cast<int8_t>(scales[lane]);
      for (int j = 0; j < SUB_SIZE; j++) fields.codes[i * SUB_SIZE + j] = static_cast<int8_t>(codes[j * UNIT + lane]);
    }
  }
};

}  // namespace
}  // namespace whittle
