#include "tests/differential/watch_run.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

#include "tests/differential/canonical.h"

namespace quorate::testing {
namespace {

using namespace std::string_literals;
namespace pb = etcdserverpb;

constexpr int kStreams = 3;
constexpr int kStepsOfEpoch = 60;
constexpr size_t kLeases = 3;
constexpr int64_t kLeaseSeconds = 100'000;
constexpr std::chrono::seconds kArrivalTimeout(20);
// etcd looks after watchers of the past this often, and does not answer progress requests meanwhile.
constexpr std::chrono::milliseconds kAskAgainAfter(120);
constexpr int kAskedMax = 100;
// Several of them do not fit into one response when fragments are allowed.
constexpr size_t kLargeValueBytes = 200'000;
constexpr int kLargeValues = 12;
// More of them than a paused stream's buffers take.
constexpr size_t kBurstValueBytes = 4'000;
constexpr int kBurstValues = 200;

std::string ControlText(pb::WatchResponse response) {
  response.mutable_header()->set_cluster_id(response.header().cluster_id() != 0);
  response.mutable_header()->set_member_id(response.header().member_id() != 0);
  response.mutable_header()->set_raft_term(response.header().raft_term() != 0);
  return response.ShortDebugString();
}

}  // namespace

WatchRun::WatchRun(uint64_t seed, Player* reference, Player* subject)
    : generator_(seed),
      reference_(reference),
      subject_(subject),
      historian_(std::make_unique<WatchStream>(reference->address())) {
  pb::WatchRequest request;
  request.mutable_create_request()->set_range_end("\0"s);
  request.mutable_create_request()->set_prev_kv(true);
  historian_->Send(request);
  historian_->WaitUntil([](const WatchLog& log) { return log.controls().size() == 1; }, kArrivalTimeout);
}

void WatchRun::PlayEpoch() {
  ASSERT_NO_FATAL_FAILURE(OpenStreams());
  for (int step = 0; step < kStepsOfEpoch; ++step) {
    SCOPED_TRACE("step " + std::to_string(step));
    ASSERT_NO_FATAL_FAILURE(PlayStep());
  }
  ASSERT_NO_FATAL_FAILURE(SettleAll());
  for (Streams& streams : streams_) ASSERT_NO_FATAL_FAILURE(AwaitPeriodicProgress(&streams));
  // The client may have no more to say and still listen.
  for (Streams& streams : streams_) {
    streams.reference->HalfClose();
    streams.subject->HalfClose();
  }
  ASSERT_NO_FATAL_FAILURE(WriteSome());
  ASSERT_NO_FATAL_FAILURE(SettleAll());
  for (Streams& streams : streams_) {
    streams.subject->Look([&](const WatchLog& log) {
      for (const ReceivedWatcher& watcher : log.watchers()) {
        tally_["fragment"] += static_cast<uint64_t>(watcher.fragments);
      }
    });
  }
  streams_.clear();
}

void WatchRun::OpenStreams() {
  streams_.clear();
  for (int i = 0; i < kStreams; ++i) {
    Streams& streams = streams_.emplace_back();
    streams.reference = std::make_unique<WatchStream>(reference_->address());
    streams.subject = std::make_unique<WatchStream>(subject_->address());
  }
  // One that is told everything, so that the histories themselves are compared.
  pb::WatchRequest request;
  request.mutable_create_request()->set_range_end("\0"s);
  request.mutable_create_request()->set_prev_kv(true);
  pb::WatchResponse answer;
  ASSERT_NO_FATAL_FAILURE(Control(&streams_[0], request, &answer));
  streams_[0].expected.emplace_back(request.create_request(), answer.watch_id(), revision_, history_);
}

void WatchRun::PlayStep() {
  const uint64_t dice = generator_.Below(100);
  if (dice < 42) return WriteSome();
  if (dice < 44) return WriteLargeBurst();
  if (dice < 47) return RevokeLease();
  if (dice < 72) return CreateSome();
  if (dice < 82) return CancelOne();
  if (dice < 87) return CompactSome();
  if (dice < 92) return RequestProgress(AnyStreams());
  if (dice < 96) return PauseOne();
  return Settle(AnyStreams());
}

void WatchRun::WriteSome() {
  while (leases_.size() < kLeases) {
    pb::LeaseGrantRequest request;
    request.set_id(next_lease_++);
    request.set_ttl(kLeaseSeconds);
    for (Player* player : {reference_, subject_}) {
      const Outcome outcome = player->Call("Lease.LeaseGrant", request);
      ASSERT_EQ(outcome.code, 0) << outcome.message;
    }
    leases_.push_back(request.id());
  }
  for (uint64_t count = 1 + generator_.Below(8); count > 0; --count) {
    ASSERT_NO_FATAL_FAILURE(Send(generator_.Write(leases_)));
  }
}

void WatchRun::WriteLargeBurst() {
  const bool large = generator_.Chance(50);
  if (large) {
    ASSERT_NO_FATAL_FAILURE(CreateFragmented());
  }
  for (int count = large ? kLargeValues : kBurstValues; count > 0; --count) {
    ASSERT_NO_FATAL_FAILURE(Send(generator_.LargeWrite(large ? kLargeValueBytes : kBurstValueBytes)));
  }
  ++tally_["large burst"];
  if (!large) return;
  // Events of one revision that with the keys before are more than a response may hold.
  Step step;
  step.kind = Step::Kind::kDeleteRange;
  step.delete_range.set_key("\0"s);
  step.delete_range.set_range_end("\0"s);
  ASSERT_NO_FATAL_FAILURE(Send(step));
}

void WatchRun::CreateFragmented() {
  Streams* streams = AnyStreams();
  if (streams->paused) return;
  pb::WatchRequest request;
  request.mutable_create_request()->set_range_end("\0"s);
  request.mutable_create_request()->set_prev_kv(true);
  request.mutable_create_request()->set_fragment(true);
  pb::WatchResponse answer;
  ASSERT_NO_FATAL_FAILURE(Control(streams, request, &answer));
  streams->expected.emplace_back(request.create_request(), answer.watch_id(), revision_, history_);
}

void WatchRun::RevokeLease() {
  if (leases_.empty()) return;
  pb::LeaseRevokeRequest request;
  request.set_id(leases_.back());
  leases_.pop_back();
  int64_t revisions[2];
  for (Player* player : {reference_, subject_}) {
    const Outcome outcome = player->Call("Lease.LeaseRevoke", request);
    ASSERT_EQ(outcome.code, 0) << outcome.message;
    revisions[player == subject_] = static_cast<const pb::LeaseRevokeResponse&>(*outcome.response).header().revision();
  }
  ASSERT_EQ(revisions[0], revisions[1]) << "revoking lease " << request.id();
  ++tally_["revoke"];
  Follow(revisions[0]);
}

void WatchRun::Send(const Step& step) {
  const Answer wanted = reference_->Send(step);
  const Answer got = subject_->Send(step);
  ASSERT_EQ(Shown(Canonical(step, wanted)) + reference_->Obituary(), Shown(Canonical(step, got)) + subject_->Obituary())
      << Shown(step.DebugString());
  ++tally_["write"];
  if (wanted.code == 0) Follow(wanted.revision);
}

void WatchRun::Follow(int64_t revision) {
  if (revision == revision_) return;
  revision_ = revision;
  std::vector<mvccpb::Event> fresh;
  const auto arrived = [&](const WatchLog& log) {
    const std::vector<mvccpb::Event>& events = log.watchers()[0].events;
    return events.size() > historian_events_ && events.back().kv().mod_revision() >= revision;
  };
  ASSERT_TRUE(historian_->WaitUntil(arrived, kArrivalTimeout)) << "no events of revision " << revision;
  historian_->Look([&](const WatchLog& log) {
    const std::vector<mvccpb::Event>& events = log.watchers()[0].events;
    fresh.assign(events.begin() + static_cast<std::ptrdiff_t>(historian_events_), events.end());
    historian_events_ = events.size();
  });
  for (const mvccpb::Event& event : fresh) {
    history_.Append(event);
    for (Streams& streams : streams_) {
      for (ExpectedWatcher& expected : streams.expected) expected.Follow(event);
    }
  }
  tally_["event"] += fresh.size();
}

void WatchRun::Control(Streams* streams, const pb::WatchRequest& request, pb::WatchResponse* answer) {
  std::string texts[2];
  ++streams->controls;
  WatchStream* const both[] = {streams->reference.get(), streams->subject.get()};
  for (int i = 0; i < 2; ++i) {
    both[i]->Send(request);
    const auto answered = [&](const WatchLog& log) { return log.controls().size() >= streams->controls; };
    ASSERT_TRUE(both[i]->WaitUntil(answered, kArrivalTimeout))
        << (i == 0 ? "etcd" : "Quorate") << " does not answer " << request.ShortDebugString() << both[i]->Obituary()
        << subject_->Obituary();
    both[i]->Look([&](const WatchLog& log) {
      if (i == 0) *answer = log.controls()[streams->controls - 1];
      texts[i] = ControlText(log.controls()[streams->controls - 1]);
    });
  }
  ASSERT_EQ(texts[0], texts[1]) << "etcd's and Quorate's answer to " << request.ShortDebugString();
}

void WatchRun::CreateSome() {
  Streams* streams = AnyStreams();
  if (streams->paused) return;
  for (uint64_t count = 1 + generator_.Below(5); count > 0; --count) {
    pb::WatchRequest request;
    *request.mutable_create_request() = generator_.Create(history_.compacted(), revision_);
    pb::WatchResponse answer;
    ASSERT_NO_FATAL_FAILURE(Control(streams, request, &answer));
    ++tally_[answer.canceled() ? "refused: " + answer.cancel_reason() : "created"];
    if (answer.canceled()) continue;
    streams->expected.emplace_back(request.create_request(), answer.watch_id(), revision_, history_);
    tally_["compacted"] += streams->expected.back().state == ExpectedWatcher::State::kCompacted;
  }
}

void WatchRun::CancelOne() {
  Streams* streams = AnyStreams();
  if (streams->paused) return;
  pb::WatchRequest request;
  if (streams->expected.empty() || generator_.Chance(10)) {
    // Nobody's id, and a request that is none: neither is answered. The next answer tells if one was.
    request.mutable_cancel_request()->set_watch_id(777);
    for (WatchStream* stream : {streams->reference.get(), streams->subject.get()}) {
      stream->Send(request);
      stream->Send(pb::WatchRequest());
    }
    return;
  }
  ExpectedWatcher& expected = streams->expected[generator_.Below(streams->expected.size())];
  if (expected.state == ExpectedWatcher::State::kCancelled) return;
  if (expected.state == ExpectedWatcher::State::kCompacted || generator_.Chance(50)) {
    ASSERT_NO_FATAL_FAILURE(Settle(streams));
  } else {
    expected.cut = true;
  }
  request.mutable_cancel_request()->set_watch_id(expected.id);
  pb::WatchResponse answer;
  ASSERT_NO_FATAL_FAILURE(Control(streams, request, &answer));
  expected.state = ExpectedWatcher::State::kCancelled;
  ++tally_["cancelled"];
}

void WatchRun::CompactSome() {
  ASSERT_NO_FATAL_FAILURE(SettleAll());
  Step step = generator_.Compact(history_.compacted(), revision_);
  for (const Streams& streams : streams_) {
    for (const ExpectedWatcher& expected : streams.expected) {
      step.compact.set_revision(std::min(step.compact.revision(), expected.ReadsFrom()));
    }
  }
  if (step.compact.revision() > revision_ || step.compact.revision() <= history_.compacted()) return;
  ASSERT_NO_FATAL_FAILURE(Send(step));
  history_.Compact(step.compact.revision());
  ++tally_["compaction"];
}

void WatchRun::PauseOne() {
  Streams* streams = AnyStreams();
  streams->paused = !streams->paused;
  streams->reference->Pause(streams->paused);
  streams->subject->Pause(streams->paused);
  ++tally_["pause"];
}

void WatchRun::RequestProgress(Streams* streams) {
  ASSERT_NO_FATAL_FAILURE(Settle(streams));
  const auto live = [](const ExpectedWatcher& expected) { return expected.state == ExpectedWatcher::State::kLive; };
  const bool any = std::any_of(streams->expected.begin(), streams->expected.end(), live);
  const bool held_up = std::any_of(streams->expected.begin(), streams->expected.end(),
                                   [&](const ExpectedWatcher& one) { return one.HoldsProgressUp(revision_); });
  pb::WatchRequest request;
  request.mutable_progress_request();
  for (WatchStream* stream : {streams->reference.get(), streams->subject.get()}) {
    const std::string who = stream == streams->subject.get() ? "Quorate" : "etcd";
    size_t before = 0;
    stream->Look([&](const WatchLog& log) { before = log.manual_progress().size(); });
    stream->Send(request);
    if (!any || held_up) continue;
    const auto answered = [&](const WatchLog& log) { return log.manual_progress().size() > before; };
    int asked = 1;
    for (; asked < kAskedMax && !stream->WaitUntil(answered, kAskAgainAfter); ++asked) stream->Send(request);
    ASSERT_LT(asked, kAskedMax) << who << " does not tell its progress" << stream->Obituary();
    int64_t told = 0;
    stream->Look([&](const WatchLog& log) { told = log.manual_progress().back(); });
    ASSERT_EQ(told, revision_) << who << "'s progress while nothing is written";
    ++tally_["progress"];
  }
  if (!any || held_up) return;
  for (ExpectedWatcher& expected : streams->expected) expected.CaughtUp();
}

void WatchRun::AwaitPeriodicProgress(Streams* streams) {
  for (size_t i = 0; i < streams->expected.size(); ++i) {
    const ExpectedWatcher& expected = streams->expected[i];
    if (expected.state != ExpectedWatcher::State::kLive || expected.HoldsProgressUp(revision_)) continue;
    if (!expected.request.progress_notify()) continue;
    const auto told = [&](const WatchLog& log) { return log.watchers()[i].progress_revision == revision_; };
    ASSERT_TRUE(streams->reference->WaitUntil(told, kArrivalTimeout))
        << "etcd's " << expected.request.ShortDebugString();
    ASSERT_TRUE(streams->subject->WaitUntil(told, kArrivalTimeout))
        << "no progress for " << expected.request.ShortDebugString();
    ++tally_["periodic progress"];
    return;
  }
}

void WatchRun::Settle(Streams* streams) {
  for (WatchStream* stream : {streams->reference.get(), streams->subject.get()}) {
    const std::string who = stream == streams->subject.get() ? "Quorate" : "etcd";
    stream->Pause(false);
    stream->WaitUntil([&](const WatchLog& log) { return HasArrived(streams->expected, log) || !log.faults().empty(); },
                      kArrivalTimeout);
    std::string wrong;
    stream->Look([&](const WatchLog& log) { wrong = Compare(streams->expected, log); });
    ASSERT_EQ(Shown(wrong), "") << who << " tells its watchers something else; " << stream->Obituary()
                                << subject_->Obituary();
  }
  streams->paused = false;
  ++tally_["comparison"];
}

void WatchRun::SettleAll() {
  for (Streams& streams : streams_) ASSERT_NO_FATAL_FAILURE(Settle(&streams));
}

}  // namespace quorate::testing
