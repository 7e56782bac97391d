#include "src/api/loop_reads.h"

#include <memory>
#include <utility>

namespace quorate::api {

const mvcc::ReadView& LoopReads::View() {
  const mvcc::Store& store = replica_->store();
  if (!view_.has_value() || view_->revision() != store.revision() ||
      view_->compacted_revision() != store.compacted_revision()) {
    view_.reset();
    view_.emplace(store.View());
  }
  return *view_;
}

void LoopReads::OnTickEnd() {
  view_.reset();  // held longer it would keep replaced nodes in memory
  waits_left_ = kWaitsPerTick;
  if (waiters_.empty()) return;
  auto confirmed = std::make_shared<std::vector<Waiter>>(std::move(waiters_));
  waiters_.clear();
  replica_->ConfirmRead([this, confirmed](absl::Status status) {
    post_([this, confirmed, status = std::move(status)] {
      for (Waiter& waiter : *confirmed) waiter(status);
      view_.reset();
    });
  });
}

}  // namespace quorate::api
