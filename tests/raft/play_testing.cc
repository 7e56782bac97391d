#include "tests/raft/play_testing.h"

#include <sstream>

namespace quorate::raft {
namespace {

std::string Text(const HardState& state) {
  std::ostringstream out;
  out << "term " << state.term << " vote " << state.vote << " commit " << state.commit;
  return out.str();
}

std::string Text(const std::vector<Entry>& entries) {
  std::ostringstream out;
  for (const Entry& entry : entries) {
    out << " " << entry.term << "/" << entry.index;
    if (entry.type == EntryType::kConfigurationChange) out << " configuration";
    if (entry.data) out << " \"" << entry.data.view() << "\"";
  }
  return out.str();
}

const char* Text(Role role) {
  switch (role) {
    case Role::kFollower:
      return "follower";
    case Role::kPreCandidate:
      return "pre-candidate";
    case Role::kCandidate:
      return "candidate";
    case Role::kLeader:
      return "leader";
  }
  return "?";
}

struct TypeName {
  MessageType type;
  const char* name;
};
constexpr TypeName kTypeNames[] = {
    {MessageType::kAppend, "append"},
    {MessageType::kAppendResponse, "append-response"},
    {MessageType::kVote, "vote"},
    {MessageType::kVoteResponse, "vote-response"},
    {MessageType::kPreVote, "pre-vote"},
    {MessageType::kPreVoteResponse, "pre-vote-response"},
    {MessageType::kHeartbeat, "heartbeat"},
    {MessageType::kHeartbeatResponse, "heartbeat-response"},
    {MessageType::kSnapshot, "snapshot"},
    {MessageType::kReadIndex, "read-index"},
    {MessageType::kReadIndexResponse, "read-index-response"},
    {MessageType::kTransferLeader, "transfer-leader"},
    {MessageType::kTimeoutNow, "timeout-now"},
    {MessageType::kPropose, "propose"},
};

std::string Text(const Message& message) {
  std::ostringstream out;
  for (const auto& [type, name] : kTypeNames) {
    if (type == message.type) out << name;
  }
  out << " to " << message.to << " term " << message.term;
  if (message.index != 0) out << " index " << message.index;
  if (message.log_term != 0) out << " log-term " << message.log_term;
  if (message.commit != 0) out << " commit " << message.commit;
  if (message.context != 0) out << " context " << message.context;
  if (message.reject_hint != 0) out << " hint " << message.reject_hint;
  if (message.reject) out << " reject";
  if (!message.entries.empty()) out << " entries" << Text(message.entries);
  return out.str();
}

class Stage {
 public:
  explicit Stage(Node& node) : node_(node) {}

  std::string Do(const std::string& line) {
    std::istringstream words(line);
    std::string command;
    words >> command;
    if (command == "campaign") return node_.Campaign(), "";
    if (command == "tick") return Tick(words);
    if (command == "propose") return Propose(words);
    if (command == "read") return Read(words);
    if (command == "ready") return TakeReady();
    if (command == "persisted") return Persist(), "";
    if (command == "applied") return Apply(), "";
    if (command == "settle") return Settle();
    if (command == "compact") return Compact(words);
    if (command == "status") return Status();
    if (command == "hear") return Hear(words);
    if (command == "transfer") return Transfer(words);
    return "?\n";
  }

 private:
  std::string Tick(std::istream& words) {
    int count = 1;
    words >> count;
    for (int i = 0; i < count; ++i) node_.Tick();
    return "";
  }

  std::string Propose(std::istream& words) {
    std::string data;
    words >> data;
    return Answer(node_.Propose(base::Buffer::Copy(data)));
  }

  std::string Transfer(std::istream& words) {
    MemberId target = 0;
    words >> target;
    const absl::Status status = node_.TransferLeadership(target);
    return status.ok() ? "" : std::string(base::MessageOf(status)) + "\n";
  }

  std::string Hear(std::istream& words) {
    Message message;
    std::string word;
    words >> word;
    for (const auto& [type, name] : kTypeNames) {
      if (word == name) message.type = type;
    }
    message.to = node_.Status().id;
    while (words >> word) {
      if (word == "from") words >> message.from;
      if (word == "term") words >> message.term;
      if (word == "index") words >> message.index;
      if (word == "log-term") words >> message.log_term;
      if (word == "commit") words >> message.commit;
      if (word == "context") words >> message.context;
      if (word == "hint") words >> message.reject_hint;
      if (word == "reject") message.reject = true;
      if (word == "entries") HearEntries(words, &message);
    }
    const absl::Status status = node_.Step(std::move(message));
    return status.ok() ? "" : std::string(base::MessageOf(status)) + "\n";
  }

  static void HearEntries(std::istream& words, Message* message) {
    Term term = 0;
    char slash = 0;
    std::string text;
    while (words >> term >> slash >> text) {
      message->entries.push_back({.term = term,
                                  .index = message->index + message->entries.size() + 1,
                                  .type = EntryType::kNormal,
                                  .data = base::Buffer::Copy(text)});
    }
  }

  static std::string Answer(const absl::StatusOr<Index>& index) {
    if (index.ok()) return "entry " + std::to_string(*index) + "\n";
    return std::string(base::MessageOf(index.status())) + "\n";
  }

  std::string Read(std::istream& words) {
    uint64_t context = 0;
    words >> context;
    const absl::Status status = node_.ReadIndex(context);
    return status.ok() ? "" : std::string(base::MessageOf(status)) + "\n";
  }

  std::string TakeReady() {
    if (!node_.HasReady()) return "nothing\n";
    const Ready ready = node_.TakeReady();
    std::ostringstream out;
    if (ready.hard_state.has_value()) out << "hard state: " << Text(*ready.hard_state) << "\n";
    if (!ready.entries.empty()) out << "persist:" << Text(ready.entries) << "\n";
    if (ready.must_sync) out << "sync\n";
    for (const Message& message : ready.messages) out << "send " << Text(message) << "\n";
    for (const Message& message : ready.messages_after_persist) out << "send after persist " << Text(message) << "\n";
    if (!ready.committed.empty()) out << "apply:" << Text(ready.committed) << "\n";
    for (const ReadState& read : ready.read_states) out << "read " << read.context << " at " << read.index << "\n";
    if (!ready.entries.empty()) persisting_ = {ready.entries.back().index, ready.entries.back().term};
    if (!ready.committed.empty()) applying_ = ready.committed.back().index;
    return out.str();
  }

  void Persist() { node_.Persisted(persisting_.first, persisting_.second); }
  void Apply() { node_.Applied(applying_); }

  std::string Settle() {
    std::string out;
    while (node_.HasReady()) {
      out += TakeReady();
      Persist();
      Apply();
    }
    return out.empty() ? "nothing\n" : out;
  }

  std::string Compact(std::istream& words) {
    Index index = 0;
    words >> index;
    node_.Compact(index);
    return "";
  }

  std::string Status() {
    const NodeStatus status = node_.Status();
    std::ostringstream out;
    out << Text(status.role) << " " << status.id << " leader " << status.leader << " " << Text(status.hard_state)
        << " applied " << status.applied << " last " << status.last_index << "\n";
    return out.str();
  }

  Node& node_;
  std::pair<Index, Term> persisting_;
  Index applying_ = 0;
};

}  // namespace

std::string Play(Node& node, std::string_view script) {
  Stage stage(node);
  std::string out = "\n";
  std::istringstream lines{std::string(script)};
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("> ")) out += line + "\n" + stage.Do(line.substr(2));
  }
  return out;
}

}  // namespace quorate::raft
