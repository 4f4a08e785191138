// The class `Core`: the sans-I/O data plane of one view without socket or clock, for the simulator and for differential
// tests against its twin.
#pragma once
#include <napi.h>

namespace consort {

Napi::Function define_core(Napi::Env env);

}  // namespace consort
