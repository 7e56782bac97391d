#include "src/mvcc/read_view.h"

#include <algorithm>

#include "quorate/base/check.h"
#include "src/mvcc/range.h"
#include "src/mvcc/txn.h"

namespace quorate::mvcc {
namespace {

// A list at a past revision may have to be pieced together from history.
constexpr uint64_t kPastRangeCost = 256;

}  // namespace

ReadView::Rep::Rep(StoreParts* parts)
    : parts(parts),
      ticket(parts->gate.Enter()),
      compacted(parts->published.compacted.load()),
      source(parts->index.View()) {}

ReadView::Rep::~Rep() { parts->gate.Leave(ticket); }

std::unique_ptr<KeySource> ReadView::Rep::At(int64_t revision) const {
  if (IndexView view = parts->index.ViewAt(revision)) return std::make_unique<ViewSource>(std::move(view));
  return std::make_unique<HistorySource>(parts->database, parts->key_history.get(), revision);
}

absl::StatusOr<std::vector<base::Buffer>> ReadView::Rep::Fetch(const std::vector<Revision>& revisions) const {
  std::vector<base::Buffer> records;
  QUORATE_RETURN_IF_ERROR(parts->records.Fetch(revisions, &records));
  return records;
}

ReadView::ReadView(std::unique_ptr<Rep> rep) : rep_(std::move(rep)) {}
ReadView::ReadView(ReadView&&) noexcept = default;
ReadView& ReadView::operator=(ReadView&&) noexcept = default;
ReadView::~ReadView() = default;

int64_t ReadView::revision() const { return rep_->revision(); }
int64_t ReadView::compacted_revision() const { return rep_->compacted; }

absl::StatusOr<Answer> ReadView::Range(const RangeRequest& request) const {
  rep_->parts->counts.ranges.fetch_add(1, std::memory_order_relaxed);
  absl::StatusOr<base::Payload> body = ExecuteRange(*rep_, request);
  if (!body.ok()) return std::move(body).status();
  return Answer{*std::move(body), rep_->revision()};
}

absl::StatusOr<Answer> ReadView::Txn(const TxnRequest& request) const {
  QUORATE_CHECK(IsReadOnly(request)) << "a transaction that writes";
  rep_->parts->counts.txns.fetch_add(1, std::memory_order_relaxed);
  absl::StatusOr<base::Payload> body = ExecuteTxn(*rep_, nullptr, nullptr, request);
  if (!body.ok()) return std::move(body).status();
  return Answer{*std::move(body), rep_->revision()};
}

uint64_t ReadView::RangeCost(const RangeRequest& request) const {
  const KeyRange range = KeyRange::FromRequest(request.key, request.range_end);
  if (range.single) return 1;
  if (IsEmptyRange(range)) return 0;
  const bool past = request.revision > 0 && request.revision < rep_->revision();
  uint64_t cost = past ? kPastRangeCost : 0;
  if (request.count_only) return cost + 1;
  const uint64_t count = rep_->source.view().Count(range);
  const bool sorted = request.sort_order != SortOrder::kNone &&
                      !(request.sort_order == SortOrder::kAscend && request.sort_target == SortTarget::kKey);
  const bool filtered = request.min_mod_revision != 0 || request.max_mod_revision != 0 ||
                        request.min_create_revision != 0 || request.max_create_revision != 0;
  if (request.limit <= 0 || sorted || filtered) return cost + count;
  return cost + std::min<uint64_t>(count, static_cast<uint64_t>(request.limit) + 1);
}

}  // namespace quorate::mvcc
