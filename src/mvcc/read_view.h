#pragma once

// The inside of a ReadView: one published state, held by a ticket of the ViewGate, and where it finds its keys and
// records. One thread at a time.

#include "src/mvcc/key_sources.h"
#include "src/mvcc/store_parts.h"

namespace quorate::mvcc {

struct ReadView::Rep final : public State {
  explicit Rep(StoreParts* parts);
  ~Rep() override;

  int64_t revision() const override { return source.view().revision(); }
  int64_t compacted_revision() const override { return compacted; }
  KeySource& Now() const override { return source; }
  std::unique_ptr<KeySource> At(int64_t revision, const KeyRange& range,
                                const std::function<absl::Status()>& may_go_on) const override;
  uint64_t CostOfPast(int64_t revision, const KeyRange& range) const override {
    return PastCost(*parts->keys_family, parts->index, revision, range);
  }
  absl::StatusOr<std::vector<base::Buffer>> Fetch(const std::vector<Revision>& revisions,
                                                  const std::function<absl::Status()>& may_go_on) const override;
  absl::StatusOr<base::Buffer> FetchOne(Revision revision) const override { return parts->records.FetchOne(revision); }

  // The body of ReadView::Range's answer, which nothing counts.
  absl::StatusOr<base::Payload> Range(const RangeRequest& request, const MayGoOn& may_go_on) const;

  // In this order: see ViewGate. What the view may be asked for stays in the store until the ticket is given back.
  StoreParts* const parts;
  const ViewGate::Ticket ticket;
  const int64_t compacted;
  mutable ViewSource source;
};

}  // namespace quorate::mvcc
