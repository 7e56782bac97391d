#include "src/api/stream_handlers.h"

namespace quorate::api {
namespace {

class Refused final : public rpc::StreamHandler {
 public:
  void OnMessage(std::string_view) override {}
  void OnHalfClose() override {}
  void OnWritable() override {}
  void OnClose() override {}
};

}  // namespace

std::unique_ptr<rpc::StreamHandler> RefuseStream(rpc::Stream& stream, absl::Status reason) {
  stream.Finish(std::move(reason));
  return std::make_unique<Refused>();
}

}  // namespace quorate::api
