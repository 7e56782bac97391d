#include "tests/soak/client.h"

#include "tests/e2e/channel.h"

namespace quorate::soak {
namespace {

constexpr size_t kShownBytesMax = 300;

}  // namespace

bool Client::Ready() {
  if (!availability_->WaitUntilUp()) return false;
  const uint64_t epoch = availability_->epoch();
  if (epoch == epoch_) return true;
  epoch_ = epoch;
  const std::shared_ptr<grpc::Channel> channel = testing::OwnChannel(availability_->address());
  stubs_ = {pb::KV::NewStub(channel),
            pb::Lease::NewStub(channel),
            pb::Maintenance::NewStub(channel),
            pb::Cluster::NewStub(channel),
            pb::Watch::NewStub(channel),
            v3lockpb::Lock::NewStub(channel),
            v3electionpb::Election::NewStub(channel)};
  return true;
}

void Client::Blame(const std::string& type, const std::string& request, const grpc::Status& status) {
  findings_->Add("an error that nothing caused: " + std::to_string(status.error_code()) + " " + status.error_message() +
                 ", for " + type + " {" + request.substr(0, kShownBytesMax) + "}");
}

}  // namespace quorate::soak
