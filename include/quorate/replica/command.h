#pragma once

// What the log says: one Raft entry carries a group of commands, each a client's request in the wire form it came in.
// docs/formats/entry.md. Values that are passed on: one thread at a time.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "quorate/base/buffer.h"

namespace quorate::replica {

// Numbers are on disk: never reused, never changed.
enum class CommandType : uint8_t {
  kPut = 1,               // etcdserverpb.PutRequest
  kDeleteRange = 2,       // etcdserverpb.DeleteRangeRequest
  kTxn = 3,               // etcdserverpb.TxnRequest
  kCompact = 4,           // etcdserverpb.CompactionRequest
  kMemberAttributes = 5,  // a member's name and client URLs, published at start
  kLeaseGrant = 6,        // etcdserverpb.LeaseGrantRequest, with the id and the TTL that the lease is to have
  kLeaseRevoke = 7,       // etcdserverpb.LeaseRevokeRequest
  kAlarm = 8,             // etcdserverpb.AlarmRequest
  kDowngrade = 10,        // the version to downgrade to, or nothing
};
// One above the highest.
inline constexpr size_t kCommandTypes = 11;

// The head of an entry.
struct GroupHead {
  uint64_t proposer = 0;  // member id
  uint64_t group = 0;     // unique at that member since its start, so that it finds who waits for the answers
  // The proposer's clock when proposing: apply reads none. Nothing reads this either so far; it is kept for what will.
  int64_t wall_ms = 0;
  uint64_t commands = 0;
};

// Commands in encoded form, as they will stand in the entry.
class CommandList {
 public:
  // `kept_bytes`: what its execution writes beside what stands in the request.
  void Add(CommandType type, std::string_view request, size_t kept_bytes = 0);
  size_t count() const { return count_; }
  size_t bytes() const { return bytes_; }
  // For whoever bounds how much is executed together.
  size_t weight() const { return bytes_ + kept_bytes_; }
  // In order; where one piece ends and the next begins means nothing.
  const std::vector<std::string>& pieces() const { return pieces_; }
  bool empty() const { return count_ == 0; }

 private:
  // A piece that is full is left as it is: to let it grow would be to copy it.
  static constexpr size_t kPieceBytes = 16 << 10;

  std::vector<std::string> pieces_;
  size_t bytes_ = 0;
  size_t kept_bytes_ = 0;
  size_t count_ = 0;
};

// Reads an entry's data. The views live as long as the data.
class GroupReader {
 public:
  explicit GroupReader(std::string_view data);
  const GroupHead& head() const { return head_; }
  // Moves to the next command; false at the end or when malformed.
  bool Next();
  CommandType type() const { return type_; }
  std::string_view request() const { return request_; }
  // False when the data is not of this form or of a newer one.
  bool ok() const { return ok_; }

 private:
  std::string_view rest_;
  GroupHead head_;
  uint64_t read_ = 0;
  CommandType type_ = CommandType::kPut;
  std::string_view request_;
  bool ok_ = true;
};

}  // namespace quorate::replica
