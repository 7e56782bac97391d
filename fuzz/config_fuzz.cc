// The command line and the environment: lines, those with '=' in front of the first empty line being variables.

#include "fuzz/target.h"
#include "quorate/base/check.h"
#include "quorate/config/config.h"

namespace quorate::fuzz {

void Try(std::string_view input) {
  std::vector<std::string> environment;
  std::vector<std::string> arguments;
  std::vector<std::string>* into = &environment;
  while (!input.empty()) {
    const size_t end = std::min(input.find('\n'), input.size());
    const std::string line(input.substr(0, end));
    input.remove_prefix(std::min(end + 1, input.size()));
    if (line.empty() && into == &environment) {
      into = &arguments;
    } else if (line.find('\0') == std::string::npos) {
      into->push_back(line);
    }
  }
  const auto parsed = config::Parse(arguments, environment);
  if (!parsed.ok()) QUORATE_CHECK(!base::MessageOf(parsed.status()).empty());
}

std::vector<std::string> Seeds() {
  return {
      "\n--name=a\n--data-dir\nd\n--listen-client-urls=http://127.0.0.1:2379,unix://s\n"
      "--advertise-client-urls=http://[::1]:0\n",
      "ETCD_NAME=b\nQUORATE_NAME=c\nETCD_WHAT=1\n\n--auto-compaction-mode=revision\n--auto-compaction-retention=5m\n",
      "\n--initial-cluster=a=http://h:1,b=http://i:2\n--initial-cluster-state=new\n--initial-cluster-token=t\n",
      "\n--heartbeat-interval=10\n--election-timeout=50\n--quota-backend-bytes=-1\n--max-txn-ops=7\n"
      "--grpc-keepalive-interval=1h2m3.4s\n--log-outputs=stderr,/dev/null\n--log-format=console\n",
      "\n--help\n",
      "\n--version\n"};
}

}  // namespace quorate::fuzz
