#pragma once

// How much of everything watching may take, and how much of it happens in one turn of the loop.

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace quorate::watch {

// What the hub's window keeps at most, over all loops: who is further behind reads history from the store. A commit
// larger than this is kept alone.
inline constexpr size_t kWindowBytesMax = 16 << 20;
inline constexpr size_t kWindowEventsMax = 1 << 16;

// How much one step handles before the loop turns to other things, and about how large a response becomes that joins
// several revisions.
inline constexpr size_t kStepBytesMax = 512 << 10;
inline constexpr size_t kResponseBytesMax = 256 << 10;
inline constexpr size_t kResponseRevisionsMax = 1000;
// Hits, each an event in a watched range, that a delivery holds: 2 MiB of pointers, and those of one more event. Far
// more than a step has where ranges do not overlap.
inline constexpr size_t kHitsMax = 1 << 18;
// Records walked in one read of history, wanted or not.
inline constexpr size_t kHistoryWalkedMax = 16384;
// Reads of history one loop may have in flight.
inline constexpr int kHistoryReadsMax = 2;
// Watchers whose next revisions lie this close catch up in one scan.
inline constexpr int64_t kScanJoinRevisions = 16384;
// ... unless it has so many ranges already: each read of history may have to begin with a copy of them all, in order.
inline constexpr size_t kScanRangesMax = 4096;
// ... or ranges this long together.
inline constexpr size_t kScanRangeBytesMax = 1 << 20;
// Watchers of a channel that go on at once when its consumer takes events again: all but the first few may find no room
// and have done it in vain. Each that has caught up brings one more, up to the second number.
inline constexpr size_t kReturningFirst = 64;
inline constexpr size_t kReturningMax = 1024;
// What could not be read is read again after the first of these, and each time after twice as long, up to the second.
inline constexpr std::chrono::milliseconds kHistoryRetry{100};
inline constexpr std::chrono::milliseconds kHistoryRetryMax{10'000};

// Former values of one revision that are read for several ranges at once, and for one range. The latter is as much as
// all the answers that clients have not taken yet may weigh together (docs/operations.md#watch-streams). A deletion of
// a whole store has more, so who would hear of more ends.
inline constexpr size_t kFormerBytesTogetherMax = 64 << 20;
inline constexpr size_t kFormerBytesMax = 1 << 30;

// What a watcher takes, about: itself, and its range, as asked for, twice.
constexpr size_t WatcherBytes(size_t range_bytes) { return 512 + 2 * range_bytes; }
// Watchers that change their place in one turn of the loop for one reason: that leave the live ones, or a scan that is
// over. And those of a channel that have a periodic notice in one turn. One takes a microsecond or so, and it may be
// all there are.
inline constexpr size_t kMovedPerTurn = 1024;
// Of channels that are gone, watchers that weigh so much are removed in one turn of the loop: 512, which take up to a
// millisecond. What others add meanwhile comes on top, so that what is left never grows from turn to turn, however
// often somebody makes watchers and goes.
inline constexpr size_t kRemovedBytesPerTurn = 512 * WatcherBytes(0);

}  // namespace quorate::watch
