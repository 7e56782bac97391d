#include "src/bench/first_get.h"

#include <chrono>
#include <memory>
#include <thread>

#include "src/bench/caller.h"
#include "src/bench/data.h"
#include "src/bench/worker.h"

namespace quorate::bench {
namespace {

constexpr std::chrono::milliseconds kPause(1);
constexpr double kNsPerMs = 1e6;

absl::Status Get(const Endpoint& endpoint, const std::string& request) {
  QUORATE_ASSIGN_OR_RETURN(const std::unique_ptr<Caller> caller, Caller::To(endpoint));
  return caller->Call(kRangePath, request).status();
}

}  // namespace

absl::StatusOr<double> MillisecondsToFirstGet(const Options& options) {
  QUORATE_ASSIGN_OR_RETURN(const Endpoint endpoint, ParseEndpoint(options.endpoints.front()));
  const int64_t since_ns = options.since_ns != 0 ? options.since_ns : MonotonicNs();
  const int64_t give_up_ns = MonotonicNs() + std::chrono::nanoseconds(kFirstGetPatience).count();
  std::string request;
  AppendGet(Data(options, options.seed), 0, false, &request);
  while (true) {
    const absl::Status status = Get(endpoint, request);
    const int64_t now_ns = MonotonicNs();
    if (status.ok()) return static_cast<double>(now_ns - since_ns) / kNsPerMs;
    if (now_ns > give_up_ns) return status;
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace quorate::bench
