// One member end to end below the API: proposals in, answers out, over restarts and a disk that fills up.

#include "quorate/replica/replica.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <future>
#include <mutex>

#include "quorate/base/file_system.h"
#include "quorate/base/wire.h"

namespace quorate::replica {
namespace {

std::string PutRequestBytes(std::string_view key, std::string_view value) {
  std::string bytes;
  base::wire::AppendBytesField(&bytes, 1, key);
  base::wire::AppendBytesField(&bytes, 2, value);
  return bytes;
}

struct Heard {
  absl::Status status;
  int64_t revision = 0;
  uint64_t term = 0;
};

// Collects the answers of one batch.
class Collecting : public BatchCompletion {
 public:
  explicit Collecting(std::promise<std::vector<Heard>> promise) : promise_(std::move(promise)) {}
  ~Collecting() override { promise_.set_value(std::move(heard_)); }
  void Complete(size_t index, absl::StatusOr<mvcc::Answer> answer, uint64_t term) override {
    EXPECT_EQ(index, heard_.size());
    heard_.push_back({answer.status(), answer.ok() ? answer->revision : 0, term});
  }

 private:
  std::promise<std::vector<Heard>> promise_;
  std::vector<Heard> heard_;
};

// The machine's files, except that the log's disk can be full.
class FillableFiles : public base::FileSystem {
 public:
  std::atomic<bool> full{false};

  absl::StatusOr<std::unique_ptr<base::File>> Open(const std::string& path, base::OpenMode mode) override {
    if (full && mode == base::OpenMode::kCreate) return Full(path);
    auto file = posix_.Open(path, mode);
    if (!file.ok()) return file;
    return std::unique_ptr<base::File>(new FillableFile(this, *std::move(file)));
  }
  absl::StatusOr<std::vector<std::string>> List(const std::string& directory) override {
    return posix_.List(directory);
  }
  absl::Status Rename(const std::string& from, const std::string& to) override { return posix_.Rename(from, to); }
  absl::Status Remove(const std::string& path) override { return posix_.Remove(path); }
  absl::Status CreateDirectories(const std::string& path) override { return posix_.CreateDirectories(path); }
  absl::Status SyncDirectory(const std::string& path) override { return posix_.SyncDirectory(path); }
  bool Exists(const std::string& path) override { return posix_.Exists(path); }

 private:
  static absl::Status Full(const std::string& path) {
    return absl::ResourceExhaustedError(path + ": No space left on device");
  }

  class FillableFile : public base::File {
   public:
    FillableFile(FillableFiles* files, std::unique_ptr<base::File> file) : files_(files), file_(std::move(file)) {}
    absl::Status WriteAt(uint64_t offset, std::string_view bytes) override {
      // Zeros are what the log erases with, in blocks it has.
      bool refused = files_->full && bytes.find_first_not_of('\0') != std::string_view::npos;
      return refused ? Full(path()) : file_->WriteAt(offset, bytes);
    }
    absl::StatusOr<std::string> ReadAt(uint64_t offset, size_t length) override {
      return file_->ReadAt(offset, length);
    }
    absl::Status SyncData() override { return file_->SyncData(); }
    absl::StatusOr<uint64_t> Size() override { return file_->Size(); }
    absl::Status Truncate(uint64_t size) override { return file_->Truncate(size); }
    const std::string& path() const override { return file_->path(); }

   private:
    FillableFiles* files_;
    std::unique_ptr<base::File> file_;
  };

  base::FileSystem& posix_ = base::PosixFileSystem();
};

class ReplicaTest : public testing::Test {
 protected:
  ReplicaTest() {
    std::string pattern = testing::TempDir() + "replicaXXXXXX";
    directory_ = mkdtemp(pattern.data());
  }
  ~ReplicaTest() override {
    replica_.reset();
    std::filesystem::remove_all(directory_);
  }

  ReplicaOptions Options() {
    ReplicaOptions options;
    options.data_dir = directory_;
    options.name = "m1";
    options.cluster_token = "token";
    options.initial_cluster = {{"m1", "http://127.0.0.1:2380"}};
    options.advertise_client_urls = {"http://127.0.0.1:2379"};
    options.files = &files_;
    return options;
  }

  void Start() {
    auto replica = Replica::Open(Options());
    ASSERT_TRUE(replica.ok()) << replica.status();
    replica_ = *std::move(replica);
    std::promise<void> ready;
    replica_->Start([&] { ready.set_value(); }, [](const absl::Status& status) { ADD_FAILURE() << status; });
    ready.get_future().wait();
  }

  std::vector<Heard> Put(const std::vector<std::string>& keys, const std::string& value) {
    ProposalBatch batch;
    for (const std::string& key : keys) batch.commands.Add(CommandType::kPut, PutRequestBytes(key, value));
    std::promise<std::vector<Heard>> promise;
    std::future<std::vector<Heard>> answers = promise.get_future();
    batch.completion = std::make_unique<Collecting>(std::move(promise));
    replica_->Propose(std::move(batch));
    return answers.get();
  }

  uint64_t CountKeys() {
    mvcc::RangeRequest request;
    request.key = std::string_view("\0", 1);
    request.range_end = std::string_view("\0", 1);
    request.count_only = true;
    auto answer = replica_->store().View().Range(request);
    EXPECT_TRUE(answer.ok()) << answer.status();
    std::string body = answer->body.ToString();
    base::wire::Reader reader(body);
    uint64_t count = 0;
    while (reader.Next()) {
      if (reader.field() == 4) count = reader.varint();
    }
    return count;
  }

  FillableFiles files_;
  std::string directory_;
  std::unique_ptr<Replica> replica_;
};

TEST_F(ReplicaTest, AnswersInOrderWithAscendingRevisions) {
  Start();
  std::vector<Heard> heard = Put({"a", "b", "c", "d", "e", "f"}, "v");
  ASSERT_EQ(heard.size(), 6u);
  for (size_t i = 0; i < heard.size(); ++i) {
    EXPECT_TRUE(heard[i].status.ok()) << heard[i].status;
    EXPECT_EQ(heard[i].revision, static_cast<int64_t>(i) + 2);
    EXPECT_EQ(heard[i].term, replica_->term());
  }
  EXPECT_EQ(Put({"a"}, "w")[0].revision, 8);
  EXPECT_TRUE(replica_->CanReadNow());
  EXPECT_EQ(CountKeys(), 6u);
}

TEST_F(ReplicaTest, KeepsStateAndRaisesTermOverRestarts) {
  uint64_t term = 0;
  for (int round = 0; round < 4; ++round) {
    Start();
    EXPECT_GT(replica_->term(), term);
    term = replica_->term();
    EXPECT_EQ(CountKeys(), static_cast<uint64_t>(round) * 10);
    for (int i = 0; i < 10; ++i) {
      EXPECT_EQ(Put({std::to_string(round) + "/" + std::to_string(i)}, "v")[0].revision, 2 + round * 10 + i);
    }
    replica_.reset();
  }
}

TEST_F(ReplicaTest, PublishesItsClientUrlsOnce) {
  Start();
  ASSERT_EQ(replica_->cluster().members.size(), 1u);
  EXPECT_EQ(replica_->cluster().members[0].client_urls, Options().advertise_client_urls);
  uint64_t applied = replica_->status().applied_index;
  replica_.reset();
  Start();
  EXPECT_EQ(replica_->cluster().members[0].client_urls, Options().advertise_client_urls);
  // Only the new term's first entry came.
  EXPECT_EQ(replica_->status().applied_index, applied + 1);
}

TEST_F(ReplicaTest, AnswersEveryProposalOfManyThreads) {
  Start();
  constexpr int kThreads = 4, kRounds = 200, kBatch = 7;
  std::atomic<int> answered{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int round = 0; round < kRounds; ++round) {
        std::vector<std::string> keys;
        for (int i = 0; i < kBatch; ++i) {
          keys.push_back(std::to_string(thread) + "/" + std::to_string(round) + "/" + std::to_string(i));
        }
        for (const Heard& heard : Put(keys, "v")) answered += heard.status.ok();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(answered.load(), kThreads * kRounds * kBatch);
  EXPECT_EQ(replica_->store().revision(), 1 + kThreads * kRounds * kBatch);
  EXPECT_EQ(CountKeys(), static_cast<uint64_t>(kThreads * kRounds * kBatch));
}

TEST_F(ReplicaTest, RefusesWritesWhileTheDiskIsFullAndGoesOnAfter) {
  Start();
  EXPECT_TRUE(Put({"before"}, "v")[0].status.ok());
  files_.full = true;
  absl::Status first = Put({"during"}, std::string(1000, 'x'))[0].status;
  EXPECT_EQ(first.code(), absl::StatusCode::kUnavailable) << first;
  absl::Status second = Put({"during too"}, "v")[0].status;
  EXPECT_EQ(second.code(), absl::StatusCode::kResourceExhausted) << second;
  EXPECT_FALSE(replica_->status().trouble.ok());
  EXPECT_TRUE(replica_->CanReadNow());
  EXPECT_EQ(CountKeys(), 1u);
  files_.full = false;
  // What was logged takes effect once there is space.
  while (!replica_->status().trouble.ok()) std::this_thread::yield();
  EXPECT_TRUE(Put({"after"}, "v")[0].status.ok());
  EXPECT_EQ(CountKeys(), 3u);
  replica_.reset();
  Start();
  EXPECT_EQ(CountKeys(), 3u);
}

TEST_F(ReplicaTest, StoppedAnswersServerStopped) {
  Start();
  replica_->Stop();
  EXPECT_EQ(base::MessageOf(Put({"late"}, "v")[0].status), "etcdserver: server stopped");
}

TEST_F(ReplicaTest, ConfirmsReadsOnlyOnceThePastIsExecuted) {
  auto replica = Replica::Open(Options());
  ASSERT_TRUE(replica.ok()) << replica.status();
  replica_ = *std::move(replica);
  EXPECT_FALSE(replica_->CanReadNow());
  std::promise<absl::Status> confirmed;
  replica_->ConfirmRead([&](absl::Status status) { confirmed.set_value(status); });
  std::promise<void> ready;
  replica_->Start([&] { ready.set_value(); }, [](const absl::Status&) {});
  EXPECT_TRUE(confirmed.get_future().get().ok());
  ready.get_future().wait();
}

// --- Starting on data that does not fit: one line, and nothing changed.

absl::Status OpenStatus(ReplicaOptions options) { return Replica::Open(std::move(options)).status(); }

TEST_F(ReplicaTest, RefusesASecondProcessOnTheSameData) {
  Start();
  absl::Status second = OpenStatus(Options());
  EXPECT_EQ(second.code(), absl::StatusCode::kFailedPrecondition) << second;
}

TEST_F(ReplicaTest, RefusesAnotherNameOrToken) {
  Start();
  replica_.reset();
  ReplicaOptions other = Options();
  other.name = "m2";
  other.initial_cluster = {{"m2", "http://127.0.0.1:2380"}};
  EXPECT_NE(base::MessageOf(OpenStatus(other)).find("--name"), std::string_view::npos);
  other = Options();
  other.cluster_token = "other";
  EXPECT_NE(base::MessageOf(OpenStatus(other)).find("--initial-cluster-token"), std::string_view::npos);
  Start();
}

TEST_F(ReplicaTest, RefusesWhenTheLogOrTheStoreIsGone) {
  for (std::string gone : {"wal", "store", "identity"}) {
    Start();
    replica_.reset();
    std::filesystem::rename(directory_ + "/member/" + gone, directory_ + "/kept");
    absl::Status status = OpenStatus(Options());
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << gone << ": " << status;
    EXPECT_FALSE(std::filesystem::exists(directory_ + "/member/" + gone)) << gone;
    std::filesystem::rename(directory_ + "/kept", directory_ + "/member/" + gone);
  }
  Start();
}

TEST_F(ReplicaTest, RefusesEtcdsOwnDataDirectory) {
  std::filesystem::create_directories(directory_ + "/member/snap");
  fclose(fopen((directory_ + "/member/snap/db").c_str(), "w"));
  EXPECT_EQ(OpenStatus(Options()).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_FALSE(std::filesystem::exists(directory_ + "/member/store"));
}

}  // namespace
}  // namespace quorate::replica
