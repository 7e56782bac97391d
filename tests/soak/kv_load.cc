#include "tests/soak/kv_load.h"

#include <algorithm>
#include <cstdio>
#include <thread>

#include "tests/soak/execute.h"

namespace quorate::soak {
namespace {

constexpr uint64_t kOwnKeys = 400;
constexpr uint64_t kSharedKeys = 60;
constexpr uint64_t kPageKeysMax = 100;
constexpr size_t kValueBytesMax = 500;
constexpr size_t kLargeBytesMax = 60'000;
constexpr size_t kHugeBytesMax = 1'400'000;
const std::string kNoEnd(1, '\0');

std::string Numbered(const std::string& prefix, uint64_t number) {
  char digits[24];
  std::snprintf(digits, sizeof(digits), "%05lu", static_cast<unsigned long>(number));
  return prefix + digits;
}

}  // namespace

KvLoad::KvLoad(Stage* stage, Pace* pace, int number)
    : stage_(*stage),
      pace_(*pace),
      number_(number),
      random_(stage->seed * 1'000'003 + static_cast<uint64_t>(number)),
      client_(stage->availability, stage->findings) {}

std::string KvLoad::OwnKey(uint64_t number) const { return Numbered("own/" + std::to_string(number_) + "/", number); }
std::string KvLoad::OwnKey() { return OwnKey(Below(kOwnKeys)); }
// Behind all keys of its own.
std::string KvLoad::OwnEnd() const { return "own/" + std::to_string(number_) + "0"; }
std::string KvLoad::SharedKey() { return Numbered("shared/", Below(kSharedKeys)); }

size_t KvLoad::ValueBytes() {
  const uint64_t chance = Below(10'000);
  return Below(chance < 2 ? kHugeBytesMax : chance < 40 ? kLargeBytesMax : kValueBytesMax);
}

size_t KvLoad::PartBytes() { return Below(Below(250) == 0 ? kLargeBytesMax : kValueBytesMax); }

std::shared_ptr<Operation> KvLoad::NewOperation() {
  auto operation = std::make_shared<Operation>();
  operation->id = NextOperationId();
  operation->owner = number_;
  return operation;
}

void KvLoad::AddPut(Operation& operation, const std::string& key, size_t value_bytes, pb::RequestOp* op) {
  pb::PutRequest* put = op->mutable_request_put();
  put->set_key(key);
  put->set_value(ValueOf(operation.id, value_bytes));
  put->set_prev_kv(Below(4) == 0);
}

void KvLoad::Run() {
  while (!stage_.availability->stopping()) {
    std::this_thread::sleep_until(pace_.Take());
    if (client_.Ready()) Step();
  }
}

void KvLoad::Step() {
  const uint64_t chance = Below(100);
  if (chance < 40) return Put();
  if (chance < 46) return DeleteSome();
  if (chance < 56) return Txn();
  if (chance < 66) return CompareAndPut();
  if (chance < 90) return Read();
  if (chance < 97) return ReadThePast();
  ReadPaged();
}

void KvLoad::Put() {
  auto operation = NewOperation();
  AddPut(*operation, OwnKey(), ValueBytes(), operation->txn.add_success());
  Execute(stage_, client_, operation);
}

void KvLoad::DeleteSome() {
  auto operation = NewOperation();
  pb::DeleteRangeRequest* deletion = operation->txn.add_success()->mutable_request_delete_range();
  const uint64_t first = Below(kOwnKeys);
  deletion->set_key(OwnKey(first));
  if (Below(2) == 0) deletion->set_range_end(OwnKey(first + Below(8)));
  if (deletion->range_end() == deletion->key()) deletion->clear_range_end();
  deletion->set_prev_kv(Below(2) == 0);
  Execute(stage_, client_, operation);
}

// Ranges, a deletion of other keys than those put, and puts of own and shared keys, if a key is as expected.
void KvLoad::Txn() {
  auto operation = NewOperation();
  pb::Compare* compare = operation->txn.add_compare();
  compare->set_key(Below(2) == 0 ? OwnKey() : SharedKey());
  compare->set_result(static_cast<pb::Compare::CompareResult>(Below(4)));
  switch (Below(3)) {
    case 0:
      compare->set_target(pb::Compare::VERSION);
      compare->set_version(static_cast<int64_t>(Below(20)));
      break;
    case 1:
      compare->set_target(pb::Compare::CREATE);
      compare->set_create_revision(stage_.timeline->last() - static_cast<int64_t>(Below(20'000)));
      break;
    default:
      compare->set_target(pb::Compare::LEASE);
      compare->set_lease(0);
  }
  for (const bool success : {true, false}) {
    const auto add = [&] { return success ? operation->txn.add_success() : operation->txn.add_failure(); };
    pb::RangeRequest* range = add()->mutable_request_range();
    range->set_key(OwnKey());
    range->set_range_end(OwnEnd());
    range->set_limit(static_cast<int64_t>(1 + Below(20)));
    range->set_keys_only(Below(2) == 0);
    const uint64_t boundary = Below(kOwnKeys);
    if (Below(3) == 0) add()->mutable_request_delete_range()->set_key(OwnKey(boundary));
    const uint64_t puts = Below(5);
    for (uint64_t i = 1; i <= puts; ++i) AddPut(*operation, OwnKey(boundary + i), PartBytes(), add());
    if (puts > 0 && Below(2) == 0) AddPut(*operation, SharedKey(), PartBytes(), add());
  }
  Execute(stage_, client_, operation);
}

// As Kubernetes updates: a put if the key is still as it was read, the key as it is otherwise.
void KvLoad::CompareAndPut() {
  pb::RangeRequest read;
  read.set_key(SharedKey());
  const int64_t told = stage_.timeline->told();
  const auto found = client_.Call(&pb::KV::Stub::Range, read);
  ++stage_.calls;
  if (!found.ok()) return;
  if (found.response.header().revision() < told) stage_.findings->Add("a read before a compare is of the past");
  auto operation = NewOperation();
  pb::Compare* compare = operation->txn.add_compare();
  compare->set_key(read.key());
  if (found.response.kvs().empty() || Below(4) != 0) {
    compare->set_target(pb::Compare::MOD);
    compare->set_mod_revision(found.response.kvs().empty() ? 0 : found.response.kvs(0).mod_revision());
  } else {
    compare->set_target(pb::Compare::VALUE);
    compare->set_value(found.response.kvs(0).value());
  }
  AddPut(*operation, read.key(), ValueBytes(), operation->txn.add_success());
  operation->txn.add_failure()->mutable_request_range()->set_key(read.key());
  Execute(stage_, client_, operation);
}

void KvLoad::Read() {
  pb::RangeRequest request;
  request.set_serializable(Below(2) == 0);
  request.set_key(OwnKey());
  if (Below(3) == 0) {
    request.set_key(SharedKey());
  } else if (Below(4) == 0) {
    request.set_range_end(Below(8) == 0 ? kNoEnd : OwnEnd());
    request.set_limit(static_cast<int64_t>(1 + Below(kPageKeysMax)));
    request.set_keys_only(Below(2) == 0);
    request.set_count_only(Below(8) == 0);
  }
  if (Below(4) == 0) {
    request.set_sort_target(pb::RangeRequest::KEY);
    request.set_sort_order(Below(2) == 0 ? pb::RangeRequest::DESCEND : pb::RangeRequest::ASCEND);
  }
  const int64_t told = stage_.timeline->told();
  const auto reply = client_.Call(&pb::KV::Stub::Range, request);
  ++stage_.calls;
  if (!reply.ok()) return;
  const int64_t revision = reply.response.header().revision();
  // Of a serializable read too: there is one member, and it has said so.
  if (revision < told) {
    stage_.findings->Add("a range at revision " + std::to_string(revision) + ", " + std::to_string(told) +
                         " was told before; " + request.ShortDebugString());
  }
  stage_.timeline->Tell(revision);
  stage_.timeline->CheckAnswer(request, reply.response);
}

void KvLoad::ReadThePast() {
  const int64_t last = stage_.timeline->last();
  const int64_t oldest = std::max(stage_.timeline->first(), stage_.compacted - 100);
  if (oldest >= last) return;
  const bool recent = Below(2) == 0;
  pb::RangeRequest request;
  request.set_key(OwnKey());
  request.set_range_end(OwnEnd());
  request.set_limit(static_cast<int64_t>(1 + Below(10)));
  request.set_revision(last - static_cast<int64_t>(Below(static_cast<uint64_t>(
                                  recent ? std::min<int64_t>(last - oldest, 100) : last - oldest))));
  const int64_t compacted = stage_.compacted;
  const auto reply = client_.Try(&pb::KV::Stub::Range, request);
  ++stage_.calls;
  if (reply.ok()) {
    if (request.revision() < compacted) stage_.findings->Add("a compacted revision is read");
    return stage_.timeline->CheckAnswer(request, reply.response);
  }
  const bool gone =
      reply.status.error_code() == grpc::StatusCode::OUT_OF_RANGE && request.revision() < stage_.compacting;
  if (!gone && !reply.outage) client_.Blame("RangeRequest", request.ShortDebugString(), reply.status);
}

// All pages at the revision of the first.
void KvLoad::ReadPaged() {
  pb::RangeRequest request;
  request.set_key(OwnKey(0));
  request.set_range_end(OwnEnd());
  request.set_limit(static_cast<int64_t>(20 + Below(kPageKeysMax)));
  while (client_.Ready()) {
    const auto reply = client_.Call(&pb::KV::Stub::Range, request);
    ++stage_.calls;
    if (!reply.ok()) return;
    stage_.timeline->CheckAnswer(request, reply.response);
    if (!reply.response.more()) return;
    request.set_revision(request.revision() == 0 ? reply.response.header().revision() : request.revision());
    request.set_key(reply.response.kvs().rbegin()->key() + std::string(1, '\0'));
  }
}

}  // namespace quorate::soak
