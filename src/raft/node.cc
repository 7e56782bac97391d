#include "quorate/raft/node.h"

#include "src/raft/core.h"

namespace quorate::raft {

struct Node::Rep {
  Core core;
};

Node::Node(NodeOptions options, InitialState initial)
    : rep_(std::make_unique<Rep>(Core(std::move(options), std::move(initial)))) {}
Node::~Node() = default;

void Node::Tick() { rep_->core.Tick(); }
void Node::Campaign() { rep_->core.Campaign(); }
absl::StatusOr<Index> Node::Propose(base::Buffer data) { return rep_->core.Propose(std::move(data)); }
absl::Status Node::ReadIndex(uint64_t context) { return rep_->core.ReadIndex(context); }
absl::Status Node::TransferLeadership(MemberId target) { return rep_->core.TransferLeadership(target); }
absl::Status Node::Step(Message message) { return rep_->core.Step(std::move(message)); }
bool Node::HasReady() const { return rep_->core.HasReady(); }
Ready Node::TakeReady() { return rep_->core.TakeReady(); }
void Node::Persisted(Index index, Term term) { rep_->core.Persisted(index, term); }
void Node::Applied(Index index) { rep_->core.Applied(index); }
void Node::Compact(Index index) { rep_->core.Compact(index); }
Role Node::role() const { return rep_->core.role(); }
Term Node::term() const { return rep_->core.term(); }
MemberId Node::leader() const { return rep_->core.leader(); }
Index Node::last_index() const { return rep_->core.last_index(); }
NodeStatus Node::Status() const { return rep_->core.Status(); }

}  // namespace quorate::raft
