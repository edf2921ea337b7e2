// IEEE half precision, bit for bit as src-main/tensor/convert.ts does it.
#pragma once
#include <cstdint>
#include <cstring>

#if defined(_MSC_VER) && !defined(__clang__)
#pragma fp_contract(off)  // older versions fuse under /fp:precise; the other compilers are told on the command line
#endif

namespace whittle {

static inline uint32_t bits_of(float value) { uint32_t bits; std::memcpy(&bits, &value, 4); return bits; }
static inline float float_of(uint32_t bits) { float value; std::memcpy(&value, &bits, 4); return value; }

static inline float widen_half(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000) << 16;
  const uint32_t exponent = (half >> 10) & 31;
  const uint32_t mantissa = half & 0x3ff;
  if (exponent == 0) {
    const float magnitude = static_cast<float>(mantissa) * 5.9604644775390625e-8f;  // units of 2^-24
    return sign ? -magnitude : magnitude;
  }
  return float_of(sign | (exponent == 31 ? 0x7f800000u : (exponent + 112) << 23) | (mantissa << 13));
}

// To nearest, ties to even; overflow gives infinity.
static inline uint16_t narrow_to_half(float value) {
  const uint32_t bits = bits_of(value);
  const uint32_t sign = (bits >> 16) & 0x8000;
  const uint32_t magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000u) return static_cast<uint16_t>(sign | 0x7e00);
  if (magnitude >= 0x47800000u) return static_cast<uint16_t>(sign | 0x7c00);
  if (magnitude < 0x38800000u) {
    // Subnormal half: adding 0.5 leaves the value in units of 2^-24, rounded to even, in the low bits.
    const uint32_t units = bits_of(float_of(magnitude) + 0.5f) - 0x3f000000u;
    return static_cast<uint16_t>(sign | units);
  }
  return static_cast<uint16_t>(sign | ((magnitude - 0x38000000u + 0xfff + ((magnitude >> 13) & 1)) >> 13));
}

}  // namespace whittle
