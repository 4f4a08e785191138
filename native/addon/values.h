// Small conversions between JavaScript's values and ours.
#pragma once
#include <napi.h>

#include <initializer_list>
#include <iterator>
#include <string>

#include "core/stats.h"

namespace consort {

inline uint32_t number(const Napi::Object& object, const char* key) {
  const Napi::Value value = object.Get(key);
  return value.IsNumber() ? value.As<Napi::Number>().Uint32Value() : 0;
}

inline double real(const Napi::Object& object, const char* key) {
  const Napi::Value value = object.Get(key);
  return value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : 0;
}

inline bool boolean(const Napi::Object& object, const char* key) {
  const Napi::Value value = object.Get(key);
  return value.IsBoolean() && value.As<Napi::Boolean>().Value();
}

inline std::string text(const Napi::Object& object, const char* key) {
  const Napi::Value value = object.Get(key);
  return value.IsString() ? value.As<Napi::String>().Utf8Value() : std::string();
}

inline void fail(Napi::Env env, const char* what) { Napi::TypeError::New(env, what).ThrowAsJavaScriptException(); }

inline Napi::Value numbers(Napi::Env env, std::initializer_list<double> values) {
  const Napi::Array out = Napi::Array::New(env, values.size());
  uint32_t index = 0;
  for (const double value : values) out.Set(index++, Napi::Number::New(env, value));
  return out;
}

inline Napi::Value stats_array(Napi::Env env, const Stats& stats) {
  Napi::Float64Array out = Napi::Float64Array::New(env, std::size(stats.counts) + std::size(stats.rejected));
  size_t index = 0;
  for (const uint64_t count : stats.counts) out[index++] = static_cast<double>(count);
  for (const uint64_t count : stats.rejected) out[index++] = static_cast<double>(count);
  return out;
}

}  // namespace consort
