#include "tests/soak/findings.h"

#include <cstdio>

#include "absl/strings/escaping.h"

namespace quorate::soak {
namespace {

constexpr int kPrintedMax = 40;
constexpr size_t kTextBytesMax = 2000;

}  // namespace

void Findings::Add(const std::string& what) {
  if (++count_ > kPrintedMax || output_ == Output::kNone) return;
  const std::lock_guard lock(printing_);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  // Keys hold bytes that end a line or a text.
  std::fprintf(stderr, "FOUND at %.1f s: %s\n", seconds, absl::CHexEscape(what.substr(0, kTextBytesMax)).c_str());
}

}  // namespace quorate::soak
