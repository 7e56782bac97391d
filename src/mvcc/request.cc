#include "quorate/mvcc/request.h"

#include <limits>
#include <type_traits>

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

// Takes a field's value over; one of another wire type than the field's is passed over, as unknown.
void Take(const Reader& reader, std::string_view* field) {
  if (reader.IsBytes()) *field = reader.bytes();
}
void Take(const Reader& reader, int64_t* field) {
  if (reader.IsVarint()) *field = reader.int64();
}
void Take(const Reader& reader, bool* field) {
  if (reader.IsVarint()) *field = reader.boolean();
}
template <typename Enumeration>
  requires std::is_enum_v<Enumeration>
void Take(const Reader& reader, Enumeration* field) {
  if (reader.IsVarint()) *field = static_cast<Enumeration>(reader.enumeration());
}

// The oneof of operands: the last member that arrived stands, whatever came before.
void TakeOperand(const Reader& reader, Compare::Operand operand, Compare* compare) {
  const bool is_value = operand == Compare::Operand::kValue;
  if (is_value ? !reader.IsBytes() : !reader.IsVarint()) return;
  compare->operand = operand;
  compare->number = is_value ? 0 : reader.int64();
  compare->value = is_value ? reader.bytes() : std::string_view();
}

void TakeField(const Reader& reader, RangeRequest* request) {
  switch (reader.field()) {
    case 1:
      return Take(reader, &request->key);
    case 2:
      return Take(reader, &request->range_end);
    case 3:
      return Take(reader, &request->limit);
    case 4:
      return Take(reader, &request->revision);
    case 5:
      return Take(reader, &request->sort_order);
    case 6:
      return Take(reader, &request->sort_target);
    case 7:
      return Take(reader, &request->serializable);
    case 8:
      return Take(reader, &request->keys_only);
    case 9:
      return Take(reader, &request->count_only);
    case 10:
      return Take(reader, &request->min_mod_revision);
    case 11:
      return Take(reader, &request->max_mod_revision);
    case 12:
      return Take(reader, &request->min_create_revision);
    case 13:
      return Take(reader, &request->max_create_revision);
    default:
      return;
  }
}

void TakeField(const Reader& reader, PutRequest* request) {
  switch (reader.field()) {
    case 1:
      return Take(reader, &request->key);
    case 2:
      return Take(reader, &request->value);
    case 3:
      return Take(reader, &request->lease);
    case 4:
      return Take(reader, &request->prev_kv);
    case 5:
      return Take(reader, &request->ignore_value);
    case 6:
      return Take(reader, &request->ignore_lease);
    default:
      return;
  }
}

void TakeField(const Reader& reader, DeleteRangeRequest* request) {
  switch (reader.field()) {
    case 1:
      return Take(reader, &request->key);
    case 2:
      return Take(reader, &request->range_end);
    case 3:
      return Take(reader, &request->prev_kv);
    default:
      return;
  }
}

void TakeField(const Reader& reader, Compare* compare) {
  switch (reader.field()) {
    case 1:
      return Take(reader, &compare->result);
    case 2:
      return Take(reader, &compare->target);
    case 3:
      return Take(reader, &compare->key);
    case 4:
      return TakeOperand(reader, Compare::Operand::kVersion, compare);
    case 5:
      return TakeOperand(reader, Compare::Operand::kCreate, compare);
    case 6:
      return TakeOperand(reader, Compare::Operand::kMod, compare);
    case 7:
      return TakeOperand(reader, Compare::Operand::kValue, compare);
    case 8:
      return TakeOperand(reader, Compare::Operand::kLease, compare);
    case 64:
      return Take(reader, &compare->range_end);
    default:
      return;
  }
}

void TakeField(const Reader& reader, CompactionRequest* request) {
  if (reader.field() == 1) Take(reader, &request->revision);
  if (reader.field() == 2) Take(reader, &request->physical);
}

// Each Merge adds what the bytes say to the message: as in protobuf, scalars are replaced and repeated fields grow.

// A message that has none inside it has nothing to bound.
template <typename Message>
bool Merge(std::string_view bytes, Message* message, Bounds) {
  Reader reader(bytes);
  while (reader.Next()) TakeField(reader, message);
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
