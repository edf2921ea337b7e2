// Which variant of gptq.cpp runs: the one the encoders were chosen for.
#include "gptq.h"

#include <cstring>

namespace whittle {

const Gptq& gptq() {
#ifdef WHITTLE_X86_VARIANTS
  static const Gptq chosen = std::strcmp(variant_name(), "avx512") == 0 ? gptq_avx512() : std::strcmp(variant_name(), "avx2") == 0 ? gptq_avx2() : gptq_baseline();
#else
  static const Gptq chosen = gptq_baseline();
#endif
  return chosen;
}

}  // namespace whittle
