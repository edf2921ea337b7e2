// The kernels as plain functions over pointers and sizes; src-main/kernels/reference.ts is their definition, and every one of them
// gives its very bytes. No function allocates on behalf of the caller, throws, or keeps state.
#pragma once
#include <cstddef>
#include <cstdint>

namespace whittle {

// Type numbers are ggml's.
enum class Type : int { F32 = 0, F16 = 1, Q4_0 = 2, Q8_0 = 8, Q2_K = 10, Q3_K = 11, Q4_K = 12, Q5_K = 13, Q6_K = 14, BF16 = 30 };

// Weights and bytes of one block; {0, 0} for a number that is none of ours.
struct BlockShape { int weights; int bytes; };
BlockShape block_shape(Type type);

// rows x columns weights, columns whole blocks; importance (columns) or null; out has rows * columns / block weights * block bytes.
// Returns false when there is no memory for the importances.
bool encode(Type type, const float* weights, size_t rows, size_t columns, const float* importance, uint8_t* out);

// Whole blocks.
void decode(Type type, const uint8_t* bytes, size_t blocks, float* out);

double weighted_error(const float* weights, const float* decoded, size_t rows, size_t columns, const float* importance);

void widen_bf16(const uint16_t* source, size_t count, float* out);

// The instruction set the encoders were chosen for: "avx512", "avx2" or "baseline".
const char* variant_name();

}  // namespace whittle
