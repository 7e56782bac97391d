// Requests: the first byte says of which type, the rest is its wire form. What can be decoded is checked as it would be
// before it is proposed.

#include "fuzz/target.h"
#include "quorate/base/utf8.h"
#include "quorate/base/wire.h"
#include "src/api/kv_validation.h"

namespace quorate::fuzz {
namespace {

constexpr uint32_t kOpsMax = 128;

template <typename Request>
bool Read(std::string_view bytes, Request* request) {
  return mvcc::Decode(bytes, request);
}

}  // namespace

void Try(std::string_view bytes) {
  Input input(bytes);
  const uint64_t type = input.Number(1) % 6;
  if (type == 0) {
    mvcc::RangeRequest request;
    if (!Read(input.Rest(), &request)) return;
    api::CheckRange(request).IgnoreError();
    api::CheckRangeStream(request).IgnoreError();
  } else if (type == 1) {
    mvcc::PutRequest request;
    if (Read(input.Rest(), &request)) api::CheckPut(request).IgnoreError();
  } else if (type == 2) {
    mvcc::DeleteRangeRequest request;
    if (Read(input.Rest(), &request)) api::CheckDeleteRange(request).IgnoreError();
  } else if (type == 3) {
    mvcc::TxnRequest request;
    if (!Read(input.Rest(), &request)) return;
    api::CheckTxn(request, kOpsMax).IgnoreError();
    api::IsSerializable(request);
  } else if (type == 4) {
    mvcc::CompactionRequest request;
    Read(input.Rest(), &request);
  } else {
    base::IsUtf8(input.Rest());
  }
}

std::vector<std::string> Seeds() {
  const std::string range("\x0a\1k\x12\1l\x18\5\x20\3\x28\1\x30\2\x38\1\x40\1\x48\1", 20);
  const std::string put("\x0a\1k\x12\1v\x18\7\x20\1", 10);
  const std::string compare("\x0a\x0a\x08\1\x10\4\x1a\1k\x3a\1v", 12);
  std::string txn = compare;
  txn += std::string("\x12\x0c\x12\x0a", 4) + put;
  txn += std::string("\x1a\x16\x0a\x14", 4) + range;
  std::string nested("\x12", 1);
  nested += static_cast<char>(txn.size() + 2);
  nested += '\x22';
  nested += static_cast<char>(txn.size());
  nested += txn;
  return {'\0' + range,
          '\1' + put,
          '\2' + std::string("\x0a\1k\x12\1l\x18\1", 8),
          '\3' + txn,
          '\3' + nested,
          '\4' + std::string("\x08\5\x10\1", 4),
          std::string("\5h\xc3\xa9\xf0\x9f\x98\x80")};
}

}  // namespace quorate::fuzz
