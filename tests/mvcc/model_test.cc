#include "tests/mvcc/model.h"

#include <gtest/gtest.h>

#include <random>

#include "quorate/base/errors.h"
#include "tests/mvcc/store_testing.h"
#include "tests/seeded/seeds.h"

namespace quorate::mvcc {
namespace {

// Runs random steps on a store and on the model side by side. A crash takes the model back to the state it had at the
// store's durable mark.
class Pair {
 public:
  Pair(uint64_t seed, size_t cache_bytes) : random_(seed), store_(cache_bytes) { saved_[0] = model_; }

  void Step() {
    const int choice = Pick(100);
    if (choice < 40) return Put();
    if (choice < 48) return Delete();
    if (choice < 62) return Txn();
    if (choice < 86) return Range();
    if (choice < 90) return CommitNow();
    if (choice < 93) return Stream();
    if (choice < 97) return Compact();
    if (choice < 99) return Flush();
    Crash();
  }
  void CompareAll() {
    CommitNow();
    for (int64_t at = std::max<int64_t>(model_.compacted, 1); at <= model_.revision; ++at) {
      pb::RangeRequest request = AllKeys();
      request.set_revision(at);
      CompareRange(request);
      if (testing::Test::HasFailure()) return;
    }
  }

 private:
  int Pick(int below) { return static_cast<int>(random_() % below); }
  std::string Key() {
    // Few keys, zero bytes among them, so that histories are long.
    static const char* const kStems[] = {"a", "b", "ba", "c"};
    std::string key = kStems[Pick(4)];
    if (Pick(3) == 0) key.push_back('\0');
    if (Pick(2) == 0) key += std::to_string(Pick(12));
    return key;
  }
  std::string End() {
    switch (Pick(4)) {
      case 0:
        return std::string(1, '\0');
      case 1:
        return Key();
      case 2:
        return "z";
      default:
        return "";
    }
  }
  std::string Value() { return std::string(Pick(20) == 0 ? Pick(3000) : Pick(10), static_cast<char>('a' + Pick(26))); }

  void Put() {
    const std::string key = Key();
    const std::string value = Value();
    pb::PutRequest request;
    request.set_key(key);
    request.set_value(value);
    request.set_prev_kv(Pick(2) == 0);
    const auto old = model_.Find(key, model_.revision);
    model_.Put(key, value, ++model_.revision);
    const auto response = TestStore::Must(store_.Put(request, false));
    ASSERT_EQ(response.header().revision(), model_.revision);
    ASSERT_EQ(response.has_prev_kv(), request.prev_kv() && old.has_value());
    if (response.has_prev_kv()) {
      ASSERT_EQ(response.prev_kv().SerializeAsString(), old->SerializeAsString());
    }
  }

  void Delete() {
    pb::DeleteRangeRequest request;
    request.set_key(Key());
    request.set_range_end(Pick(3) == 0 ? End() : "");
    const int deleted = model_.Delete(request.key(), request.range_end(), model_.revision + 1);
    if (deleted > 0) ++model_.revision;
    const auto response = TestStore::Must(store_.DeleteRange(request, false));
    ASSERT_EQ(response.deleted(), deleted);
    ASSERT_EQ(response.header().revision(), model_.revision);
  }

  // A comparison, then a mixture of everything, read-your-writes included.
  void Txn() {
    pb::TxnRequest request;
    pb::Compare* compare = request.add_compare();
    compare->set_key(Key());
    compare->set_target(pb::Compare::VERSION);
    compare->set_result(pb::Compare::GREATER);
    compare->set_version(Pick(3));
    const auto compared = model_.Find(compare->key(), model_.revision);
    const bool succeeded = (compared ? compared->version() : 0) > compare->version();
    auto* branch = succeeded ? request.mutable_success() : request.mutable_failure();
    for (int n = Pick(6); n > 0; --n) AddOperation(branch->Add());

    const auto response = TestStore::Must(store_.Txn(request, false));
    ASSERT_EQ(response.succeeded(), succeeded);
    const int64_t main = model_.revision + 1;
    bool changed = false;
    for (int i = 0; i < branch->size(); ++i) {
      const auto& operation = branch->Get(i);
      const auto& answer = response.responses(i);
      if (operation.has_request_put()) {
        model_.Put(operation.request_put().key(), operation.request_put().value(), main);
        changed = true;
      } else if (operation.has_request_delete_range()) {
        const auto& deletion = operation.request_delete_range();
        const int deleted = model_.Delete(deletion.key(), deletion.range_end(), main);
        changed = changed || deleted > 0;
        ASSERT_EQ(answer.response_delete_range().deleted(), deleted);
      } else {
        const auto& range = operation.request_range();
        ExpectKvs(answer.response_range(), model_.Range(range.key(), range.range_end(), main));
        ASSERT_EQ(answer.response_range().header().revision(), main - (changed ? 0 : 1));
      }
    }
    if (changed) model_.revision = main;
    ASSERT_EQ(response.header().revision(), model_.revision);
  }

  void AddOperation(pb::RequestOp* operation) {
    switch (Pick(4)) {
      case 0:
      case 1:
        operation->mutable_request_put()->set_key(Key());
        operation->mutable_request_put()->set_value(Value());
        break;
      case 2:
        operation->mutable_request_delete_range()->set_key(Key());
        operation->mutable_request_delete_range()->set_range_end(Pick(4) == 0 ? End() : "");
        break;
      default:
        *operation->mutable_request_range() = RangeOf(Key(), End());
    }
  }

  void Range() {
    CommitNow();
    pb::RangeRequest request = RangeOf(Key(), End());
    if (Pick(2) == 0) request.set_revision(Pick(static_cast<int>(model_.revision) + 2));
    if (Pick(3) == 0) request.set_limit(Pick(8));
    request.set_count_only(Pick(8) == 0);
    request.set_keys_only(Pick(8) == 0);
    if (Pick(3) == 0) {
      request.set_sort_target(static_cast<pb::RangeRequest::SortTarget>(Pick(5)));
      request.set_sort_order(static_cast<pb::RangeRequest::SortOrder>(1 + Pick(2)));
    }
    if (Pick(4) == 0) request.set_min_mod_revision(Pick(static_cast<int>(model_.revision)));
    CompareRange(request);
  }

  void CompareRange(const pb::RangeRequest& request) {
    const auto response = store_.Range(request);
    if (request.revision() > model_.revision) {
      ASSERT_EQ(response.status(), base::errors::FutureRevision());
      return;
    }
    if (request.revision() > 0 && request.revision() < model_.compacted) {
      ASSERT_EQ(response.status(), base::errors::Compacted());
      return;
    }
    ASSERT_TRUE(response.ok()) << response.status();
    const int64_t at = request.revision() > 0 ? request.revision() : model_.revision;
    std::vector<mvccpb::KeyValue> kvs = model_.Range(request.key(), request.range_end(), at);
    ASSERT_EQ(response->count(), static_cast<int64_t>(kvs.size())) << request.DebugString();
    if (request.count_only()) {
      ASSERT_EQ(response->kvs_size(), 0);
      return;
    }
    if (request.min_mod_revision() > 0) {
      std::erase_if(kvs, [&](const auto& kv) { return kv.mod_revision() < request.min_mod_revision(); });
    }
    SortLike(request, &kvs);
    const bool more = request.limit() > 0 && static_cast<int64_t>(kvs.size()) > request.limit();
    if (more) kvs.resize(request.limit());
    if (request.keys_only()) {
      for (auto& kv : kvs) kv.clear_value();
    }
    ASSERT_EQ(response->more(), more);
    ASSERT_EQ(response->header().revision(), model_.revision);
    ExpectKvs(*response, kvs);
  }

  static void SortLike(const pb::RangeRequest& request, std::vector<mvccpb::KeyValue>* kvs) {
    auto rank = [&](const mvccpb::KeyValue& kv) -> std::pair<int64_t, std::string> {
      switch (request.sort_target()) {
        case pb::RangeRequest::VERSION:
          return {kv.version(), ""};
        case pb::RangeRequest::CREATE:
          return {kv.create_revision(), ""};
        case pb::RangeRequest::MOD:
          return {kv.mod_revision(), ""};
        case pb::RangeRequest::VALUE:
          return {0, kv.value()};
        default:
          return {0, kv.key()};
      }
    };
    if (request.sort_order() == pb::RangeRequest::NONE) return;
    std::stable_sort(kvs->begin(), kvs->end(), [&](const auto& a, const auto& b) {
      return request.sort_order() == pb::RangeRequest::ASCEND ? rank(a) < rank(b) : rank(b) < rank(a);
    });
  }

  void Stream() {
    CommitNow();
    const pb::RangeRequest request = RangeOf(Key(), End());
    const auto chunks = TestStore::Must(store_.Stream(request, 1 + Pick(500)));
    pb::RangeResponse joined;
    for (const auto& chunk : chunks) joined.MergeFrom(chunk);
    ExpectKvs(joined, model_.Range(request.key(), request.range_end(), model_.revision));
  }

  void ExpectKvs(const pb::RangeResponse& response, const std::vector<mvccpb::KeyValue>& expected) {
    ASSERT_EQ(response.kvs_size(), static_cast<int>(expected.size()));
    for (int i = 0; i < response.kvs_size(); ++i) {
      ASSERT_EQ(response.kvs(i).SerializeAsString(), expected[i].SerializeAsString());
    }
  }

  void CommitNow() {
    store_.Commit();
    ASSERT_EQ(store_.store->revision(), model_.revision);
    saved_[store_.mark] = model_;
  }

  void Compact() {
    const int64_t revision = model_.revision - Pick(20);
    const auto result = store_.Compact(revision, false);
    if (revision <= model_.compacted) {
      ASSERT_EQ(result.status(), base::errors::Compacted());
      return;
    }
    ASSERT_TRUE(result.ok());
    model_.compacted = revision;
    CommitNow();
    if (Pick(2) == 0) store_.WaitForCompaction(revision);
  }

  void Flush() {
    CommitNow();
    store_.Flush();
    ASSERT_EQ(store_.database->durable_mark(), store_.mark);
  }

  void Crash() {
    store_.Reopen();
    ASSERT_TRUE(saved_.contains(store_.mark)) << store_.mark;
    model_ = saved_[store_.mark];
    saved_.erase(saved_.upper_bound(store_.mark), saved_.end());
    ASSERT_EQ(store_.store->revision(), model_.revision);
    ASSERT_EQ(store_.store->compacted_revision(), model_.compacted);
  }

  std::mt19937_64 random_;
  TestStore store_;
  Model model_;
  std::map<uint64_t, Model> saved_;  // by mark
};

class ModelTest : public testing::TestWithParam<uint64_t> {};

TEST_P(ModelTest, TheStoreAgreesWithTheModel) {
  SCOPED_TRACE("seed " + std::to_string(GetParam()));
  Pair pair(GetParam(), GetParam() % 2 == 0 ? 0 : 64 << 10);
  for (int step = 0; step < 1200 && !HasFailure(); ++step) {
    SCOPED_TRACE("step " + std::to_string(step));
    pair.Step();
  }
  if (!HasFailure()) pair.CompareAll();
}

const SeedRange kSeeds = Seeds(8);

INSTANTIATE_TEST_SUITE_P(Seeds, ModelTest, testing::Range(kSeeds.first, kSeeds.last + 1),
                         [](const auto& info) { return std::to_string(info.param); });

}  // namespace
}  // namespace quorate::mvcc
