#pragma once

// Bounds and periods of the replica, each with its reason; those of one part alone stand with it.

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace quorate::replica {

// Proposals accepted and not begun to execute. Above either, clients hear "too many requests": at 100,000 requests a
// second this is a second of work, beyond which waiting helps nobody.
inline constexpr size_t kPendingCommandsMax = 100'000;
inline constexpr size_t kPendingBytesMax = 256 << 20;
// Where work is slower, because commands are long or the disk is, those who ask for much are refused as soon as more
// waits than is done in this time...
inline constexpr std::chrono::milliseconds kPendingWaitMax{1500};
// ...but always this much, so that a disk that stops for a moment makes few clients hear of it: fifty connections with
// two Puts of 1 MiB in flight each are served.
inline constexpr size_t kPendingCommandsMin = 5000;
inline constexpr size_t kPendingBytesMin = 128 << 20;

// One entry gathers batches up to this size; a single larger batch still makes one entry.
inline constexpr size_t kGroupBytesMax = 1 << 20;

// Up to this many committed commands the replica thread executes itself when the apply thread is idle: a wake-up costs
// about as much as executing this many.
inline constexpr uint64_t kInlineCommandsMax = 4;

// Commands executed before they are committed to the store as one batch and their answers leave.
inline constexpr uint64_t kCommitCommandsMax = 4096;
inline constexpr size_t kCommitBytesMax = 8 << 20;
// Nor do more bytes of answers wait for that, but those of one entry, which the store bounds: until they have left, the
// records in them stay in memory.
inline constexpr size_t kCommitAnswerBytesMax = 64 << 20;

// Keys that go with expired leases in a second. What is deleted in a tenth of it is executed in a few milliseconds; a
// single lease's keys go together, however many.
inline constexpr int64_t kExpiredKeysPerSecond = 20'000;

// How often what the disk refused to the store is tried again. What it refused to the log is, at every tick.
inline constexpr std::chrono::milliseconds kStoreRetry{200};

// The store is made durable once this much log has gathered since it last was, and `snapshot_count` entries...
inline constexpr uint64_t kFlushLogBytesMin = 16 << 20;
// ...or this much log, or this many times `snapshot_count` entries: what a restart has to replay stays bounded.
inline constexpr uint64_t kFlushLogBytesMax = 256 << 20;
inline constexpr uint64_t kFlushEntriesFactorMax = 10;

// An execution longer than this is counted and logged as slow.
inline constexpr std::chrono::milliseconds kSlowApply{100};

// A start reads and checks the store's newest tables up to this many bytes: a fraction of a second from memory. Damage
// in the others is met when they are read.
inline constexpr uint64_t kTableBytesCheckedAtStart = uint64_t{1} << 30;

// How long Stop waits for proposals accepted before it.
inline constexpr std::chrono::milliseconds kStopPatience{1000};

}  // namespace quorate::replica
