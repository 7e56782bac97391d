// Random work, random faults, random crashes: what was synced is there, and what is there was written.

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/seeded/seeds.h"
#include "tests/wal/wal_testing.h"

namespace quorate::wal {
namespace {

using Operation = base::SimulatedFileSystem::Operation;

// What the log should say: the states after each Append, and how far they are known to be synced.
struct State {
  std::vector<raft::Entry> entries;  // from the first on, purged ones too
  raft::HardState hard_state;

  raft::Index last() const { return entries.size(); }
  const raft::Entry& At(raft::Index index) const { return entries[index - 1]; }
};

class CrashRun : public WalTest {
 public:
  CrashRun(uint64_t seed, int spare_segments) : WalTest(seed), random_(seed * 7919 + 1) {
    options_.spare_segments = spare_segments;
    options_.segment_bytes = 32 << 10;
    states_.emplace_back();
  }
  void TestBody() override {}

  void Run() {
    Start([&] { return Wal::Create(options_, kIdentity); });
    for (int life = 0; life < 6 && !HasFailure(); ++life) {
      for (int step = 0; wal_ != nullptr && step < 30; ++step) Step();
      End();
      FailToOpen();
      Reopen();
    }
  }

 private:
  size_t Draw(size_t bound) { return random_() % bound; }

  template <typename Make>
  void Start(Make make) {
    auto made = make();
    ASSERT_TRUE(made.ok()) << made.status();
    wal_ = *std::move(made);
  }

  void Step() {
    switch (Draw(10)) {
      case 0:
        states_.back().entries.empty() ? Append() : Purge();
        break;
      case 1:
      case 2:
      case 3:
        Sync();
        break;
      case 4:
        SetRandomFault();
        break;
      default:
        Append();
        break;
    }
  }

  void Append() {
    State next = states_.back();
    std::vector<raft::Entry> entries;
    raft::Index begin = next.last() + 1;
    if (Draw(8) == 0 && begin > purged_ + 2) begin -= Draw(std::min<raft::Index>(3, begin - purged_ - 1));
    if (begin <= next.last()) ++term_;
    while (next.last() >= begin) next.entries.pop_back();
    const size_t count = Draw(4);
    const size_t bytes_max = Draw(20) == 0 ? 40'000 : 3'000;
    for (size_t i = 0; i < count; ++i) {
      entries.push_back(MakeEntry(next.last() + 1, term_, Draw(bytes_max)));
      next.entries.push_back(entries.back());
    }
    std::optional<raft::HardState> hard_state;
    if (Draw(3) == 0 || entries.empty()) {
      hard_state = {.term = term_, .vote = Draw(5), .commit = purged_ + Draw(3)};
      next.hard_state = *hard_state;
    }
    if (entries.empty()) next.entries = states_.back().entries;
    const absl::Status status = wal_->Append(entries, hard_state);
    // A full disk leaves the log as it was. After another error the record may or may not be there.
    if (status.code() == absl::StatusCode::kResourceExhausted) return;
    states_.push_back(std::move(next));
    if (!status.ok()) wal_.reset();
  }

  void Sync() {
    const absl::Status status = wal_->Sync();
    if (status.ok()) {
      states_.erase(states_.begin(), states_.end() - 1);
      if (random_() % 4 != 0) wal_->NoteEnd();
    } else {
      EXPECT_FALSE(wal_->Append({}, raft::HardState{.term = 1, .vote = 0, .commit = 0}).ok())
          << "a failed sync is final";
      wal_.reset();
    }
  }

  void Purge() {
    // The store may hold what is committed: entries that are synced and that nothing since has replaced.
    raft::Index index = states_.front().last();
    const auto is_settled = [&](const State& state) {
      return index <= state.last() && state.At(index).term == states_.front().At(index).term;
    };
    while (index > purged_ && !std::all_of(states_.begin(), states_.end(), is_settled)) --index;
    if (index > purged_) purged_ = index - Draw(2);
    wal_->Purge(purged_);
  }

  void SetRandomFault() {
    const size_t after = Draw(6);
    const auto code = Draw(2) == 0 ? absl::StatusCode::kResourceExhausted : absl::StatusCode::kInternal;
    const auto operation = static_cast<Operation>(Draw(10));
    files_.SetFault([=, count = size_t{0}](Operation asked, const std::string& path) mutable {
      if (asked != operation || asked == Operation::kSync) {
        if (asked != operation || code == absl::StatusCode::kResourceExhausted) return absl::OkStatus();
      }
      return count++ == after ? base::MakeStatus(code, "injected") : absl::OkStatus();
    });
  }

  void End() {
    wal_.reset();
    Draw(3) == 0 ? files_.Kill() : files_.Crash();
    files_.SetFault(nullptr);
  }

  // A start may fail at one of its own writes and syncs, or be cut short there.
  void FailToOpen() {
    files_.SetFault([left = Draw(8)](Operation asked, const std::string& path) mutable {
      if (asked != Operation::kWrite && asked != Operation::kSync) return absl::OkStatus();
      return left-- == 0 ? base::MakeStatus(absl::StatusCode::kInternal, "injected") : absl::OkStatus();
    });
    const absl::Status status = Wal::Open(options_, purged_, &recovered_).status();
    ASSERT_NE(status.code(), absl::StatusCode::kDataLoss) << status;
    End();
  }

  void Reopen() {
    Start([&] { return Wal::Open(options_, purged_, &recovered_); });
    if (wal_ == nullptr) return;
    size_t match = states_.size();
    for (size_t i = 0; i < states_.size() && match == states_.size(); ++i) {
      if (Matches(states_[i])) match = i;
    }
    ASSERT_LT(match, states_.size()) << "recovered a state that was never written, or lost a synced one";
    states_ = {states_[match]};
    const State& state = states_.front();
    if (state.last() >= wal_->first_index() && !state.entries.empty()) {
      const auto read = wal_->Read(wal_->first_index(), state.last() + 1, SIZE_MAX);
      ASSERT_TRUE(read.ok()) << read.status();
      for (const raft::Entry& entry : *read) ASSERT_TRUE(SameEntry(entry, state.At(entry.index)));
    }
  }

  bool Matches(const State& state) const {
    if (state.last() != wal_->last_index() || state.hard_state != recovered_.hard_state) return false;
    for (const raft::Entry& entry : recovered_.entries) {
      if (!SameEntry(entry, state.At(entry.index))) return false;
    }
    return recovered_.entries.size() == state.last() - purged_;
  }

  std::mt19937_64 random_;
  std::unique_ptr<Wal> wal_;
  std::vector<State> states_;
  raft::Term term_ = 1;
  raft::Index purged_ = 0;  // what the store would hold
};

TEST(CrashTest, EverySeedRecoversWhatWasSynced) {
  const auto [first, last] = Seeds(600 / kOneIn);
  for (uint64_t seed = first; seed <= last && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    CrashRun(seed, 0).Run();
  }
}

TEST(CrashTest, TheSameHoldsWithSegmentsPreparedInTheBackground) {
  const auto [first, last] = Seeds(150 / kOneIn);
  for (uint64_t seed = first; seed <= last && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    CrashRun(seed, 2).Run();
  }
}

}  // namespace
}  // namespace quorate::wal
