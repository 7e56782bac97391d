#pragma once

// The events of a group that all its watchers of one kind hear of, and their wire form, made once for all of them.

#include <cstddef>
#include <span>
#include <vector>

#include "quorate/watch/sink.h"

namespace quorate::watch {

// What makes watchers of one range hear of different things: the three flags that a kind is made of.
inline constexpr size_t kSelectionKinds = 8;
inline constexpr size_t kWithPrevious = 1;
inline constexpr size_t kWithoutPuts = 2;
inline constexpr size_t kWithoutDeletes = 4;

inline size_t SelectionKind(const WatchRequest& request) {
  return (request.prev_kv ? kWithPrevious : 0) | (request.no_put ? kWithoutPuts : 0) |
         (request.no_delete ? kWithoutDeletes : 0);
}

class GroupSelection final : public Selection {
 public:
  // Of hits [from, to). With `shared` the wire form is wanted by several watchers.
  GroupSelection(std::span<const Event* const> hits, size_t from, size_t to, size_t kind, bool shared);

  bool Is(size_t from, size_t to) const { return from == from_ && to == to_; }
  size_t size() const override { return events_.size(); }
  const Event& event(size_t index) const override { return *events_[index]; }
  const base::Payload& Encoded() const override;
  size_t bytes() const override { return bytes_; }

 private:
  const size_t from_;
  const size_t to_;
  const bool with_previous_;
  const bool shared_;
  std::vector<const Event*> events_;
  size_t bytes_ = 0;
  mutable bool encoded_made_ = false;
  mutable base::Payload encoded_;
};

}  // namespace quorate::watch
