// The daemon.

#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

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
  return quorate::server::Run(parsed->config);
}
