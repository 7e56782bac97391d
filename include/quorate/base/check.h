#pragma once

// QUORATE_CHECK(condition) << "what and why": stops the process when an invariant is broken, in release builds too.
// A wrong state must stop, not spread to the disk or to a client.

#include <sstream>

namespace quorate::base {

// Collects the message of a failed check; its destructor logs it at level fatal and aborts.
class CheckFailure {
 public:
  CheckFailure(const char* file, int line, const char* condition);
  CheckFailure(const CheckFailure&) = delete;
  CheckFailure& operator=(const CheckFailure&) = delete;
  [[noreturn]] ~CheckFailure();
  std::ostream& stream() { return stream_; }

 private:
  const char* file_;
  int line_;
  std::ostringstream stream_;
};

}  // namespace quorate::base

#define QUORATE_CHECK(condition) \
  while (__builtin_expect(!(condition), 0)) ::quorate::base::CheckFailure(__FILE__, __LINE__, #condition).stream()
