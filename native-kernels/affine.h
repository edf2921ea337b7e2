// The twin of src-main/kernels/search/affine.ts and affine-fit.ts, which explain it; a lane is a sub-block.
#pragma once
#include "fields.h"
#include "unit.h"

namespace whittle {
namespace {

// The sweeps of search/effort.ts.
struct AffineEffort { double low_first, low_step; int low_count; double high_first, high_step; int high_count; int scale_reach, minimum_reach, divisors; };

struct CodeSums { Lanes sum, squares, products; };

template <class Layout> struct AffineSearch : Unit<Layout> {
  typedef Unit<Layout> Base;
  using Base::BLOCKS; using Base::x; using Base::codes; using Base::importance; using Base::scale;
  using Base::stored_half; using Base::half_value; using Base::spread; using Base::total;
  static constexpr int SUB_SIZE = Layout::SUB_SIZE, SUB_BLOCKS = Layout::SUB_BLOCKS, SCALE_MAX = Layout::SCALE_MAX;
  static constexpr float SINGULAR = 6.103515625e-05f;  // 2^-14

  const AffineEffort effort;
  alignas(64) float mass[UNIT], first[UNIT], second[UNIT], step[UNIT], minimum[UNIT], code_sum[UNIT], code_squares[UNIT];
  alignas(64) float scales[UNIT], minimums[UNIT], errors[UNIT];
  alignas(64) float trial_scales[UNIT], trial_minimums[UNIT], trial_errors[UNIT];
  alignas(64) float d[UNIT], e[UNIT], cost[UNIT];
  uint16_t scale_bits[BLOCKS], minimum_bits[BLOCKS];

  explicit AffineSearch(const AffineEffort& how) : effort(how) {}

  void search() {
    for (int at = 0; at < UNIT; at += WIDTH) fit(at);
    for (int i = 0; i < UNIT; i++) errors[i] = INFINITE;
    uint16_t try_scale[BLOCKS], try_minimum[BLOCKS];
    choose_scale(try_scale);
    choose_minimum(try_scale, try_minimum);
    for (int at = 0; at < UNIT; at += WIDTH) store(scales + at, nearest(load(step + at) * inverse(load(d + at))));
    try_scales(try_scale, try_minimum, effort.scale_reach);
    fitted_scales(try_scale, try_minimum);
    try_scales(try_scale, try_minimum, 1);
    write_codes();
  }

  struct Best { Lanes error, step, minimum, sum, squares; };

  void fit(int at) {
    Lanes least_x = all(0.0f), most_x = load(x + at), mass_ = all(0.0f), first_ = all(0.0f), second_ = all(0.0f);
    for (int j = 0; j < SUB_SIZE; j++) {
      const Lanes value = load(x + j * UNIT + at), weight = load(importance + j * UNIT + at);
      least_x = least(value, least_x);
      most_x = most(value, most_x);
      mass_ = mass_ + weight;
      const Lanes weighted = weight * value;
      first_ = first_ + weighted;
      second_ = second_ + weighted * value;
    }
    store(mass + at, mass_);
    store(first + at, first_);
    store(second + at, second_);
    const Lanes mean = first_ / mass_;
    Best best;
    best.step = best.sum = best.squares = all(0.0f);
    best.minimum = choose(mean < all(0.0f), negative(mean), all(0.0f));
    best.error = second_ + best.minimum * first_;
    const Lanes range = most_x - least_x;
    for (int a = 0; a < effort.low_count; a++) {
      const Lanes cut = least_x + range * all(static_cast<float>((effort.low_first + a * effort.low_step) / Layout::LEVELS));
      const Lanes bottom = least(cut, all(0.0f));
      for (int b = 0; b < effort.high_count; b++) {
        const Lanes top = most_x - range * all(static_cast<float>((effort.high_first + b * effort.high_step) / Layout::LEVELS));
        try_fit(at, negative(bottom), all(Layout::LEVELS) * inverse(top - bottom), best);
      }
    }
    try_fit(at, best.minimum, inverse(best.step), best);
    store(step + at, best.step);
    store(minimum + at, best.minimum);
    store(code_sum + at, best.sum);
    store(code_squares + at, best.squares);
  }

  WHITTLE_ONE_COPY void try_fit(int at, Lanes shift, Lanes steps, Best& best) {
    const CodeSums sums = code_sums(at, shift, steps);
    const Lanes mass_ = load(mass + at), first_ = load(first + at), none = all(0.0f);
    const Lanes full = mass_ * sums.squares;
    const Lanes determinant = full - sums.sum * sums.sum;
    const Lanes free_step = (mass_ * sums.products - first_ * sums.sum) / determinant;
    const Lanes free_minimum = (sums.sum * sums.products - sums.squares * first_) / determinant;
    const Lanes usable = choose(full * all(SINGULAR) < determinant, free_minimum, none);
    const Lanes step_ = choose(none < usable, free_step, sums.products / sums.squares);
    const Lanes minimum_ = choose(none < usable, usable, none);
    const Lanes error = (load(second + at) - step_ * sums.products) + minimum_ * first_;
    const Lanes judged = choose(none < sums.squares, choose(none < step_, error, all(INFINITE)), all(INFINITE));
    const Mask better = judged < best.error;
    best.error = choose(better, judged, best.error);
    best.step = choose(better, step_, best.step);
    best.minimum = choose(better, minimum_, best.minimum);
    best.sum = choose(better, sums.sum, best.sum);
    best.squares = choose(better, sums.squares, best.squares);
  }

  WHITTLE_ONE_COPY CodeSums code_sums(int at, Lanes shift, Lanes steps) const {
    CodeSums sums = {all(0.0f), all(0.0f), all(0.0f)};
    const Lanes low = all(0.0f), high = all(Layout::LEVELS);
    for (int j = 0; j < SUB_SIZE; j++) {
      const Lanes value = load(x + j * UNIT + at);
      const Lanes code = within(nearest((value + shift) * steps), low, high);
      const Lanes weighted = load(importance + j * UNIT + at) * code;
      sums.sum = sums.sum + weighted;
      sums.squares = sums.squares + weighted * code;
      sums.products = sums.products + weighted * value;
    }
    return sums;
  }

  WHITTLE_ONE_COPY Lanes code_error(int at, Lanes step_, Lanes shift) const {
    Lanes error = all(0.0f);
    const Lanes low = all(0.0f), high = all(Layout::LEVELS), steps = inverse(step_);
    for (int j = 0; j < SUB_SIZE; j++) {
      const Lanes raised = load(x + j * UNIT + at) + shift;
      const Lanes code = within(nearest(raised * steps), low, high);
      const Lanes rest = raised - code * step_;
      error = error + load(importance + j * UNIT + at) * rest * rest;
    }
    return error;
  }

  // Fills `d` for the chosen bits too.
  void choose_scale(uint16_t* chosen) {
    alignas(64) float curvature[UNIT];
    for (int at = 0; at < UNIT; at += WIDTH) {
      const Lanes sum = load(code_sum + at), squares = load(code_squares + at);
      const Lanes free = squares - sum * sum / load(mass + at);
      store(curvature + at, choose(all(0.0f) < load(minimum + at), free, squares));
    }
    choose_divisor(step, curvature, d, chosen);
  }

  void choose_minimum(const uint16_t* scale_of, uint16_t* chosen) {
    (void)scale_of;
    alignas(64) float wanted[UNIT];
    for (int at = 0; at < UNIT; at += WIDTH) {
      const Lanes d_ = load(d + at);
      const Lanes stored = within(nearest(load(step + at) * inverse(d_)), all(0.0f), all(SCALE_MAX));
      store(wanted + at, most(free_minimum(at, stored * d_), all(0.0f)));
    }
    choose_divisor(wanted, mass, e, chosen);
    for (int b = 0; b < BLOCKS; b++) {
      bool any = false;
      for (int i = b * SUB_BLOCKS; i < (b + 1) * SUB_BLOCKS; i++) any = any || wanted[i] > 0.0f;
      if (!any) chosen[b] = 0;
    }
  }

  // The half bits of each block's unit among largest / divisor that leaves sum weight (own - whole number * unit)^2 least.
  void choose_divisor(const float* own, const float* weight, float* unit, uint16_t* chosen) {
    float largest[BLOCKS], best[BLOCKS], value[BLOCKS];
    for (int b = 0; b < BLOCKS; b++) {
      largest[b] = 0.0f;
      for (int i = b * SUB_BLOCKS; i < (b + 1) * SUB_BLOCKS; i++) largest[b] = own[i] > largest[b] ? own[i] : largest[b];
      best[b] = INFINITE;
      chosen[b] = 0;
    }
    uint16_t bits[BLOCKS];
    for (int k = 0; k < effort.divisors; k++) {
      for (int b = 0; b < BLOCKS; b++) {
        bits[b] = stored_half(largest[b] / static_cast<float>(SCALE_MAX + 1 - k), b);
        value[b] = half_value(bits[b], b);
      }
      spread(value, unit);
      for (int at = 0; at < UNIT; at += WIDTH) {
        const Lanes unit_ = load(unit + at), own_ = load(own + at);
        const Lanes off = within(nearest(own_ * inverse(unit_)), all(0.0f), all(SCALE_MAX)) * unit_ - own_;
        store(cost + at, load(weight + at) * off * off);
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
    spread(value, unit);
  }

  Lanes free_minimum(int at, Lanes step_) const { return (step_ * load(code_sum + at) - load(first + at)) / load(mass + at); }

  void try_scales(const uint16_t* try_scale, const uint16_t* try_minimum, int reach) {
    float value[BLOCKS];
    for (int b = 0; b < BLOCKS; b++) value[b] = half_value(try_scale[b], b);
    spread(value, d);
    for (int b = 0; b < BLOCKS; b++) value[b] = half_value(try_minimum[b], b);
    spread(value, e);
    for (int at = 0; at < UNIT; at += WIDTH) try_sub_blocks(at, reach);
    for (int b = 0; b < BLOCKS; b++) {
      if (!(total(trial_errors, b) < total(errors, b))) continue;
      scale_bits[b] = try_scale[b];
      minimum_bits[b] = try_minimum[b];
      for (int i = b * SUB_BLOCKS; i < (b + 1) * SUB_BLOCKS; i++) {
        scales[i] = trial_scales[i];
        minimums[i] = trial_minimums[i];
        errors[i] = trial_errors[i];
      }
    }
  }

  void try_sub_blocks(int at, int reach) {
    const Lanes d_ = load(d + at), e_ = load(e + at), center = load(scales + at), per_minimum = inverse(e_);
    Lanes best = all(INFINITE), best_scale = all(0.0f), best_minimum = all(0.0f);
    for (int k = -reach; k <= reach; k++) {
      const Lanes stored = within(center + all(static_cast<float>(k)), all(0.0f), all(SCALE_MAX));
      const Lanes step_ = stored * d_;
      const Lanes middle = nearest(free_minimum(at, step_) * per_minimum);
      for (int n = -effort.minimum_reach; n <= effort.minimum_reach; n++) {
        const Lanes minimum_ = within(middle + all(static_cast<float>(n)), all(0.0f), all(SCALE_MAX));
        const Lanes error = code_error(at, step_, minimum_ * e_);
        const Mask better = error < best;
        best = choose(better, error, best);
        best_scale = choose(better, stored, best_scale);
        best_minimum = choose(better, minimum_, best_minimum);
      }
    }
    store(trial_errors + at, best);
    store(trial_scales + at, best_scale);
    store(trial_minimums + at, best_minimum);
  }

  void block_units() {
    float value[BLOCKS];
    for (int b = 0; b < BLOCKS; b++) value[b] = half_value(scale_bits[b], b);
    spread(value, d);
    for (int b = 0; b < BLOCKS; b++) value[b] = half_value(minimum_bits[b], b);
    spread(value, e);
  }

  void fitted_scales(uint16_t* new_scale, uint16_t* new_minimum) {
    alignas(64) float a[UNIT], b[UNIT], c[UNIT], right[UNIT], below[UNIT];
    block_units();
    for (int at = 0; at < UNIT; at += WIDTH) {
      const Lanes s = load(scales + at), m = load(minimums + at);
      const CodeSums sums = code_sums(at, m * load(e + at), inverse(s * load(d + at)));
      store(code_sum + at, sums.sum);
      store(a + at, s * s * sums.squares);
      store(b + at, s * m * sums.sum);
      store(c + at, m * m * load(mass + at));
      store(right + at, s * sums.products);
      store(below + at, m * load(first + at));
    }
    for (int block = 0; block < BLOCKS; block++) {
      const float a_ = total(a, block), b_ = total(b, block), c_ = total(c, block);
      const float right_ = total(right, block), below_ = total(below, block);
      new_scale[block] = scale_bits[block];
      new_minimum[block] = minimum_bits[block];
      const float full = a_ * c_, determinant = full - b_ * b_;
      if (determinant > full * SINGULAR) {
        const float scale_ = (right_ * c_ - b_ * below_) / determinant, minimum_ = (b_ * right_ - a_ * below_) / determinant;
        if (scale_ > 0.0f && minimum_ > 0.0f) {
          new_scale[block] = stored_half(scale_, block);
          new_minimum[block] = stored_half(minimum_, block);
          continue;
        }
      }
      const float alone = a_ > 0.0f && c_ == 0.0f ? right_ / a_ : 0.0f;
      if (alone > 0.0f) new_scale[block] = stored_half(alone, block);
    }
  }

  void write_codes() {
    block_units();
    for (int at = 0; at < UNIT; at += WIDTH) {
      const Lanes steps = inverse(load(scales + at) * load(d + at)), shift = load(minimums + at) * load(e + at);
      for (int j = 0; j < SUB_SIZE; j++) {
        const Lanes code = within(nearest((load(x + j * UNIT + at) + shift) * steps), all(0.0f), all(Layout::LEVELS));
        store(codes + j * UNIT + at, code);
      }
    }
  }

  void fields_of(int b, AffineFields& fields) const {
    fields.scale = scale_bits[b];
    fields.minimum = minimum_bits[b];
    for (int i = 0; i < SUB_BLOCKS; i++) {
      const int lane = b * SUB_BLOCKS + i;
      fields.scales[i] = static_cast<uint8_t>(scales[lane]);
      fields.minimums[i] = static_cast<uint8_t>(minimums[lane]);
      for (int j = 0; j < SUB_SIZE; j++) fields.codes[i * SUB_SIZE + j] = static_cast<uint8_t>(codes[j * UNIT + lane]);
    }
  }
};

}  // namespace
}  // namespace whittle
