// What a variant of search.cpp offers: see kernels.h for the meaning of the arguments.
#pragma once
#include "kernels.h"

namespace whittle {

// Importances, normalized and laid out for the units a matrix is cut into (see unit.h): unit u uses the (u % period)-th.
struct ImportanceUnits {
  const float* units;
  size_t period;
};

typedef void (*EncodeBlocks)(Type type, const float* weights, size_t blocks, ImportanceUnits importance, uint8_t* out);

void encode_baseline(Type type, const float* weights, size_t blocks, ImportanceUnits importance, uint8_t* out);
void encode_avx2(Type type, const float* weights, size_t blocks, ImportanceUnits importance, uint8_t* out);
void encode_avx512(Type type, const float* weights, size_t blocks, ImportanceUnits importance, uint8_t* out);

}  // namespace whittle
