#include "src/replica/engine.h"

#include <algorithm>
#include <utility>

#include "quorate/base/check.h"
#include "quorate/base/disk_refusal.h"
#include "quorate/base/errors.h"
#include "quorate/base/hex.h"
#include "quorate/base/logging.h"
#include "quorate/base/this_thread.h"
#include "quorate/base/wire.h"
#include "src/replica/bounds.h"
#include "src/replica/group.h"
#include "src/replica/member_attributes.h"

namespace quorate::replica {
namespace {

// Field number of etcdserverpb.CompactionRequest.revision.
constexpr uint32_t kCompactionRevisionField = 1;

raft::NodeOptions NodeOptionsOf(const ReplicaOptions& options, uint64_t member, raft::LogReader* log,
                                std::mt19937* random) {
  raft::NodeOptions node;
  node.id = member;
  node.election_ticks = std::max<int>(2, options.election_timeout / options.heartbeat_interval);
  node.random = [random](uint32_t bound) { return static_cast<uint32_t>((*random)() % bound); };
  node.log = log;
  return node;
}

raft::InitialState InitialStateOf(MemberFiles& files) {
  raft::InitialState state;
  state.hard_state = files.recovered.hard_state;
  for (const membership::Member& member : files.cluster.members) {
    (member.learner ? state.configuration.learners : state.configuration.voters).push_back(member.id);
  }
  state.snapshot_index = files.applied.index;
  state.snapshot_term = files.applied.term;
  state.applied = files.applied.index;
  state.last_index = files.applied.index;
  state.last_term = files.applied.term;
  for (raft::Entry& entry : files.recovered.entries) {
    if (entry.index > files.applied.index) state.entries.push_back(std::move(entry));
  }
  files.recovered.entries.clear();
  if (!state.entries.empty()) {
    state.last_index = state.entries.back().index;
    state.last_term = state.entries.back().term;
  }
  state.hard_state.commit = std::max(state.hard_state.commit, state.applied);
  state.hard_state.term = std::max(state.hard_state.term, state.last_term);
  return state;
}

bool IsSoleVoter(const membership::Cluster& cluster) {
  return cluster.members.size() == 1 && cluster.members[0].id == cluster.self && !cluster.members[0].learner;
}

// Runs a function once the proposal is answered.
class CallWhenDone : public BatchCompletion {
 public:
  explicit CallWhenDone(std::function<void(const absl::Status&)> done) : done_(std::move(done)) {}
  void Complete(size_t, absl::StatusOr<mvcc::Answer> answer, uint64_t) override { done_(answer.status()); }

 private:
  std::function<void(const absl::Status&)> done_;
};

}  // namespace

Engine::Engine(ReplicaOptions options, base::Clock* clock, MemberFiles files)
    : options_(std::move(options)),
      clock_(clock),
      files_(std::move(files)),
      cluster_id_(files_.cluster.id),
      member_id_(files_.cluster.self),
      sole_voter_(IsSoleVoter(files_.cluster)),
      patience_(options_.disk_time_allowance + 2 * options_.election_timeout),
      log_reader_(files_.wal.get()),
      random_(std::random_device{}()),
      timer_(clock, patience_, [this](std::chrono::nanoseconds now) { return ExpireProposals(now); }),
      applier_({files_.store.get(), files_.leases.get(), &pending_, &read_gate_, clock, files_.cluster, files_.alarms,
                files_.applied.index}),
      flusher_(files_.database.get()),
      node_(NodeOptionsOf(options_, files_.cluster.self, &log_reader_, &random_), InitialStateOf(files_)),
      auto_compaction_(options_.auto_compaction),
      lease_expiry_(files_.leases.get(), files_.lessor.get(), options_.heartbeat_interval,
                    [this](ProposalBatch batch) { Propose(std::move(batch)); }),
      // Groups of a former life are still in the log: ids that cannot meet theirs.
      next_group_(static_cast<uint64_t>(random_()) << 32 | 1) {
  read_gate_.Applied(files_.applied.index);
}

Engine::~Engine() { Stop(); }

void Engine::Start(std::function<void()> on_ready, std::function<void(const absl::Status&)> on_fatal) {
  on_ready_ = std::move(on_ready);
  on_fatal_ = std::move(on_fatal);
  files_.database->OnFailure([this](const absl::Status& failure) { OnStoreFailure(failure); });
  flusher_.Start();
  timer_.Start();
  apply_thread_ = std::thread(&Engine::RunApplyThread, this);
  replica_thread_ = std::thread(&Engine::RunReplicaThread, this);
}

void Engine::Stop() {
  // So much may be left to be executed of the log that a stop would wait for long.
  if (!ready_announced_.load()) applier_.Abandon();
  if (stopping_.exchange(true)) return;
  queue_.Close();
  if (!trouble_.refuses() && !dead_.load()) pending_.WaitEmpty(kStopPatience);
  queue_.RequestStop();
  if (replica_thread_.joinable()) replica_thread_.join();
  apply_queue_.Close();
  if (apply_thread_.joinable()) apply_thread_.join();
  timer_.Stop();
  flusher_.Stop();
  files_.database->OnFailure({});
  can_read_now_.store(false);
  files_.lessor->Demote(base::errors::Stopped());
  FailAll();
  if (trouble_.refuses() || trouble_.damaged() || dead_.load()) return;
  if (absl::Status flushed = files_.database->Flush(); !flushed.ok()) {
    QUORATE_LOG(kWarn, "could not flush the store at the end; the log has everything", {{"error", flushed}});
  }
}

// ---- Called from other threads

ReplicaStatus Engine::status() const {
  ReplicaStatus status;
  status.cluster_id = cluster_id_;
  status.member_id = member_id_;
  status.leader = leader_.load(std::memory_order_relaxed);
  status.role = role_.load(std::memory_order_relaxed);
  status.term = term();
  status.applied_index = read_gate_.applied();
  status.commit_index = std::max(commit_.load(std::memory_order_relaxed), status.applied_index);
  status.proposals_pending = pending_.admission().commands();
  status.proposals_failed = proposals_failed_.load(std::memory_order_relaxed);
  status.leader_changes = leader_changes_.load(std::memory_order_relaxed);
  status.slow_applies = applier_.slow_applies();
  status.read_indexes_failed = read_indexes_failed_.load(std::memory_order_relaxed);
  status.trouble = trouble_.reason();
  return status;
}

// ---- The replica thread

void Engine::RunReplicaThread() {
  base::NameThisThread("replica");
  base::TakeShortTurns();
  next_tick_ = clock_->Monotonic() + options_.heartbeat_interval;
  // Nobody else can win, so there is nothing to wait an election timeout for.
  if (sole_voter_) node_.Campaign();
  bool stop = false;
  while (!stop && !dead_.load(std::memory_order_relaxed)) {
    HandleReady();
    PublishStatus();
    KeepDisk();
    ProposalQueue::Taken taken = queue_.Take(UntilNextTick());
    stop = taken.stop;
    // First of all: what was taken is in nobody's sight until then, and a tick may wait for the disk.
    ProposeAll(std::move(taken.proposals));
    AskReads(std::move(taken.reads));
    TickIfDue();
  }
  HandleReady();
  for (LeaderlessRead& read : leaderless_reads_) read.done(base::errors::Stopped());
  for (auto& [context, reads] : reads_) {
    for (ReadDone& done : reads) done(base::errors::Stopped());
  }
}

void Engine::StandIn(QueuedBatch batch) {
  std::vector<QueuedBatch> batches;
  batches.push_back(std::move(batch));
  ProposeGroup(std::move(batches));
  HandleReady();
  PublishStatus();
  KeepDisk();
  queue_.EndStandIn();
}

void Engine::RunApplyThread() {
  base::NameThisThread("apply");
  base::TakeShortTurns();
  while (true) {
    ApplyQueue::Taken taken = apply_queue_.Take();
    if (taken.none() || dead_.load(std::memory_order_relaxed)) return;
    absl::Status applied = taken.handed_over ? applier_.Continue() : applier_.Apply(std::move(taken.entries));
    while (base::IsDiskRefusal(applied)) {
      // Without Done: nobody executes any more. The log has it all.
      if (!AwaitStore(applied)) return;
      applied = applier_.Continue();
    }
    if (!applied.ok()) return Fatal(applied);
    // Whoever handed over met a refusal, and what was refused may have gone by itself since.
    if (taken.handed_over) LeaveTrouble(DiskTrouble::Source::kStore);
    apply_queue_.Done();
    queue_.Wake();
  }
}

std::chrono::nanoseconds Engine::UntilNextTick() const {
  return std::max(std::chrono::nanoseconds::zero(), next_tick_ - clock_->Monotonic());
}

void Engine::TickIfDue() {
  std::chrono::nanoseconds now = clock_->Monotonic();
  if (now < next_tick_) return;
  // A process that was paused must not fire a burst of ticks: one, and on from now.
  next_tick_ += options_.heartbeat_interval;
  if (next_tick_ <= now) next_tick_ = now + options_.heartbeat_interval;
  node_.Tick();
  ExpireReads();
  CompactIfDue();
  // While none can be revoked they stay where they are.
  if (!stopping_.load() && Refusal().ok()) lease_expiry_.Tick();
  if (held_back_.has_value() && PersistHeldBack()) LeaveTrouble(DiskTrouble::Source::kLog);
}

void Engine::CompactIfDue() {
  const std::optional<int64_t> due =
      auto_compaction_.Tick(clock_->Monotonic(), role_.load() == raft::Role::kLeader, store().revision());
  if (!due.has_value()) return;
  std::string request;
  base::wire::AppendInt64Field(&request, kCompactionRevisionField, *due);
  ProposalBatch batch;
  batch.commands.Add(CommandType::kCompact, request);
  batch.completion =
      std::make_unique<CallWhenDone>([this](const absl::Status& status) { auto_compaction_.Finished(status); });
  Propose(std::move(batch));
}

void Engine::ProposeAll(std::vector<QueuedBatch> queued) {
  std::vector<QueuedBatch> group;
  size_t weight = 0;
  for (QueuedBatch& next : queued) {
    const size_t next_weight = next.batch.commands.weight();
    if (!group.empty() && weight + next_weight > kGroupBytesMax) {
      ProposeGroup(std::exchange(group, {}));
      weight = 0;
    }
    weight += next_weight;
    group.push_back(std::move(next));
  }
  if (!group.empty()) ProposeGroup(std::move(group));
}

void Engine::ProposeGroup(std::vector<QueuedBatch> queued) {
  absl::Status refusal = Refusal();
  if (!refusal.ok()) return Refuse(std::move(queued), refusal);
  GroupHead head{member_id_, next_group_++, clock_->Wall().count(), 0};
  size_t bytes = 0;
  for (const QueuedBatch& one : queued) {
    head.commands += one.batch.commands.count();
    bytes += one.batch.commands.bytes();
  }
  absl::Status proposed = node_.Propose(EncodeGroup(head, queued)).status();
  if (!proposed.ok()) return Refuse(std::move(queued), proposed);
  WaitingGroup waiting;
  for (QueuedBatch& one : queued) waiting.push_back({std::move(one.batch.completion), one.batch.commands.count()});
  pending_.Add(head.group, std::move(waiting), head.commands, bytes, queued.front().deadline);
  timer_.Arm();
}

void Engine::AskReads(std::vector<ReadDone> reads) {
  for (ReadDone& done : reads) leaderless_reads_.push_back({std::move(done), Deadline()});
  if (leaderless_reads_.empty()) return;
  uint64_t context = next_read_;
  if (!node_.ReadIndex(context).ok()) return;  // no leader yet: asked again after the next event
  ++next_read_;
  std::vector<ReadDone>& asked = reads_[context];
  for (LeaderlessRead& read : leaderless_reads_) asked.push_back(std::move(read.done));
  leaderless_reads_.clear();
}

void Engine::HandleReady() {
  while (!held_back_.has_value() && !dead_.load(std::memory_order_relaxed) && node_.HasReady()) {
    raft::Ready ready = node_.TakeReady();
    QUORATE_CHECK(ready.messages.empty() && ready.messages_after_persist.empty())
        << "a sole voter has nobody to write to";
    if (!Persist(ready)) return;
    FinishReady(std::move(ready));
  }
}

void Engine::FinishReady(raft::Ready ready) {
  for (const raft::ReadState& state : ready.read_states) {
    auto asked = reads_.extract(state.context);
    if (asked.empty()) continue;
    for (ReadDone& done : asked.mapped()) read_gate_.WhenApplied(state.index, std::move(done));
  }
  if (!ready.committed.empty()) Execute(std::move(ready.committed));
  // What was logged is committed, and so answered, by the next Ready.
  files_.wal->NoteEnd();
}

void Engine::Execute(std::vector<raft::Entry> committed) {
  commit_.store(committed.back().index, std::memory_order_relaxed);
  uint64_t commands = 0;
  for (const raft::Entry& entry : committed) {
    if (entry.data.size() != 0) commands += GroupReader(entry.data.view()).head().commands;
  }
  if (commands > kInlineCommandsMax || !apply_queue_.TryBeginInline()) {
    apply_queue_.Push(std::move(committed));
    return;
  }
  absl::Status applied = applier_.Apply(std::move(committed));
  if (base::IsDiskRefusal(applied)) {
    EnterTrouble(DiskTrouble::Source::kStore, applied);
    return apply_queue_.HandOver();
  }
  if (!applied.ok()) Fatal(applied);
  apply_queue_.Done();
}

void Engine::PublishStatus() {
  raft::Index applied = read_gate_.applied();
  node_.Applied(applied);
  node_.Compact(applied);
  const raft::Term term = node_.term();
  const raft::Role role = node_.role();
  const raft::MemberId leader = node_.leader();
  term_.store(term, std::memory_order_relaxed);
  role_.store(role, std::memory_order_relaxed);
  leader_.store(leader, std::memory_order_relaxed);
  if (leader != last_leader_ && leader != 0) leader_changes_.fetch_add(1, std::memory_order_relaxed);
  last_leader_ = leader;
  if (role != raft::Role::kLeader && files_.lessor->leading()) {
    files_.lessor->Demote(base::errors::LeaderChanged());
  }
  if (role != raft::Role::kLeader || term == led_term_) return;
  led_term_ = term;
  // The term's first entry is the last of the log now: once it is executed, so is everything committed before, and
  // nobody else can commit anything.
  read_gate_.WhenApplied(node_.last_index(), [this](absl::Status executed) {
    if (!executed.ok()) return;
    files_.lessor->Promote(options_.election_timeout);
    can_read_now_.store(sole_voter_, std::memory_order_release);
    BecomeReady();
  });
}

void Engine::BecomeReady() {
  if (ready_announced_.exchange(true)) return;
  membership::Cluster cluster = applier_.cluster();
  const membership::Member* self = cluster.Find(member_id_);
  QUORATE_CHECK(self != nullptr) << "not a member of its own cluster";
  membership::Member published = *self;
  published.client_urls = options_.advertise_client_urls;
  const auto ready = [this, name = published.name, urls = published.client_urls] {
    QUORATE_LOG(kInfo, "published local member to cluster through raft",
                {{"local-member-id", base::Hex(member_id_)}, {"name", name}, {"client-urls", urls}});
    on_ready_();
  };
  if (published == *self && !published.name.empty()) return ready();
  ProposalBatch batch;
  batch.commands.Add(CommandType::kMemberAttributes, EncodeMemberAttributes(published));
  batch.completion = std::make_unique<CallWhenDone>([this, ready](const absl::Status& status) {
    if (status.ok()) return ready();
    QUORATE_LOG(kWarn, "could not publish this member's client URLs", {{"error", status}});
    on_ready_();
  });
  Propose(std::move(batch));
}

}  // namespace quorate::replica
