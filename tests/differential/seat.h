#pragma once

#include <memory>
#include <string>

#include "etcdserverpb/rpc.grpc.pb.h"
#include "tests/differential/step.h"

namespace quorate::testing {

// What a server answered to a step.
struct Answer {
  int code = 0;
  std::string message;
  // Set when the code is 0, by the step's kind; the chunks of a stream are joined in `range`.
  etcdserverpb::RangeResponse range;
  etcdserverpb::PutResponse put;
  etcdserverpb::DeleteRangeResponse delete_range;
  etcdserverpb::TxnResponse txn;
  etcdserverpb::CompactionResponse compact;
  // What was wrong about the form of a stream: fields on a chunk that must not carry them, an empty chunk.
  std::string malformed;

  // 0 for an error.
  int64_t revision = 0;
};

// A client of one server.
class Seat {
 public:
  explicit Seat(const std::string& address);
  Answer Send(const Step& step);

 private:
  void Stream(grpc::ClientContext* context, const etcdserverpb::RangeRequest& request, Answer* answer);

  std::unique_ptr<etcdserverpb::KV::Stub> stub_;
};

}  // namespace quorate::testing
