#pragma once

// The KV requests of the etcd API, read straight from their wire form as views into the received bytes: what arrives is
// what is proposed, logged and executed. A request lives as long as the bytes it was decoded from.

#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

namespace quorate::mvcc {

// Enumerations are open, as in proto3: a number that is not named here may arrive.
enum class SortOrder : int32_t { kNone = 0, kAscend = 1, kDescend = 2 };
enum class SortTarget : int32_t { kKey = 0, kVersion = 1, kCreate = 2, kMod = 3, kValue = 4 };
enum class CompareResult : int32_t { kEqual = 0, kGreater = 1, kLess = 2, kNotEqual = 3 };
enum class CompareTarget : int32_t { kVersion = 0, kCreate = 1, kMod = 2, kValue = 3, kLease = 4 };

struct RangeRequest {
  std::string_view key;
  std::string_view range_end;
  int64_t limit = 0;
  int64_t revision = 0;
  SortOrder sort_order = SortOrder::kNone;
  SortTarget sort_target = SortTarget::kKey;
  bool serializable = false;
  bool keys_only = false;
  bool count_only = false;
  int64_t min_mod_revision = 0;
  int64_t max_mod_revision = 0;
  int64_t min_create_revision = 0;
  int64_t max_create_revision = 0;

  // Whether keys of the range are left out by their revisions.
  bool has_revision_filters() const {
    return min_mod_revision != 0 || max_mod_revision != 0 || min_create_revision != 0 || max_create_revision != 0;
  }
  // Whether the order asked for is that of keys, which a list has by itself.
  bool is_in_key_order() const {
    return sort_order == SortOrder::kNone || (sort_order == SortOrder::kAscend && sort_target == SortTarget::kKey);
  }
};

struct PutRequest {
  std::string_view key;
  std::string_view value;
  int64_t lease = 0;
  bool prev_kv = false;
  bool ignore_value = false;
  bool ignore_lease = false;
};

struct DeleteRangeRequest {
  std::string_view key;
  std::string_view range_end;
  bool prev_kv = false;
};

struct Compare {
  CompareResult result = CompareResult::kEqual;
  CompareTarget target = CompareTarget::kVersion;
  std::string_view key;
  std::string_view range_end;
  // The operand: which member of the oneof arrived matters (a VALUE compare with a version operand compares with "").
  enum class Operand { kNone, kVersion, kCreate, kMod, kValue, kLease } operand = Operand::kNone;
  int64_t number = 0;
  std::string_view value;
};

struct RequestOp;

struct TxnRequest {
  std::vector<Compare> compare;
  std::vector<RequestOp> success;
  std::vector<RequestOp> failure;
};

// monostate: an operation that names none.
struct RequestOp {
  std::variant<std::monostate, RangeRequest, PutRequest, DeleteRangeRequest, TxnRequest> request;
};

struct CompactionRequest {
  int64_t revision = 0;
  bool physical = false;
};

// Each returns false on bytes that the protobuf library would not parse as the message. Repeated singular fields merge
// as protobuf merges them.
bool Decode(std::string_view bytes, RangeRequest* request);
bool Decode(std::string_view bytes, PutRequest* request);
bool Decode(std::string_view bytes, DeleteRangeRequest* request);
bool Decode(std::string_view bytes, TxnRequest* request);
bool Decode(std::string_view bytes, CompactionRequest* request);
// A transaction of at most `ops_max` comparisons, and operations in a branch, those of the enclosing transactions
// counted. Of a list that is longer only so much is kept that it shows: the rest is looked at, and takes no memory.
bool Decode(std::string_view bytes, TxnRequest* request, uint32_t ops_max);

}  // namespace quorate::mvcc
