// The class `LimitSocket` of the bench: see io/limit_loop.h. Its calls block their thread.
#pragma once
#include <napi.h>

namespace consort {

void define_limit_functions(Napi::Env env, Napi::Object exports);

}  // namespace consort
