// Sixteen sub-blocks side by side: the unit the searches work on. That is one block of Q2_K, Q3_K or Q6_K, two of Q4_K or Q5_K, and
// sixteen of Q4_0 or Q8_0.
#pragma once
#include <cmath>
#include "half.h"
#include "lanes.h"

// The inner loops are called often enough to be fast and from enough places to make the compiler slow: one copy of each.
#if defined(_MSC_VER) && !defined(__clang__)
#define WHITTLE_ONE_COPY __declspec(noinline)
#else
#define WHITTLE_ONE_COPY __attribute__((noinline))
#endif

namespace whittle {
namespace {

constexpr int UNIT = 16;
constexpr float INFINITE = HUGE_VALF;

// Powers of two that bring a block's largest weight to [1, 2) and back (see normalizeBlock in search/single.ts).
struct BlockScale { float up, down; bool zero; };

template <class Layout> struct Unit {
  static constexpr int BLOCKS = UNIT / Layout::SUB_BLOCKS;
  static constexpr int BLOCK = Layout::SUB_BLOCKS * Layout::SUB_SIZE;
  static constexpr int SIZE = UNIT * Layout::SUB_SIZE;

  // (sub-block's weight, sub-block): normalized weights, their importances, and the codes found.
  alignas(64) float x[SIZE];
  alignas(64) float codes[SIZE];
  const float* importance;
  BlockScale scale[BLOCKS];

  // Takes `blocks` <= BLOCKS blocks from `weights`; the others become zeros.
  void gather(const float* weights, int blocks) {
    for (int b = 0; b < BLOCKS; b++) {
      if (b < blocks) normalize(weights + b * BLOCK, b);
      else scale[b] = {1.0f, 1.0f, true};
      const float down = scale[b].down;
      if (scale[b].zero) {
        for (int i = 0; i < Layout::SUB_BLOCKS; i++)
          for (int j = 0; j < Layout::SUB_SIZE; j++) x[j * UNIT + b * Layout::SUB_BLOCKS + i] = 0.0f;
        continue;
      }
      for (int j = 0; j < Layout::SUB_SIZE; j++)
        for (int i = 0; i < Layout::SUB_BLOCKS; i++)
          x[j * UNIT + b * Layout::SUB_BLOCKS + i] = weights[b * BLOCK + i * Layout::SUB_SIZE + j] * down;
    }
  }

  void normalize(const float* weights, int b) {
    uint32_t largest = 0;
    for (int j = 0; j < BLOCK; j++) {
      const uint32_t magnitude = bits_of(weights[j]) & 0x7fffffff;
      largest = magnitude > largest ? magnitude : largest;
    }
    // 2^-25 has exponent field 102: below it the block is best stored as zeros.
    const uint32_t exponent = largest >> 23;
    if (exponent < 102) scale[b] = {1.0f, 1.0f, true};
    else {
      const uint32_t field = exponent > 253 ? 253 : exponent;
      scale[b] = {float_of(field << 23), float_of((254 - field) << 23), false};
    }
  }

  // A block-level scale as the half that stores it: never infinite, never zero.
  uint16_t stored_half(float value, int b) const {
    const uint16_t bits = narrow_to_half(value * scale[b].up);
    const int magnitude = bits & 0x7fff;
    return static_cast<uint16_t>((bits & 0x8000) | (magnitude > 0x7bff ? 0x7bff : magnitude < 1 ? 1 : magnitude));
  }

  float half_value(uint16_t bits, int b) const { return widen_half(bits) * scale[b].down; }

  // Copies a number of each block to the lanes of its sub-blocks.
  void spread(const float* of_block, float* of_sub_block) const {
    for (int i = 0; i < UNIT; i++) of_sub_block[i] = of_block[i / Layout::SUB_BLOCKS];
  }

  // Sums the lanes of block b, in order.
  float total(const float* of_sub_block, int b) const {
    float sum = 0.0f;
    for (int i = 0; i < Layout::SUB_BLOCKS; i++) sum += of_sub_block[b * Layout::SUB_BLOCKS + i];
    return sum;
  }
};

}  // namespace
}  // namespace whittle
