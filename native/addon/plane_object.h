// The class `Plane` that JavaScript sees: checks types, turns values into C++ ones, and calls the host. JavaScript has
// validated options and ranges (ts/data-plane/native.ts); a wrong type here is a bug, reported as a TypeError.
#pragma once
#include <napi.h>

namespace consort {

Napi::Function define_plane(Napi::Env env);

}  // namespace consort
