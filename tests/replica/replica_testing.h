#pragma once

// A member below the API on a disk that does as the test says.

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "quorate/base/file_system.h"
#include "quorate/base/mutex.h"
#include "quorate/base/wire.h"
#include "quorate/replica/replica.h"
#include "tests/base/files_testing.h"

namespace quorate::replica {

inline std::string PutRequestBytes(std::string_view key, std::string_view value) {
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

// The machine's files, except that the log's disk can be full, stand still, or fail.
class FillableFiles : public base::FileSystem {
 public:
  std::atomic<bool> full{false};
  std::atomic<bool> fails_syncs{false};
  std::function<bool(const std::string&)> fails_to_sync;  // which directories

  // Syncs of the log that begin from now on do not end...
  void HoldSyncs() {
    base::MutexLock lock(&mutex_);
    hold_ = true;
  }
  void AwaitHeldSync() {
    const auto held = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return held_ > 0; };
    base::MutexLock lock(&mutex_);
    mutex_.Await(held);
  }
  // ...until now.
  void LetSyncsGo() {
    base::MutexLock lock(&mutex_);
    hold_ = false;
  }

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
  absl::StatusOr<std::unique_ptr<base::Directory>> OpenDirectory(const std::string& path) override {
    if (fails_to_sync && fails_to_sync(path)) return absl::InternalError(path + ": Input/output error");
    return posix_.OpenDirectory(path);
  }
  bool Exists(const std::string& path) override { return posix_.Exists(path); }

 private:
  static absl::Status Full(const std::string& path) {
    return absl::ResourceExhaustedError(path + ": No space left on device");
  }

  void PassSync() {
    const auto may_pass = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return !hold_; };
    base::MutexLock lock(&mutex_);
    ++held_;
    mutex_.Await(may_pass);
    --held_;
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
    absl::Status SyncData() override {
      if (path().ends_with(".wal")) files_->PassSync();
      return files_->fails_syncs ? absl::InternalError(path() + ": Input/output error") : file_->SyncData();
    }
    absl::StatusOr<uint64_t> Size() override { return file_->Size(); }
    const std::string& path() const override { return file_->path(); }

   private:
    FillableFiles* files_;
    std::unique_ptr<base::File> file_;
  };

  base::FileSystem& posix_ = base::PosixFileSystem();
  base::Mutex mutex_;  // guards what follows: the tests hold, the log's thread waits
  bool hold_ ABSL_GUARDED_BY(mutex_) = false;
  int held_ ABSL_GUARDED_BY(mutex_) = 0;
};

class ReplicaTest : public testing::Test {
 protected:
  ~ReplicaTest() override { replica_.reset(); }

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

  void Start() { Start(Options()); }
  void Start(ReplicaOptions options) {
    auto replica = Replica::Open(std::move(options));
    ASSERT_TRUE(replica.ok()) << replica.status();
    replica_ = *std::move(replica);
    std::promise<void> ready;
    replica_->Start([&] { ready.set_value(); },
                    [this](const absl::Status& status) { EXPECT_TRUE(files_.fails_syncs) << status; });
    ready.get_future().wait();
  }

  std::future<std::vector<Heard>> BeginPut(const std::vector<std::string>& keys, const std::string& value) {
    ProposalBatch batch;
    for (const std::string& key : keys) batch.commands.Add(CommandType::kPut, PutRequestBytes(key, value));
    std::promise<std::vector<Heard>> promise;
    std::future<std::vector<Heard>> answers = promise.get_future();
    batch.completion = std::make_unique<Collecting>(std::move(promise));
    replica_->Propose(std::move(batch));
    return answers;
  }
  absl::Status Do(CommandType type, const std::string& request) {
    ProposalBatch batch;
    batch.commands.Add(type, request);
    std::promise<std::vector<Heard>> promise;
    std::future<std::vector<Heard>> answers = promise.get_future();
    batch.completion = std::make_unique<Collecting>(std::move(promise));
    replica_->Propose(std::move(batch));
    return answers.get()[0].status;
  }
  std::vector<Heard> Put(const std::vector<std::string>& keys, const std::string& value) {
    return BeginPut(keys, value).get();
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
  base::TemporaryDirectory temporary_;
  const std::string& directory_ = temporary_.path();
  std::unique_ptr<Replica> replica_;
};

}  // namespace quorate::replica
