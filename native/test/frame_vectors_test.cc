// The datagrams of test/vectors/frames.txt, judged as they say. One vector a line: name, hex, "ok" or why it is
// refused, and optionally the size of the view (16 unless given). Empty lines and lines that begin with # are skipped.
#include <cstdlib>
#include <fstream>

#include "core/frame.h"
#include "test/check.h"
#include "test/reencode.h"

namespace consort {
namespace {

std::string path = "test/vectors/frames.txt";

struct Vector {
  std::string name, wanted;
  std::vector<uint8_t> bytes;
  uint32_t members = 16;
};

const char* const kReasons[] = {"ok",         "short", "long", "magic",  "version", "checksum",
                                "connection", "rank",  "part", "stream", "overrun", "origin"};

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

[[noreturn]] void refuse(int line, const std::string& why) { test::fail(path.c_str(), line, why); }

std::vector<Vector> load() {
  std::ifstream file(path);
  if (!file) refuse(0, "cannot be opened; give its path as the first argument or in FRAME_VECTORS");
  std::vector<Vector> vectors;
  std::string text;
  for (int line = 1; std::getline(file, text); line++) {
    std::istringstream words(text);
    Vector vector;
    std::string hex;
    if (!(words >> vector.name) || vector.name[0] == '#') continue;
    if (!(words >> hex >> vector.wanted)) refuse(line, "a vector is: name hex ok|reason [members]");
    // An empty datagram is written as "-".
    if (hex == "-") hex.clear();
    if (hex.size() % 2 != 0) refuse(line, "odd number of hex digits");
    for (size_t i = 0; i < hex.size(); i += 2) {
      if (digit(hex[i]) < 0 || digit(hex[i + 1]) < 0) refuse(line, "not hex");
      vector.bytes.push_back(static_cast<uint8_t>(digit(hex[i]) * 16 + digit(hex[i + 1])));
    }
    bool known = false;
    for (const char* reason : kReasons) known = known || vector.wanted == reason;
    if (!known) refuse(line, "unknown reason " + vector.wanted);
    if (words >> text) vector.members = static_cast<uint32_t>(std::strtoul(text.c_str(), nullptr, 10));
    if (vector.members == 0 || vector.members > kMaxMembers) refuse(line, "members out of range");
    vectors.push_back(vector);
  }
  return vectors;
}

Reject judge(const Vector& vector, FrameHeader& header, uint32_t& end) {
  const Reject reject = validate_header(vector.bytes.data(), vector.bytes.size(), header);
  if (reject != Reject::kNone) return reject;
  // An unattached frame has no parts, its body means nothing here.
  if ((header.flags & kFlagUnattached) != 0) return Reject::kNone;
  return validate_parts(vector.bytes.data(), vector.bytes.size(), header, vector.members, end);
}

TEST("every vector is judged as it says") {
  size_t accepted = 0;
  size_t refused = 0;
  for (const Vector& vector : load()) {
    test::context() = vector.name;
    FrameHeader header{};
    uint32_t end = 0;
    const Reject reject = judge(vector, header, end);
    const std::string got = kReasons[static_cast<size_t>(reject)];
    if (got != vector.wanted) test::fail(path.c_str(), 0, "got " + got + ", wanted " + vector.wanted);
    (reject == Reject::kNone ? accepted : refused)++;
  }
  test::context().clear();
  std::printf("   %zu accepted, %zu refused\n", accepted, refused);
  CHECK(accepted > 0);
  CHECK(refused > 0);
}

TEST("every accepted vector re-encodes to the same bytes") {
  for (const Vector& vector : load()) {
    test::context() = vector.name;
    FrameHeader header{};
    uint32_t end = 0;
    if (judge(vector, header, end) != Reject::kNone) continue;
    std::vector<uint8_t> again(kHeaderBytes);
    write_header(again.data(), header);
    CHECK(std::memcmp(again.data(), vector.bytes.data(), kHeaderBytes) == 0);
    if ((header.flags & kFlagUnattached) != 0) continue;
    Part part{};
    for (uint32_t offset = kHeaderBytes; offset < end;) {
      const uint32_t next = read_part(vector.bytes.data(), offset, end, vector.members, part);
      const std::vector<uint8_t> bytes = test::reencode(part);
      CHECK_EQ(bytes.size(), next - offset);
      CHECK(std::memcmp(bytes.data(), vector.bytes.data() + offset, bytes.size()) == 0);
      offset = next;
    }
  }
}

}  // namespace
}  // namespace consort

int main(int argc, char** argv) {
  if (argc > 1) {
    consort::path = argv[1];
  } else if (const char* given = std::getenv("FRAME_VECTORS"); given != nullptr) {
    consort::path = given;
  }
  return consort::test::run_all(nullptr);
}
