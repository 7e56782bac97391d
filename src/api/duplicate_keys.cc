#include "src/api/duplicate_keys.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace quorate::api {
namespace {

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
  void AddAll(const DeletedKeys& other) {
    for (const auto& [begin, end] : other.intervals_) Add(begin, end);
  }
  bool Contains(std::string_view key) const {
    auto after = intervals_.upper_bound(key);
    return after != intervals_.begin() && key < std::prev(after)->second;
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

using Keys = std::set<std::string_view>;

// What a list of operations writes, gathered from the innermost transactions outwards.
struct Writes {
  Keys puts;
  DeletedKeys deletes;

  // Each returns false when a key would be written twice.
  bool AddOps(const std::vector<mvcc::RequestOp>& ops);
  bool AddNested(const mvcc::TxnRequest& txn);
  bool AddPut(std::string_view key) { return !deletes.Contains(key) && puts.insert(key).second; }
};

bool Writes::AddNested(const mvcc::TxnRequest& txn) {
  Writes success, failure;
  if (!success.AddOps(txn.success) || !failure.AddOps(txn.failure)) return false;
  for (std::string_view key : success.puts) {
    if (!AddPut(key)) return false;
  }
  for (std::string_view key : failure.puts) {
    if (deletes.Contains(key)) return false;
    if (!puts.insert(key).second && !success.puts.contains(key)) return false;
  }
  deletes.AddAll(success.deletes);
  deletes.AddAll(failure.deletes);
  return true;
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
