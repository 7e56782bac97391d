#pragma once

// What executing a request needs of the store, whether it is a reader's published view or the writer's open batch.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "quorate/base/buffer.h"
#include "quorate/base/status.h"
#include "quorate/mvcc/key_index.h"
#include "quorate/mvcc/key_range.h"
#include "quorate/mvcc/revision.h"

namespace quorate::mvcc {

// The live keys at one revision. One thread at a time.
class KeySource {
 public:
  using Visit = std::function<bool(std::string_view key, const KeyState& state)>;

  virtual ~KeySource() = default;
  virtual absl::StatusOr<std::optional<KeyState>> Find(std::string_view key) = 0;
  virtual absl::StatusOr<uint64_t> Count(const KeyRange& range) = 0;
  // In key order, until `visit` returns false.
  virtual absl::Status Scan(const KeyRange& range, const Visit& visit) = 0;
  // Whether the key views that `visit` is given live as long as this, the writer's until it changes something, or for
  // the call only.
  virtual bool keeps_keys() const { return true; }
};

class State {
 public:
  virtual ~State() = default;
  // The newest revision it shows, and the oldest that may be asked for (-1: nothing was compacted yet).
  virtual int64_t revision() const = 0;
  virtual int64_t compacted_revision() const = 0;
  // The keys at `revision()`; lives as long as this.
  virtual KeySource& Now() const = 0;
  // The keys of `range`, and of no other, at a revision between the compacted and the newest. `may_go_on`, which may be
  // empty, is asked now and then while they have to be walked, but for the writer's, and ends it when it says why.
  virtual std::unique_ptr<KeySource> At(int64_t revision, const KeyRange& range,
                                        const std::function<absl::Status()>& may_go_on) const = 0;
  // What that costs beside the visits of the keys, in such visits; the writer's must not depend on what is replicated
  // nowhere.
  virtual uint64_t CostOfPast(int64_t revision, const KeyRange& range) const = 0;
  // The records of these revisions, each at its place. DataLoss when one is missing. `may_go_on` likewise.
  virtual absl::StatusOr<std::vector<base::Buffer>> Fetch(const std::vector<Revision>& revisions,
                                                          const std::function<absl::Status()>& may_go_on) const = 0;
  virtual absl::StatusOr<base::Buffer> FetchOne(Revision revision) const = 0;
};

}  // namespace quorate::mvcc
