#include "src/bench/caller.h"

#include <poll.h>

#include <vector>

namespace quorate::bench {
namespace {

constexpr int64_t kNsPerMs = 1'000'000;

}  // namespace

absl::StatusOr<std::unique_ptr<Caller>> Caller::To(const Endpoint& endpoint) {
  QUORATE_ASSIGN_OR_RETURN(const int fd, Connect(endpoint));
  return std::unique_ptr<Caller>(new Caller(fd, endpoint.authority));
}

absl::StatusOr<std::string> Caller::Call(std::string_view path, std::string_view message) {
  slot_.listener = nullptr;
  QUORATE_RETURN_IF_ERROR(Complete(path, message));
  return std::string(slot_.ReplyMessage());
}

absl::Status Caller::Stream(std::string_view path, std::string_view message, MessageListener* listener) {
  slot_.listener = listener;
  return Complete(path, message);
}

absl::Status Caller::Complete(std::string_view path, std::string_view message) {
  if (!connection_.alive()) return base::MakeStatus(absl::StatusCode::kUnavailable, "the connection is broken");
  slot_.request.assign(kGrpcPrefixSize, '\0');
  slot_.request.append(message);
  WriteGrpcPrefix(&slot_.request, 0);
  connection_.Submit(&slot_, path);
  std::vector<RequestSlot*> done;
  while (done.empty()) {
    connection_.Flush();
    pollfd waiting = {.fd = connection_.fd(), .events = POLLIN, .revents = 0};
    if (connection_.wants_write()) waiting.events |= POLLOUT;
    const int ready = poll(&waiting, 1, static_cast<int>(kPatienceNs / kNsPerMs));
    if (ready == 0) connection_.Abort("no answer in time", &done);
    if (ready > 0 && (waiting.revents & ~POLLOUT) != 0) connection_.Receive(&done);
  }
  connection_.Flush();
  if (slot_.grpc_status == 0) return absl::OkStatus();
  if (slot_.grpc_status == RequestSlot::kNoStatus) {
    return base::MakeStatus(absl::StatusCode::kInternal, "the call ended without a status");
  }
  return base::MakeStatus(static_cast<absl::StatusCode>(slot_.grpc_status), slot_.grpc_message);
}

}  // namespace quorate::bench
