// C += A B and C -= A B in float64, packed and tiled for registers and caches. Local to the file that includes it, and without the
// standard library's templates: the linker keeps one copy of those, which could be the one for newer processors.
#pragma once
#include <cstdint>
#include <cstdlib>

#include "doubles.h"

namespace whittle {
namespace {

// Numbers at element (i, j) = data[i * row + j * column]: a matrix, a part of one, or its transpose.
struct View {
  const double* data;
  size_t row, column;
  View part(size_t i, size_t j) const { return {data + i * row + j * column, row, column}; }
};

inline View rows_of(const double* data, size_t stride) { return {data, stride, 1}; }
inline View transpose_of(const double* data, size_t stride) { return {data, 1, stride}; }

inline size_t least(size_t a, size_t b) { return a < b ? a : b; }
inline void fill(double* to, size_t count, double value) { for (size_t i = 0; i < count; i++) to[i] = value; }
inline void copy(const double* from, size_t count, double* to) { for (size_t i = 0; i < count; i++) to[i] = from[i]; }

// Zeroed numbers on a boundary of 64 bytes; `data` is null on lack of memory.
class Buffer {
 public:
  double* data;
  explicit Buffer(size_t count) : data(nullptr), storage(std::calloc(count + 8, sizeof(double))) {
    if (storage != nullptr) data = reinterpret_cast<double*>((reinterpret_cast<uintptr_t>(storage) + 63) / 64 * 64);
  }
  ~Buffer() { std::free(storage); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

 private:
  void* storage;
};

constexpr size_t TILE_ROWS = WIDTH == 8 ? 8 : 4, TILE_COLUMNS = 2 * WIDTH;
constexpr size_t BLOCK_ROWS = 96, BLOCK_INNER = 256, BLOCK_COLUMNS = 512;

// Room for the packed parts of a product; one for all products of a call.
struct Workspace {
  Buffer a{BLOCK_ROWS * BLOCK_INNER}, b{BLOCK_INNER * BLOCK_COLUMNS};
  bool ready() const { return a.data != nullptr && b.data != nullptr; }
};

// Strips of `size` rows of A, or columns of B: the strip's numbers of one step of the sum side by side, zeros where it ends early.
inline void pack(View from, size_t count, size_t inner, size_t size, double* to) {
  for (size_t start = 0; start < count; start += size) {
    const size_t taken = least(size, count - start);
    for (size_t p = 0; p < inner; p++, to += size) {
      const double* source = from.data + start * from.row + p * from.column;
      for (size_t i = 0; i < taken; i++) to[i] = source[i * from.row];
      for (size_t i = taken; i < size; i++) to[i] = 0;
    }
  }
}

// One tile of the result, kept in registers while the sum runs.
inline void tile_product(const double* a, const double* b, size_t inner, double* out) {
  Doubles left[TILE_ROWS], right[TILE_ROWS];
  for (size_t i = 0; i < TILE_ROWS; i++) left[i] = right[i] = all(0);
  for (size_t p = 0; p < inner; p++, a += TILE_ROWS, b += TILE_COLUMNS) {
    const Doubles first = load(b), second = load(b + WIDTH);
#if defined(__GNUC__)
#pragma GCC unroll 8
#endif
    for (size_t i = 0; i < TILE_ROWS; i++) {
      const Doubles factor = all(a[i]);
      left[i] = left[i] + factor * first;
      right[i] = right[i] + factor * second;
    }
  }
  for (size_t i = 0; i < TILE_ROWS; i++) {
    store(out + i * TILE_COLUMNS, left[i]);
    store(out + i * TILE_COLUMNS + WIDTH, right[i]);
  }
}

inline void add_tile(const double* tile, double sign, size_t rows, size_t columns, double* c, size_t stride) {
  for (size_t i = 0; i < rows; i++)
    for (size_t j = 0; j < columns; j++) c[i * stride + j] += sign * tile[i * TILE_COLUMNS + j];
}

// c (rows, columns; `stride` apart) += sign * a (rows, inner) b (inner, columns)
void add_product(Workspace& work, View a, View b, size_t rows, size_t inner, size_t columns, double sign, double* c, size_t stride) {
  double tile[TILE_ROWS * TILE_COLUMNS];
  for (size_t j = 0; j < columns; j += BLOCK_COLUMNS)
    for (size_t p = 0; p < inner; p += BLOCK_INNER) {
      const size_t width = least(BLOCK_COLUMNS, columns - j), depth = least(BLOCK_INNER, inner - p);
      const View from = b.part(p, j);
      pack({from.data, from.column, from.row}, width, depth, TILE_COLUMNS, work.b.data);
      for (size_t i = 0; i < rows; i += BLOCK_ROWS) {
        const size_t height = least(BLOCK_ROWS, rows - i);
        pack(a.part(i, p), height, depth, TILE_ROWS, work.a.data);
        for (size_t jj = 0; jj < width; jj += TILE_COLUMNS)
          for (size_t ii = 0; ii < height; ii += TILE_ROWS) {
            tile_product(work.a.data + ii * depth, work.b.data + jj * depth, depth, tile);
            add_tile(tile, sign, least(TILE_ROWS, height - ii), least(TILE_COLUMNS, width - jj), c + (i + ii) * stride + j + jj, stride);
          }
      }
    }
}

}  // namespace
}  // namespace whittle
