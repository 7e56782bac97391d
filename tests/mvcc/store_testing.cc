#include "tests/mvcc/store_testing.h"

#include <latch>

namespace quorate::mvcc {
namespace {

// Parses a body as the message it is, and sets the revision of its header.
template <typename Response>
absl::StatusOr<Response> Parse(absl::StatusOr<Answer> answer) {
  if (!answer.ok()) return std::move(answer).status();
  Response response;
  QUORATE_CHECK(response.ParseFromString(answer->body.ToString()));
  response.mutable_header()->set_revision(answer->revision);
  return response;
}

template <typename Decoded, typename Message>
Decoded DecodeMust(const Message& message, std::string* bytes) {
  *bytes = message.SerializeAsString();
  Decoded decoded;
  QUORATE_CHECK(Decode(*bytes, &decoded));
  return decoded;
}

}  // namespace

absl::StatusOr<pb::PutResponse> TestStore::Put(const pb::PutRequest& request, bool commit) {
  std::string bytes;
  auto response = Parse<pb::PutResponse>(store->Put(DecodeMust<PutRequest>(request, &bytes)));
  if (commit) Commit();
  return response;
}

absl::StatusOr<pb::DeleteRangeResponse> TestStore::DeleteRange(const pb::DeleteRangeRequest& request, bool commit) {
  std::string bytes;
  auto response = Parse<pb::DeleteRangeResponse>(store->DeleteRange(DecodeMust<DeleteRangeRequest>(request, &bytes)));
  if (commit) Commit();
  return response;
}

absl::StatusOr<pb::TxnResponse> TestStore::Txn(const pb::TxnRequest& request, bool commit) {
  std::string bytes;
  auto response = Parse<pb::TxnResponse>(store->Txn(DecodeMust<TxnRequest>(request, &bytes)));
  if (commit) Commit();
  return response;
}

absl::StatusOr<int64_t> TestStore::Compact(int64_t revision, bool commit) {
  absl::StatusOr<Answer> answer = store->Compact(revision);
  if (commit) Commit();
  if (!answer.ok()) return std::move(answer).status();
  return answer->revision;
}

absl::StatusOr<pb::RangeResponse> TestStore::Range(const pb::RangeRequest& request) {
  std::string bytes;
  return Parse<pb::RangeResponse>(store->View().Range(DecodeMust<RangeRequest>(request, &bytes)));
}

absl::StatusOr<pb::TxnResponse> TestStore::ReadTxn(const pb::TxnRequest& request) {
  std::string bytes;
  return Parse<pb::TxnResponse>(store->View().Txn(DecodeMust<TxnRequest>(request, &bytes)));
}

absl::StatusOr<std::vector<pb::RangeResponse>> TestStore::Stream(const pb::RangeRequest& request, size_t chunk_bytes) {
  std::string bytes;
  std::vector<pb::RangeResponse> chunks;
  QUORATE_ASSIGN_OR_RETURN(auto cursor, store->OpenRange(DecodeMust<RangeRequest>(request, &bytes), chunk_bytes));
  bytes.clear();  // the cursor keeps nothing of the request
  for (bool last = false; !last;) {
    QUORATE_ASSIGN_OR_RETURN(const base::Payload body, cursor->Next({}, &last));
    QUORATE_CHECK(chunks.emplace_back().ParseFromString(body.ToString()));
  }
  chunks.back().mutable_header()->set_revision(cursor->revision());
  return chunks;
}

int64_t TestStore::PutKey(const std::string& key, const std::string& value, bool commit) {
  pb::PutRequest request;
  request.set_key(key);
  request.set_value(value);
  return Must(Put(request, commit)).header().revision();
}

int64_t TestStore::DeleteKey(const std::string& key, bool commit) {
  pb::DeleteRangeRequest request;
  request.set_key(key);
  return Must(DeleteRange(request, commit)).header().revision();
}

std::string TestStore::Get(const std::string& key, int64_t revision) {
  pb::RangeRequest request = RangeOf(key);
  request.set_revision(revision);
  auto response = Range(request);
  if (!response.ok()) return std::string(base::MessageOf(response.status()));
  return response->kvs().empty() ? "<none>" : response->kvs(0).value();
}

void TestStore::WaitForCompaction(int64_t revision) {
  std::latch done(1);
  store->WhenCompacted(revision, [&done] { done.count_down(); });
  done.wait();
}

size_t TestStore::Entries(storage::Family family) {
  auto iterator = database->NewIterator(family);
  size_t count = 0;
  for (iterator->Seek({}); iterator->Valid(); iterator->Next()) ++count;
  return count;
}

pb::RangeRequest RangeOf(const std::string& key, const std::string& end) {
  pb::RangeRequest request;
  request.set_key(key);
  request.set_range_end(end);
  return request;
}

pb::RangeRequest AllKeys() { return RangeOf(std::string(1, '\0'), std::string(1, '\0')); }

std::string Summary(const pb::RangeResponse& response) {
  std::string out;
  for (const auto& kv : response.kvs()) {
    if (!out.empty()) out += ' ';
    out += kv.key() + "=" + kv.value() + "@" + std::to_string(kv.mod_revision());
  }
  return out;
}

}  // namespace quorate::mvcc
