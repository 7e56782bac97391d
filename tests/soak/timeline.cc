#include "tests/soak/timeline.h"

#include <algorithm>
#include <chrono>

namespace quorate::soak {
namespace {

namespace pb = etcdserverpb;

// Longer than any outage and the way back to the watcher's place.
constexpr std::chrono::seconds kNewsWithin(120);
constexpr int64_t kForgetEvery = 4096;

bool Changed(const pb::TxnRequest& txn, const pb::TxnResponse& response) {
  for (const pb::RequestOp& op : response.succeeded() ? txn.success() : txn.failure()) {
    if (op.has_request_put()) return true;
  }
  return std::any_of(response.responses().begin(), response.responses().end(),
                     [](const pb::ResponseOp& op) { return op.response_delete_range().deleted() > 0; });
}

std::string Describe(const std::vector<mvccpb::Event>& events) {
  std::string text = std::to_string(events.size()) + " events, the first " +
                     (events[0].type() == mvccpb::Event::DELETE ? "deletes " : "puts ");
  return text + events[0].kv().key();
}

}  // namespace

void Timeline::StartBehind(int64_t revision) {
  const std::lock_guard lock(mutex_);
  last_ = revision;
}

int64_t Timeline::last() {
  const std::lock_guard lock(mutex_);
  return last_;
}

int64_t Timeline::first() {
  const std::lock_guard lock(mutex_);
  return FirstLocked();
}

int64_t Timeline::told() {
  const std::lock_guard lock(mutex_);
  return told_;
}

void Timeline::Tell(int64_t revision) {
  const std::lock_guard lock(mutex_);
  told_ = std::max(told_, revision);
}

void Timeline::Take(const std::vector<mvccpb::Event>& events) {
  {
    const std::lock_guard lock(mutex_);
    for (size_t begin = 0; begin < events.size();) {
      size_t end = begin;
      const int64_t revision = events[begin].kv().mod_revision();
      while (end < events.size() && events[end].kv().mod_revision() == revision) ++end;
      TakeRevision({events.begin() + static_cast<ptrdiff_t>(begin), events.begin() + static_cast<ptrdiff_t>(end)});
      begin = end;
    }
  }
  changed_.notify_all();
}

void Timeline::TakeRevision(const std::vector<mvccpb::Event>& events) {
  const int64_t revision = events[0].kv().mod_revision();
  if (revision != last_ + 1) {
    findings_->Add("revision " + std::to_string(revision) + " is heard after " + std::to_string(last_));
    if (revision <= last_) return;
    commits_.clear();
  }
  if (const std::string fault = FindCause(events, revision); !fault.empty()) {
    findings_->Add("revision " + std::to_string(revision) + ": " + fault + "; " + Describe(events));
  }
  Commit commit;
  for (const mvccpb::Event& event : events) {
    if (const std::string fault = model_.Apply(event); !fault.empty()) findings_->Add(fault);
    commit.values.push_back(ValueMark::Of(event.kv().value()));
    commit.events.push_back(event);
    commit.events.back().mutable_kv()->clear_value();
    commit.events.back().clear_prev_kv();
  }
  commits_.push_back(std::move(commit));
  last_ = revision;
  while (static_cast<int64_t>(commits_.size()) > kWindowRevisions) commits_.pop_front();
  if (last_ % kForgetEvery == 0) model_.Forget(FirstLocked());
}

std::string Timeline::FindCause(const std::vector<mvccpb::Event>& events, int64_t revision) {
  std::vector<Change> changes;
  std::optional<uint64_t> id;
  bool only_deletions = true;
  for (const mvccpb::Event& event : events) {
    changes.push_back(ChangeOf(event));
    if (!id) id = OperationOf(event.kv().value());
    only_deletions = only_deletions && changes.back().deleted;
  }
  if (events[0].kv().key().starts_with(kRecipePrefix)) {
    // Whose lease it is its owner knows to have ended.
    return "";
  }
  std::sort(changes.begin(), changes.end(), [](const Change& a, const Change& b) { return a.key < b.key; });
  if (only_deletions) return FindCauseOfDeletions(changes, revision);
  if (!id) return "nobody has asked for this";
  const auto found = open_.find(*id);
  if (found == open_.end()) return "operation " + std::to_string(*id) + " was never begun, or is over";
  Open& open = found->second;
  if (open.revision != 0) {
    return "operation " + std::to_string(*id) + " was executed at revision " + std::to_string(open.revision) +
           " before";
  }
  open.revision = revision;
  if (Evaluate(model_, open.operation->txn, revision - 1) == changes) return "";
  return "operation " + std::to_string(*id) + " does something else: " + open.operation->txn.ShortDebugString();
}

std::string Timeline::FindCauseOfDeletions(const std::vector<Change>& changes, int64_t revision) {
  for (auto& [id, open] : open_) {
    if (open.revision == 0 && Evaluate(model_, open.operation->txn, revision - 1) == changes) {
      open.revision = revision;
      return "";
    }
  }
  const KeyState* state = model_.At(changes[0].key, revision - 1);
  if (state == nullptr || state->lease == 0) return "nobody has asked for these deletions";
  std::set<std::string> keys;
  for (const Change& change : changes) keys.insert(change.key);
  const std::set<std::string> expected = model_.KeysOf(state->lease);
  if (keys != expected) {
    return "lease " + std::to_string(state->lease) + " takes " + std::to_string(keys.size()) + " of its " +
           std::to_string(expected.size()) + " keys along";
  }
  return leases_->Ended(state->lease, std::chrono::steady_clock::now());
}

int64_t Timeline::Begin(std::shared_ptr<const Operation> operation) {
  const std::lock_guard lock(mutex_);
  const uint64_t id = operation->id;
  open_[id].operation = std::move(operation);
  return told_;
}

void Timeline::Finish(const Operation& operation, int64_t told, const pb::TxnResponse& response) {
  const bool changed = Changed(operation.txn, response);
  Tell(response.header().revision());
  if (!WaitFor(response.header().revision())) return;
  const std::lock_guard lock(mutex_);
  const std::string fault = CheckFinished(operation, told, response, changed);
  if (!fault.empty()) {
    findings_->Add("operation " + std::to_string(operation.id) + ", answered at revision " +
                   std::to_string(response.header().revision()) + ": " + fault + "; " +
                   operation.txn.ShortDebugString());
  }
  open_.erase(operation.id);
}

std::string Timeline::CheckFinished(const Operation& operation, int64_t told, const pb::TxnResponse& response,
                                    bool changed) {
  const int64_t revision = response.header().revision();
  if (revision < told || (changed && revision == told)) {
    return "revision " + std::to_string(told) + " was told before it was asked for";
  }
  const int64_t executed = open_.at(operation.id).revision;
  if (executed != (changed ? revision : 0)) return "the history has it at revision " + std::to_string(executed);
  return CheckResponse(model_, operation.txn, response, changed ? revision - 1 : revision);
}

void Timeline::Abandon(const Operation& operation, int64_t revision) {
  WaitFor(revision);
  const std::lock_guard lock(mutex_);
  open_.erase(operation.id);
}

void Timeline::CheckAnswer(const pb::RangeRequest& request, const pb::RangeResponse& response) {
  const int64_t revision = request.revision() > 0 ? request.revision() : response.header().revision();
  if (!WaitFor(revision)) return;
  const std::lock_guard lock(mutex_);
  // Too old to be told apart from what is wrong.
  if (revision < FirstLocked() - 1) return;
  const std::string fault = soak::CheckRange(model_, request, response, revision);
  if (!fault.empty()) {
    findings_->Add("a range at revision " + std::to_string(revision) + " " + fault + "; " + request.ShortDebugString());
  }
}

int64_t Timeline::CountKeys(int64_t revision) {
  const std::lock_guard lock(mutex_);
  int64_t count = 0;
  model_.ForEach("", std::string(1, '\0'), revision, [&](const std::string&, const KeyState&) { ++count; });
  return count;
}

bool Timeline::WaitFor(int64_t revision) {
  std::unique_lock lock(mutex_);
  if (changed_.wait_for(lock, kNewsWithin, [&] { return last_ >= revision; })) return true;
  findings_->Add("revision " + std::to_string(revision) + " was told, a watcher of everything hears nothing after " +
                 std::to_string(last_));
  return false;
}

void Timeline::CheckWatch(const WatchSpec& spec, const std::vector<mvccpb::Event>& events, int64_t whole_to) {
  if (!WaitFor(whole_to)) return;
  const std::lock_guard lock(mutex_);
  const std::string fault = CompareEvents(spec, events, whole_to);
  if (!fault.empty()) {
    findings_->Add("a watcher of [" + spec.key + ", " + spec.range_end + ") from revision " +
                   std::to_string(spec.from) + (spec.former ? " with former values" : "") + ", all of it up to " +
                   std::to_string(whole_to) + " of " + std::to_string(last_) + ", " + std::to_string(events.size()) +
                   " events: " + fault);
  }
}

std::string Timeline::CompareEvents(const WatchSpec& spec, const std::vector<mvccpb::Event>& events,
                                    int64_t whole_to) const {
  if (spec.from < FirstLocked()) return "";
  size_t at = 0;
  for (int64_t revision = spec.from; revision <= whole_to; ++revision) {
    const Commit& commit = commits_[static_cast<size_t>(revision - FirstLocked())];
    for (size_t i = 0; i < commit.events.size(); ++i) {
      const mvccpb::Event& expected = commit.events[i];
      const bool wanted = expected.type() == mvccpb::Event::PUT ? spec.puts : spec.deletes;
      if (!wanted || !Contains(spec.key, spec.range_end, expected.kv().key())) continue;
      const std::string name = expected.kv().key() + " at revision " + std::to_string(revision);
      if (at == events.size()) return "does not hear of " + name;
      const mvccpb::Event& heard = events[at++];
      if (heard.type() != expected.type() || heard.kv().key() != expected.kv().key() ||
          heard.kv().mod_revision() != revision || heard.kv().version() != expected.kv().version() ||
          heard.kv().create_revision() != expected.kv().create_revision() ||
          heard.kv().lease() != expected.kv().lease() || ValueMark::Of(heard.kv().value()) != commit.values[i]) {
        return "hears of " + heard.kv().key() + " at revision " + std::to_string(heard.kv().mod_revision()) +
               " in place of " + name;
      }
      if (!spec.former || (!heard.has_prev_kv() && revision <= spec.formerless_to)) continue;
      const KeyState* former = model_.At(heard.kv().key(), revision - 1);
      if ((former != nullptr) != heard.has_prev_kv()) return "is told another former value of " + name;
      if (former == nullptr) continue;
      if (std::string fault = Differ(heard.prev_kv(), *former, true); !fault.empty()) return "former " + fault;
    }
  }
  return at == events.size() ? "" : "hears of " + events[at].kv().key() + " too much";
}

}  // namespace quorate::soak
