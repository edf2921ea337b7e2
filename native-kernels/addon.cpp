// The kernels as Node sees them: checks the arguments, hands pointers on. Sizes are checked in native.ts first; what arrives here
// wrong is a bug and throws, it never reads past an array.
#include <napi.h>

#include "gptq.h"
#include "kernels.h"
#include "linear-algebra.h"

namespace {

using whittle::Type;

Napi::Value wrong(Napi::Env env, const char* what) {
  Napi::TypeError::New(env, what).ThrowAsJavaScriptException();
  return env.Undefined();
}

bool is_array(const Napi::Value& value, napi_typedarray_type type) {
  return value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == type;
}

Type type_of(const Napi::Value& value) { return static_cast<Type>(value.As<Napi::Number>().Int32Value()); }

// (importance or null, columns) fit together.
bool is_importance(const Napi::Value& value, size_t columns) {
  if (value.IsNull()) return true;
  return is_array(value, napi_float32_array) && value.As<Napi::Float32Array>().ElementLength() == columns;
}

const float* importance_data(const Napi::Value& value) { return value.IsNull() ? nullptr : value.As<Napi::Float32Array>().Data(); }

// encode(type, weights, columns, importance | null, out)
Napi::Value Encode(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (info.Length() != 5 || !info[0].IsNumber() || !is_array(info[1], napi_float32_array) || !info[2].IsNumber() ||
      !is_array(info[4], napi_uint8_array)) {
    return wrong(env, "encode(type, Float32Array, columns, Float32Array | null, Uint8Array)");
  }
  const whittle::BlockShape shape = whittle::block_shape(type_of(info[0]));
  const Napi::Float32Array weights = info[1].As<Napi::Float32Array>();
  const int64_t columns = info[2].As<Napi::Number>().Int64Value();
  Napi::Uint8Array out = info[4].As<Napi::Uint8Array>();
  if (shape.weights == 0) return wrong(env, "encode: not a type of ours");
  if (columns <= 0 || columns % shape.weights != 0 || weights.ElementLength() % columns != 0) return wrong(env, "encode: not whole rows");
  if (!is_importance(info[3], static_cast<size_t>(columns))) return wrong(env, "encode: importance is not one number a column");
  if (out.ElementLength() != weights.ElementLength() / shape.weights * shape.bytes) return wrong(env, "encode: wrong size of the result");
  const size_t rows = weights.ElementLength() / static_cast<size_t>(columns);
  if (!whittle::encode(type_of(info[0]), weights.Data(), rows, static_cast<size_t>(columns), importance_data(info[3]), out.Data())) {
    Napi::Error::New(env, "encode: out of memory").ThrowAsJavaScriptException();
  }
  return env.Undefined();
}

// decode(type, bytes, out)
Napi::Value Decode(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (info.Length() != 3 || !info[0].IsNumber() || !is_array(info[1], napi_uint8_array) || !is_array(info[2], napi_float32_array)) {
    return wrong(env, "decode(type, Uint8Array, Float32Array)");
  }
  const whittle::BlockShape shape = whittle::block_shape(type_of(info[0]));
  const Napi::Uint8Array bytes = info[1].As<Napi::Uint8Array>();
  Napi::Float32Array out = info[2].As<Napi::Float32Array>();
  if (shape.weights == 0) return wrong(env, "decode: not a type of ours");
  if (bytes.ElementLength() % shape.bytes != 0) return wrong(env, "decode: not whole blocks");
  const size_t blocks = bytes.ElementLength() / shape.bytes;
  if (out.ElementLength() != blocks * shape.weights) return wrong(env, "decode: wrong size of the result");
  whittle::decode(type_of(info[0]), bytes.Data(), blocks, out.Data());
  return env.Undefined();
}

// weightedError(weights, decoded, columns, importance | null) -> number
Napi::Value WeightedError(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (info.Length() != 4 || !is_array(info[0], napi_float32_array) || !is_array(info[1], napi_float32_array) || !info[2].IsNumber()) {
    return wrong(env, "weightedError(Float32Array, Float32Array, columns, Float32Array | null)");
  }
  const Napi::Float32Array weights = info[0].As<Napi::Float32Array>();
  const Napi::Float32Array decoded = info[1].As<Napi::Float32Array>();
  const int64_t columns = info[2].As<Napi::Number>().Int64Value();
  if (columns <= 0 || weights.ElementLength() % columns != 0 || decoded.ElementLength() != weights.ElementLength()) {
    return wrong(env, "weightedError: sizes differ");
  }
  if (!is_importance(info[3], static_cast<size_t>(columns))) return wrong(env, "weightedError: importance is not one number a column");
  const size_t rows = weights.ElementLength() / static_cast<size_t>(columns);
  return Napi::Number::New(env, whittle::weighted_error(weights.Data(), decoded.Data(), rows, static_cast<size_t>(columns),
                                                        importance_data(info[3])));
}

// widenBf16(source, out)
Napi::Value WidenBf16(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (info.Length() != 2 || !is_array(info[0], napi_uint16_array) || !is_array(info[1], napi_float32_array)) {
    return wrong(env, "widenBf16(Uint16Array, Float32Array)");
  }
  const Napi::Uint16Array source = info[0].As<Napi::Uint16Array>();
  Napi::Float32Array out = info[1].As<Napi::Float32Array>();
  if (source.ElementLength() != out.ElementLength()) return wrong(env, "widenBf16: sizes differ");
  whittle::widen_bf16(source.Data(), source.ElementLength(), out.Data());
  return env.Undefined();
}

// Argument `at` is a Float64Array of `count` numbers.
bool has_doubles(const Napi::CallbackInfo& info, size_t at, size_t count) {
  return info.Length() > at && is_array(info[at], napi_float64_array) && info[at].As<Napi::Float64Array>().ElementLength() == count;
}

double* doubles_of(const Napi::CallbackInfo& info, size_t at) { return info[at].As<Napi::Float64Array>().Data(); }

size_t size_of(const Napi::CallbackInfo& info, size_t at) {
  if (info.Length() <= at || !info[at].IsNumber()) return 0;
  const int64_t size = info[at].As<Napi::Number>().Int64Value();
  return size < 0 || size > INT32_MAX ? 0 : static_cast<size_t>(size);
}

Napi::Value outcome_of(Napi::Env env, whittle::Outcome outcome) {
  if (outcome == whittle::Outcome::NoMemory) {
    Napi::Error::New(env, "linear algebra: out of memory").ThrowAsJavaScriptException();
    return env.Undefined();
  }
  return Napi::Number::New(env, static_cast<int>(outcome));
}

// cholesky(a, n, out) -> outcome
Napi::Value Cholesky(const Napi::CallbackInfo& info) {
  const size_t n = size_of(info, 1);
  if (!has_doubles(info, 0, n * n) || !has_doubles(info, 2, n * n)) return wrong(info.Env(), "cholesky(Float64Array, n, Float64Array)");
  return outcome_of(info.Env(), whittle::linear_algebra().cholesky(doubles_of(info, 0), n, doubles_of(info, 2)));
}

// invertLower(l, n, out) -> outcome
Napi::Value InvertLower(const Napi::CallbackInfo& info) {
  const size_t n = size_of(info, 1);
  if (!has_doubles(info, 0, n * n) || !has_doubles(info, 2, n * n)) return wrong(info.Env(), "invertLower(Float64Array, n, Float64Array)");
  return outcome_of(info.Env(), whittle::linear_algebra().invert_lower(doubles_of(info, 0), n, doubles_of(info, 2)));
}

// solveCholesky(l, n, b, m, out) -> outcome
Napi::Value SolveCholesky(const Napi::CallbackInfo& info) {
  const size_t n = size_of(info, 1), m = size_of(info, 3);
  if (!has_doubles(info, 0, n * n) || !has_doubles(info, 2, n * m) || !has_doubles(info, 4, n * m)) {
    return wrong(info.Env(), "solveCholesky(Float64Array, n, Float64Array, m, Float64Array)");
  }
  return outcome_of(info.Env(), whittle::linear_algebra().solve_cholesky(doubles_of(info, 0), n, doubles_of(info, 2), m, doubles_of(info, 4)));
}

// symmetricEigen(a, n, values, vectors) -> outcome
Napi::Value SymmetricEigen(const Napi::CallbackInfo& info) {
  const size_t n = size_of(info, 1);
  if (!has_doubles(info, 0, n * n) || !has_doubles(info, 2, n) || !has_doubles(info, 3, n * n)) {
    return wrong(info.Env(), "symmetricEigen(Float64Array, n, Float64Array, Float64Array)");
  }
  return outcome_of(info.Env(), whittle::linear_algebra().symmetric_eigen(doubles_of(info, 0), n, doubles_of(info, 2), doubles_of(info, 3)));
}

// product(a, rows, inner, b, columns, out) -> outcome
Napi::Value Product(const Napi::CallbackInfo& info) {
  const size_t rows = size_of(info, 1), inner = size_of(info, 2), columns = size_of(info, 4);
  if (!has_doubles(info, 0, rows * inner) || !has_doubles(info, 3, inner * columns) || !has_doubles(info, 5, rows * columns)) {
    return wrong(info.Env(), "product(Float64Array, rows, inner, Float64Array, columns, Float64Array)");
  }
  return outcome_of(info.Env(), whittle::linear_algebra().product(doubles_of(info, 0), rows, inner, doubles_of(info, 3), columns, doubles_of(info, 5)));
}

// A matrix of `columns` in argument `at`, and its rows; false for anything else.
bool is_matrix(const Napi::CallbackInfo& info, size_t at, size_t columns, size_t& rows) {
  if (columns == 0 || !is_array(info[at], napi_float32_array) || info[at].As<Napi::Float32Array>().ElementLength() % columns != 0) return false;
  rows = info[at].As<Napi::Float32Array>().ElementLength() / columns;
  return true;
}

template <class Array> bool has(const Napi::CallbackInfo& info, size_t at, napi_typedarray_type type, size_t count) {
  return is_array(info[at], type) && info[at].As<Array>().ElementLength() == count;
}

size_t columns_of(const Napi::Value& value) {
  const int64_t columns = value.IsNumber() ? value.As<Napi::Number>().Int64Value() : 0;
  return columns > 0 && columns <= INT32_MAX ? static_cast<size_t>(columns) : 0;
}

Napi::Value done(Napi::Env env, bool enough_memory) {
  if (!enough_memory) Napi::Error::New(env, "gptq: out of memory").ThrowAsJavaScriptException();
  return env.Undefined();
}

// gptqGroups(weights, columns, factor | null, bits, groupSize, symmetric, search, codes, scales, zeros, errors)
Napi::Value GptqGroups(const Napi::CallbackInfo& info) {
  const size_t columns = columns_of(info[1]), group = columns_of(info[4]);
  const int bits = info[3].IsNumber() ? info[3].As<Napi::Number>().Int32Value() : 0;
  size_t rows = 0;
  if (!is_matrix(info, 0, columns, rows) || !(info[2].IsNull() || has<Napi::Float64Array>(info, 2, napi_float64_array, columns * columns)) ||
      bits < 1 || bits > 8 || group == 0 || columns % group != 0 || !info[5].IsBoolean() || !info[6].IsBoolean() ||
      !has<Napi::Uint8Array>(info, 7, napi_uint8_array, rows * columns) || !has<Napi::Float32Array>(info, 8, napi_float32_array, rows * (columns / group)) ||
      !has<Napi::Uint8Array>(info, 9, napi_uint8_array, bits == 1 ? 0 : rows * (columns / group)) || !has<Napi::Float64Array>(info, 10, napi_float64_array, rows)) {
    return wrong(info.Env(), "gptqGroups(weights, columns, factor | null, bits, groupSize, symmetric, search, codes, scales, zeros, errors)");
  }
  const whittle::GroupShape shape = {rows, columns, group, bits, info[5].As<Napi::Boolean>().Value(), info[6].As<Napi::Boolean>().Value()};
  return done(info.Env(), whittle::gptq().round_groups(
    info[0].As<Napi::Float32Array>().Data(), info[2].IsNull() ? nullptr : info[2].As<Napi::Float64Array>().Data(), shape,
    info[7].As<Napi::Uint8Array>().Data(), info[8].As<Napi::Float32Array>().Data(), info[9].As<Napi::Uint8Array>().Data(), info[10].As<Napi::Float64Array>().Data()));
}

// gptqBlocks(type, weights, columns, factor, importance, out, errors)
Napi::Value GptqBlocks(const Napi::CallbackInfo& info) {
  const size_t columns = columns_of(info[2]);
  const whittle::BlockShape shape = info[0].IsNumber() ? whittle::block_shape(type_of(info[0])) : whittle::BlockShape{0, 0};
  size_t rows = 0;
  if (shape.weights < 32 || columns % static_cast<size_t>(shape.weights) != 0 || !is_matrix(info, 1, columns, rows) ||
      !has<Napi::Float64Array>(info, 3, napi_float64_array, columns * columns) || !has<Napi::Float32Array>(info, 4, napi_float32_array, columns) ||
      !has<Napi::Uint8Array>(info, 5, napi_uint8_array, rows * (columns / shape.weights) * shape.bytes) || !has<Napi::Float64Array>(info, 6, napi_float64_array, rows)) {
    return wrong(info.Env(), "gptqBlocks(type, weights, columns, factor, importance, out, errors)");
  }
  return done(info.Env(), whittle::gptq().round_blocks(
    type_of(info[0]), info[1].As<Napi::Float32Array>().Data(), rows, columns, info[3].As<Napi::Float64Array>().Data(), info[4].As<Napi::Float32Array>().Data(),
    info[5].As<Napi::Uint8Array>().Data(), info[6].As<Napi::Float64Array>().Data()));
}

// gptqRowErrors(weights, decoded, columns, factor, errors)
Napi::Value GptqRowErrors(const Napi::CallbackInfo& info) {
  const size_t columns = columns_of(info[2]);
  size_t rows = 0;
  if (!is_matrix(info, 0, columns, rows) || !has<Napi::Float32Array>(info, 1, napi_float32_array, rows * columns) ||
      !has<Napi::Float64Array>(info, 3, napi_float64_array, columns * columns) || !has<Napi::Float64Array>(info, 4, napi_float64_array, rows)) {
    return wrong(info.Env(), "gptqRowErrors(weights, decoded, columns, factor, errors)");
  }
  return done(info.Env(), whittle::gptq().row_errors(
    info[0].As<Napi::Float32Array>().Data(), info[1].As<Napi::Float32Array>().Data(), rows, columns, info[3].As<Napi::Float64Array>().Data(),
    info[4].As<Napi::Float64Array>().Data()));
}

// hessianError(weights, decoded, columns, hessian) -> number
Napi::Value HessianError(const Napi::CallbackInfo& info) {
  const size_t columns = columns_of(info[2]);
  const bool wide = has<Napi::Float64Array>(info, 3, napi_float64_array, columns * columns);
  size_t rows = 0;
  if (!is_matrix(info, 0, columns, rows) || !has<Napi::Float32Array>(info, 1, napi_float32_array, rows * columns) ||
      !(wide || has<Napi::Float32Array>(info, 3, napi_float32_array, columns * columns))) {
    return wrong(info.Env(), "hessianError(weights, decoded, columns, hessian)");
  }
  double error = 0;
  done(info.Env(), whittle::gptq().hessian_error(
    info[0].As<Napi::Float32Array>().Data(), info[1].As<Napi::Float32Array>().Data(), rows, columns, wide ? nullptr : info[3].As<Napi::Float32Array>().Data(),
    wide ? info[3].As<Napi::Float64Array>().Data() : nullptr, &error));
  return Napi::Number::New(info.Env(), error);
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  exports.Set("version", Napi::Number::New(env, 2));
  exports.Set("variant", Napi::String::New(env, whittle::variant_name()));
  exports.Set("encode", Napi::Function::New(env, Encode));
  exports.Set("decode", Napi::Function::New(env, Decode));
  exports.Set("weightedError", Napi::Function::New(env, WeightedError));
  exports.Set("widenBf16", Napi::Function::New(env, WidenBf16));
  exports.Set("cholesky", Napi::Function::New(env, Cholesky));
  exports.Set("invertLower", Napi::Function::New(env, InvertLower));
  exports.Set("solveCholesky", Napi::Function::New(env, SolveCholesky));
  exports.Set("symmetricEigen", Napi::Function::New(env, SymmetricEigen));
  exports.Set("product", Napi::Function::New(env, Product));
  exports.Set("gptqGroups", Napi::Function::New(env, GptqGroups));
  exports.Set("gptqBlocks", Napi::Function::New(env, GptqBlocks));
  exports.Set("gptqRowErrors", Napi::Function::New(env, GptqRowErrors));
  exports.Set("hessianError", Napi::Function::New(env, HessianError));
  return exports;
}

}  // namespace

NODE_API_MODULE(whittle_kernels, Init)
