// What the processor and the operating system under it can run.
#pragma once

#ifdef WHITTLE_X86_VARIANTS

#if defined(_MSC_VER) && !defined(__clang__)
#include <immintrin.h>
#include <intrin.h>

namespace whittle {

// Feature bits of leaf 7, and whether the system saves the registers named in `state` (XCR0).
static inline bool leaf7_and_state(int ebx_bits, unsigned long long state) {
  int leaf[4];
  __cpuid(leaf, 0);
  if (leaf[0] < 7) return false;
  __cpuid(leaf, 1);
  if ((leaf[2] & (1 << 27)) == 0 || (leaf[2] & (1 << 28)) == 0) return false;
  if ((_xgetbv(0) & state) != state) return false;
  __cpuidex(leaf, 7, 0);
  return (leaf[1] & ebx_bits) == ebx_bits;
}

static inline bool processor_has_avx2() { return leaf7_and_state(1 << 5, 0x6); }
static inline bool processor_has_avx512() { return leaf7_and_state(1 << 16, 0xe6); }

}  // namespace whittle

#else

namespace whittle {

static inline bool processor_has_avx2() { __builtin_cpu_init(); return __builtin_cpu_supports("avx2"); }
static inline bool processor_has_avx512() { __builtin_cpu_init(); return __builtin_cpu_supports("avx512f"); }

}  // namespace whittle

#endif

#endif
