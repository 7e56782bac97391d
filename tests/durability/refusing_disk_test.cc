// A disk that takes no writes, is slow, or does things by halves: reads go on, everything is told, and all is well
// again once the trouble is over.

#include <cerrno>
#include <csignal>
#include <future>

#include "etcdserverpb/rpc.pb.h"
#include "tests/durability/troubled_disk_test.h"

namespace quorate::testing {
namespace {

constexpr int kResourceExhausted = 8;
constexpr int kDataLoss = 15;
constexpr int kUnavailable = 14;
// Half of what the slow sync takes; machines that run tests are busy.
constexpr std::chrono::milliseconds kAtOnce(2000);

// Everything under `path` that changes anything but syncs, which have nothing to do on such a disk.
std::string Refuse(const std::string& path, int error) {
  std::string rules;
  for (const char* calls : {"write", "open", "name", "size"}) {
    rules += std::string(calls) + " " + path + " error " + std::to_string(error) + "\n";
  }
  return rules;
}

class RefusingDisk : public TroubledDisk {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(Start());
    ASSERT_NO_FATAL_FAILURE(Fill(20, 1000));
  }

  void ExpectToldEverywhere(const std::string& reason) {
    const Page health = Fetch("/health");
    EXPECT_EQ(health.code, 503) << health.body;
    EXPECT_NE(health.body.find(R"("health":"false")"), std::string::npos) << health.body;
    EXPECT_NE(health.body.find(reason), std::string::npos) << health.body;
    const Page ready = Fetch("/readyz");
    EXPECT_EQ(ready.code, 503) << ready.body;
    EXPECT_NE(ready.body.find("[-]disk_writes failed"), std::string::npos) << ready.body;
    EXPECT_EQ(Fetch("/livez").code, 200);
  }
  void ExpectWell() {
    EXPECT_TRUE(Eventually([this] { return Put("again") == 0; })) << server_.LogTail();
    EXPECT_TRUE(Eventually([this] { return Fetch("/health").code == 200; })) << Fetch("/health").body;
    EXPECT_EQ(Fetch("/readyz").code, 200) << Fetch("/readyz").body;
    EXPECT_NE(Fetch("/metrics").body.find("\nquorate_writes_possible 1\n"), std::string::npos);
  }

  // Every call that changes anything is refused, until it is not.
  void RefuseEverything(int error, int code, const std::string& reason, const std::string& log) {
    Faults(Refuse("*", error));
    EXPECT_NE(Put("unknown"), 0);
    ASSERT_TRUE(Eventually([this] { return Fetch("/health").code == 503; })) << server_.LogTail();
    EXPECT_EQ(Put("refused"), code);
    ExpectToldEverywhere(reason);
    EXPECT_NE(Fetch("/metrics").body.find("\nquorate_writes_possible 0\n"), std::string::npos);
    std::string message;
    bool found = false;
    EXPECT_EQ(Get("fill/1", &message, &found), 0) << message;
    EXPECT_TRUE(found);
    ExpectLogged(log);
    ASSERT_TRUE(server_.WaitForExit(std::chrono::milliseconds(300)) == std::nullopt) << server_.LogTail();
    Faults("");
    ExpectWell();
    ExpectLogged("writes are taken again");
    ASSERT_NO_FATAL_FAILURE(ExpectAllWritesAfterRestart());
  }

  // The store's own files alone: the log takes what comes, for a while.
  void RefuseTables(int error, const std::string& reason) {
    ASSERT_EQ(Put("to be flushed"), 0);
    Faults(Refuse("/store/", error));
    EXPECT_NE(Defragment(), 0);
    EXPECT_TRUE(Eventually([this] {
      Put("meanwhile");
      return Fetch("/health").code == 503;
    })) << server_.LogTail();
    ExpectToldEverywhere(reason);
    ASSERT_TRUE(server_.WaitForExit(std::chrono::milliseconds(300)) == std::nullopt) << server_.LogTail();
    Faults("");
    ExpectWell();
    EXPECT_EQ(Defragment(), 0) << server_.LogTail();
    ASSERT_NO_FATAL_FAILURE(ExpectAllWritesAfterRestart());
  }
};

TEST_F(RefusingDisk, ReadOnly) { RefuseEverything(EROFS, kUnavailable, "DISK READ-ONLY", "the disk is read-only"); }
TEST_F(RefusingDisk, Full) { RefuseEverything(ENOSPC, kResourceExhausted, "DISK FULL", "the disk is full"); }
TEST_F(RefusingDisk, QuotaUsedUp) { RefuseEverything(EDQUOT, kResourceExhausted, "DISK FULL", "the disk is full"); }
TEST_F(RefusingDisk, NoDescriptors) {
  RefuseEverything(EMFILE, kUnavailable, "NO DESCRIPTORS OR MEMORY", "no file descriptors or memory are left");
}
TEST_F(RefusingDisk, TablesFull) { RefuseTables(ENOSPC, "DISK FULL"); }
TEST_F(RefusingDisk, TablesReadOnly) { RefuseTables(EROFS, "DISK READ-ONLY"); }
TEST_F(RefusingDisk, TablesQuotaUsedUp) { RefuseTables(EDQUOT, "DISK FULL"); }

TEST_F(RefusingDisk, TablesNoMemory) { RefuseTables(ENOMEM, "NO DESCRIPTORS OR MEMORY"); }

TEST_F(RefusingDisk, AFullDiskIsLookedPastWhereTheAlarmIs) {
  Faults(Refuse("*", ENOSPC));
  EXPECT_NE(Put("unknown"), 0);
  ASSERT_TRUE(Eventually([this] { return Fetch("/health").code == 503; }));
  EXPECT_EQ(Fetch("/health?exclude=NOSPACE").code, 200);
  EXPECT_EQ(Fetch("/readyz?exclude=disk_writes").code, 200);
}

TEST_F(RefusingDisk, WhatCannotBeReadIsAnErrorAndIsToldAndNothingIsWrittenAnyMore) {
  // Nothing of the former life is in memory.
  server_.Terminate();
  ASSERT_NO_FATAL_FAILURE(Start());
  ASSERT_EQ(Put("before"), 0);
  Faults("read .sst error " + std::to_string(EIO) + "\n");
  std::string message;
  bool found = false;
  EXPECT_EQ(Get("fill/7", &message, &found), kDataLoss) << message;
  EXPECT_NE(message.find(".sst"), std::string::npos) << message;
  EXPECT_EQ(Get("before", &message, &found), 0) << message;
  EXPECT_TRUE(found);
  EXPECT_EQ(Put("refused"), kDataLoss);
  const Page health = Fetch("/health");
  EXPECT_EQ(health.code, 503);
  EXPECT_NE(health.body.find("DATA DAMAGED"), std::string::npos) << health.body;
  EXPECT_NE(health.body.find(".sst"), std::string::npos) << health.body;
  const Page ready = Fetch("/readyz");
  EXPECT_EQ(ready.code, 503);
  EXPECT_NE(ready.body.find("[-]data_corruption failed"), std::string::npos) << ready.body;
  EXPECT_NE(Fetch("/metrics").body.find("\nquorate_data_damaged 1\n"), std::string::npos);
  ExpectLogged("the member's data is damaged");
  EXPECT_EQ(server_.Terminate(), std::optional<int>(0)) << server_.LogTail();
  ASSERT_NO_FATAL_FAILURE(ExpectAllWritesAfterRestart());
}

TEST_F(RefusingDisk, ASlowSyncKeepsWritesWaitingAndNothingElse) {
  Faults("sync .wal delay 4000\n");
  std::future<int> put = std::async(std::launch::async, [this] { return Put("slow"); });
  ASSERT_TRUE(Eventually([this] { return Fetch("/health").code == 503; })) << Fetch("/health").body;
  ExpectToldEverywhere("DISK SLOW");
  std::string message;
  bool found = false;
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(Get("fill/1", &message, &found), 0) << message;
  EXPECT_TRUE(found);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, kAtOnce);
  for (const char* page : {"/health", "/readyz", "/metrics"}) EXPECT_LT(Fetch(page).took, kAtOnce) << page;
  EXPECT_EQ(put.get(), 0);
  Faults("");
  ExpectLogged("slow fdatasync");
  ExpectWell();
  const Page health = Fetch("/health");
  EXPECT_NE(health.body.find(R"("health":"true","reason":"DISK SLOW)"), std::string::npos) << health.body;
  ASSERT_NO_FATAL_FAILURE(ExpectAllWritesAfterRestart());
}

TEST_F(RefusingDisk, AFullDiskIsNoFailureWhenTheMemberStops) {
  ASSERT_EQ(Put("to be flushed"), 0);
  Faults(Refuse("/store/", ENOSPC));
  EXPECT_NE(Defragment(), 0);
  ASSERT_TRUE(Eventually([this] {
    Put("meanwhile");
    return Fetch("/health").code == 503;
  })) << server_.LogTail();
  EXPECT_EQ(server_.Terminate(), std::optional<int>(0)) << server_.LogTail();
  EXPECT_EQ(server_.Log().find("cannot go on"), std::string::npos) << server_.LogTail();
  ASSERT_NO_FATAL_FAILURE(ExpectAllWritesAfterRestart());
}

TEST_F(RefusingDisk, CallsThatDoLessThanAskedOrAreInterruptedAreNoTrouble) {
  for (const std::string rule :
       {"write * short 700\n", "read * short 700\n", "write * interrupt 2\n", "read * interrupt 3\n",
        "sync .wal interrupt 2\n", "open /wal/ interrupt 2\nopen member/lock interrupt 2\n"}) {
    Faults(rule);
    const std::string name = rule.substr(0, rule.size() - 1);
    for (int i = 0; i < 20; ++i) EXPECT_EQ(Put(name + std::to_string(i), 3000), 0) << rule << server_.LogTail();
    EXPECT_EQ(Defragment(), 0) << rule << server_.LogTail();
    // Once more from the start.
    EXPECT_EQ(server_.Terminate(), std::optional<int>(0)) << rule << server_.LogTail();
    ASSERT_NO_FATAL_FAILURE(Start()) << rule;
  }
  ASSERT_NO_FATAL_FAILURE(ExpectAllWritesAfterRestart());
}

// The second put waits behind the sync of the first, which takes a while; told to stop, the member syncs it too.
TEST_F(TroubledDisk, ASyncThatFailsWhileTheMemberStopsIsAFailure) {
  ASSERT_NO_FATAL_FAILURE(Start());
  const auto put_later = [this](const std::string& key) {
    return std::async(std::launch::async, [this, key] {
      etcdserverpb::PutRequest request;
      request.set_key(key);
      return Caller(server_.address(), Caller::Absence::kFail).Call("KV.Put", request).code;
    });
  };
  Faults("sync .wal delay 800\n");
  std::future<int> first = put_later("first");
  ASSERT_TRUE(Eventually([this] { return FailedCalls().find("fdatasync") != std::string::npos; }));
  std::future<int> second = put_later("second");
  ASSERT_TRUE(Eventually(
      [this] { return Fetch("/metrics").body.find("\netcd_server_proposals_pending 2\n") != std::string::npos; }));
  Faults("sync .wal error " + std::to_string(EIO) + "\n");
  server_.Signal(SIGTERM);
  EXPECT_EQ(server_.WaitForExit(std::chrono::seconds(5)), std::optional<int>(1)) << server_.LogTail();
  EXPECT_NE(server_.Log().find("the member cannot go on"), std::string::npos) << server_.LogTail();
  first.wait();
  EXPECT_NE(second.get(), 0);
  ASSERT_NO_FATAL_FAILURE(ExpectAllWritesAfterRestart());
}

}  // namespace
}  // namespace quorate::testing
