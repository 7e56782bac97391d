#include <vector>

#include "quorate/base/wire.h"
#include "src/bench/data.h"
#include "src/bench/reply.h"
#include "src/bench/scenarios.h"

namespace quorate::bench {
namespace {

namespace wire = base::wire;

// Field numbers of etcdserverpb.TxnRequest and what it holds.
constexpr uint32_t kTxnCompare = 1;
constexpr uint32_t kTxnSuccess = 2;
constexpr uint32_t kTxnFailure = 3;
constexpr uint32_t kCompareTarget = 2;
constexpr uint32_t kCompareKey = 3;
constexpr uint32_t kCompareModRevision = 6;
constexpr uint64_t kTargetMod = 2;
constexpr uint32_t kOpRange = 1;
constexpr uint32_t kOpPut = 2;
// TxnResponse, ResponseOp, RangeResponse, KeyValue.
constexpr uint32_t kResponseSucceeded = 2;
constexpr uint32_t kResponseResponses = 3;
constexpr uint32_t kResponseOpRange = 1;
constexpr uint32_t kRangeKvs = 2;
constexpr uint32_t kKvModRevision = 3;

class Txn : public Scenario {
 public:
  Txn(const Options& options, const ThreadShare& share)
      : data_(options, options.seed + share.index),
        keys_(options, share),
        mod_revisions_(keys_.size(), 0),
        slot_keys_(share.slots, 0) {}

  // Creates every key, or learns its mod revision.
  uint64_t preparation() const override { return keys_.size() - prepared_; }
  std::string_view Prepare(size_t slot, std::string* message) override { return Update(slot, prepared_++, message); }

  std::string_view Next(size_t slot, std::string* message) override {
    return Update(slot, data_.random().Below(keys_.size()), message);
  }

  void OnReply(size_t slot, std::string_view message) override {
    int64_t* known = &mod_revisions_[slot_keys_[slot]];
    if (NumberIn(message, kResponseSucceeded) != 0) {
      *known = RevisionOf(message);
      return;
    }
    if (prepared_ == keys_.size()) ++conflicts_;
    const std::string_view range = BytesIn(BytesIn(message, kResponseResponses), kResponseOpRange);
    *known = NumberIn(BytesIn(range, kRangeKvs), kKvModRevision);
  }

  void AddCounters(Counters* counters) const override { (*counters)["conflicts"] += conflicts_; }

 private:
  std::string_view Update(size_t slot, uint64_t nth, std::string* message) {
    slot_keys_[slot] = nth;
    const uint64_t key = keys_[nth];
    part_.clear();
    wire::AppendVarintField(&part_, kCompareTarget, kTargetMod);
    data_.AppendKeyField(&part_, kCompareKey, key);
    // A oneof member is written even at its default.
    wire::AppendVarint(&part_, wire::MakeTag(kCompareModRevision, wire::Type::kVarint));
    wire::AppendVarint(&part_, static_cast<uint64_t>(mod_revisions_[nth]));
    wire::AppendBytesField(message, kTxnCompare, part_);

    put_.clear();
    AppendPut(&data_, key, &put_);
    AppendOp(message, kTxnSuccess, kOpPut, put_);
    part_.clear();
    AppendGet(data_, key, false, &part_);
    AppendOp(message, kTxnFailure, kOpRange, part_);
    return kTxnPath;
  }

  // A RequestOp around one request, as a field of the transaction.
  static void AppendOp(std::string* message, uint32_t field, uint32_t op, std::string_view request) {
    const size_t size = 1 + wire::VarintSize(request.size()) + request.size();
    wire::AppendBytesPrefix(message, field, size);
    wire::AppendBytesField(message, op, request);
  }

  Data data_;
  // Threads share no keys, so a conflict is one of two requests in flight for the same key.
  const KeyShare keys_;
  uint64_t prepared_ = 0;
  // By place in keys_: the mod revision last seen, 0 for none.
  std::vector<int64_t> mod_revisions_;
  std::vector<uint64_t> slot_keys_;
  uint64_t conflicts_ = 0;
  std::string part_;
  std::string put_;
};

}  // namespace

std::unique_ptr<Scenario> MakeTxn(const Options& options, const ThreadShare& share) {
  return std::make_unique<Txn>(options, share);
}

}  // namespace quorate::bench
