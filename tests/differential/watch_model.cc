#include "tests/differential/watch_model.h"

#include <algorithm>
#include <limits>

namespace quorate::testing {
namespace {

using namespace std::string_literals;
namespace pb = etcdserverpb;

constexpr size_t kShownValueMax = 40;

bool HasFilter(const pb::WatchCreateRequest& request, pb::WatchCreateRequest::FilterType filter) {
  return std::find(request.filters().begin(), request.filters().end(), filter) != request.filters().end();
}

bool InRange(const pb::WatchCreateRequest& request, const std::string& key) {
  const std::string first = request.key().empty() ? "\0"s : request.key();
  if (request.range_end().empty()) return key == first;
  return key >= first && (request.range_end() == "\0"s || key < request.range_end());
}

std::string Brief(mvccpb::Event event) {
  for (mvccpb::KeyValue* kv : {event.mutable_kv(), event.has_prev_kv() ? event.mutable_prev_kv() : nullptr}) {
    if (kv != nullptr && kv->value().size() > kShownValueMax) kv->mutable_value()->resize(kShownValueMax);
  }
  return "{" + event.ShortDebugString() + "}";
}

bool Same(const mvccpb::Event& a, const mvccpb::Event& b) { return a.SerializeAsString() == b.SerializeAsString(); }

std::string CompareEvents(const ExpectedWatcher& expected, const ReceivedWatcher& received) {
  const size_t common = std::min(expected.events.size(), received.events.size());
  for (size_t i = 0; i < common; ++i) {
    if (Same(expected.events[i], received.events[i])) continue;
    return "event " + std::to_string(i) + " is " + Brief(received.events[i]) + "\n     expected " +
           Brief(expected.events[i]) + "\n";
  }
  if (received.events.size() > common) return "one event too many: " + Brief(received.events[common]) + "\n";
  if (expected.events.size() > common && !expected.cut) {
    return std::to_string(common) + " events of " + std::to_string(expected.events.size()) +
           ", missing: " + Brief(expected.events[common]) + "\n";
  }
  return "";
}

std::string CompareEnd(const ExpectedWatcher& expected, const ReceivedWatcher& received) {
  const bool ended = expected.state != ExpectedWatcher::State::kLive;
  if (ended != received.end.has_value()) return ended ? "has not ended\n" : "has ended\n";
  if (!ended) return "";
  // etcd heads the end by compaction with revision 0, and gives no reason.
  if (received.end->compact_revision() != expected.compact_revision || !received.end->cancel_reason().empty()) {
    return "ends with {" + received.end->ShortDebugString() + "}, expected compact revision " +
           std::to_string(expected.compact_revision) + "\n";
  }
  return "";
}

std::string CompareOne(const ExpectedWatcher& expected, const ReceivedWatcher& received) {
  std::string text = CompareEvents(expected, received) + CompareEnd(expected, received);
  if (received.fragments > 0 && !expected.request.fragment()) text += "fragments that were not asked for\n";
  if (received.fragment_open && !expected.cut) text += "the last fragment is missing\n";
  if (received.progress_responses > 0 && !expected.request.progress_notify()) text += "unasked progress\n";
  return text;
}

}  // namespace

void WatchHistory::Append(const mvccpb::Event& event) { events_.push_back(event); }

void WatchHistory::Compact(int64_t revision) {
  compacted_ = revision;
  std::erase_if(events_, [&](const mvccpb::Event& event) { return event.kv().mod_revision() < revision; });
}

ExpectedWatcher::ExpectedWatcher(const pb::WatchCreateRequest& create, int64_t given_id, int64_t store_revision,
                                 const WatchHistory& history)
    : request(create),
      id(given_id),
      start_(create.start_revision()),
      caught_up_(start_ == 0 || start_ > store_revision) {
  if (start_ == 0) start_ = store_revision + 1;
  if (start_ < history.compacted() && start_ <= store_revision) {
    state = State::kCompacted;
    compact_revision = history.compacted();
    return;
  }
  for (const mvccpb::Event& event : history.events()) {
    if (!Wants(event)) continue;
    mvccpb::Event told = Told(event);
    // The key before is read from the history, which may not reach back so far.
    if (event.kv().mod_revision() - 1 < history.compacted()) told.clear_prev_kv();
    events.push_back(told);
  }
}

bool ExpectedWatcher::Wants(const mvccpb::Event& event) const {
  const auto unwanted =
      event.type() == mvccpb::Event::PUT ? pb::WatchCreateRequest::NOPUT : pb::WatchCreateRequest::NODELETE;
  return event.kv().mod_revision() >= start_ && InRange(request, event.kv().key()) && !HasFilter(request, unwanted);
}

mvccpb::Event ExpectedWatcher::Told(mvccpb::Event event) const {
  if (!request.prev_kv()) event.clear_prev_kv();
  return event;
}

void ExpectedWatcher::Follow(const mvccpb::Event& event) {
  if (state == State::kLive && Wants(event)) events.push_back(Told(event));
}

bool ExpectedWatcher::HoldsProgressUp(int64_t store_revision) const {
  return state == State::kCompacted || (state == State::kLive && request.start_revision() > store_revision);
}

int64_t ExpectedWatcher::ReadsFrom() const {
  return state == State::kLive && !caught_up_ && events.empty() ? start_ : std::numeric_limits<int64_t>::max();
}

bool HasArrived(const std::vector<ExpectedWatcher>& expected, const WatchLog& log) {
  if (log.watchers().size() < expected.size()) return false;
  for (size_t i = 0; i < expected.size(); ++i) {
    const ReceivedWatcher& received = log.watchers()[i];
    if (expected[i].state == ExpectedWatcher::State::kCancelled) continue;
    if (received.events.size() < expected[i].events.size() || received.fragment_open) return false;
    if (expected[i].state == ExpectedWatcher::State::kCompacted && !received.end) return false;
  }
  return true;
}

std::string Compare(const std::vector<ExpectedWatcher>& expected, const WatchLog& log) {
  std::string text = log.faults();
  if (log.watchers().size() != expected.size()) {
    return text + std::to_string(log.watchers().size()) + " watchers, expected " + std::to_string(expected.size()) +
           "\n";
  }
  for (size_t i = 0; i < expected.size(); ++i) {
    const std::string one = CompareOne(expected[i], log.watchers()[i]);
    if (!one.empty()) text += "watcher {" + expected[i].request.ShortDebugString() + "}:\n" + one;
  }
  return text;
}

}  // namespace quorate::testing
