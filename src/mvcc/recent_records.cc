#include "src/mvcc/recent_records.h"

#include <algorithm>

#include "quorate/base/check.h"

namespace quorate::mvcc {

const RecentRecords::Run* RecentRecords::RunOf(const Stripe& stripe, int64_t number) {
  const auto run = std::lower_bound(stripe.runs.begin(), stripe.runs.end(), number,
                                    [](const Run& one, int64_t sought) { return one.number < sought; });
  return run == stripe.runs.end() || run->number != number ? nullptr : &*run;
}

const RecentRecords::Slot* RecentRecords::SlotOf(const Run& run, Revision revision) {
  if (run.dropped == run.slots.size()) return nullptr;
  // Most transactions make one change: then a slot's place follows from its revision.
  const int64_t distance = revision.main - run.slots[run.dropped].revision.main;
  const size_t guess = run.dropped + static_cast<size_t>(std::max<int64_t>(distance, 0));
  if (guess < run.slots.size() && run.slots[guess].revision == revision) return &run.slots[guess];
  const auto begin = run.slots.begin() + static_cast<ptrdiff_t>(run.dropped);
  const auto slot = std::lower_bound(begin, run.slots.end(), revision,
                                     [](const Slot& one, Revision sought) { return one.revision < sought; });
  return slot == run.slots.end() || !(slot->revision == revision) ? nullptr : &*slot;
}

base::Buffer RecentRecords::Take(const Run* run, Revision revision) {
  const Slot* slot = run == nullptr ? nullptr : SlotOf(*run, revision);
  if (slot == nullptr) return {};
  // Keys that were written one after the other are read so.
  const auto left = static_cast<size_t>(&run->slots.back() - slot);
  __builtin_prefetch(slot[std::min(kPrefetched, left)].record.data() - 1, 1);
  slot->used = true;
  return slot->record;
}

base::Buffer RecentRecords::Find(Revision revision) {
  Stripe& stripe = StripeOf(revision);
  base::MutexLock lock(&stripe.mutex);
  return Take(RunOf(stripe, NumberOf(revision)), revision);
}

void RecentRecords::FindAll(const std::vector<Revision>& revisions, std::vector<base::Buffer>* records) {
  for (size_t i = 0; i < revisions.size();) {
    const int64_t number = NumberOf(revisions[i]);
    Stripe& stripe = StripeOf(revisions[i]);
    base::MutexLock lock(&stripe.mutex);
    const Run* run = RunOf(stripe, number);
    for (; i < revisions.size() && NumberOf(revisions[i]) == number; ++i) {
      base::Buffer& record = (*records)[i];
      if (!record) record = Take(run, revisions[i]);
    }
  }
}

bool RecentRecords::Contains(Revision revision) const {
  const Stripe& stripe = StripeOf(revision);
  base::MutexLock lock(&stripe.mutex);
  const Run* run = RunOf(stripe, NumberOf(revision));
  return run != nullptr && SlotOf(*run, revision) != nullptr;
}

void RecentRecords::Append(Revision revision, base::Buffer record, size_t budget_bytes, std::vector<Entry>* used) {
  const size_t bytes = record.size() + kEntryBytes;
  const size_t stripe_budget = budget_bytes / kStripes;
  if (bytes > stripe_budget) return;
  const int64_t number = NumberOf(revision);
  Stripe& stripe = StripeOf(revision);
  base::MutexLock lock(&stripe.mutex);
  Evict(stripe, stripe_budget - bytes, used);
  if (stripe.runs.empty() || stripe.runs.back().number != number) {
    QUORATE_CHECK(stripe.runs.empty() || stripe.runs.back().number < number);
    stripe.runs.push_back({number, 0, {}});
    stripe.runs.back().slots.reserve(kRevisionsPerRun);
  }
  stripe.runs.back().slots.push_back({revision, std::move(record), static_cast<uint32_t>(bytes), false});
  stripe.bytes += bytes;
  bytes_.fetch_add(bytes, std::memory_order_relaxed);
}

void RecentRecords::Trim(size_t budget_bytes, std::vector<Entry>* used) {
  Stripe& stripe = stripes_[next_trimmed_.fetch_add(1, std::memory_order_relaxed) % kStripes];
  base::MutexLock lock(&stripe.mutex);
  Evict(stripe, budget_bytes / kStripes, used);
}

void RecentRecords::Evict(Stripe& stripe, size_t budget_bytes, std::vector<Entry>* used) {
  const size_t bytes_before = stripe.bytes;
  for (size_t steps = 0; stripe.bytes > budget_bytes && steps < kStepsMax; ++steps) {
    Run& run = stripe.runs.front();
    if (run.dropped == run.slots.size()) {
      stripe.runs.pop_front();
      continue;
    }
    // A record that goes was not touched for long.
    const size_t ahead = std::min(run.dropped + kPrefetched, run.slots.size() - 1);
    __builtin_prefetch(run.slots[ahead].record.data() - 1, 1);
    Slot& slot = run.slots[run.dropped++];
    stripe.bytes -= slot.bytes;
    base::Buffer record = std::move(slot.record);
    if (slot.used) used->emplace_back(slot.revision, std::move(record));
  }
  bytes_.fetch_sub(bytes_before - stripe.bytes, std::memory_order_relaxed);
}

}  // namespace quorate::mvcc
