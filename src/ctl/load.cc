#include "src/ctl/load.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ostream>
#include <thread>
#include <utility>

#include "src/ctl/cancellation.h"
#include "src/ctl/client.h"
#include "src/ctl/kv_requests.h"
#include "src/ctl/names.h"
#include "src/ctl/session.h"

namespace quorate::ctl {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::seconds kCleanupTimeout(30);

// What the threads gather together.
class Samples {
 public:
  void Add(Duration latency, const absl::Status& status) {
    base::MutexLock lock(&mutex_);
    if (status.ok()) {
      seconds_.push_back(std::chrono::duration<double>(latency).count());
    } else {
      ++errors_[std::string(base::MessageOf(status))];
    }
  }

  LoadResult Result(Duration total) {
    base::MutexLock lock(&mutex_);
    LoadResult result;
    result.errors = errors_;
    const auto count = static_cast<double>(seconds_.size());
    result.writes_rate = count / std::chrono::duration<double>(total).count();
    result.writes_per_second = static_cast<int64_t>(result.writes_rate) + 1;
    double sum = 0, squares = 0;
    for (double seconds : seconds_) sum += seconds;
    for (double seconds : seconds_) squares += (seconds - sum / count) * (seconds - sum / count);
    if (!seconds_.empty()) {
      result.slowest_seconds = *std::max_element(seconds_.begin(), seconds_.end());
      result.deviation_seconds = std::sqrt(squares / count);
    }
    return result;
  }

 private:
  base::Mutex mutex_;
  std::vector<double> seconds_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, int64_t> errors_ ABSL_GUARDED_BY(mutex_);
};

absl::Status Compact(Session& session, Client& client, int64_t revision) {
  session.out() << "Compacting with revision " << revision << "\n" << std::flush;
  etcdserverpb::CompactionRequest request;
  request.set_revision(revision);
  request.set_physical(true);
  etcdserverpb::CompactionResponse response;
  QUORATE_RETURN_IF_ERROR(client.Unary({"/etcdserverpb.KV/Compact", false, kCleanupTimeout}, request, response));
  session.out() << "Compacted with revision " << revision << "\n" << std::flush;
  return absl::OkStatus();
}

absl::Status Defragment(Session& session, const std::string& endpoint) {
  session.out() << "Defragmenting " << Quote(endpoint) << "\n" << std::flush;
  QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<Client> client, session.ClientFor({endpoint}));
  etcdserverpb::DefragmentResponse response;
  QUORATE_RETURN_IF_ERROR(client->Unary({"/etcdserverpb.Maintenance/Defragment", false, kCleanupTimeout},
                                        etcdserverpb::DefragmentRequest(), response));
  session.out() << "Defragmented " << Quote(endpoint) << "\n" << std::flush;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> WorkloadNamed(const std::string& name) {
  for (auto [letter, word] : {std::pair("s", "small"), {"m", "medium"}, {"l", "large"}, {"xl", "xLarge"}}) {
    if (name == letter || name == word) return std::string(letter);
  }
  return Fail(Exit::kBadFeature, "unknown load option " + name);
}

absl::StatusOr<Clients> OpenClients(Session& session, size_t count) {
  QUORATE_RETURN_IF_ERROR(session.Prepare());
  Clients clients;
  for (size_t i = 0; i < count; ++i) {
    QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<Client> client, session.ClientApart());
    clients.push_back(std::move(client));
  }
  return clients;
}

RandomPuts::RandomPuts(std::string prefix, size_t key_bytes, size_t value_bytes)
    : prefix_(std::move(prefix)), key_bytes_(key_bytes), value_(value_bytes, '\0') {}

etcdserverpb::PutRequest RandomPuts::Next() {
  std::string key;
  for (uint64_t number = random_(); number > 0; number >>= 7) key += static_cast<char>(number & 0x7F);
  key.resize(key_bytes_);
  etcdserverpb::PutRequest put;
  put.set_key(prefix_ + key);
  put.set_value(value_);
  return put;
}

LoadResult RunLoad(const Clients& clients, Cancellation& cancellation,
                   const std::function<std::optional<etcdserverpb::PutRequest>()>& next,
                   const std::function<void()>& on_done) {
  Call call = {"/etcdserverpb.KV/Put"};
  call.cancellation = &cancellation;
  Samples samples;
  auto start = SteadyClock::now();
  std::vector<std::thread> threads;
  for (const auto& client : clients) {
    threads.emplace_back([&, client = client.get()] {
      while (std::optional<etcdserverpb::PutRequest> request = next()) {
        auto sent = SteadyClock::now();
        etcdserverpb::PutResponse response;
        absl::Status status = client->Unary(call, *request, response);
        if (absl::IsCancelled(status) && cancellation.cancelled()) continue;
        samples.Add(SteadyClock::now() - sent, status);
        on_done();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return samples.Result(SteadyClock::now() - start);
}

absl::Status CleanUp(Session& session, Client& client, const std::string& prefix, const Cleanup& cleanup) {
  etcdserverpb::DeleteRangeRequest request;
  request.set_key(prefix.empty() ? std::string(1, '\0') : prefix);
  request.set_range_end(PrefixEnd(prefix));
  etcdserverpb::DeleteRangeResponse response;
  QUORATE_RETURN_IF_ERROR(client.Unary({"/etcdserverpb.KV/DeleteRange", false, kCleanupTimeout}, request, response));
  if (cleanup.compacts) QUORATE_RETURN_IF_ERROR(Compact(session, client, response.header().revision()));
  if (!cleanup.defragments) return absl::OkStatus();
  for (const std::string& endpoint : session.Endpoints()) QUORATE_RETURN_IF_ERROR(Defragment(session, endpoint));
  return absl::OkStatus();
}

absl::Status CheckUnused(Client& client, Cancellation& cancellation, const std::string& prefix,
                         const std::string& command) {
  etcdserverpb::RangeRequest request;
  request.set_key(prefix.empty() ? std::string(1, '\0') : prefix);
  request.set_range_end(PrefixEnd(prefix));
  request.set_limit(1);
  etcdserverpb::RangeResponse response;
  Call call = {"/etcdserverpb.KV/Range", true};
  call.cancellation = &cancellation;
  QUORATE_RETURN_IF_ERROR(client.Unary(call, request, response));
  if (response.kvs().empty()) return absl::OkStatus();
  return Fail(Exit::kInvalidInput, "prefix " + Quote(prefix) + " has keys. Delete with " + command + " first");
}

bool ShowErrors(const LoadResult& result, std::ostream& out) {
  if (result.errors.empty()) return true;
  out << "FAIL: too many errors\n";
  for (const auto& [error, count] : result.errors) out << "FAIL: ERROR(" << error << ") -> " << count << "\n";
  return false;
}

}  // namespace quorate::ctl
