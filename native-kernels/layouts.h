// Where the fields of a block lie in its bytes; the twins of src-main/kernels/blocks/*.ts, which describe each layout.
#pragma once
#include "fields.h"

namespace whittle {
namespace {  // local to each file: the files are compiled for different processors

inline void write_u16(uint8_t* bytes, uint16_t value) { bytes[0] = static_cast<uint8_t>(value); bytes[1] = static_cast<uint8_t>(value >> 8); }
inline uint16_t read_u16(const uint8_t* bytes) { return static_cast<uint16_t>(bytes[0] | (bytes[1] << 8)); }

inline void pack_six_bit_pairs(const uint8_t* scales, const uint8_t* minimums, uint8_t* bytes) {
  for (int i = 0; i < 4; i++) {
    bytes[i] = static_cast<uint8_t>(scales[i] | ((scales[i + 4] >> 4) << 6));
    bytes[4 + i] = static_cast<uint8_t>(minimums[i] | ((minimums[i + 4] >> 4) << 6));
    bytes[8 + i] = static_cast<uint8_t>((scales[i + 4] & 15) | ((minimums[i + 4] & 15) << 4));
  }
}

inline void unpack_six_bit_pairs(const uint8_t* bytes, uint8_t* scales, uint8_t* minimums) {
  for (int i = 0; i < 4; i++) {
    scales[i] = bytes[i] & 63;
    minimums[i] = bytes[4 + i] & 63;
    scales[i + 4] = static_cast<uint8_t>((bytes[8 + i] & 15) | ((bytes[i] >> 6) << 4));
    minimums[i + 4] = static_cast<uint8_t>((bytes[8 + i] >> 4) | ((bytes[4 + i] >> 6) << 4));
  }
}

// One struct a type: the shape of its blocks, pack (every byte is written) and unpack.

struct Q4_K {
  typedef AffineFields Fields;
  static constexpr int SUB_BLOCKS = 8, SUB_SIZE = 32, LEVELS = 15, SCALE_MAX = 63, BYTES = 144;
  static void pack(const Fields& f, uint8_t* bytes) {
    write_u16(bytes, f.scale);
    write_u16(bytes + 2, f.minimum);
    pack_six_bit_pairs(f.scales, f.minimums, bytes + 4);
    for (int pair = 0; pair < 4; pair++)
      for (int l = 0; l < 32; l++)
        bytes[16 + 32 * pair + l] = static_cast<uint8_t>(f.codes[64 * pair + l] | (f.codes[64 * pair + 32 + l] << 4));
  }
  static void unpack(const uint8_t* bytes, Fields& f) {
    f.scale = read_u16(bytes);
    f.minimum = read_u16(bytes + 2);
    unpack_six_bit_pairs(bytes + 4, f.scales, f.minimums);
    for (int pair = 0; pair < 4; pair++)
      for (int l = 0; l < 32; l++) {
        f.codes[64 * pair + l] = bytes[16 + 32 * pair + l] & 15;
        f.codes[64 * pair + 32 + l] = bytes[16 + 32 * pair + l] >> 4;
      }
  }
};

struct Q5_K {
  typedef AffineFields Fields;
  static constexpr int SUB_BLOCKS = 8, SUB_SIZE = 32, LEVELS = 31, SCALE_MAX = 63, BYTES = 176;
  static void pack(const Fields& f, uint8_t* bytes) {
    write_u16(bytes, f.scale);
    write_u16(bytes + 2, f.minimum);
    pack_six_bit_pairs(f.scales, f.minimums, bytes + 4);
    uint8_t high[32] = {0};
    for (int pair = 0; pair < 4; pair++)
      for (int l = 0; l < 32; l++) {
        const uint8_t first = f.codes[64 * pair + l], second = f.codes[64 * pair + 32 + l];
        bytes[48 + 32 * pair + l] = static_cast<uint8_t>((first & 15) | ((second & 15) << 4));
        high[l] = static_cast<uint8_t>(high[l] | ((first >> 4) << (2 * pair)) | ((second >> 4) << (2 * pair + 1)));
      }
    for (int l = 0; l < 32; l++) bytes[16 + l] = high[l];
  }
  static void unpack(const uint8_t* bytes, Fields& f) {
    f.scale = read_u16(bytes);
    f.minimum = read_u16(bytes + 2);
    unpack_six_bit_pairs(bytes + 4, f.scales, f.minimums);
    for (int pair = 0; pair < 4; pair++)
      for (int l = 0; l < 32; l++) {
        const uint8_t low = bytes[48 + 32 * pair + l];
        const int high = bytes[16 + l] >> (2 * pair);
        f.codes[64 * pair + l] = static_cast<uint8_t>((low & 15) | ((high & 1) << 4));
        f.codes[64 * pair + 32 + l] = static_cast<uint8_t>((low >> 4) | (((high >> 1) & 1) << 4));
      }
  }
};

struct Q2_K {
  typedef AffineFields Fields;
  static constexpr int SUB_BLOCKS = 16, SUB_SIZE = 16, LEVELS = 3, SCALE_MAX = 15, BYTES = 84;
  static void pack(const Fields& f, uint8_t* bytes) {
    for (int i = 0; i < 16; i++) bytes[i] = static_cast<uint8_t>(f.scales[i] | (f.minimums[i] << 4));
    for (int half = 0; half < 2; half++)
      for (int l = 0; l < 32; l++) {
        const uint8_t* code = f.codes + 128 * half + l;
        bytes[16 + 32 * half + l] = static_cast<uint8_t>(code[0] | (code[32] << 2) | (code[64] << 4) | (code[96] << 6));
      }
    write_u16(bytes + 80, f.scale);
    write_u16(bytes + 82, f.minimum);
  }
  static void unpack(const uint8_t* bytes, Fields& f) {
    for (int i = 0; i < 16; i++) {
      f.scales[i] = bytes[i] & 15;
      f.minimums[i] = bytes[i] >> 4;
    }
    for (int half = 0; half < 2; half++)
      for (int part = 0; part < 4; part++)
        for (int l = 0; l < 32; l++) f.codes[128 * half + 32 * part + l] = (bytes[16 + 32 * half + l] >> (2 * part)) & 3;
    f.scale = read_u16(bytes + 80);
    f.minimum = read_u16(bytes + 82);
  }
};

struct Q3_K {
  typedef SymmetricFields Fields;
  static constexpr int SUB_BLOCKS = 16, SUB_SIZE = 16, CODE_MIN = -4, CODE_MAX = 3, SCALE_MIN = -32, SCALE_MAX = 31, BYTES = 110;
  static void pack(const Fields& f, uint8_t* bytes) {
    uint8_t high[32] = {0};
    for (int half = 0; half < 2; half++)
      for (int l = 0; l < 32; l++) {
        int low = 0;
        for (int part = 0; part < 4; part++) {
          const int code = f.codes[128 * half + 32 * part + l] + 4;
          low |= (code & 3) << (2 * part);
          high[l] = static_cast<uint8_t>(high[l] | ((code >> 2) << (4 * half + part)));
        }
        bytes[32 + 32 * half + l] = static_cast<uint8_t>(low);
      }
    for (int l = 0; l < 32; l++) bytes[l] = high[l];
    uint8_t packed[12] = {0};
    for (int i = 0; i < 16; i++) {
      const int stored = f.scales[i] + 32;
      packed[i & 7] = static_cast<uint8_t>(packed[i & 7] | ((stored & 15) << (i & 8 ? 4 : 0)));
      packed[8 + (i & 3)] = static_cast<uint8_t>(packed[8 + (i & 3)] | ((stored >> 4) << (2 * (i >> 2))));
    }
    for (int i = 0; i < 12; i++) bytes[96 + i] = packed[i];
    write_u16(bytes + 108, f.scale);
  }
  static void unpack(const uint8_t* bytes, Fields& f) {
    for (int half = 0; half < 2; half++)
      for (int part = 0; part < 4; part++)
        for (int l = 0; l < 32; l++) {
          const int low = (bytes[32 + 32 * half + l] >> (2 * part)) & 3;
          const int high = (bytes[l] >> (4 * half + part)) & 1;
          f.codes[128 * half + 32 * part + l] = static_cast<int8_t>((low | (high << 2)) - 4);
        }
    for (int i = 0; i < 16; i++) {
      const int low = (bytes[96 + (i & 7)] >> (i & 8 ? 4 : 0)) & 15;
      const int high = (bytes[104 + (i & 3)] >> (2 * (i >> 2))) & 3;
      f.scales[i] = static_cast<int8_t>((low | (high << 4)) - 32);
    }
    f.scale = read_u16(bytes + 108);
  }
};

struct Q6_K {
  typedef SymmetricFields Fields;
  static constexpr int SUB_BLOCKS = 16, SUB_SIZE = 16, CODE_MIN = -32, CODE_MAX = 31, SCALE_MIN = -128, SCALE_MAX = 127, BYTES = 210;
  static void pack(const Fields& f, uint8_t* bytes) {
    for (int half = 0; half < 2; half++)
      for (int l = 0; l < 32; l++) {
        const int8_t* code = f.codes + 128 * half + l;
        const int a = code[0] + 32, b = code[32] + 32, c = code[64] + 32, d = code[96] + 32;
        bytes[64 * half + l] = static_cast<uint8_t>((a & 15) | ((c & 15) << 4));
        bytes[64 * half + 32 + l] = static_cast<uint8_t>((b & 15) | ((d & 15) << 4));
        bytes[128 + 32 * half + l] = static_cast<uint8_t>((a >> 4) | ((b >> 4) << 2) | ((c >> 4) << 4) | ((d >> 4) << 6));
      }
    for (int i = 0; i < 16; i++) bytes[192 + i] = static_cast<uint8_t>(f.scales[i]);
    write_u16(bytes + 208, f.scale);
  }
  static void unpack(const uint8_t* bytes, Fields& f) {
    for (int half = 0; half < 2; half++)
      for (int part = 0; part < 4; part++)
        for (int l = 0; l < 32; l++) {
          const int low = (bytes[64 * half + 32 * (part & 1) + l] >> (part & 2 ? 4 : 0)) & 15;
          const int high = (bytes[128 + 32 * half + l] >> (2 * part)) & 3;
          f.codes[128 * half + 32 * part + l] = static_cast<int8_t>((low | (high << 4)) - 32);
        }
    for (int i = 0; i < 16; i++) f.scales[i] = static_cast<int8_t>(bytes[192 + i]);
    f.scale = read_u16(bytes + 208);
  }
};

struct Q4_0 {
  typedef SymmetricFields Fields;
  static constexpr int SUB_BLOCKS = 1, SUB_SIZE = 32, CODE_MIN = -8, CODE_MAX = 7, SCALE_MIN = 1, SCALE_MAX = 1, BYTES = 18;
  static void pack(const Fields& f, uint8_t* bytes) {
    write_u16(bytes, f.scale);
    for (int l = 0; l < 16; l++) bytes[2 + l] = static_cast<uint8_t>((f.codes[l] + 8) | ((f.codes[l + 16] + 8) << 4));
  }
  static void unpack(const uint8_t* bytes, Fields& f) {
    f.scale = read_u16(bytes);
    f.scales[0] = 1;
    for (int l = 0; l < 16; l++) {
      f.codes[l] = static_cast<int8_t>((bytes[2 + l] & 15) - 8);
      f.codes[l + 16] = static_cast<int8_t>((bytes[2 + l] >> 4) - 8);
    }
  }
};

struct Q8_0 {
  typedef SymmetricFields Fields;
  static constexpr int SUB_BLOCKS = 1, SUB_SIZE = 32, CODE_MIN = -127, CODE_MAX = 127, SCALE_MIN = 1, SCALE_MAX = 1, BYTES = 34;
  static void pack(const Fields& f, uint8_t* bytes) {
    write_u16(bytes, f.scale);
    for (int l = 0; l < 32; l++) bytes[2 + l] = static_cast<uint8_t>(f.codes[l]);
  }
  static void unpack(const uint8_t* bytes, Fields& f) {
    f.scale = read_u16(bytes);
    f.scales[0] = 1;
    for (int l = 0; l < 32; l++) f.codes[l] = static_cast<int8_t>(bytes[2 + l]);
  }
};

}  // namespace
}  // namespace whittle
