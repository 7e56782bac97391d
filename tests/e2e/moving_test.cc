// Moving over from etcd: a snapshot saved from a real etcd is restored with quorateutl, and the server started on it
// has everything the etcd has, and goes on as it does.

#include <grpcpp/client_context.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "etcdserverpb/rpc.grpc.pb.h"
#include "tests/base/files_testing.h"
#include "tests/e2e/binaries.h"
#include "tests/e2e/channel.h"
#include "tests/e2e/program.h"
#include "tests/e2e/server_process.h"

namespace quorate::testing {
namespace {

namespace pb = etcdserverpb;

constexpr char kDebianEtcd[] = "/usr/bin/etcd";
const std::string kAll("\0", 1);

class Client {
 public:
  explicit Client(const ServerProcess& server)
      : channel_(OwnChannel(server.address())),
        kv_(pb::KV::NewStub(channel_)),
        lease_(pb::Lease::NewStub(channel_)),
        maintenance_(pb::Maintenance::NewStub(channel_)) {}

  pb::TxnResponse Txn(const pb::TxnRequest& request) {
    return Call<pb::TxnResponse>([&](auto* context, auto* answer) { return kv_->Txn(context, request, answer); });
  }
  pb::RangeResponse List(int64_t revision = 0) {
    pb::RangeRequest request;
    request.set_key(kAll);
    request.set_range_end(kAll);
    request.set_revision(revision);
    return Call<pb::RangeResponse>([&](auto* context, auto* answer) { return kv_->Range(context, request, answer); });
  }
  void Compact(int64_t revision) {
    pb::CompactionRequest request;
    request.set_revision(revision);
    request.set_physical(true);
    Call<pb::CompactionResponse>([&](auto* context, auto* answer) { return kv_->Compact(context, request, answer); });
  }
  void Grant(int64_t id, int64_t ttl) {
    pb::LeaseGrantRequest request;
    request.set_id(id);
    request.set_ttl(ttl);
    Call<pb::LeaseGrantResponse>(
        [&](auto* context, auto* answer) { return lease_->LeaseGrant(context, request, answer); });
  }
  void Revoke(int64_t id) {
    pb::LeaseRevokeRequest request;
    request.set_id(id);
    Call<pb::LeaseRevokeResponse>(
        [&](auto* context, auto* answer) { return lease_->LeaseRevoke(context, request, answer); });
  }
  // Each lease with the TTL it was granted and its keys.
  std::vector<std::string> Leases() {
    const auto leases = Call<pb::LeaseLeasesResponse>(
        [&](auto* context, auto* answer) { return lease_->LeaseLeases(context, {}, answer); });
    std::vector<std::string> described;
    for (const auto& lease : leases.leases()) {
      pb::LeaseTimeToLiveRequest request;
      request.set_id(lease.id());
      request.set_keys(true);
      auto state = Call<pb::LeaseTimeToLiveResponse>(
          [&](auto* context, auto* answer) { return lease_->LeaseTimeToLive(context, request, answer); });
      std::sort(state.mutable_keys()->begin(), state.mutable_keys()->end());
      std::string text = std::to_string(lease.id()) + " of " + std::to_string(state.grantedttl());
      for (const std::string& key : state.keys()) text += " " + key;
      described.push_back(text);
    }
    std::sort(described.begin(), described.end());
    return described;
  }
  pb::HashKVResponse Hash(int64_t revision = 0) {
    pb::HashKVRequest request;
    request.set_revision(revision);
    return Call<pb::HashKVResponse>(
        [&](auto* context, auto* answer) { return maintenance_->HashKV(context, request, answer); });
  }

 private:
  template <typename Answer, typename Method>
  Answer Call(Method method) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    Answer answer;
    const grpc::Status status = method(&context, &answer);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return answer;
  }

  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<pb::KV::Stub> kv_;
  std::unique_ptr<pb::Lease::Stub> lease_;
  std::unique_ptr<pb::Maintenance::Stub> maintenance_;
};

// Random transactions: puts of all sizes, some on leases, deletions of keys and ranges, several changes in each.
class History {
 public:
  explicit History(uint32_t seed) : random_(seed) {}

  pb::TxnRequest Next() {
    pb::TxnRequest txn;
    std::vector<std::string> used;
    for (uint32_t n = random_() % 5 + 1; n > 0; --n) {
      const std::string key = "key/" + std::to_string(random_() % 30);
      if (std::find(used.begin(), used.end(), key) != used.end()) continue;
      used.push_back(key);
      if (random_() % 4 == 0) {
        txn.add_success()->mutable_request_delete_range()->set_key(key);
        continue;
      }
      auto* put = txn.add_success()->mutable_request_put();
      put->set_key(key);
      put->set_value(std::string(random_() % 10 == 0 ? 9000 : random_() % 60, static_cast<char>(random_())));
      if (random_() % 4 == 0) put->set_lease(1 + static_cast<int64_t>(random_() % kLeases));
    }
    return txn;
  }
  void Play(Client* client, int transactions) {
    while (transactions-- > 0) client->Txn(Next());
  }
  static constexpr int64_t kLeases = 5;

 private:
  std::mt19937 random_;
};

class MovingTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!ReferenceIsCurrent()) GTEST_SKIP() << OldReferenceReason();
  }

  // Twice compacted, the last time behind deletions, with leases granted and revoked.
  static void Fill(Client* client, uint32_t seed) {
    for (int64_t id = 1; id <= History::kLeases; ++id) client->Grant(id, 1000 * id);
    client->Grant(4'000'000'000'000, 60);
    client->Grant(99, 600);
    History history(seed);
    history.Play(client, 150);
    client->Compact(client->List().header().revision() - 70);
    client->Revoke(99);
    history.Play(client, 120);
    pb::TxnRequest removal;
    removal.add_success()->mutable_request_delete_range()->set_key("key/7");
    removal.add_success()->mutable_request_delete_range()->set_key("key/8");
    client->Compact(client->Txn(removal).header().revision());
    history.Play(client, 60);
  }

  std::string Save(const ServerProcess& server, const std::string& name) {
    const std::string path = directory_.path() + "/" + name;
    const ProgramResult saved = RunProgram(
        {.arguments = {ReferenceProgram("etcdctl"), "--endpoints=" + server.client_url(), "snapshot", "save", path}});
    EXPECT_EQ(saved.exit_code, 0) << saved.errors;
    return path;
  }
  // The member that `server` will be, from a snapshot.
  static void Restore(const std::string& tool, const std::string& snapshot, const ServerProcess& server,
                      const std::vector<std::string>& flags = {}) {
    std::vector<std::string> line = {tool,
                                     "snapshot",
                                     "restore",
                                     snapshot,
                                     "--data-dir=" + server.data_directory(),
                                     "--name=m",
                                     "--initial-cluster=m=" + server.peer_url(),
                                     "--initial-advertise-peer-urls=" + server.peer_url()};
    line.insert(line.end(), flags.begin(), flags.end());
    const ProgramResult restored = RunProgram({.arguments = line});
    ASSERT_EQ(restored.exit_code, 0) << restored.errors;
  }
  static void ExpectSame(Client* one, Client* other, bool hashes = true) {
    const pb::HashKVResponse hash = one->Hash();
    const int64_t last = hash.header().revision();
    ASSERT_EQ(other->Hash().header().revision(), last);
    EXPECT_EQ(other->Hash().compact_revision(), hash.compact_revision());
    for (int64_t revision = std::max<int64_t>(hash.compact_revision(), 1); revision <= last; ++revision) {
      pb::RangeResponse list = one->List(revision);
      pb::RangeResponse others = other->List(revision);
      list.clear_header();
      others.clear_header();
      ASSERT_EQ(list.SerializeAsString(), others.SerializeAsString()) << "revision " << revision;
      // Of the compacted revision itself etcd tells what it hashed while it compacted, which it forgets when it stops.
      if (!hashes || revision == hash.compact_revision()) continue;
      ASSERT_EQ(one->Hash(revision).hash(), other->Hash(revision).hash()) << "revision " << revision;
    }
    EXPECT_EQ(one->Leases(), other->Leases());
  }
  static void ExpectSameFuture(Client* one, Client* other, uint32_t seed) {
    History history(seed);
    for (int i = 0; i < 40; ++i) {
      const pb::TxnRequest txn = history.Next();
      ASSERT_EQ(one->Txn(txn).header().revision(), other->Txn(txn).header().revision());
      if (i % 15 != 14) continue;
      const int64_t revision = one->List().header().revision() - 3;
      one->Compact(revision);
      other->Compact(revision);
    }
    ExpectSame(one, other);
  }

  base::TemporaryDirectory directory_;
  base::TemporaryDirectory etcd_directory_;
  base::TemporaryDirectory restored_directory_;
};

TEST_F(MovingTest, TheRestoredMemberHasEverythingAndGoesOnAlike) {
  ServerProcess etcd({.binary = ReferenceProgram("etcd"), .directory = etcd_directory_.path()});
  ASSERT_TRUE(etcd.Start().ok());
  Client source(etcd);
  Fill(&source, 1);
  const std::string snapshot = Save(etcd, "snapshot.db");

  ServerProcess quorate({.binary = SubjectServer(), .directory = restored_directory_.path()});
  Restore(SubjectUtl(), snapshot, quorate);
  const absl::Status started = quorate.Start();
  ASSERT_TRUE(started.ok()) << started;
  Client copy(quorate);
  ExpectSame(&source, &copy);
  ExpectSameFuture(&source, &copy, 2);
  // What was restored and what came after survive a crash.
  quorate.Kill();
  ASSERT_TRUE(quorate.Start().ok());
  Client again(quorate);
  ExpectSame(&source, &again);
}

TEST_F(MovingTest, ARaisedRevisionIsWhatEtcdMakesOfIt) {
  ServerProcess etcd({.binary = ReferenceProgram("etcd"), .directory = etcd_directory_.path()});
  ASSERT_TRUE(etcd.Start().ok());
  Client source(etcd);
  Fill(&source, 3);
  const std::string snapshot = Save(etcd, "snapshot.db");
  etcd.Kill();

  base::TemporaryDirectory expected_directory;
  ServerProcess expected({.binary = ReferenceProgram("etcd"), .directory = expected_directory.path()});
  ServerProcess quorate({.binary = SubjectServer(), .directory = restored_directory_.path()});
  const std::vector<std::string> raise = {"--bump-revision=1000000", "--mark-compacted"};
  Restore(ReferenceProgram("etcdutl"), snapshot, expected, raise);
  Restore(SubjectUtl(), snapshot, quorate, raise);
  ASSERT_TRUE(expected.Start().ok());
  ASSERT_TRUE(quorate.Start().ok());
  Client theirs(expected), ours(quorate);
  ExpectSame(&theirs, &ours);
  ExpectSameFuture(&theirs, &ours, 4);
}

TEST_F(MovingTest, TheToolsSayTheSameOfASnapshot) {
  ServerProcess etcd({.binary = ReferenceProgram("etcd"), .directory = etcd_directory_.path()});
  ASSERT_TRUE(etcd.Start().ok());
  Client source(etcd);
  Fill(&source, 5);
  const std::string saved = Save(etcd, "saved.db");
  const std::string snapshot = saved + ".copy";
  // etcdutl's hashkv writes to the file that it reads, which is then no longer what its checksum says.
  const auto run = [&](const std::vector<std::string>& line) {
    std::filesystem::copy_file(saved, snapshot, std::filesystem::copy_options::overwrite_existing);
    return RunProgram({.arguments = line});
  };
  const std::string revision = std::to_string(source.List().header().revision() - 5);
  const std::vector<std::vector<std::string>> lines = {
      {"snapshot", "status", snapshot},    {"hashkv", snapshot},
      {"hashkv", snapshot, "--rev=1"},     {"hashkv", snapshot, "--rev=" + revision},
      {"hashkv", snapshot, "--rev=99999"}, {"snapshot", "status", snapshot + "x"},
  };
  for (const std::string format : {"simple", "fields", "json", "table", "protobuf", "other"}) {
    for (std::vector<std::string> line : lines) {
      SCOPED_TRACE(line[0] + " " + format);
      line.push_back("--write-out=" + format);
      line.insert(line.begin(), ReferenceProgram("etcdutl"));
      const ProgramResult theirs = run(line);
      line.front() = SubjectUtl();
      const ProgramResult ours = run(line);
      EXPECT_EQ(ours.exit_code, theirs.exit_code);
      EXPECT_EQ(ours.output, theirs.output);
      EXPECT_EQ(ours.errors, theirs.errors);
    }
  }
}

// Of etcd 3.4, whose files know less, and whose hashes count deletions that later versions leave out.
TEST_F(MovingTest, ASnapshotOfAnOldEtcdIsRestored) {
  if (!VersionOf(kDebianEtcd).starts_with("3.4.")) GTEST_SKIP() << "etcd 3.4 is not installed as " << kDebianEtcd;
  ServerProcess etcd({.binary = kDebianEtcd, .directory = etcd_directory_.path()});
  ASSERT_TRUE(etcd.Start().ok());
  Client source(etcd);
  Fill(&source, 6);
  const std::string snapshot = Save(etcd, "snapshot.db");
  ServerProcess quorate({.binary = SubjectServer(), .directory = restored_directory_.path()});
  Restore(SubjectUtl(), snapshot, quorate);
  ASSERT_TRUE(quorate.Start().ok());
  Client copy(quorate);
  ExpectSame(&source, &copy, /*hashes=*/false);
}

}  // namespace
}  // namespace quorate::testing
