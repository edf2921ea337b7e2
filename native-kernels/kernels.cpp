// Everything but the searches: shapes, importances, decoding, errors, and the choice of the variant this processor can run.
#include "kernels.h"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

#include "half.h"
#include "layouts.h"
#include "linear-algebra.h"
#include "processor.h"
#include "search.h"

namespace whittle {
namespace {

constexpr size_t UNIT = 16;

struct Variant { const char* name; EncodeBlocks encode; LinearAlgebra algebra; };

Variant best_variant() {
#ifdef WHITTLE_X86_VARIANTS
  if (processor_has_avx512()) return {"avx512", encode_avx512, algebra_avx512()};
  if (processor_has_avx2()) return {"avx2", encode_avx2, algebra_avx2()};
#endif
  return {"baseline", encode_baseline, algebra_baseline()};
}

const Variant& variant() {
  static const Variant chosen = [] {
    Variant best = best_variant();
    // Tests compare the variants: a slower one can be asked for, a faster one than the processor has can't.
    const char* wanted = std::getenv("WHITTLE_KERNELS_VARIANT");
#ifdef WHITTLE_X86_VARIANTS
    if (wanted != nullptr && std::strcmp(wanted, "avx2") == 0 && processor_has_avx2()) best = {"avx2", encode_avx2, algebra_avx2()};
#endif
    if (wanted != nullptr && std::strcmp(wanted, "baseline") == 0) best = {"baseline", encode_baseline, algebra_baseline()};
    return best;
  }();
  return chosen;
}

// normalizeImportance of search/single.ts: each block divided by a power of two, none below 2^-20.
void normalize_importance(const float* importance, size_t columns, size_t block, float* out) {
  for (size_t start = 0; start < columns; start += block) {
    uint32_t largest = 0;
    for (size_t j = start; j < start + block; j++) largest = bits_of(importance[j]) > largest ? bits_of(importance[j]) : largest;
    if (largest == 0) {
      for (size_t j = start; j < start + block; j++) out[j] = 1.0f;
      continue;
    }
    const uint32_t exponent = largest >> 23;
    const uint32_t field = exponent > 253 ? 253 : exponent < 1 ? 1 : exponent;
    const float down = float_of((254 - field) << 23);
    for (size_t j = start; j < start + block; j++) {
      const float value = importance[j] * down;
      out[j] = value > 9.5367431640625e-07f ? value : 9.5367431640625e-07f;
    }
  }
}

size_t greatest_divisor(size_t a, size_t b) { return b == 0 ? a : greatest_divisor(b, a % b); }

struct Sizes { size_t sub_blocks, sub_size; };

Sizes sizes_of(Type type) {
  switch (type) {
    case Type::Q4_K: case Type::Q5_K: return {8, 32};
    case Type::Q4_0: case Type::Q8_0: return {1, 32};
    default: return {16, 16};
  }
}

// The importances as the units need them; `storage` keeps them alive. Null on lack of memory.
ImportanceUnits importance_units(Type type, const float* importance, size_t columns, std::unique_ptr<float[]>& storage) {
  const Sizes sizes = sizes_of(type);
  const size_t block = sizes.sub_blocks * sizes.sub_size, unit_blocks = UNIT / sizes.sub_blocks, unit = UNIT * sizes.sub_size;
  const size_t row_blocks = columns / block;
  const size_t period = importance == nullptr ? 1 : row_blocks / greatest_divisor(row_blocks, unit_blocks);
  storage.reset(new (std::nothrow) float[period * unit + columns]);
  if (storage == nullptr) return {nullptr, 0};
  float* units = storage.get();
  if (importance == nullptr) {
    for (size_t i = 0; i < unit; i++) units[i] = 1.0f;
    return {units, 1};
  }
  float* row = units + period * unit;
  normalize_importance(importance, columns, block, row);
  for (size_t u = 0; u < period; u++)
    for (size_t i = 0; i < UNIT; i++) {
      const size_t of_row = (u * unit_blocks + i / sizes.sub_blocks) % row_blocks;
      const float* from = row + of_row * block + (i % sizes.sub_blocks) * sizes.sub_size;
      for (size_t j = 0; j < sizes.sub_size; j++) units[u * unit + j * UNIT + i] = from[j];
    }
  return {units, period};
}

void encode_f16(const float* weights, size_t count, uint8_t* out) {
  for (size_t i = 0; i < count; i++) {
    const uint16_t half = narrow_to_half(weights[i]);
    write_u16(out + 2 * i, static_cast<uint16_t>((half & 0x7fff) == 0x7c00 ? half - 1 : half));
  }
}

void encode_bf16(const float* weights, size_t count, uint8_t* out) {
  for (size_t i = 0; i < count; i++) {
    const uint32_t bits = bits_of(weights[i]);
    const bool nan = (bits & 0x7fffffff) > 0x7f800000u;
    const uint32_t narrow = nan ? (bits >> 16) | 64 : (bits + (0x7fff + ((bits >> 16) & 1))) >> 16;
    write_u16(out + 2 * i, static_cast<uint16_t>((narrow & 0x7fff) == 0x7f80 ? narrow - 1 : narrow));
  }
}

template <class Layout> void decode_affine(const uint8_t* bytes, size_t blocks, float* out) {
  AffineFields fields;
  for (size_t block = 0; block < blocks; block++, bytes += Layout::BYTES) {
    Layout::unpack(bytes, fields);
    const float scale = widen_half(fields.scale), minimum = widen_half(fields.minimum);
    for (int i = 0; i < Layout::SUB_BLOCKS; i++) {
      const float step = scale * static_cast<float>(fields.scales[i]), shift = minimum * static_cast<float>(fields.minimums[i]);
      const uint8_t* codes = fields.codes + i * Layout::SUB_SIZE;
      for (int j = 0; j < Layout::SUB_SIZE; j++) *out++ = step * static_cast<float>(codes[j]) - shift;
    }
  }
}

template <class Layout> void decode_symmetric(const uint8_t* bytes, size_t blocks, float* out) {
  SymmetricFields fields;
  for (size_t block = 0; block < blocks; block++, bytes += Layout::BYTES) {
    Layout::unpack(bytes, fields);
    const float scale = widen_half(fields.scale);
    for (int i = 0; i < Layout::SUB_BLOCKS; i++) {
      const float step = scale * static_cast<float>(fields.scales[i]);
      const int8_t* codes = fields.codes + i * Layout::SUB_SIZE;
      for (int j = 0; j < Layout::SUB_SIZE; j++) *out++ = step * static_cast<float>(codes[j]);
    }
  }
}

}  // namespace

BlockShape block_shape(Type type) {
  switch (type) {
    case Type::F32: return {1, 4};
    case Type::F16: case Type::BF16: return {1, 2};
    case Type::Q4_0: return {32, Q4_0::BYTES};
    case Type::Q8_0: return {32, Q8_0::BYTES};
    case Type::Q2_K: return {256, Q2_K::BYTES};
    case Type::Q3_K: return {256, Q3_K::BYTES};
    case Type::Q4_K: return {256, Q4_K::BYTES};
    case Type::Q5_K: return {256, Q5_K::BYTES};
    case Type::Q6_K: return {256, Q6_K::BYTES};
  }
  return {0, 0};
}

bool encode(Type type, const float* weights, size_t rows, size_t columns, const float* importance, uint8_t* out) {
  const size_t count = rows * columns;
  if (count == 0) return true;
  switch (type) {
    case Type::F32: std::memcpy(out, weights, count * 4); return true;
    case Type::F16: encode_f16(weights, count, out); return true;
    case Type::BF16: encode_bf16(weights, count, out); return true;
    default: break;
  }
  std::unique_ptr<float[]> storage;
  const ImportanceUnits units = importance_units(type, importance, columns, storage);
  if (units.units == nullptr) return false;
  variant().encode(type, weights, count / static_cast<size_t>(block_shape(type).weights), units, out);
  return true;
}

void decode(Type type, const uint8_t* bytes, size_t blocks, float* out) {
  switch (type) {
    case Type::F32: std::memcpy(out, bytes, blocks * 4); return;
    case Type::F16: for (size_t i = 0; i < blocks; i++) out[i] = widen_half(read_u16(bytes + 2 * i)); return;
    case Type::BF16:
      for (size_t i = 0; i < blocks; i++) {
        const uint32_t bits = static_cast<uint32_t>(read_u16(bytes + 2 * i)) << 16;
        std::memcpy(out + i, &bits, 4);
      }
      return;
    case Type::Q4_0: return decode_symmetric<Q4_0>(bytes, blocks, out);
    case Type::Q8_0: return decode_symmetric<Q8_0>(bytes, blocks, out);
    case Type::Q2_K: return decode_affine<Q2_K>(bytes, blocks, out);
    case Type::Q3_K: return decode_symmetric<Q3_K>(bytes, blocks, out);
    case Type::Q4_K: return decode_affine<Q4_K>(bytes, blocks, out);
    case Type::Q5_K: return decode_affine<Q5_K>(bytes, blocks, out);
    case Type::Q6_K: return decode_symmetric<Q6_K>(bytes, blocks, out);
  }
}

double weighted_error(const float* weights, const float* decoded, size_t rows, size_t columns, const float* importance) {
  double sums[8] = {0, 0, 0, 0, 0, 0, 0, 0};
  size_t i = 0;
  for (size_t row = 0; row < rows; row++)
    for (size_t column = 0; column < columns; column++, i++) {
      const double difference = static_cast<double>(weights[i]) - static_cast<double>(decoded[i]);
      sums[i & 7] += (importance == nullptr ? 1.0 : static_cast<double>(importance[column])) * (difference * difference);
    }
  return ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
}

void widen_bf16(const uint16_t* source, size_t count, float* out) {
  for (size_t i = 0; i < count; i++) {
    const uint32_t bits = static_cast<uint32_t>(source[i]) << 16;
    std::memcpy(out + i, &bits, 4);
  }
}

const char* variant_name() { return variant().name; }

const LinearAlgebra& linear_algebra() { return variant().algebra; }

}  // namespace whittle
