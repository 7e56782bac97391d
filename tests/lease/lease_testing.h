#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "quorate/base/check.h"
#include "quorate/base/clock.h"
#include "quorate/base/wire.h"
#include "quorate/lease/leases.h"
#include "quorate/lease/lessor.h"
#include "quorate/mvcc/store.h"
#include "quorate/storage/database.h"
#include "tests/base/files_testing.h"

namespace quorate::lease {

// Time that passes when a test says so.
class TestClock : public base::Clock {
 public:
  std::chrono::nanoseconds Monotonic() const override { return now_; }
  std::chrono::milliseconds Wall() const override { return std::chrono::milliseconds(0); }
  void Advance(std::chrono::nanoseconds by) { now_ += by; }

 private:
  std::chrono::nanoseconds now_ = std::chrono::hours(1);
};

// All keys of a lease, ascending.
inline std::vector<std::string> KeysOf(const Leases& leases, int64_t lease) {
  std::vector<std::string> keys;
  while (const auto slice = leases.KeysAfter(lease, keys.empty() ? "" : keys.back())) {
    if (slice->empty()) break;
    keys.insert(keys.end(), slice->begin(), slice->end());
  }
  return keys;
}

// A store and its leases, as a member has them, on a clock of the test's.
class TestLeases {
 public:
  explicit TestLeases(int64_t ttl_min_seconds = 1) : ttl_min_seconds_(ttl_min_seconds) { Open(); }
  ~TestLeases() { Close(); }

  void Open() {
    database = Must(storage::Database::Open({.path = directory.path() + "/db",
                                             .block_cache_bytes = 4 << 20,
                                             .write_buffer_bytes = 4 << 20,
                                             .flush_on_close = false}));
    mark = database->durable_mark();
    lessor = std::make_unique<Lessor>(LessorOptions{.clock = &clock, .ttl_min_seconds = ttl_min_seconds_});
    leases = std::make_unique<Leases>(lessor.get());
    QUORATE_CHECK(leases->Load(*database).ok());
    mvcc::StoreOptions options;
    options.leases = leases.get();
    options.on_commit = [this](const std::vector<mvcc::Event>& batch) {
      for (const mvcc::Event& event : batch) events.push_back(event);
    };
    store = Must(mvcc::Store::Open(database.get(), options));
  }
  void Close() {
    store.reset();
    leases.reset();
    lessor.reset();
    database.reset();
  }
  // What a crash does: all that was not flushed is gone, and nobody leads.
  void Reopen() {
    Close();
    Open();
  }
  void Flush() { QUORATE_CHECK(database->Flush().ok()); }
  void Commit() {
    leases->Publishing();
    QUORATE_CHECK(store->Commit(++mark).ok());
    leases->Published();
  }

  absl::Status Grant(int64_t id, int64_t ttl) {
    const absl::Status status = leases->Grant({id, ttl}, *store).status();
    Commit();
    return status;
  }
  absl::Status Revoke(int64_t id) {
    const absl::Status status = leases->Revoke({id}, *store).status();
    Commit();
    return status;
  }
  absl::Status Put(const std::string& key, int64_t lease = 0) {
    mvcc::PutRequest request;
    request.key = key;
    request.value = "v";
    request.lease = lease;
    const absl::Status status = store->Put(request).status();
    Commit();
    return status;
  }
  absl::Status Delete(const std::string& key) {
    mvcc::DeleteRangeRequest request;
    request.key = key;
    const absl::Status status = store->DeleteRange(request).status();
    Commit();
    return status;
  }
  // The number of live keys.
  uint64_t Keys() const { return store->statistics().keys; }

  template <typename T>
  static T Must(absl::StatusOr<T> result) {
    QUORATE_CHECK(result.ok()) << result.status().ToString();
    return *std::move(result);
  }

  base::TemporaryDirectory directory;
  TestClock clock;
  std::vector<mvcc::Event> events;
  uint64_t mark = 0;
  std::unique_ptr<storage::Database> database;
  std::unique_ptr<Lessor> lessor;
  std::unique_ptr<Leases> leases;
  std::unique_ptr<mvcc::Store> store;

 private:
  const int64_t ttl_min_seconds_;
};

}  // namespace quorate::lease
