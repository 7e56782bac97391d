#include "quorate/base/check.h"

#include <cstdlib>

#include "quorate/base/logging.h"

namespace quorate::base {

CheckFailure::CheckFailure(const char* file, int line, const char* condition) : file_(file), line_(line) {
  stream_ << "check failed: " << condition << " ";
}

CheckFailure::~CheckFailure() {
  std::string message = stream_.str();
  while (!message.empty() && message.back() == ' ') message.pop_back();
  Log(LogLevel::kFatal, file_, line_, message);
  std::abort();
}

}  // namespace quorate::base
