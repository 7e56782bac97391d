#include "src/bench/audience.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "quorate/base/check.h"
#include "quorate/base/wire.h"
#include "src/bench/data.h"
#include "src/bench/worker.h"

namespace quorate::bench {
namespace {

namespace wire = base::wire;

constexpr char kWatchPath[] = "/etcdserverpb.Watch/Watch";
// Field numbers of etcdserverpb.WatchRequest, WatchCreateRequest, WatchResponse, mvccpb.Event, KeyValue.
constexpr uint32_t kRequestCreate = 1;
constexpr uint32_t kCreateKey = 1;
constexpr uint32_t kCreateRangeEnd = 2;
constexpr uint32_t kResponseCreated = 3;
constexpr uint32_t kResponseCanceled = 4;
constexpr uint32_t kResponseEvents = 11;
constexpr uint32_t kEventKv = 2;
constexpr uint32_t kKvValue = 5;

constexpr int kEventsMax = 256;
constexpr int kPauseMs = 20;
// For all watchers to exist, and for an event while any is due.
constexpr int64_t kCreationPatienceNs = 120'000'000'000;

}  // namespace

Audience::Audience(const Options& options, Pace* pace) : options_(options), pace_(pace) {
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  QUORATE_CHECK(epoll_ >= 0) << std::strerror(errno);
}

Audience::~Audience() {
  finishing_ = true;
  if (thread_.joinable()) thread_.join();
  close(epoll_);
}

absl::Status Audience::Gather(const std::vector<Endpoint>& endpoints) {
  const uint64_t connections = std::min<uint64_t>(options_.watch_connections, options_.watchers);
  uint64_t first = 0;
  for (uint64_t i = 0; i < connections; ++i) {
    const Endpoint& endpoint = endpoints[i % endpoints.size()];
    QUORATE_ASSIGN_OR_RETURN(const int fd, bench::Connect(endpoint));
    Connection* connection = connections_.emplace_back(std::make_unique<Connection>(fd, endpoint.authority)).get();
    epoll_event event = {};
    event.events = EPOLLIN;
    event.data.ptr = connection;
    QUORATE_CHECK(epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0) << std::strerror(errno);
    RequestSlot& slot = slots_.emplace_back();
    slot.connection = connection;
    slot.keeps_stream = true;
    slot.listener = this;
    const uint64_t count = options_.watchers / connections + (i < options_.watchers % connections ? 1 : 0);
    Create(&slot, first, count);
    first += count;
    connection->Submit(&slot, kWatchPath);
    connection->Flush();
  }
  return WaitForCreation();
}

void Audience::Create(RequestSlot* slot, uint64_t first, uint64_t count) const {
  const Data data(options_, options_.seed);
  std::string create;
  for (uint64_t number = first; number < first + count; ++number) {
    create.clear();
    data.AppendKeyField(&create, kCreateKey, options_.watch_each ? number % options_.keys : 0);
    if (!options_.watch_each) data.AppendKeyField(&create, kCreateRangeEnd, options_.keys);
    const size_t at = slot->request.size();
    slot->request.append(kGrpcPrefixSize, '\0');
    wire::AppendBytesField(&slot->request, kRequestCreate, create);
    WriteGrpcPrefix(&slot->request, at);
  }
}

absl::Status Audience::WaitForCreation() {
  const int64_t give_up_ns = MonotonicNs() + kCreationPatienceNs;
  while (created_ < options_.watchers) {
    if (!Receive(kPauseMs)) return delivery_.status;
    if (MonotonicNs() > give_up_ns) {
      return base::MakeStatus(absl::StatusCode::kDeadlineExceeded,
                              "only " + std::to_string(created_) + " watchers were created");
    }
  }
  return delivery_.status;
}

void Audience::Listen(int64_t measure_ns, std::function<void()> on_heard) {
  measure_ns_ = measure_ns;
  on_heard_ = std::move(on_heard);
  thread_ = std::thread([this] { Run(); });
}

Delivery Audience::Finish() {
  finishing_ = true;
  thread_.join();
  // Every write is for every watcher of the one range, and for one when each key has its own.
  const uint64_t due = options_.watch_each ? pace_->started() : pace_->started() * options_.watchers;
  if (!options_.watch_each || options_.watchers == options_.keys) delivery_.missing = due - std::min(due, events_);
  return std::move(delivery_);
}

bool Audience::HeardAll() const { return !options_.watch_each && events_ >= pace_->started() * options_.watchers; }

void Audience::Run() {
  int64_t last_heard_ns = MonotonicNs();
  while (true) {
    const uint64_t events_before = events_;
    const bool finishing = finishing_;
    if (!Receive(kPauseMs)) return;
    const int64_t now = MonotonicNs();
    if (events_ != events_before || !finishing) last_heard_ns = now;
    if (finishing && (HeardAll() || now - last_heard_ns > kSilenceNs)) return;
    if (!pace_->holds_back()) continue;
    const uint64_t heard = events_ / options_.watchers;
    if (heard == heard_writes_) continue;
    heard_writes_ = heard;
    pace_->SetHeard(heard);
    on_heard_();
  }
}

bool Audience::Receive(int timeout_ms) {
  epoll_event events[kEventsMax];
  const int count = epoll_wait(epoll_, events, kEventsMax, timeout_ms);
  std::vector<RequestSlot*> ended;
  for (int i = 0; i < count; ++i) {
    auto* connection = static_cast<Connection*>(events[i].data.ptr);
    now_ns_ = MonotonicNs();
    if ((events[i].events & ~static_cast<uint32_t>(EPOLLOUT)) != 0) connection->Receive(&ended);
    connection->Flush();
    epoll_event wanted = {};
    wanted.events = EPOLLIN | (connection->wants_write() ? static_cast<uint32_t>(EPOLLOUT) : 0);
    wanted.data.ptr = connection;
    epoll_ctl(epoll_, EPOLL_CTL_MOD, connection->fd(), &wanted);
  }
  if (!ended.empty() && delivery_.status.ok()) {
    delivery_.status = base::MakeStatus(absl::StatusCode::kUnavailable, "a watch ended: " + ended[0]->grpc_message);
  }
  return delivery_.status.ok();
}

void Audience::OnMessage(RequestSlot*, std::string_view message) {
  wire::Reader reader(message);
  while (reader.Next()) {
    if (reader.field() == kResponseEvents && reader.IsBytes()) OnEvent(reader.bytes());
    if (reader.field() == kResponseCreated && reader.boolean()) ++created_;
    if (reader.field() == kResponseCanceled && reader.boolean()) {
      delivery_.status = base::MakeStatus(absl::StatusCode::kAborted, "a watcher was canceled");
    }
  }
}

void Audience::OnEvent(std::string_view event) {
  ++events_;
  wire::Reader of_event(event);
  while (of_event.Next()) {
    if (of_event.field() != kEventKv || !of_event.IsBytes()) continue;
    wire::Reader kv(of_event.bytes());
    while (kv.Next()) {
      if (kv.field() != kKvValue || kv.bytes().size() < kTimestampBytes) continue;
      int64_t sent_ns = 0;
      std::memcpy(&sent_ns, kv.bytes().data(), sizeof(sent_ns));
      if (sent_ns < measure_ns_) continue;
      delivery_.latency_ns.Record(now_ns_ - sent_ns);
      delivery_.last_event_ns = now_ns_;
    }
  }
}

}  // namespace quorate::bench
