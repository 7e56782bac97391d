// kill -9 under writes while a client watches everything and resumes from its last revision: it sees each event of the
// history once, every acknowledged write among them.
//
//   quorate_watch_crash_test [--rounds=<n>] [--seed=<n>]

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <map>
#include <string>

#include "etcdserverpb/rpc.pb.h"
#include "tests/durability/fault_test.h"
#include "tests/e2e/ask.h"
#include "tests/e2e/binaries.h"
#include "tests/e2e/recorded_writes.h"
#include "tests/e2e/resuming_watcher.h"

namespace quorate::testing {
namespace {

namespace pb = etcdserverpb;

constexpr std::chrono::milliseconds kLifeMax(500);
constexpr int kWriters = 20;
const std::string kAllEnd(1, '\0');

// Every acknowledged write has its events at its revision.
void CheckTold(const std::vector<RecordedWrite>& writes, const std::vector<mvccpb::Event>& events) {
  std::map<std::string, int64_t> told;
  for (const mvccpb::Event& event : events) told[event.kv().key()] = event.kv().mod_revision();
  for (const RecordedWrite& write : writes) {
    if (write.revision == 0) continue;
    for (const std::string& key : write.keys) EXPECT_EQ(told[key], write.revision) << key;
  }
}

using WatchCrash = FaultTest;

TEST_F(WatchCrash, AResumedWatchMissesNothingOverKill9) {
  int64_t revision = CurrentRevision(server_.address());
  const int64_t from = revision + 1;
  ResumingWatcher watcher(server_.address(), "", kAllEnd, from);
  for (int round = 0; round < Rounds(); ++round) {
    SCOPED_TRACE("round " + std::to_string(round) + " of --seed=" + std::to_string(Seed()));
    const std::string prefix = "round/" + std::to_string(round) + "/";
    RecordingWriters writers(
        {.address = server_.address(), .prefix = prefix, .connections = kWriters, .seed = dice_.Seed()});
    dice_.Dawdle(kLifeMax);
    server_.Kill();
    writers.Stop();
    ASSERT_NO_FATAL_FAILURE(KillAndStartAgain());
    const std::vector<RecordedWrite> writes = writers.TakeWrites();
    ASSERT_EQ(CheckWrites(server_.address(), prefix, writes, revision, &revision), "");

    pb::PutRequest end;
    end.set_key("end of the round");
    revision = Ask<pb::PutResponse>(*caller_, "KV.Put", end).header().revision();
    ASSERT_EQ(CompareWithHistory(&watcher, server_.address(), "", kAllEnd, from, revision), "");
    CheckTold(writes, watcher.events());
    ASSERT_FALSE(HasFailure());
  }
  EXPECT_GE(watcher.streams(), Rounds());
  std::printf("seed %lu, %d rounds, %zu events over %d streams\n", static_cast<unsigned long>(Seed()), Rounds(),
              watcher.events().size(), watcher.streams());
}

}  // namespace
}  // namespace quorate::testing
