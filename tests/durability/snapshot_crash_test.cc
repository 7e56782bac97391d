// kill -9 in the middle of streaming a snapshot, while writes go on: nothing acknowledged is lost, nothing is left
// behind in the data directory, and a snapshot taken afterwards is whole.
//
//   quorate_snapshot_crash_test [--rounds=<n>] [--seed=<n>]

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <set>
#include <string>

#include "etcdserverpb/rpc.grpc.pb.h"
#include "tests/base/files_testing.h"
#include "tests/durability/fault_test.h"
#include "tests/e2e/ask.h"
#include "tests/e2e/binaries.h"
#include "tests/e2e/channel.h"
#include "tests/e2e/program.h"
#include "tests/e2e/recorded_writes.h"

namespace quorate::testing {
namespace {

namespace pb = etcdserverpb;

constexpr int kTxns = 60;
constexpr int kPutsOfTxn = 100;
constexpr size_t kValueBytes = 4'000;
constexpr int kWriters = 8;
constexpr size_t kSumBytes = 32;
constexpr std::chrono::seconds kDeadline(60);
// More than the chunks of a whole snapshot of this size.
constexpr int kChunksMax = 700;

struct Received {
  std::string bytes;
  bool whole = false;
};

// Reads a snapshot until it ends or after_chunk(number) says that it is enough.
Received ReadSnapshot(const std::string& address, const std::function<bool(int)>& after_chunk) {
  const auto stub = pb::Maintenance::NewStub(OwnChannel(address));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kDeadline);
  context.set_wait_for_ready(true);
  const auto stream = stub->Snapshot(&context, pb::SnapshotRequest());
  Received received;
  pb::SnapshotResponse chunk;
  for (int number = 0; stream->Read(&chunk); ++number) {
    received.bytes += chunk.blob();
    if (!after_chunk(number)) {
      context.TryCancel();
      break;
    }
  }
  received.whole = stream->Finish().ok();
  return received;
}

std::string Sum(const std::string& bytes) {
  std::string sum(kSumBytes, '\0');
  EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(sum.data()), nullptr, EVP_sha256(), nullptr);
  return sum;
}

// The files of a data directory, but for those of the log and the store, which come and go.
std::set<std::string> OtherFiles(const std::string& directory) {
  std::set<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    const std::string path = entry.path().string().substr(directory.size());
    if (entry.is_regular_file() && !path.starts_with("/member/wal/") && !path.starts_with("/member/store/")) {
      files.insert(path);
    }
  }
  return files;
}

class SnapshotCrash : public FaultTest {
 protected:
  void Fill();
  void PlayRound(int round);
  // A whole snapshot with the given number of keys at least.
  void CheckSnapshot(int64_t keys_min);
};

void SnapshotCrash::Fill() {
  for (int txn = 0; txn < kTxns; ++txn) {
    pb::TxnRequest request;
    for (int i = 0; i < kPutsOfTxn; ++i) {
      pb::PutRequest* put = request.add_success()->mutable_request_put();
      put->set_key("fill/" + std::to_string(txn * kPutsOfTxn + i));
      for (size_t at = 0; at < kValueBytes; at += 8)
        put->mutable_value()->append(std::to_string(dice_.Seed() % 90'000'000 + 10'000'000));
    }
    Ask<pb::TxnResponse>(*caller_, "KV.Txn", request);
  }
}

void SnapshotCrash::PlayRound(int round) {
  const std::string prefix = "round/" + std::to_string(round) + "/";
  int64_t revision = CurrentRevision(server_.address());
  RecordingWriters writers(
      {.address = server_.address(), .prefix = prefix, .connections = kWriters, .seed = dice_.Seed()});
  // Now and then the client goes away first.
  const int cancel_at = dice_.Below(3) == 0 ? dice_.Below(kChunksMax) : -1;
  if (cancel_at >= 0) ReadSnapshot(server_.address(), [&](int chunk) { return chunk < cancel_at; });
  const int kill_at = dice_.Below(kChunksMax);
  const Received cut = ReadSnapshot(server_.address(), [&](int chunk) {
    if (chunk == kill_at) server_.Kill();
    return true;
  });
  if (cut.whole) {
    ASSERT_EQ(Sum(cut.bytes.substr(0, cut.bytes.size() - kSumBytes)), cut.bytes.substr(cut.bytes.size() - kSumBytes));
  }
  server_.Kill();
  writers.Stop();
  ASSERT_NO_FATAL_FAILURE(KillAndStartAgain());
  ASSERT_EQ(CheckWrites(server_.address(), prefix, writers.TakeWrites(), revision, &revision), "");
}

void SnapshotCrash::CheckSnapshot(int64_t keys_min) {
  const Received received = ReadSnapshot(server_.address(), [](int) { return true; });
  ASSERT_TRUE(received.whole);
  ASSERT_GT(received.bytes.size(), kSumBytes);
  const size_t size = received.bytes.size() - kSumBytes;
  ASSERT_EQ(Sum(received.bytes.substr(0, size)), received.bytes.substr(size));
  const std::string etcdutl = ReferenceProgram("etcdutl");
  if (etcdutl.empty()) return;
  const std::string file = directory_.path() + "/snapshot.db";
  base::WriteFile(file, received.bytes);
  const ProgramResult status = RunProgram({.arguments = {etcdutl, "snapshot", "status", "-w", "fields", file}});
  ASSERT_EQ(status.exit_code, 0) << status.errors;
  constexpr std::string_view kBefore = "\"Keys\" : ";
  const size_t at = status.output.find(kBefore);
  ASSERT_NE(at, std::string::npos) << status.output;
  EXPECT_GE(std::atoll(status.output.c_str() + at + kBefore.size()), keys_min);
}

TEST_F(SnapshotCrash, NothingIsLostOrLeftBehindOverKill9) {
  Fill();
  ASSERT_FALSE(HasFailure());
  const std::set<std::string> before = OtherFiles(server_.data_directory());
  for (int round = 0; round < Rounds(); ++round) {
    SCOPED_TRACE("round " + std::to_string(round) + " of --seed=" + std::to_string(Seed()));
    ASSERT_NO_FATAL_FAILURE(PlayRound(round));
  }
  ASSERT_NO_FATAL_FAILURE(CheckSnapshot(kTxns * kPutsOfTxn));
  EXPECT_EQ(OtherFiles(server_.data_directory()), before) << "files are left behind";
}

}  // namespace
}  // namespace quorate::testing
