#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>

#include "etcdserverpb/rpc.pb.h"
#include "quorate/base/check.h"
#include "quorate/mvcc/store.h"
#include "quorate/storage/database.h"
#include "tests/base/files_testing.h"

namespace quorate::mvcc {

namespace pb = etcdserverpb;

// Leases that exist because a test says so, and what they hold.
class FakeLeases : public LeaseKeys {
 public:
  bool Exists(int64_t lease) const override { return existing.contains(lease); }
  void Attach(int64_t lease, std::string_view key) override { attached.emplace(lease, key); }
  void Detach(int64_t lease, std::string_view key) override { attached.erase({lease, std::string(key)}); }

  std::set<int64_t> existing;
  std::set<std::pair<int64_t, std::string>> attached;
};

// A store in a directory of its own, asked in protobuf messages.
class TestStore {
 public:
  explicit TestStore(size_t cache_bytes = 1 << 20, uint64_t memory_bytes = 0)
      : cache_bytes_(cache_bytes), memory_bytes_(memory_bytes) {
    Open();
  }
  ~TestStore() { Close(); }

  void Open() {
    database = Must(storage::Database::Open({.path = directory.path() + "/db",
                                             .block_cache_bytes = 4 << 20,
                                             .write_buffer_bytes = 4 << 20,
                                             .flush_on_close = false}));
    mark = database->durable_mark();
    StoreOptions options;
    options.cache_bytes = cache_bytes_;
    options.memory_bytes = memory_bytes_;
    options.leases = &leases;
    options.on_commit = [this](const std::vector<Event>& batch) {
      for (const Event& event : batch) events.push_back(event);
    };
    store = Must(Store::Open(database.get(), options));
  }
  void Close() {
    store.reset();
    database.reset();
  }
  // What a crash does: all that was not flushed is gone.
  void Reopen() {
    Close();
    Open();
  }
  void Flush() { QUORATE_CHECK(database->Flush().ok()); }
  void Commit() { QUORATE_CHECK(store->Commit(++mark).ok()); }

  // Each executes on the writer, commits unless told not to, and puts the header's revision into the response.
  absl::StatusOr<pb::PutResponse> Put(const pb::PutRequest& request, bool commit = true);
  absl::StatusOr<pb::DeleteRangeResponse> DeleteRange(const pb::DeleteRangeRequest& request, bool commit = true);
  absl::StatusOr<pb::TxnResponse> Txn(const pb::TxnRequest& request, bool commit = true);
  absl::StatusOr<int64_t> Compact(int64_t revision, bool commit = true);
  // On a fresh view.
  absl::StatusOr<pb::RangeResponse> Range(const pb::RangeRequest& request);
  absl::StatusOr<pb::TxnResponse> ReadTxn(const pb::TxnRequest& request);
  // The chunks of a streamed range, each as a response.
  absl::StatusOr<std::vector<pb::RangeResponse>> Stream(const pb::RangeRequest& request, size_t chunk_bytes);

  // Shorthands.
  int64_t PutKey(const std::string& key, const std::string& value, bool commit = true);
  int64_t DeleteKey(const std::string& key, bool commit = true);
  std::string Get(const std::string& key, int64_t revision = 0);  // "<none>", or the error's message
  void WaitForCompaction(int64_t revision);
  // Entries in a family, as a measure of garbage.
  size_t Entries(storage::Family family);

  template <typename T>
  static T Must(absl::StatusOr<T> result) {
    QUORATE_CHECK(result.ok()) << result.status().ToString();
    return *std::move(result);
  }

  base::TemporaryDirectory directory;
  FakeLeases leases;
  std::vector<Event> events;
  uint64_t mark = 0;
  std::unique_ptr<storage::Database> database;
  std::unique_ptr<Store> store;

 private:
  const size_t cache_bytes_;
  const uint64_t memory_bytes_;
};

pb::RangeRequest RangeOf(const std::string& key, const std::string& end = "");
pb::RangeRequest AllKeys();
// "key=value@mod key=value@mod ..."
std::string Summary(const pb::RangeResponse& response);

}  // namespace quorate::mvcc
