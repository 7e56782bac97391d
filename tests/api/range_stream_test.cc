#include "src/api/range_stream.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "etcdserverpb/rpc.pb.h"
#include "quorate/base/errors.h"

namespace quorate::api {
namespace {

// Has no room for what its handler wants to keep.
class FullStream : public rpc::Stream {
 public:
  bool Write(base::Payload) override { return true; }
  bool HasRoom(size_t) override { return true; }
  void Finish(absl::Status status) override { finished.push_back(std::move(status)); }
  size_t queued_bytes() const override { return 0; }
  bool Keep(int64_t bytes) override {
    asked_bytes += bytes;
    return false;
  }
  rpc::StreamRef ref() const override { return {}; }
  int loop_index() const override { return 0; }

  int64_t asked_bytes = 0;
  std::vector<absl::Status> finished;
};

TEST(RangeStreamTest, ARequestThatThereIsNoRoomForIsRefused) {
  ServiceContext service({});
  service.loops.push_back(std::make_unique<LoopContext>(&service, 0));
  const std::vector<std::pair<std::string, std::string>> metadata;
  rpc::CallContext call;
  call.metadata = &metadata;
  FullStream stream;
  const auto handler = MakeRangeStream(&service, call, stream);
  etcdserverpb::RangeRequest request;
  request.set_key(std::string(100'000, 'k'));
  const std::string message = request.SerializeAsString();
  handler->OnMessage(message);
  EXPECT_EQ(stream.asked_bytes, static_cast<int64_t>(message.size()));
  ASSERT_EQ(stream.finished.size(), 1u);
  EXPECT_EQ(stream.finished.front(), base::errors::TooManyRequests());
  handler->OnClose();
}

}  // namespace
}  // namespace quorate::api
