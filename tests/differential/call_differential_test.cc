// The same random calls of Lease and Maintenance, and of KV with leases and under alarms, to a real etcd and to
// Quorate: every answer must be the same, header revisions included. Both choose some numbers themselves (member ids,
// ids of leases): these must be used alike.
//
//   quorate_call_differential_test [--seed=<n>] [--steps=<n>] [--seconds=<n>] [--restart_percent=<n>]
//
// QUORATE_SEED gives the seed as well. A failure prints the seed and the step that reproduce it.

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <map>
#include <random>
#include <string>
#include <thread>

#include "tests/differential/call_generator.h"
#include "tests/differential/clock.h"
#include "tests/differential/player.h"
#include "tests/differential/symbols.h"
#include "tests/e2e/binaries.h"
#include "tests/seeded/seeded.h"

namespace quorate::testing {
namespace {

namespace pb = etcdserverpb;

constexpr uint64_t kStepsOfEpoch = 500;
constexpr std::chrono::milliseconds kPollEvery(20);
constexpr int kPollsMax = 500;
// What the servers' clocks may differ by.
constexpr int64_t kSlackSeconds = 2;

struct Side {
  Player player;
  Symbols symbols = {};

  // Learns the member's id, and waits until it has settled the version of its store.
  void Meet() {
    for (int polls = 0; polls < kPollsMax; ++polls) {
      const Outcome outcome = player.Call("Maintenance.Status", pb::StatusRequest());
      ASSERT_EQ(outcome.code, 0) << outcome.message;
      const auto& status = static_cast<const pb::StatusResponse&>(*outcome.response);
      symbols.Add(kOwnMember, static_cast<int64_t>(status.header().member_id()));
      if (!status.storageversion().empty()) return;
      std::this_thread::sleep_for(kPollEvery);
    }
    FAIL() << "no storage version";
  }

  Outcome Send(const Call& call) {
    const std::unique_ptr<google::protobuf::Message> request(call.request->New());
    request->CopyFrom(*call.request);
    symbols.ToNumbers(request.get());
    return player.Call(call.method, *request);
  }
};

// The id of a lease that the server has chosen, or 0.
int64_t GeneratedLease(const Call& call, const Outcome& outcome) {
  const auto* request = dynamic_cast<const pb::LeaseGrantRequest*>(call.request.get());
  if (request == nullptr || request->id() != 0 || outcome.code != 0) return 0;
  return static_cast<const pb::LeaseGrantResponse&>(*outcome.response).id();
}

std::string Text(const Side& side, const Outcome& outcome, int64_t elapsed_s) {
  if (outcome.code != 0) return "error " + std::to_string(outcome.code) + " '" + outcome.message + "'\n";
  side.symbols.ToNames(outcome.response.get());
  return CanonicalAnswer(*outcome.response, elapsed_s);
}

void Observe(const Call& call, const Outcome& outcome, CallGenerator* generator) {
  if (outcome.code != 0) return;
  const google::protobuf::Message& response = *outcome.response;
  const auto* header = response.GetDescriptor()->FindFieldByName("header");
  const auto& value = response.GetReflection()->GetMessage(response, header);
  if (const int64_t revision = static_cast<const pb::ResponseHeader&>(value).revision(); revision != 0) {
    generator->ObserveRevision(revision);
  }
  if (const auto* compaction = dynamic_cast<const pb::CompactionRequest*>(call.request.get())) {
    generator->ObserveCompaction(compaction->revision());
  }
  const auto* alarm = dynamic_cast<const pb::AlarmRequest*>(call.request.get());
  if (alarm != nullptr && alarm->action() == pb::AlarmRequest::GET && alarm->alarm() == pb::NONE) {
    generator->ObserveAlarms(static_cast<const pb::AlarmResponse&>(response).alarms_size() > 0);
  }
}

TEST(CallDifferential, EveryAnswerEqualsEtcds) {
  const std::string etcd = ReferenceProgram("etcd");
  ASSERT_FALSE(etcd.empty()) << "no reference etcd: run tests/reference/build.sh";
  if (!ReferenceIsCurrent()) GTEST_SKIP() << OldReferenceReason();

  const std::vector<std::string> flags = {"--unsafe-no-fsync"};
  Side reference{.player = Player(etcd, flags)};
  Side subject{.player = Player(SubjectServer(), flags)};
  for (Side* side : {&reference, &subject}) {
    ASSERT_NO_FATAL_FAILURE(side->player.Start());
    ASSERT_NO_FATAL_FAILURE(side->Meet());
  }
  CallGenerator generator(Seed());
  std::mt19937_64 restarts(Seed());
  std::map<std::string, uint64_t> tally;
  const auto start = std::chrono::steady_clock::now();
  const Clock clock;
  int64_t next_generated = kFirstGeneratedLease;
  uint64_t number = 0;
  for (; !clock.Over(number); ++number) {
    if (number > 0 && number % kStepsOfEpoch == 0 && RestartsNow(restarts)) {
      ASSERT_NO_FATAL_FAILURE(subject.player.Restart(restarts() % 2 == 0));
    }
    const Call call = generator.Next();
    const Outcome wanted = reference.Send(call);
    const Outcome got = subject.Send(call);
    const int64_t ids[] = {GeneratedLease(call, wanted), GeneratedLease(call, got)};
    if (ids[0] != 0 && ids[1] != 0) {
      reference.symbols.Add(next_generated, ids[0]);
      subject.symbols.Add(next_generated, ids[1]);
      generator.ObserveGeneratedLease(next_generated++);
    }
    const auto elapsed = std::chrono::steady_clock::now() - start;
    const int64_t elapsed_s = std::chrono::duration_cast<std::chrono::seconds>(elapsed).count() + kSlackSeconds;
    const std::string wanted_text = Text(reference, wanted, elapsed_s);
    const std::string got_text = Text(subject, got, elapsed_s);
    ASSERT_TRUE(wanted_text == got_text) << "step " << number << " of --seed=" << Seed() << "\n"
                                         << call.method << " {" << call.request->ShortDebugString()
                                         << "}\netcd answers:\n"
                                         << Shown(wanted_text) << reference.player.Obituary() << "\nQuorate answers:\n"
                                         << Shown(got_text) << subject.player.Obituary();
    Observe(call, wanted, &generator);
    ++tally[call.method + (wanted.code == 0 ? "" : ": " + wanted.message)];
  }
  std::printf("seed %lu, %lu steps\n", static_cast<unsigned long>(Seed()), static_cast<unsigned long>(number));
  for (const auto& [what, count] : tally) std::printf("%8lu  %s\n", static_cast<unsigned long>(count), what.c_str());
}

}  // namespace
}  // namespace quorate::testing
