// GPTQ's passes. Compiled several times, each for other processors and with another WHITTLE_GPTQ; all of them give the same bytes.
#include "gptq-blocks.h"
#include "gptq-groups.h"

namespace whittle {
namespace {

bool round_groups(const float* weights, const double* factor, const GroupShape& shape, uint8_t* codes, float* scales, uint8_t* zeros, double* errors) {
  if (shape.bits == 1) return round_groups_as<true>(weights, factor, shape, codes, scales, zeros, errors);
  return round_groups_as<false>(weights, factor, shape, codes, scales, zeros, errors);
}

bool round_blocks(Type type, const float* weights, size_t rows, size_t columns, const double* factor, const float* importance, uint8_t* out, double* errors) {
  switch (type) {
    case Type::Q2_K: return round_blocks_as<Q2_K, AffineGrids>(type, weights, rows, columns, factor, importance, out, errors);
    case Type::Q4_K: return round_blocks_as<Q4_K, AffineGrids>(type, weights, rows, columns, factor, importance, out, errors);
    case Type::Q5_K: return round_blocks_as<Q5_K, AffineGrids>(type, weights, rows, columns, factor, importance, out, errors);
    case Type::Q3_K: return round_blocks_as<Q3_K, SymmetricGrids>(type, weights, rows, columns, factor, importance, out, errors);
    case Type::Q6_K: return round_blocks_as<Q6_K, SymmetricGrids>(type, weights, rows, columns, factor, importance, out, errors);
    case Type::Q4_0: return round_blocks_as<Q4_0, SymmetricGrids>(type, weights, rows, columns, factor, importance, out, errors);
    case Type::Q8_0: return round_blocks_as<Q8_0, SymmetricGrids>(type, weights, rows, columns, factor, importance, out, errors);
    default: return false;
  }
}

bool row_errors(const float* weights, const float* decoded, size_t rows, size_t columns, const double* factor, double* errors) {
  Tiles work;
  GivenValues given = {decoded, rows, columns};
  return work.take(weights, nullptr, rows, columns) && feed_errors(work, factor, given, errors);
}

// The twin of hessian-error.ts.
template <class Number>
bool hessian_error_as(const float* weights, const float* decoded, size_t rows, size_t columns, const Number* hessian, double* error) {
  Tiles differences;
  std::unique_ptr<double[]> panel(new (std::nothrow) double[columns * PANEL]), sums(new (std::nothrow) double[rows + TILE]());
  if (panel == nullptr || sums == nullptr || !differences.take(weights, decoded, rows, columns)) return false;
  for (size_t k = 0; k < columns; k += PANEL) {
    pack_panel(hessian, columns, 0, columns, k, panel.get());
    for (size_t t = 0; t < differences.tiles; t++) {
      const double* tile = differences.tile(t);
      Rows products[PANEL];
      for (size_t p = 0; p < PANEL; p++) products[p] = all(0.0);
      for (size_t i = 0; i < columns; i++) {
        const Rows difference = load(tile + i * TILE);
        for (size_t p = 0; p < PANEL; p++) products[p] = products[p] + difference * all(panel[i * PANEL + p]);
      }
      Rows sum = load(sums.get() + t * TILE);
      for (size_t p = 0; p < PANEL && k + p < columns; p++) sum = sum + products[p] * load(tile + (k + p) * TILE);
      store(sums.get() + t * TILE, sum);
    }
  }
  for (size_t row = 0; row < rows; row++) *error += sums[row];
  return true;
}

bool hessian_error(const float* weights, const float* decoded, size_t rows, size_t columns, const float* single_hessian, const double* double_hessian, double* error) {
  if (single_hessian != nullptr) return hessian_error_as(weights, decoded, rows, columns, single_hessian, error);
  return hessian_error_as(weights, decoded, rows, columns, double_hessian, error);
}

}  // namespace

Gptq WHITTLE_GPTQ() { return {round_groups, round_blocks, row_errors, hessian_error}; }

}  // namespace whittle
