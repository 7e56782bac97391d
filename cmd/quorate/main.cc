// The daemon.

#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include "quorate/base/check.h"
#include "quorate/config/config.h"
#include "quorate/server/member.h"

namespace {

// Each client takes a descriptor, and the usual soft limit of 1024 is there for programs that call select().
void RaiseDescriptorLimit() {
  rlimit limit = {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// What would end the process with a word of the C++ library's alone, on a standard error that nobody may read.
[[noreturn]] void TellWhyItEnds() {
  std::string why = "nobody knows why";
  if (const std::exception_ptr exception = std::current_exception()) {
    try {
      std::rethrow_exception(exception);
    } catch (const std::exception& thrown) {
      why = thrown.what();
    } catch (...) {
    }
  }
  QUORATE_CHECK(false) << "the process cannot go on: " << why;
  std::abort();
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) environment.emplace_back(*entry);
  const auto parsed = quorate::config::Parse(arguments, environment);
  if (!parsed.ok()) {
    std::fprintf(stderr, "quorate: %s\n", std::string(quorate::base::MessageOf(parsed.status())).c_str());
    return absl::IsInvalidArgument(parsed.status()) ? 2 : 1;
  }
  if (parsed->action == quorate::config::ParseResult::Action::kPrintAndExit) {
    std::fputs(parsed->text.c_str(), stdout);
    return 0;
  }
  RaiseDescriptorLimit();
  std::set_terminate(TellWhyItEnds);
  return quorate::server::Run(parsed->config);
}
