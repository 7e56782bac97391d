#include "src/ctl/watch_call.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <utility>

#include "etcdserverpb/rpc.grpc.pb.h"
#include "src/ctl/cancellation.h"

namespace quorate::ctl {
namespace {

class GrpcWatchCall : public WatchCall {
 public:
  GrpcWatchCall(const std::shared_ptr<grpc::Channel>& channel, std::unique_ptr<grpc::ClientContext> context,
                Cancellation* cancellation, ErrorOf error_of)
      : context_(std::move(context)),
        hook_(cancellation, [this] { context_->TryCancel(); }),
        stub_(etcdserverpb::Watch::NewStub(channel)),
        stream_(stub_->Watch(context_.get())),
        error_of_(std::move(error_of)) {}

  ~GrpcWatchCall() override {
    if (finished_) return;
    context_->TryCancel();
    stream_->Finish();
  }

  bool Send(const etcdserverpb::WatchRequest& request) override { return stream_->Write(request); }
  bool Receive(etcdserverpb::WatchResponse& response) override { return stream_->Read(&response); }
  absl::Status Finish() override {
    finished_ = true;
    grpc::Status status = stream_->Finish();
    return status.ok() ? absl::OkStatus() : error_of_(status);
  }

 private:
  const std::unique_ptr<grpc::ClientContext> context_;
  const Cancellation::Hook hook_;
  const std::unique_ptr<etcdserverpb::Watch::Stub> stub_;
  const std::unique_ptr<grpc::ClientReaderWriter<etcdserverpb::WatchRequest, etcdserverpb::WatchResponse>> stream_;
  const ErrorOf error_of_;
  bool finished_ = false;
};

}  // namespace

std::unique_ptr<WatchCall> WatchCall::Start(std::shared_ptr<grpc::Channel> channel,
                                            std::unique_ptr<grpc::ClientContext> context, Cancellation* cancellation,
                                            ErrorOf error_of) {
  return std::make_unique<GrpcWatchCall>(channel, std::move(context), cancellation, std::move(error_of));
}

}  // namespace quorate::ctl
