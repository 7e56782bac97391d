#include "quorate/lease/leases.h"

#include <atomic>
#include <optional>
#include <utility>

#include "absl/container/btree_set.h"
#include "quorate/base/big_endian.h"
#include "quorate/base/errors.h"
#include "quorate/base/varint.h"
#include "quorate/base/wire.h"
#include "src/lease/shards.h"

namespace quorate::lease {
namespace {

using storage::Family;

constexpr std::string_view kNamePrefix = "lease/";
constexpr size_t kIdBytes = sizeof(uint64_t);

// Field numbers of LeaseGrantResponse.
constexpr uint32_t kGrantedId = 2;
constexpr uint32_t kGrantedTtl = 3;

std::string NameOf(int64_t lease) {
  std::string name(kNamePrefix);
  base::AppendBigEndian(&name, static_cast<uint64_t>(lease));
  return name;
}

int64_t IdOf(std::string_view id_bytes) { return static_cast<int64_t>(base::ReadBigEndian<uint64_t>(id_bytes.data())); }

// Ascending: the order in which etcd deletes them.
using KeySet = absl::btree_set<std::string, std::less<>>;

struct Attached {
  KeySet keys;
  uint64_t bytes = 0;  // of them
};

void Remove(std::string_view key, std::unique_ptr<Attached>& attached) {
  if (attached == nullptr) return;
  if (attached->keys.erase(key) > 0) attached->bytes -= key.size();
  if (attached->keys.empty()) attached.reset();
}

struct Part {
  // Without keys (null) for most, when there are a million.
  absl::flat_hash_map<int64_t, std::unique_ptr<Attached>> leases;
  // Of ids that no lease has: what is attached when one is granted.
  absl::flat_hash_map<int64_t, std::unique_ptr<Attached>> orphans;

  // Null, too, where there is no such lease.
  const Attached* Find(int64_t lease) const {
    const auto found = leases.find(lease);
    return found == leases.end() ? nullptr : found->second.get();
  }
};

}  // namespace

struct Leases::Rep {
  struct Change {
    int64_t lease;
    std::optional<int64_t> ttl;  // of a granted one; none: revoked
  };

  // What is said to be seen by others only once it is published.
  void Touch() { touched.store(true, std::memory_order_relaxed); }

  Lessor* lessor = nullptr;
  Shards<Part> shards;
  std::atomic<uint64_t> count{0};  // of leases in all parts
  std::vector<Change> changes;     // since Published; the writer's

  // Set by the writer before it changes a part, cleared when that is published.
  std::atomic<bool> touched{false};
  base::Mutex waiting_mutex;  // guards what follows
  std::vector<PublishedDone> waiting;
  absl::Status refusal;  // why what was touched is not published; OK: it will be
};

Leases::Leases(Lessor* lessor) : rep_(std::make_unique<Rep>()) { rep_->lessor = lessor; }
Leases::~Leases() = default;

absl::Status Leases::Load(const storage::Database& database) {
  return VisitStoredLeases(database, nullptr, [this](int64_t lease, int64_t ttl_seconds) {
    auto& shard = rep_->shards.Of(lease);
    base::MutexLock lock(&shard.mutex);
    shard.leases.try_emplace(lease);
    rep_->count.fetch_add(1, std::memory_order_relaxed);
    rep_->lessor->Recovered(lease, ttl_seconds);
  });
}

absl::StatusOr<mvcc::Answer> Leases::Grant(const GrantRequest& request, mvcc::Store& store) {
  if (request.id == 0) return base::errors::LeaseNotFound();
  if (request.ttl > kTtlMaxSeconds) return base::errors::LeaseTtlTooLarge();
  rep_->Touch();
  auto& shard = rep_->shards.Of(request.id);
  {
    base::MutexLock lock(&shard.mutex);
    const auto [lease, granted] = shard.leases.try_emplace(request.id);
    if (!granted) return base::errors::LeaseExists();
    if (const auto found = shard.orphans.find(request.id); found != shard.orphans.end()) {
      lease->second = std::move(found->second);
      shard.orphans.erase(found);
    }
  }
  rep_->count.fetch_add(1, std::memory_order_relaxed);
  SaveLease(request.id, request.ttl, store.batch());
  rep_->changes.push_back({request.id, request.ttl});
  std::string body;
  base::wire::AppendInt64Field(&body, kGrantedId, request.id);
  base::wire::AppendInt64Field(&body, kGrantedTtl, request.ttl);
  return mvcc::Answer{base::Payload(std::move(body)), store.writer_revision()};
}

absl::StatusOr<mvcc::Answer> Leases::Revoke(const RevokeRequest& request, mvcc::Store& store) {
  rep_->Touch();
  auto& shard = rep_->shards.Of(request.id);
  std::unique_ptr<Attached> attached;
  {
    base::MutexLock lock(&shard.mutex);
    const auto found = shard.leases.find(request.id);
    if (found == shard.leases.end()) return base::errors::LeaseNotFound();
    attached = std::move(found->second);
    shard.leases.erase(found);
  }
  rep_->count.fetch_sub(1, std::memory_order_relaxed);
  if (attached != nullptr) {
    const std::vector<std::string_view> doomed(attached->keys.begin(), attached->keys.end());
    QUORATE_RETURN_IF_ERROR(store.DeleteKeys(doomed));
  }
  store.batch().Delete(Family::kMeta, NameOf(request.id));
  rep_->changes.push_back({request.id, std::nullopt});
  return mvcc::Answer{{}, store.writer_revision()};
}

void Leases::Publishing() {
  for (const Rep::Change& change : rep_->changes) {
    if (change.ttl.has_value()) {
      rep_->lessor->Granted(change.lease, *change.ttl);
    } else {
      rep_->lessor->Revoking(change.lease);
    }
  }
}

void Leases::Published() {
  for (const Rep::Change& change : std::exchange(rep_->changes, {})) {
    if (!change.ttl.has_value()) rep_->lessor->Revoked(change.lease);
  }
  if (!rep_->touched.load(std::memory_order_relaxed)) return;
  std::vector<PublishedDone> waiting;
  {
    base::MutexLock lock(&rep_->waiting_mutex);
    rep_->touched.store(false, std::memory_order_relaxed);
    rep_->refusal = absl::OkStatus();
    waiting.swap(rep_->waiting);
  }
  for (PublishedDone& done : waiting) done(absl::OkStatus());
}

void Leases::PublishRefused(const absl::Status& reason) {
  std::vector<PublishedDone> waiting;
  {
    base::MutexLock lock(&rep_->waiting_mutex);
    if (!rep_->touched.load(std::memory_order_relaxed)) return;
    rep_->refusal = reason;
    waiting.swap(rep_->waiting);
  }
  for (PublishedDone& done : waiting) done(reason);
}

bool Leases::Exists(int64_t lease) const {
  const auto& shard = rep_->shards.Of(lease);
  base::MutexLock lock(&shard.mutex);
  return shard.leases.contains(lease);
}

void Leases::Attach(int64_t lease, std::string_view key) {
  rep_->Touch();
  auto& shard = rep_->shards.Of(lease);
  base::MutexLock lock(&shard.mutex);
  const auto found = shard.leases.find(lease);
  std::unique_ptr<Attached>& attached = found != shard.leases.end() ? found->second : shard.orphans[lease];
  if (attached == nullptr) attached = std::make_unique<Attached>();
  if (attached->keys.emplace(key).second) attached->bytes += key.size();
}

void Leases::Detach(int64_t lease, std::string_view key) {
  rep_->Touch();
  auto& shard = rep_->shards.Of(lease);
  base::MutexLock lock(&shard.mutex);
  if (const auto found = shard.leases.find(lease); found != shard.leases.end()) {
    Remove(key, found->second);
  } else if (const auto orphans = shard.orphans.find(lease); orphans != shard.orphans.end()) {
    Remove(key, orphans->second);
    if (orphans->second == nullptr) shard.orphans.erase(orphans);
  }
}

uint64_t Leases::count() const { return rep_->count.load(std::memory_order_relaxed); }

std::optional<std::vector<std::string>> Leases::KeysAfter(int64_t lease, std::string_view after) const {
  const auto& shard = rep_->shards.Of(lease);
  base::MutexLock lock(&shard.mutex);
  if (!shard.leases.contains(lease)) return std::nullopt;
  std::vector<std::string> keys;
  const Attached* attached = shard.Find(lease);
  if (attached == nullptr) return keys;
  size_t bytes = 0;
  auto next = attached->keys.upper_bound(after);
  while (next != attached->keys.end() && keys.size() < kSliceKeysMax && bytes < kSliceBytesMax) {
    bytes += next->size();
    keys.push_back(*next++);
  }
  return keys;
}

size_t Leases::KeyCount(int64_t lease) const {
  const auto& shard = rep_->shards.Of(lease);
  base::MutexLock lock(&shard.mutex);
  const Attached* attached = shard.Find(lease);
  return attached == nullptr ? 0 : attached->keys.size();
}

uint64_t Leases::KeyBytes(int64_t lease) const {
  const auto& shard = rep_->shards.Of(lease);
  base::MutexLock lock(&shard.mutex);
  const Attached* attached = shard.Find(lease);
  return attached == nullptr ? 0 : attached->bytes;
}

bool Leases::WhenPublished(PublishedDone done) {
  absl::Status refusal;
  {
    base::MutexLock lock(&rep_->waiting_mutex);
    refusal = rep_->refusal;
    if (refusal.ok() && rep_->touched.load(std::memory_order_relaxed)) {
      if (rep_->waiting.size() >= kWaitingMax) return false;
      rep_->waiting.push_back(std::move(done));
      return true;
    }
  }
  done(std::move(refusal));
  return true;
}

void SaveLease(int64_t lease, int64_t ttl_seconds, storage::WriteBatch& batch) {
  std::string value;
  base::wire::AppendVarint(&value, static_cast<uint64_t>(ttl_seconds));
  batch.Put(Family::kMeta, NameOf(lease), value);
}

absl::Status VisitStoredLeases(const storage::Database& database, const storage::Snapshot* snapshot,
                               const std::function<void(int64_t lease, int64_t ttl_seconds)>& visit) {
  storage::IteratorOptions options;
  options.snapshot = snapshot;
  options.lower_bound = kNamePrefix;
  options.upper_bound = kNamePrefix;
  ++options.upper_bound.back();
  options.fill_cache = false;
  const auto iterator = database.NewIterator(Family::kMeta, options);
  for (iterator->Seek(kNamePrefix); iterator->Valid(); iterator->Next()) {
    const std::string_view id = iterator->key().substr(kNamePrefix.size());
    std::string_view value = iterator->value();
    uint64_t ttl = 0;
    if (id.size() != kIdBytes || IdOf(id) == 0 || !base::TakeVarint(&value, &ttl) || !value.empty()) {
      return base::MakeStatus(absl::StatusCode::kDataLoss, "the store is damaged: a lease is malformed");
    }
    visit(IdOf(id), static_cast<int64_t>(ttl));
  }
  return iterator->status();
}

}  // namespace quorate::lease
