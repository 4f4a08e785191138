// A test harness in one header.
//
//   TEST("a sentence of behaviour") { CHECK(condition); CHECK_EQ(got, wanted); }
//   CHECK_MAIN()
//
// Each test runs in a process of its own (the project is compiled without exceptions): a CHECK that fails prints where
// and what and ends it, and a crash or a sanitizer's finding fails one test, not the others. The program then exits
// with 1. One argument: only tests whose name contains it are run.
#pragma once
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace consort::test {

struct Case {
  const char* name;
  void (*body)();
};

inline std::vector<Case>& cases() {
  static std::vector<Case> all;
  return all;
}

struct Registration {
  Registration(const char* name, void (*body)()) { cases().push_back({name, body}); }
};

// Printed with every failure while it is not empty: the seed and options of a randomized run.
inline std::string& context() {
  static std::string text;
  return text;
}

template <typename T>
std::string show(const T& value) {
  std::ostringstream out;
  if constexpr (std::is_enum_v<T>) {
    out << static_cast<long long>(value);
  } else if constexpr (std::is_pointer_v<T>) {
    out << static_cast<const void*>(value);
  } else if constexpr (std::is_null_pointer_v<T>) {
    out << "nullptr";
  } else {
    out << +value;
  }
  return out.str();
}

template <typename A, typename B>
bool equal(const A& a, const B& b) {
  if constexpr (std::is_integral_v<A> && std::is_integral_v<B> && !std::is_same_v<A, bool> &&
                !std::is_same_v<B, bool>) {
    return std::cmp_equal(a, b);
  } else {
    return a == b;
  }
}

// Whether this is the process of one test; a fuzz target, which is not, has to abort to be noticed.
inline bool& in_test() {
  static bool in = false;
  return in;
}

[[noreturn]] inline void fail(const char* file, int line, const std::string& what) {
  std::printf("%s:%d: %s\n", file, line, what.c_str());
  if (!context().empty()) std::printf("  with %s\n", context().c_str());
  std::fflush(stdout);
  if (!in_test()) std::abort();
  std::_Exit(1);
}

template <typename A, typename B>
void check_eq(const char* file, int line, const char* text, const A& got, const B& wanted) {
  if (!equal(got, wanted)) fail(file, line, std::string(text) + ": got " + show(got) + ", wanted " + show(wanted));
}

inline bool run_alone(const Case& test) {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    in_test() = true;
    test.body();
    std::exit(0);  // not _Exit: the leak sanitizer looks now
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) return false;
  if (WIFSIGNALED(status)) std::printf("  killed by signal %d\n", WTERMSIG(status));
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

inline int run_all(const char* only) {
  int passed = 0;
  int failed = 0;
  for (const Case& test : cases()) {
    if (only != nullptr && std::strstr(test.name, only) == nullptr) continue;
    const bool ok = run_alone(test);
    std::printf("%s %s\n", ok ? "ok" : "not ok", test.name);
    (ok ? passed : failed)++;
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 && passed > 0 ? 0 : 1;
}

}  // namespace consort::test

#define CONSORT_JOIN2(a, b) a##b
#define CONSORT_JOIN(a, b) CONSORT_JOIN2(a, b)
#define TEST(name)                                                                     \
  static void CONSORT_JOIN(test_at_, __LINE__)();                                      \
  static const ::consort::test::Registration CONSORT_JOIN(registration_at_, __LINE__)( \
      name, CONSORT_JOIN(test_at_, __LINE__));                                         \
  static void CONSORT_JOIN(test_at_, __LINE__)()

#define CHECK(condition)                                                                  \
  do {                                                                                    \
    if (!(condition)) ::consort::test::fail(__FILE__, __LINE__, "CHECK(" #condition ")"); \
  } while (false)
#define CHECK_EQ(got, wanted) ::consort::test::check_eq(__FILE__, __LINE__, #got " == " #wanted, got, wanted)
#define CHECK_MAIN() \
  int main(int argc, char** argv) { return ::consort::test::run_all(argc > 1 ? argv[1] : nullptr); }
