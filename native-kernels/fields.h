// A block taken apart, as in src-main/kernels/blocks/fields.ts.
#pragma once
#include <cstdint>

namespace whittle {

struct AffineFields {
  uint16_t scale, minimum;  // half bits
  uint8_t scales[16], minimums[16];
  uint8_t codes[256];
};

struct SymmetricFields {
  uint16_t scale;  // half bits
  int8_t scales[16];
  int8_t codes[256];
};

}  // namespace whittle
