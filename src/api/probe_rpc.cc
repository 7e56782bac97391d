#include <iterator>

#include "src/api/probes.h"

namespace quorate::api {
namespace {

constexpr const char* kCodeNames[rpc::MethodStatistics::kStatusCodes] = {
    "OK",       "Canceled",       "Unknown",          "InvalidArgument",   "DeadlineExceeded",
    "NotFound", "AlreadyExists",  "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
    "Aborted",  "OutOfRange",     "Unimplemented",    "Internal",          "Unavailable",
    "DataLoss", "Unauthenticated"};

double Load(const std::atomic<uint64_t>& counter) {
  return static_cast<double>(counter.load(std::memory_order_relaxed));
}

void ProbeMethod(const rpc::MethodStatistics& method, MetricsPage& page) {
  const MetricsPage::Labels labels = {
      {"grpc_method", method.method}, {"grpc_service", method.service}, {"grpc_type", method.type}};
  page.Counter("grpc_server_started_total", "Calls begun.", Load(method.started), labels);
  page.Counter("grpc_server_msg_received_total", "Messages received.", Load(method.received), labels);
  page.Counter("grpc_server_msg_sent_total", "Messages sent.", Load(method.sent), labels);
  for (int code = 0; code < rpc::MethodStatistics::kStatusCodes; ++code) {
    MetricsPage::Labels with_code = labels;
    with_code.insert(with_code.begin(), {"grpc_code", kCodeNames[code]});
    page.Counter("grpc_server_handled_total", "Calls finished, by status.", Load(method.handled[code]),
                 std::move(with_code));
  }
  std::vector<uint64_t> counts;
  for (const auto& bucket : method.latency) counts.push_back(bucket.load(std::memory_order_relaxed));
  page.Histogram("grpc_server_handling_seconds", "How long calls took.",
                 {std::begin(rpc::MethodStatistics::kLatencyBoundsSeconds),
                  std::end(rpc::MethodStatistics::kLatencyBoundsSeconds)},
                 counts, Load(method.latency_nanoseconds) * 1e-9, labels);
}

}  // namespace

void ProbeRpc(const ServiceContext& context, MetricsPage& page) {
  const rpc::Server& server = *context.server;
  for (const auto& method : server.method_statistics()) ProbeMethod(*method, page);
  page.Counter("etcd_network_client_grpc_received_bytes_total", "Bytes received from clients.",
               static_cast<double>(server.received_bytes()));
  page.Counter("etcd_network_client_grpc_sent_bytes_total", "Bytes sent to clients.",
               static_cast<double>(server.sent_bytes()));
  page.Gauge("quorate_connections", "Open client connections.", static_cast<double>(server.open_connections()));
  page.Gauge("quorate_event_loops", "Event loops.", static_cast<double>(server.loop_count()));
}

}  // namespace quorate::api
