#pragma once

// The changes of the past, read back from `revs` for who has to catch up: Store::ReadEvents.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "quorate/mvcc/store.h"

namespace quorate::mvcc {

struct EventsRequest {
  // From this main revision on. One below the compacted revision is refused as compacted; the compacted revision itself
  // may still be read, deletions included.
  int64_t first_revision = 0;
  // Changes of other keys are passed over.
  std::function<bool(std::string_view key)> wants;
  // Whether the records of former values are wanted too.
  bool with_previous = false;
  // A revision whose former values weigh more is read by itself, without them.
  size_t previous_bytes_max = SIZE_MAX;
  // Reading stops after the revision in which the changes wanted, former values included, or the changes walked pass
  // one of these.
  size_t bytes_max = 0;
  size_t walked_max = 0;
};

// What was found: whole revisions, ascending.
struct EventsRead {
  std::vector<Event> events;
  // With `with_previous`, beside each event the record of the key's value before the event's transaction; empty where
  // there was none, or where compaction hides it: a value can be read only at the compacted revision or later.
  std::vector<base::Buffer> previous;
  // It is one revision, and its former values, more than were to be read, are not here.
  bool previous_left_out = false;
  // Every change wanted from `first_revision` up to, but not including, this one is among the events.
  int64_t next_revision = 0;
};

// Makes each event's `previous` the key's value before the whole transaction, as etcd tells watchers of it, also where
// the same transaction changed the key before. `events`: all changes of some keys, in order, of whole transactions.
void ResolvePrevious(std::vector<Event>* events);

// Where a stored record's mvccpb.KeyValue begins.
size_t KeyValueOffsetOf(std::string_view record);

}  // namespace quorate::mvcc
