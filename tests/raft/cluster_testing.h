#pragma once

// Several nodes, their disks and the network between them, in one thread, drawn from a seed. Messages are lost, doubled
// and reordered, nodes crash and forget what was not on disk, links are cut. Checked at every step: one leader a term,
// the same entries applied in the same order everywhere, reads never older than what was applied when they were asked.

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "quorate/raft/node.h"

namespace quorate::raft {

class Cluster {
 public:
  Cluster(uint64_t seed, Configuration configuration);

  // One random event among nodes, disks and network. With `faults`, crashes, losses and cuts too.
  void Step(bool faults);
  // Heals every link and node, and runs until all have applied what `leader` had committed, or fails.
  void Settle();
  // Applied by the member that is furthest.
  size_t applied_count() const { return history_.size(); }
  size_t reads_answered() const { return reads_answered_; }
  size_t leaders_seen() const { return leader_of_term_.size(); }

 private:
  // What survives a crash.
  struct Disk final : public LogReader {
    absl::StatusOr<std::vector<Entry>> Entries(Index begin, Index end, size_t bytes_max) override;
    absl::StatusOr<Term> TermOf(Index index) override;

    HardState hard_state;
    std::vector<Entry> entries;
    Index applied = 0;  // by the store
  };
  struct Member {
    MemberId id = 0;
    Disk disk;
    std::unique_ptr<Node> node;
    std::vector<Ready> persisting;
    Index applied = 0;
    std::map<uint64_t, Index> reads;  // context: the index that must be covered
  };

  size_t Draw(size_t bound) { return random_() % bound; }
  Member& Pick();
  void Start(Member& member);
  void Crash(Member& member);
  void TakeReady(Member& member);
  void Persist(Member& member);
  void Deliver(bool faults);
  void Post(std::vector<Message> messages);
  void Apply(Member& member, const std::vector<Entry>& entries);
  void Propose(Member& member);
  void Read(Member& member);
  bool IsCut(MemberId a, MemberId b) const { return cuts_.contains({a, b}) || cuts_.contains({b, a}); }

  std::mt19937_64 random_;
  const Configuration configuration_;
  std::map<MemberId, Member> members_;
  std::vector<Message> network_;
  std::set<std::pair<MemberId, MemberId>> cuts_;
  std::vector<Entry> history_;  // what was applied first at each index
  std::map<Term, MemberId> leader_of_term_;
  uint64_t next_value_ = 1;
  uint64_t next_read_ = 1;
  size_t reads_answered_ = 0;
};

}  // namespace quorate::raft
