#include "src/api/duplicate_keys.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace quorate::api {
namespace {

using Keys = std::set<std::string_view>;

bool HaveOneInCommon(const Keys& one, const Keys& other) {
  const Keys& fewer = one.size() < other.size() ? one : other;
  const Keys& more = &fewer == &one ? other : one;
  return std::any_of(fewer.begin(), fewer.end(), [&](std::string_view key) { return more.contains(key); });
}

// A union of key intervals, kept disjoint. An interval is [begin, end); the point interval of a key ends right after
// it.
class DeletedKeys {
 public:
  void AddRange(std::string_view begin, std::string_view end) { Add(std::string(begin), std::string(end)); }
  void AddKey(std::string_view key) {
    std::string end(key);
    end.push_back('\0');
    Add(std::string(key), std::move(end));
  }
  void Take(DeletedKeys&& other) {
    if (intervals_.size() < other.intervals_.size()) intervals_.swap(other.intervals_);
    while (!other.intervals_.empty()) {
      auto taken = other.intervals_.extract(other.intervals_.begin());
      Add(std::move(taken.key()), std::move(taken.mapped()));
    }
  }
  bool Contains(std::string_view key) const {
    auto after = intervals_.upper_bound(key);
    return after != intervals_.begin() && key < std::prev(after)->second;
  }
  bool ContainsAny(const Keys& keys) const {
    if (keys.size() <= intervals_.size()) {
      return std::any_of(keys.begin(), keys.end(), [&](std::string_view key) { return Contains(key); });
    }
    return std::any_of(intervals_.begin(), intervals_.end(), [&](const auto& interval) {
      const auto first = keys.lower_bound(interval.first);
      return first != keys.end() && *first < interval.second;
    });
  }

 private:
  void Add(std::string begin, std::string end) {
    if (begin >= end) return;
    auto at = intervals_.upper_bound(begin);
    if (at != intervals_.begin() && begin <= std::prev(at)->second) {
      --at;
      begin = at->first;
    }
    while (at != intervals_.end() && at->first <= end) {
      end = std::max(end, at->second);
      at = intervals_.erase(at);
    }
    intervals_.emplace_hint(at, std::move(begin), std::move(end));
  }

  std::map<std::string, std::string, std::less<>> intervals_;
};

// What a list of operations writes, gathered from the innermost transactions outwards. Whatever is joined, the smaller
// moves into the larger, and the smaller is looked for in the larger: else a key that lies deep costs each level
// around.
struct Writes {
  Keys puts;
  DeletedKeys deletes;

  // Each returns false when a key would be written twice.
  bool AddOps(const std::vector<mvcc::RequestOp>& ops);
  bool AddNested(const mvcc::TxnRequest& txn);
  bool AddPut(std::string_view key) { return !deletes.Contains(key) && puts.insert(key).second; }
  void Take(Writes&& other);
};

bool Writes::AddNested(const mvcc::TxnRequest& txn) {
  Writes nested, failure;
  if (!nested.AddOps(txn.success) || !failure.AddOps(txn.failure)) return false;
  nested.Take(std::move(failure));
  if (HaveOneInCommon(puts, nested.puts) || deletes.ContainsAny(nested.puts)) return false;
  Take(std::move(nested));
  return true;
}

void Writes::Take(Writes&& other) {
  if (puts.size() < other.puts.size()) puts.swap(other.puts);
  puts.merge(other.puts);
  deletes.Take(std::move(other.deletes));
}

bool Writes::AddOps(const std::vector<mvcc::RequestOp>& ops) {
  for (const mvcc::RequestOp& op : ops) {
    const auto* request = std::get_if<mvcc::DeleteRangeRequest>(&op.request);
    if (request == nullptr) continue;
    if (request->range_end.empty()) {
      deletes.AddKey(request->key);
    } else {
      deletes.AddRange(request->key, request->range_end);
    }
  }
  for (const mvcc::RequestOp& op : ops) {
    const auto* request = std::get_if<mvcc::TxnRequest>(&op.request);
    if (request != nullptr && !AddNested(*request)) return false;
  }
  for (const mvcc::RequestOp& op : ops) {
    const auto* request = std::get_if<mvcc::PutRequest>(&op.request);
    if (request != nullptr && !AddPut(request->key)) return false;
  }
  return true;
}

bool IsSingleFlatWrite(const std::vector<mvcc::RequestOp>& ops) {
  size_t writes = 0;
  for (const mvcc::RequestOp& op : ops) {
    if (std::holds_alternative<mvcc::TxnRequest>(op.request)) return false;
    writes += !std::holds_alternative<mvcc::RangeRequest>(op.request);
  }
  return writes <= 1;
}

}  // namespace

bool WritesKeyTwice(const std::vector<mvcc::RequestOp>& ops) {
  // Nearly every transaction has one write or none in a branch.
  if (IsSingleFlatWrite(ops)) return false;
  return !Writes().AddOps(ops);
}

}  // namespace quorate::api
