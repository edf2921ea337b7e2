// GPTQ as plain functions; src-main/kernels/gptq/ is their definition and explains them. Matrices are row after row; `factor` is
// (columns, columns) or null where that is said; `errors` takes one number a row. False when there is no memory.
#pragma once
#include "kernels.h"

namespace whittle {

struct GroupShape { size_t rows, columns, group_size; int bits; bool symmetric, search; };

struct Gptq {
  // codes (rows, columns); scales and zeros (rows, groups), zeros untouched at 1 bit; factor may be null.
  bool (*round_groups)(const float* weights, const double* factor, const GroupShape& shape, uint8_t* codes, float* scales, uint8_t* zeros, double* errors);
  // importance (columns); out as of encode().
  bool (*round_blocks)(Type type, const float* weights, size_t rows, size_t columns, const double* factor, const float* importance, uint8_t* out, double* errors);
  bool (*row_errors)(const float* weights, const float* decoded, size_t rows, size_t columns, const double* factor, double* errors);
  // hessian (columns, columns), one of the two; the error is added to `error`.
  bool (*hessian_error)(const float* weights, const float* decoded, size_t rows, size_t columns, const float* single_hessian, const double* double_hessian, double* error);
};

// Those of this processor.
const Gptq& gptq();

Gptq gptq_baseline();
Gptq gptq_avx2();
Gptq gptq_avx512();

}  // namespace whittle
