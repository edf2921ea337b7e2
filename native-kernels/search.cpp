// The encoders of the block types. Compiled several times, each for other processors and with another WHITTLE_ENCODE_BLOCKS; all of them
// give the same bytes.
#include "affine.h"
#include "layouts.h"
#include "search.h"
#include "symmetric.h"

namespace whittle {
namespace {

template <class Layout, template <class> class Search, class Effort>
void encode_as(const Effort& effort, const float* weights, size_t blocks, ImportanceUnits importance, uint8_t* out) {
  typedef Search<Layout> Searcher;
  Searcher work(effort);
  typename Layout::Fields fields;
  size_t unit = 0;
  for (size_t start = 0; start < blocks; start += Searcher::BLOCKS) {
    const size_t left = blocks - start;
    const int taken = left < static_cast<size_t>(Searcher::BLOCKS) ? static_cast<int>(left) : Searcher::BLOCKS;
    work.gather(weights + start * Searcher::BLOCK, taken);
    work.importance = importance.units + unit * Searcher::SIZE;
    if (++unit == importance.period) unit = 0;
    work.search();
    for (int b = 0; b < taken; b++) {
      uint8_t* bytes = out + (start + b) * Layout::BYTES;
      if (work.scale[b].zero) {
        for (int i = 0; i < Layout::BYTES; i++) bytes[i] = 0;
        continue;
      }
      work.fields_of(b, fields);
      Layout::pack(fields, bytes);
    }
  }
}

}  // namespace

// The numbers are those of src-main/kernels/search/effort.ts.
void WHITTLE_ENCODE_BLOCKS(Type type, const float* weights, size_t blocks, ImportanceUnits importance, uint8_t* out) {
  const AffineEffort q5_k = {-0.8, 0.6, 6, -0.8, 0.6, 6, 3, 1, 12};
  const AffineEffort q4_k = {-0.9, 0.55, 6, -0.9, 0.55, 6, 2, 1, 12};
  const AffineEffort q2_k = {-0.4, 0.28, 5, -0.5, 0.23, 7, 1, 1, 12};
  const SymmetricEffort q8_0 = {110, 2, 9, false, 0, 0, false};
  const SymmetricEffort q6_k = {22, 0.45, 24, false, 2, 12, true};
  const SymmetricEffort q4_0 = {6, 0.25, 16, true, 0, 0, true};
  const SymmetricEffort q3_k = {2, 0.25, 16, true, 2, 12, true};
  switch (type) {
    case Type::Q5_K: return encode_as<Q5_K, AffineSearch>(q5_k, weights, blocks, importance, out);
    case Type::Q4_K: return encode_as<Q4_K, AffineSearch>(q4_k, weights, blocks, importance, out);
    case Type::Q2_K: return encode_as<Q2_K, AffineSearch>(q2_k, weights, blocks, importance, out);
    case Type::Q8_0: return encode_as<Q8_0, SymmetricSearch>(q8_0, weights, blocks, importance, out);
    case Type::Q6_K: return encode_as<Q6_K, SymmetricSearch>(q6_k, weights, blocks, importance, out);
    case Type::Q4_0: return encode_as<Q4_0, SymmetricSearch>(q4_0, weights, blocks, importance, out);
    case Type::Q3_K: return encode_as<Q3_K, SymmetricSearch>(q3_k, weights, blocks, importance, out);
    default: return;
  }
}

}  // namespace whittle
