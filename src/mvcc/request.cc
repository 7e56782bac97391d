#include "quorate/mvcc/request.h"

#include <limits>

#include "quorate/base/wire.h"

namespace quorate::mvcc {
namespace {

using base::wire::Reader;

// Messages inside one another. A transaction inside a transaction is two levels deep, and --max-txn-ops (128 unless
// raised) bounds those much earlier; this bound is only there to keep the stack of whoever decodes.
constexpr int kNestingMax = 1000;

struct Bounds {
  int nesting;  // messages inside one another
  size_t kept;  // elements kept of each list
};
constexpr size_t kAll = std::numeric_limits<size_t>::max();

// Each Merge adds what the bytes say to the message: as in protobuf, scalars are replaced and repeated fields grow.

bool Merge(std::string_view bytes, RangeRequest* request, Bounds bounds) {
  Reader reader(bytes);
  while (reader.Next()) {
    switch (reader.field()) {
      case 1:
        if (reader.IsBytes()) request->key = reader.bytes();
        break;
      case 2:
        if (reader.IsBytes()) request->range_end = reader.bytes();
        break;
      case 3:
        if (reader.IsVarint()) request->limit = reader.int64();
        break;
      case 4:
        if (reader.IsVarint()) request->revision = reader.int64();
        break;
      case 5:
        if (reader.IsVarint()) request->sort_order = static_cast<SortOrder>(reader.enumeration());
        break;
      case 6:
        if (reader.IsVarint()) request->sort_target = static_cast<SortTarget>(reader.enumeration());
        break;
      case 7:
        if (reader.IsVarint()) request->serializable = reader.boolean();
        break;
      case 8:
        if (reader.IsVarint()) request->keys_only = reader.boolean();
        break;
      case 9:
        if (reader.IsVarint()) request->count_only = reader.boolean();
        break;
      case 10:
        if (reader.IsVarint()) request->min_mod_revision = reader.int64();
        break;
      case 11:
        if (reader.IsVarint()) request->max_mod_revision = reader.int64();
        break;
      case 12:
        if (reader.IsVarint()) request->min_create_revision = reader.int64();
        break;
      case 13:
        if (reader.IsVarint()) request->max_create_revision = reader.int64();
        break;
      default:
        break;
    }
  }
  return reader.ok();
}

bool Merge(std::string_view bytes, PutRequest* request, Bounds bounds) {
  Reader reader(bytes);
  while (reader.Next()) {
    switch (reader.field()) {
      case 1:
        if (reader.IsBytes()) request->key = reader.bytes();
        break;
      case 2:
        if (reader.IsBytes()) request->value = reader.bytes();
        break;
      case 3:
        if (reader.IsVarint()) request->lease = reader.int64();
        break;
      case 4:
        if (reader.IsVarint()) request->prev_kv = reader.boolean();
        break;
      case 5:
        if (reader.IsVarint()) request->ignore_value = reader.boolean();
        break;
      case 6:
        if (reader.IsVarint()) request->ignore_lease = reader.boolean();
        break;
      default:
        break;
    }
  }
  return reader.ok();
}

bool Merge(std::string_view bytes, DeleteRangeRequest* request, Bounds bounds) {
  Reader reader(bytes);
  while (reader.Next()) {
    switch (reader.field()) {
      case 1:
        if (reader.IsBytes()) request->key = reader.bytes();
        break;
      case 2:
        if (reader.IsBytes()) request->range_end = reader.bytes();
        break;
      case 3:
        if (reader.IsVarint()) request->prev_kv = reader.boolean();
        break;
      default:
        break;
    }
  }
  return reader.ok();
}

// The oneof of operands: the last member that arrived stands, whatever came before.
void SetOperand(const Reader& reader, Compare::Operand operand, Compare* compare) {
  const bool is_value = operand == Compare::Operand::kValue;
  if (is_value ? !reader.IsBytes() : !reader.IsVarint()) return;
  compare->operand = operand;
  compare->number = is_value ? 0 : reader.int64();
  compare->value = is_value ? reader.bytes() : std::string_view();
}

bool Merge(std::string_view bytes, Compare* compare, Bounds bounds) {
  Reader reader(bytes);
  while (reader.Next()) {
    switch (reader.field()) {
      case 1:
        if (reader.IsVarint()) compare->result = static_cast<CompareResult>(reader.enumeration());
        break;
      case 2:
        if (reader.IsVarint()) compare->target = static_cast<CompareTarget>(reader.enumeration());
        break;
      case 3:
        if (reader.IsBytes()) compare->key = reader.bytes();
        break;
      case 4:
        SetOperand(reader, Compare::Operand::kVersion, compare);
        break;
      case 5:
        SetOperand(reader, Compare::Operand::kCreate, compare);
        break;
      case 6:
        SetOperand(reader, Compare::Operand::kMod, compare);
        break;
      case 7:
        SetOperand(reader, Compare::Operand::kValue, compare);
        break;
      case 8:
        SetOperand(reader, Compare::Operand::kLease, compare);
        break;
      case 64:
        if (reader.IsBytes()) compare->range_end = reader.bytes();
        break;
      default:
        break;
    }
  }
  return reader.ok();
}

bool Merge(std::string_view bytes, TxnRequest* request, Bounds bounds);

// A member of the oneof that is there already is merged into, another one replaces it.
template <typename Request>
bool MergeInto(std::string_view bytes, RequestOp* operation, Bounds bounds) {
  if (bounds.nesting == 0) return false;
  auto* request = std::get_if<Request>(&operation->request);
  if (request == nullptr) request = &operation->request.emplace<Request>();
  return Merge(bytes, request, {bounds.nesting - 1, bounds.kept});
}

bool Merge(std::string_view bytes, RequestOp* operation, Bounds bounds) {
  Reader reader(bytes);
  while (reader.Next()) {
    if (!reader.IsBytes()) continue;
    bool well_formed = true;
    switch (reader.field()) {
      case 1:
        well_formed = MergeInto<RangeRequest>(reader.bytes(), operation, bounds);
        break;
      case 2:
        well_formed = MergeInto<PutRequest>(reader.bytes(), operation, bounds);
        break;
      case 3:
        well_formed = MergeInto<DeleteRangeRequest>(reader.bytes(), operation, bounds);
        break;
      case 4:
        well_formed = MergeInto<TxnRequest>(reader.bytes(), operation, bounds);
        break;
      default:
        break;
    }
    if (!well_formed) return false;
  }
  return reader.ok();
}

template <typename Element>
bool MergeElement(std::string_view bytes, std::vector<Element>* elements, Bounds bounds) {
  if (bounds.nesting == 0) return false;
  if (elements->size() >= bounds.kept) {
    Element passed_over;
    return Merge(bytes, &passed_over, {bounds.nesting - 1, 0});
  }
  Element& element = elements->emplace_back();
  // A transaction inside may have what those around it leave.
  return Merge(bytes, &element, {bounds.nesting - 1, bounds.kept - elements->size()});
}

bool Merge(std::string_view bytes, TxnRequest* request, Bounds bounds) {
  Reader reader(bytes);
  while (reader.Next()) {
    if (!reader.IsBytes()) continue;
    bool well_formed = true;
    switch (reader.field()) {
      case 1:
        well_formed = MergeElement(reader.bytes(), &request->compare, bounds);
        break;
      case 2:
        well_formed = MergeElement(reader.bytes(), &request->success, bounds);
        break;
      case 3:
        well_formed = MergeElement(reader.bytes(), &request->failure, bounds);
        break;
      default:
        break;
    }
    if (!well_formed) return false;
  }
  return reader.ok();
}

bool Merge(std::string_view bytes, CompactionRequest* request, Bounds bounds) {
  Reader reader(bytes);
  while (reader.Next()) {
    if (reader.field() == 1 && reader.IsVarint()) request->revision = reader.int64();
    if (reader.field() == 2 && reader.IsVarint()) request->physical = reader.boolean();
  }
  return reader.ok();
}

template <typename Request>
bool DecodeWhole(std::string_view bytes, Request* request, size_t kept = kAll) {
  *request = Request();
  return Merge(bytes, request, {kNestingMax, kept});
}

}  // namespace

bool Decode(std::string_view bytes, RangeRequest* request) { return DecodeWhole(bytes, request); }
bool Decode(std::string_view bytes, PutRequest* request) { return DecodeWhole(bytes, request); }
bool Decode(std::string_view bytes, DeleteRangeRequest* request) { return DecodeWhole(bytes, request); }
bool Decode(std::string_view bytes, TxnRequest* request) { return DecodeWhole(bytes, request); }
bool Decode(std::string_view bytes, CompactionRequest* request) { return DecodeWhole(bytes, request); }
bool Decode(std::string_view bytes, TxnRequest* request, uint32_t ops_max) {
  return DecodeWhole(bytes, request, size_t{ops_max} + 1);
}

}  // namespace quorate::mvcc
