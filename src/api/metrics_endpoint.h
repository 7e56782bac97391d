#pragma once

// /metrics: collected from the subsystems' counters when asked, nothing is updated for it in between.

#include <chrono>
#include <vector>

#include "quorate/base/status.h"
#include "src/api/http_answers.h"
#include "src/api/service_context.h"
#include "src/api/shared_read.h"

namespace quorate::api {

class MetricsEndpoint {
 public:
  // Pages are begun no sooner one after the other: making one takes milliseconds, and who scrapes by the second waits
  // for nothing.
  static constexpr std::chrono::milliseconds kPageInterval{50};
  // It is given to so many a millisecond, since each costs its loop some 50 us of writing, and to as many as that makes
  // until the next: 4,000 a second, so that it takes a great crowd to make anybody wait for longer than scrapes may.
  static constexpr size_t kGivenAtOnce = 4;
  static constexpr size_t kPageSharedMax = kGivenAtOnce * kPageInterval.count();

  explicit MetricsEndpoint(ServiceContext* context);
  void Register(const AddHttp& add);

 private:
  struct Asker {
    int loop_index;
    rpc::HttpReply reply;
  };

  void Submit(ReaderPool::Task task);
  void Answer(const absl::Status& ready, std::vector<Asker> askers);

  ServiceContext* const context_;
  std::chrono::steady_clock::time_point next_page_;  // not before; belongs to who begins one, who is one at a time
  SharedRead<Asker> pages_;
};

}  // namespace quorate::api
