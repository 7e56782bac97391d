#include "quorate/replica/command.h"

#include <algorithm>

#include "quorate/base/big_endian.h"
#include "quorate/base/varint.h"
#include "quorate/base/wire.h"
#include "src/replica/group.h"

namespace quorate::replica {
namespace {

constexpr char kFormatVersion = 1;
constexpr size_t kFixedHeadBytes = 1 + 3 * sizeof(uint64_t);

}  // namespace

void CommandList::Add(CommandType type, std::string_view request, size_t kept_bytes) {
  char head[11];
  head[0] = static_cast<char>(type);
  char* end = base::wire::PutVarint(head + 1, request.size());
  const size_t bytes = static_cast<size_t>(end - head) + request.size();
  if (pieces_.empty()) {
    pieces_.emplace_back();
  } else if (std::string& last = pieces_.back(); last.size() + bytes > std::max(last.capacity(), kPieceBytes)) {
    pieces_.emplace_back().reserve(std::max(bytes, kPieceBytes));
  }
  std::string& piece = pieces_.back();
  piece.append(head, static_cast<size_t>(end - head));
  piece.append(request);
  bytes_ += bytes;
  kept_bytes_ += kept_bytes;
  ++count_;
}

base::Buffer EncodeGroup(const GroupHead& head, const std::vector<QueuedBatch>& batches) {
  size_t size = kFixedHeadBytes + base::wire::VarintSize(head.commands);
  for (const QueuedBatch& queued : batches) size += queued.batch.commands.bytes();
  base::Buffer data = base::Buffer::Allocate(size);
  char* out = data.mutable_data();
  *out++ = kFormatVersion;
  out = base::PutBigEndian(out, head.proposer);
  out = base::PutBigEndian(out, head.group);
  out = base::PutBigEndian(out, static_cast<uint64_t>(head.wall_ms));
  out = base::wire::PutVarint(out, head.commands);
  for (const QueuedBatch& queued : batches) {
    for (const std::string& piece : queued.batch.commands.pieces()) {
      std::memcpy(out, piece.data(), piece.size());
      out += piece.size();
    }
  }
  return data;
}

GroupReader::GroupReader(std::string_view data) : rest_(data) {
  if (rest_.size() < kFixedHeadBytes || rest_[0] != kFormatVersion) {
    ok_ = false;
    return;
  }
  head_.proposer = base::ReadBigEndian<uint64_t>(rest_.data() + 1);
  head_.group = base::ReadBigEndian<uint64_t>(rest_.data() + 9);
  head_.wall_ms = static_cast<int64_t>(base::ReadBigEndian<uint64_t>(rest_.data() + 17));
  rest_.remove_prefix(kFixedHeadBytes);
  ok_ = base::TakeVarint(&rest_, &head_.commands);
}

bool GroupReader::Next() {
  if (!ok_) return false;
  if (read_ == head_.commands) {
    ok_ = rest_.empty();
    return false;
  }
  uint64_t length = 0;
  if (!rest_.empty()) {
    type_ = static_cast<CommandType>(rest_[0]);
    rest_.remove_prefix(1);
    if (base::TakeVarint(&rest_, &length) && length <= rest_.size()) {
      request_ = rest_.substr(0, length);
      rest_.remove_prefix(length);
      ++read_;
      return true;
    }
  }
  ok_ = false;
  return false;
}

}  // namespace quorate::replica
