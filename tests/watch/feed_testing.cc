#include "tests/watch/feed_testing.h"

#include <latch>

#include "etcdserverpb/rpc.pb.h"
#include "quorate/base/check.h"
#include "quorate/mvcc/key_range.h"

namespace quorate::watch {
namespace {

template <typename T>
T Must(absl::StatusOr<T> result) {
  QUORATE_CHECK(result.ok()) << result.status().ToString();
  return *std::move(result);
}

std::string FormerKv(const Event& event) { return std::string(event.previous.view().substr(event.previous_offset)); }

}  // namespace

TestFeed::TestFeed(Bounds bounds) : bounds_(bounds) { Open(); }
TestFeed::~TestFeed() = default;

void TestFeed::Open() {
  database = Must(storage::Database::Open(
      {.path = directory.path() + "/db", .block_cache_bytes = 4 << 20, .write_buffer_bytes = 4 << 20}));
  mark_ = database->durable_mark();
  hub = std::make_unique<Hub>(bounds_.window_bytes, bounds_.window_events);
  mvcc::StoreOptions options;
  options.cache_bytes = bounds_.cache_bytes;
  options.on_commit = [this](const std::vector<mvcc::Event>& events) {
    Record(events);
    hub->OnCommit(events);
  };
  store = Must(mvcc::Store::Open(database.get(), options));
  hub->Attach(store.get());
  FeedOptions feed_options;
  feed_options.hub = hub.get();
  feed_options.post = [this](std::function<void()> function) { posted.push_back(std::move(function)); };
  feed_options.post_after = [this](std::chrono::milliseconds after, std::function<void()> function) {
    later_after = after;
    later.push_back(std::move(function));
  };
  feed_options.run_blocking = [this](absl::AnyInvocable<void(absl::Status)> task) {
    blocking.push_back(std::move(task));
  };
  feed_options.step_bytes_max = bounds_.step_bytes;
  feed_options.history_walked_max = bounds_.walked;
  feed_options.hits_max = bounds_.hits;
  feed_options.scan_ranges_max = bounds_.scan_ranges;
  feed_options.scan_join_revisions = bounds_.scan_join;
  feed_options.scan_range_bytes_max = bounds_.scan_range_bytes;
  feed_options.former_bytes_together_max = bounds_.former_together;
  feed_options.former_bytes_max = bounds_.former;
  feed_options.moved_per_turn = bounds_.moved;
  feed_options.removed_bytes_per_turn = bounds_.removed_bytes;
  feed = std::make_unique<Feed>(std::move(feed_options));
}

void TestFeed::Reopen() {
  posted.clear();
  blocking.clear();
  later.clear();
  feed.reset();
  store.reset();
  hub.reset();
  database.reset();
  Open();
}

void TestFeed::Record(const std::vector<mvcc::Event>& events) {
  const size_t first = history.size();
  std::map<std::string, std::optional<std::string>> before;  // the transaction at hand
  for (const mvcc::Event& event : events) {
    Change change;
    change.revision = event.revision.main;
    change.deleted = event.deleted;
    change.key = std::string(event.key);
    change.kv = std::string(event.kv());
    if (history.size() > first && history.back().revision != change.revision) before.clear();
    const auto value = values_.find(change.key);
    const std::optional<std::string> now =
        value == values_.end() ? std::nullopt : std::optional<std::string>(value->second);
    change.former = before.emplace(change.key, now).first->second;
    if (change.deleted) {
      values_.erase(change.key);
    } else {
      values_[change.key] = change.kv;
      mvccpb::KeyValue kv;
      QUORATE_CHECK(kv.ParseFromString(change.kv));
      // etcd looks for no former value of a key that a transaction creates.
      if (kv.create_revision() == kv.mod_revision()) change.former.reset();
    }
    for (size_t i = history.size(); i > first && history[i - 1].revision == change.revision; --i) {
      if (history[i - 1].key == change.key) history[i - 1].superseded = true;
    }
    history.push_back(std::move(change));
  }
}

void TestFeed::Put(const std::string& key, const std::string& value) {
  mvcc::PutRequest request;
  request.key = key;
  request.value = value;
  QUORATE_CHECK(store->Put(request).ok());
}

void TestFeed::Delete(const std::string& key, const std::string& range_end) {
  mvcc::DeleteRangeRequest request;
  request.key = key;
  request.range_end = range_end;
  QUORATE_CHECK(store->DeleteRange(request).ok());
}

void TestFeed::Txn(const std::vector<mvcc::RequestOp>& ops) {
  mvcc::TxnRequest request;
  request.success = ops;
  QUORATE_CHECK(store->Txn(request).ok());
}

void TestFeed::Commit() { QUORATE_CHECK(store->Commit(++mark_).ok()); }

int64_t TestFeed::PutNow(const std::string& key, const std::string& value) {
  Put(key, value);
  Commit();
  return store->revision();
}

int64_t TestFeed::DeleteNow(const std::string& key) {
  Delete(key);
  Commit();
  return store->revision();
}

void TestFeed::CompactNow(int64_t revision) {
  QUORATE_CHECK(store->Compact(revision).ok());
  Commit();
}

void TestFeed::WaitForGarbage(int64_t revision) {
  std::latch done(1);
  store->WhenCompacted(revision, [&done] { done.count_down(); });
  done.wait();
}

bool TestFeed::RunOne() {
  if (posted.empty()) return false;
  const std::function<void()> function = std::move(posted.front());
  posted.pop_front();
  function();
  return true;
}

bool TestFeed::RunBlocking() {
  if (blocking.empty()) return false;
  absl::AnyInvocable<void(absl::Status)> task = std::move(blocking.front());
  blocking.pop_front();
  task(absl::OkStatus());
  return true;
}

void TestFeed::RunTurn() {
  for (size_t left = posted.size(); left > 0; --left) RunOne();
}

void TestFeed::RunAll() {
  while (RunOne() || RunBlocking()) {
  }
}

void TestFeed::LetTimePass() {
  for (std::deque<std::function<void()>> due = std::move(later); !due.empty(); due.pop_front()) due.front()();
}

bool Recorder::OnEvents(int64_t watch_id, const WatchRequest& request, const Selection& selection, int64_t revision) {
  std::vector<Heard>& heard = events[watch_id];
  EXPECT_GT(selection.size(), 0u);
  if (!heard.empty()) {
    EXPECT_GT(selection.event(0).revision(), heard.back().revision) << "watch " << watch_id;
  }
  EXPECT_GE(revision, selection.event(selection.size() - 1).revision());
  etcdserverpb::WatchResponse response;
  QUORATE_CHECK(response.ParseFromString(selection.Encoded().ToString()));
  EXPECT_EQ(static_cast<size_t>(response.events_size()), selection.size());
  for (size_t i = 0; i < selection.size(); ++i) {
    const Event& event = selection.event(i);
    const mvccpb::Event& encoded = response.events(static_cast<int>(i));
    Heard one{
        event.change.deleted, std::string(event.change.key), event.revision(), std::string(event.change.kv()), {}};
    mvccpb::KeyValue kv;
    QUORATE_CHECK(kv.ParseFromString(one.kv));
    EXPECT_EQ(encoded.kv().SerializeAsString(), kv.SerializeAsString());
    EXPECT_EQ(encoded.type() == mvccpb::Event::DELETE, one.deleted);
    EXPECT_TRUE(request.prev_kv || !encoded.has_prev_kv());
    if (encoded.has_prev_kv()) one.former = FormerKv(event);
    heard.push_back(std::move(one));
  }
  heard_until[watch_id] = revision;
  ++deliveries;
  if (room > 0) --room;
  return room > 0;
}

std::vector<std::string> Recorder::Told(int64_t watch_id) const {
  std::vector<std::string> told;
  auto found = events.find(watch_id);
  if (found == events.end()) return told;
  for (const Heard& one : found->second) {
    told.push_back((one.deleted ? "delete " : "put ") + one.key + " " + std::to_string(one.revision));
  }
  return told;
}

WatchRequest Key(const std::string& key, int64_t start_revision) { return Range(key, "", start_revision); }

WatchRequest Range(const std::string& key, const std::string& range_end, int64_t start_revision) {
  WatchRequest request;
  request.key = key;
  request.range_end = range_end;
  request.start_revision = start_revision;
  return request;
}

WatchRequest Everything(int64_t start_revision) { return Range("", std::string(1, '\0'), start_revision); }

bool IsWatched(const WatchRequest& request, const Change& change) {
  if (change.deleted ? request.no_delete : request.no_put) return false;
  const std::string key = request.key.empty() ? std::string(1, '\0') : request.key;
  return mvcc::KeyRange::FromRequest(key, request.range_end).Contains(change.key);
}

}  // namespace quorate::watch
