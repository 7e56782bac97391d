#pragma once

// A member below the API, in this process, on a directory of its own: asked one request at a time.

#include <google/protobuf/message_lite.h>

#include <future>
#include <memory>
#include <string>

#include "quorate/base/status.h"
#include "quorate/replica/replica.h"

namespace quorate::testing {

struct LocalMemberOptions {
  std::string directory;
  // Members of different URLs are different members of different clusters.
  std::string peer_url = "http://127.0.0.1:2380";
  // Small, so that a little data makes several.
  uint64_t log_segment_bytes = 64 << 10;
};

class LocalMember {
 public:
  // Opens it and waits until it has executed its log. The error is the one with which the server would end.
  static absl::StatusOr<std::unique_ptr<LocalMember>> Open(const LocalMemberOptions& options);

  // Proposes a command and waits for its answer.
  absl::Status Do(replica::CommandType type, const google::protobuf::MessageLite& request);
  replica::Replica& replica() { return *replica_; }
  // Why the member cannot go on; OK while it can.
  absl::Status fatal();

 private:
  LocalMember() = default;

  std::promise<absl::Status> started_;
  std::promise<absl::Status> fatal_;
  std::future<absl::Status> fatal_future_ = fatal_.get_future();
  std::unique_ptr<replica::Replica> replica_;
};

}  // namespace quorate::testing
