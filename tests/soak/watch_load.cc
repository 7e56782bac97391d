#include "tests/soak/watch_load.h"

#include <algorithm>
#include <chrono>

#include "tests/e2e/watch_stream.h"

namespace quorate::soak {
namespace {

using std::chrono::milliseconds;

constexpr uint64_t kWatchersMax = 6;
constexpr int64_t kPastMax = 8'000;
constexpr uint64_t kFutureMax = 300;
constexpr uint64_t kLifeMsMax = 2'000;
constexpr uint64_t kPauseMsMax = 2'000;
constexpr milliseconds kAnswerWithin(60'000);
constexpr milliseconds kLookEvery(500);
const std::string kNoEnd(1, '\0');

std::string Describe(const testing::ReceivedWatcher& watcher, const WatchSpec& spec) {
  return std::to_string(watcher.id) + ": [" + spec.key + ", " + spec.range_end + ") from " +
         std::to_string(spec.from) + (spec.former ? ", with former values" : "") + ", has heard " +
         std::to_string(watcher.events.size()) + " events up to " + std::to_string(watcher.last_revision) +
         (watcher.end ? " and is over; " : "; ");
}

}  // namespace

WatchLoad::WatchLoad(Stage* stage, int number)
    : stage_(*stage), number_(number), random_(stage->seed * 9'000'011 + static_cast<uint64_t>(number)) {}

void WatchLoad::Run() {
  while (stage_.availability->WaitUntilUp()) PlayStream();
}

WatchSpec WatchLoad::Create(testing::WatchStream& stream, int64_t id) {
  WatchSpec spec;
  switch (Below(4)) {
    case 0:
      spec.key = kNoEnd;
      spec.range_end = kNoEnd;
      break;
    case 1:
      spec.key = "own/" + std::to_string(Below(4));
      spec.range_end = spec.key + "~";
      break;
    case 2:
      spec.key = "leased/";
      spec.range_end = kNoEnd;
      break;
    default:
      spec.key = "shared/0000" + std::to_string(Below(10));
  }
  const int64_t last = stage_.timeline->last();
  const uint64_t when = Below(4);
  if (when == 0) spec.from = last + 1 + static_cast<int64_t>(Below(kFutureMax));
  if (when >= 2) {
    const int64_t oldest = std::min(last, std::max(stage_.timeline->first(), last - kPastMax));
    spec.from = std::max<int64_t>(1, last - static_cast<int64_t>(Below(static_cast<uint64_t>(last - oldest + 1))));
  }
  const uint64_t filter = Below(6);
  spec.puts = filter != 0;
  spec.deletes = filter != 1;
  spec.former = Below(3) == 0;

  pb::WatchRequest request;
  pb::WatchCreateRequest* create = request.mutable_create_request();
  create->set_watch_id(id);
  create->set_key(spec.key);
  create->set_range_end(spec.range_end);
  create->set_start_revision(spec.from);
  create->set_prev_kv(spec.former);
  create->set_fragment(Below(3) == 0);
  create->set_progress_notify(Below(2) == 0);
  if (!spec.puts) create->add_filters(pb::WatchCreateRequest::NOPUT);
  if (!spec.deletes) create->add_filters(pb::WatchCreateRequest::NODELETE);
  stream.Send(request);
  ++stage_.watchers;
  return spec;
}

// Asks again and again: while a watcher is of the future, nothing is told, and when none is left either.
bool WatchLoad::AwaitProgress(testing::WatchStream& stream) {
  const auto told = [](const testing::WatchLog& log) {
    const bool over = std::all_of(log.watchers().begin(), log.watchers().end(),
                                  [](const testing::ReceivedWatcher& watcher) { return watcher.end.has_value(); });
    return !log.manual_progress().empty() || (over && !log.watchers().empty());
  };
  const auto deadline = std::chrono::steady_clock::now() + kAnswerWithin;
  pb::WatchRequest ask;
  ask.mutable_progress_request();
  while (std::chrono::steady_clock::now() < deadline) {
    stream.Send(ask);
    if (stream.WaitUntil(told, kLookEvery)) return true;
    if (stage_.availability->stopping() || !stream.Obituary().empty()) return false;
  }
  return false;
}

void WatchLoad::PlayStream() {
  const uint64_t epoch = stage_.availability->epoch();
  const auto excused = [&] { return stage_.availability->epoch() != epoch; };
  testing::WatchStream stream(stage_.availability->address());
  std::map<int64_t, WatchSpec> specs;
  const auto watchers = static_cast<int64_t>(1 + Below(kWatchersMax));
  for (int64_t id = 1; id <= watchers; ++id) specs[id] = Create(stream, id);
  if (Below(3) == 0) {
    stream.Pause(true);
    stage_.availability->Sleep(milliseconds(Below(kPauseMsMax)));
    stream.Pause(false);
  }
  stage_.availability->Sleep(milliseconds(Below(kLifeMsMax)));
  for (int64_t id = 1; id <= watchers && Below(2) == 0; ++id) {
    pb::WatchRequest request;
    request.mutable_cancel_request()->set_watch_id(id);
    stream.Send(request);
  }
  if (!AwaitProgress(stream) && !excused() && !stage_.availability->stopping()) {
    std::string text = "a watch stream does not tell its progress: " + stream.Obituary();
    stream.Look([&](const testing::WatchLog& seen) {
      for (const testing::ReceivedWatcher& watcher : seen.watchers()) text += Describe(watcher, specs[watcher.id]);
    });
    stage_.findings->Add(text + "the history is at " + std::to_string(stage_.timeline->last()));
  }

  testing::WatchLog log;
  stream.Look([&](const testing::WatchLog& seen) { log = seen; });
  if (!log.faults().empty()) stage_.findings->Add("a watch stream: " + log.faults());
  std::map<int64_t, int64_t> created_at;
  for (const pb::WatchResponse& control : log.controls()) {
    if (control.created()) created_at[control.watch_id()] = control.header().revision();
  }
  const int64_t progress = log.manual_progress().empty() ? 0 : log.manual_progress().back();
  for (const testing::ReceivedWatcher& watcher : log.watchers()) {
    Check(watcher, specs[watcher.id], created_at[watcher.id], progress);
  }
}

void WatchLoad::Check(const testing::ReceivedWatcher& watcher, WatchSpec spec, int64_t created_at, int64_t progress) {
  if (watcher.end && watcher.end->compact_revision() > 0) {
    const int64_t behind = watcher.events.empty() ? spec.from : watcher.events.back().kv().mod_revision();
    if (behind >= stage_.compacting || behind >= watcher.end->compact_revision()) {
      stage_.findings->Add("a watcher at revision " + std::to_string(behind) +
                           " ends as compacted: " + watcher.end->ShortDebugString());
    }
  }
  if (spec.from == 0) spec.from = created_at + 1;
  spec.formerless_to = stage_.compacting;
  // Of a watcher that has not ended all is told up to the progress; of any, all of what came before its last event.
  // The last revision may be cut where a fragment ends.
  int64_t whole_to = watcher.end ? 0 : progress;
  std::vector<mvccpb::Event> events = watcher.events;
  if (watcher.fragment_open && !events.empty()) {
    const int64_t cut = events.back().kv().mod_revision();
    while (!events.empty() && events.back().kv().mod_revision() == cut) events.pop_back();
    whole_to = 0;
  }
  if (!events.empty()) whole_to = std::max(whole_to, events.back().kv().mod_revision());
  if (whole_to >= spec.from || !events.empty()) stage_.timeline->CheckWatch(spec, events, whole_to);
}

}  // namespace quorate::soak
