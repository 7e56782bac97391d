#include "tests/soak/historian.h"

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <vector>

#include "etcdserverpb/rpc.grpc.pb.h"
#include "tests/e2e/channel.h"

namespace quorate::soak {
namespace {

namespace pb = etcdserverpb;

constexpr std::chrono::milliseconds kTryAgainAfter(10);

}  // namespace

Historian::Historian(Availability* availability, Timeline* timeline)
    : availability_(availability), timeline_(timeline), thread_([this] { Run(); }) {}

Historian::~Historian() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    if (context_ != nullptr) context_->TryCancel();
  }
  thread_.join();
}

void Historian::Run() {
  while (!ending_) {
    if (availability_->up()) ReadStream();
    std::this_thread::sleep_for(kTryAgainAfter);
  }
}

void Historian::ReadStream() {
  grpc::ClientContext context;
  {
    const std::lock_guard lock(mutex_);
    if (ending_) return;
    context_ = &context;
  }
  const uint64_t epoch = availability_->epoch();
  const auto stub = pb::Watch::NewStub(testing::OwnChannel(availability_->address()));
  const auto stream = stub->Watch(&context);
  pb::WatchRequest request;
  pb::WatchCreateRequest* create = request.mutable_create_request();
  create->set_key(std::string(1, '\0'));
  create->set_range_end(std::string(1, '\0'));
  create->set_start_revision(timeline_->last() + 1);
  stream->Write(request);
  pb::WatchResponse response;
  while (stream->Read(&response)) {
    if (response.canceled())
      timeline_->findings().Add("the watcher of everything is cancelled: " + response.DebugString());
    if (response.events_size() > 0) timeline_->Take({response.events().begin(), response.events().end()});
  }
  {
    const std::lock_guard lock(mutex_);
    context_ = nullptr;
  }
  const grpc::Status status = stream->Finish();
  if (!ending_ && availability_->epoch() == epoch) {
    timeline_->findings().Add("the watcher of everything loses its stream: " + std::to_string(status.error_code()) +
                              " " + status.error_message());
  }
}

}  // namespace quorate::soak
