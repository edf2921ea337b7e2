// Dense linear algebra in float64 over row-major matrices; src-main/kernels/linear-algebra/linear-algebra.ts says what each function means.
// One thread, no state; inputs are not changed.
#pragma once
#include <cstddef>

namespace whittle {

enum class Outcome : int { Done = 0, NoMemory = 1, NotPositive = 2, NotFinite = 3, NotConverged = 4 };

// The functions of one variant of linear-algebra.cpp.
struct LinearAlgebra {
  Outcome (*cholesky)(const double* a, size_t n, double* out);
  Outcome (*invert_lower)(const double* l, size_t n, double* out);
  Outcome (*solve_cholesky)(const double* l, size_t n, const double* b, size_t m, double* out);
  Outcome (*symmetric_eigen)(const double* a, size_t n, double* values, double* vectors);
  Outcome (*product)(const double* a, size_t rows, size_t inner, const double* b, size_t columns, double* out);
};

LinearAlgebra algebra_baseline();
LinearAlgebra algebra_avx2();
LinearAlgebra algebra_avx512();

// The variant this processor runs fastest.
const LinearAlgebra& linear_algebra();

}  // namespace whittle
