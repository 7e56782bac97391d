#include "quorate/mvcc/event_history.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "quorate/base/errors.h"
#include "src/mvcc/read_view.h"
#include "src/mvcc/record.h"
#include "src/mvcc/record_walk.h"
#include "src/mvcc/size_class.h"
#include "src/mvcc/store_parts.h"

namespace quorate::mvcc {
namespace {

// etcd looks a former value up as of the revision before the event, which a compaction at the event's own revision or
// later forbids.
bool HasReadablePrevious(const Event& event, int64_t compacted) {
  return event.previous.main != 0 && event.revision.main - 1 >= compacted;
}

// Walks `revs` from the request's first revision to `last` and gathers what is wanted.
absl::Status Gather(const storage::Database& database, const EventsRequest& request, int64_t compacted, int64_t last,
                    EventsRead* read) {
  RecordWalk walk(database, nullptr, request.first_revision, last);
  size_t walked = 0, bytes = 0;
  int64_t current = request.first_revision;
  read->next_revision = last + 1;
  while (walk.Next()) {
    if (walk.revision().main != current) {
      if (walked >= request.walked_max || bytes >= request.bytes_max) {
        read->next_revision = walk.revision().main;
        return absl::OkStatus();
      }
      current = walk.revision().main;
    }
    ++walked;
    const auto fields = walk.Fields();
    if (!fields.has_value()) break;
    if (!request.wants(fields->key)) continue;
    const std::string_view value = walk.bytes();
    bytes += value.size();
    Event event;
    event.revision = walk.revision();
    event.deleted = walk.record().deleted;
    event.record = base::Buffer::Copy(value);
    event.kv_offset = walk.record().kv_offset;
    event.key = event.record.view().substr(static_cast<size_t>(fields->key.data() - value.data()), fields->key.size());
    event.previous = walk.record().previous;
    event.previous_bytes = static_cast<uint32_t>(BytesOfClass(walk.record().previous_size_class));
    if (request.with_previous && HasReadablePrevious(event, compacted)) bytes += event.previous_bytes;
    read->events.push_back(std::move(event));
  }
  return walk.status();
}

// Ends before a revision whose former values are more than the request takes; with it, when it is the first.
void LimitPrevious(const EventsRequest& request, int64_t compacted, EventsRead* read) {
  auto revision_begin = read->events.begin();
  uint64_t bytes = 0;
  for (auto event = revision_begin; event != read->events.end(); ++event) {
    if (event->revision.main != revision_begin->revision.main) {
      revision_begin = event;
      bytes = 0;
    }
    if (HasReadablePrevious(*event, compacted)) bytes += event->previous_bytes;
    if (bytes <= request.previous_bytes_max) continue;
    const int64_t revision = event->revision.main;
    read->previous_left_out = revision == request.first_revision;
    read->next_revision = read->previous_left_out ? revision + 1 : revision;
    read->events.erase(std::find_if(revision_begin, read->events.end(),
                                    [read](const Event& one) { return one.revision.main >= read->next_revision; }),
                       read->events.end());
    return;
  }
}

absl::Status FetchPrevious(RecordStore& records, int64_t compacted, EventsRead* read) {
  read->previous.resize(read->events.size());
  std::vector<Revision> revisions;
  std::vector<size_t> places;
  for (size_t i = 0; i < read->events.size(); ++i) {
    const Event& event = read->events[i];
    if (!HasReadablePrevious(event, compacted)) continue;
    revisions.push_back(event.previous);
    places.push_back(i);
  }
  std::vector<base::Buffer> found;
  QUORATE_RETURN_IF_ERROR(records.Fetch(revisions, &found));
  for (size_t i = 0; i < places.size(); ++i) read->previous[places[i]] = std::move(found[i]);
  return absl::OkStatus();
}

// The first change of each key, in the transaction that is looked at.
class FirstChanges {
 public:
  // Of the event's key, in its transaction; the event itself, when there is none before it. Ask in the order of events.
  const Event* Find(const std::vector<Event>& events, const Event& event) {
    const auto at = static_cast<size_t>(&event - events.data());
    if (event.revision.main != revision_) {
      revision_ = event.revision.main;
      changes_.clear();
      const auto begin =
          std::lower_bound(events.begin(), events.begin() + static_cast<ptrdiff_t>(at), Revision{revision_, 0},
                           [](const Event& one, const Revision& sought) { return one.revision < sought; });
      next_ = static_cast<size_t>(begin - events.begin());
    }
    for (; next_ <= at; ++next_) changes_.try_emplace(events[next_].key, &events[next_]);
    return changes_.at(event.key);
  }

 private:
  int64_t revision_ = -1;
  size_t next_ = 0;  // all of the transaction before it are in changes_
  absl::flat_hash_map<std::string_view, const Event*> changes_;
};

}  // namespace

void ResolvePrevious(std::vector<Event>* events) {
  FirstChanges first_changes;
  for (auto event = events->begin(); event != events->end(); ++event) {
    if (event->previous.main != event->revision.main) continue;
    // The transaction may have made, deleted and made the key again: its first change knows what was there before.
    const Event* first = first_changes.Find(*events, *event);
    event->previous = first == &*event ? Revision() : first->previous;
    event->previous_bytes = first == &*event ? 0 : first->previous_bytes;
  }
}

size_t KeyValueOffsetOf(std::string_view record) { return KeyValueOffset(record); }

absl::StatusOr<EventsRead> ReadEventHistory(StoreParts* parts, const EventsRequest& request) {
  // The view keeps what it may be asked for from being removed as garbage.
  const ReadView::Rep view(parts);
  if (request.first_revision < view.compacted) return base::errors::Compacted();
  EventsRead read;
  QUORATE_RETURN_IF_ERROR(Gather(*parts->database, request, view.compacted, view.revision(), &read));
  ResolvePrevious(&read.events);
  if (!request.with_previous) return read;
  LimitPrevious(request, view.compacted, &read);
  if (!read.previous_left_out) QUORATE_RETURN_IF_ERROR(FetchPrevious(parts->records, view.compacted, &read));
  return read;
}

}  // namespace quorate::mvcc
