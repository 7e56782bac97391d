#include "src/replica/alarms.h"


#include "quorate/base/big_endian.h"
#include "quorate/base/check.h"
#include "quorate/base/errors.h"
#include "quorate/base/logging.h"
#include "quorate/base/wire.h"

namespace quorate::replica {
namespace {

using base::wire::AppendBytesPrefix;
using base::wire::AppendVarintField;

// Stored under this name, with an empty value: prefix, four bytes of type and eight of member, most significant first.
constexpr std::string_view kNamePrefix = "alarm/";
constexpr std::string_view kNamePrefixEnd = "alarm0";
constexpr size_t kNameBytes = kNamePrefix.size() + sizeof(uint32_t) + sizeof(uint64_t);

// Field numbers of the API's messages.
enum : uint32_t { kActionField = 1, kRequestMemberField = 2, kRequestTypeField = 3 };
enum : uint32_t { kMemberField = 1, kTypeField = 2 };
constexpr uint32_t kAlarmsField = 2;

enum class Action : int32_t { kGet = 0, kActivate = 1, kDeactivate = 2 };

struct Request {
  Action action = Action::kGet;
  Alarm alarm;
};

Request DecodeOrDie(std::string_view bytes) {
  Request request;
  base::wire::Reader reader(bytes);
  while (reader.Next()) {
    if (!reader.IsVarint()) continue;
    if (reader.field() == kActionField) request.action = static_cast<Action>(reader.enumeration());
    if (reader.field() == kRequestMemberField) request.alarm.member = reader.varint();
    if (reader.field() == kRequestTypeField) request.alarm.type = static_cast<AlarmType>(reader.enumeration());
  }
  // The proposer decoded it before proposing.
  QUORATE_CHECK(reader.ok()) << "a committed command does not decode";
  return request;
}

std::string NameOf(const Alarm& alarm) {
  std::string name(kNamePrefix);
  base::AppendBigEndian(&name, static_cast<uint32_t>(alarm.type));
  base::AppendBigEndian(&name, alarm.member);
  return name;
}

void AppendMember(std::string* response, const Alarm& alarm) {
  std::string member;
  AppendVarintField(&member, kMemberField, alarm.member);
  // An enum is written as its number's 64 bits, sign included.
  AppendVarintField(&member, kTypeField, static_cast<uint64_t>(static_cast<int64_t>(alarm.type)));
  AppendBytesPrefix(response, kAlarmsField, member.size());
  response->append(member);
}

bool Puts(const std::vector<mvcc::RequestOp>& ops) {
  for (const mvcc::RequestOp& op : ops) {
    if (std::holds_alternative<mvcc::PutRequest>(op.request)) return true;
    const auto* txn = std::get_if<mvcc::TxnRequest>(&op.request);
    if (txn != nullptr && (Puts(txn->success) || Puts(txn->failure))) return true;
  }
  return false;
}

}  // namespace

Alarms::Alarms(const std::vector<Alarm>& stored) : raised_(stored.begin(), stored.end()) { Judge(); }

absl::StatusOr<std::string> Alarms::Execute(std::string_view bytes, storage::WriteBatch& batch) {
  const Request request = DecodeOrDie(bytes);
  const Alarm& alarm = request.alarm;
  std::string response;
  switch (request.action) {
    case Action::kGet:
      for (const Alarm& one : raised()) {
        if (alarm.type == AlarmType::kNone || alarm.type == one.type) AppendMember(&response, one);
      }
      break;
    case Action::kActivate:
      if (alarm.type == AlarmType::kNone) break;
      QUORATE_RETURN_IF_ERROR(Raise(alarm, batch));
      AppendMember(&response, alarm);
      break;
    case Action::kDeactivate:
      if (Disarm(alarm, batch)) AppendMember(&response, alarm);
      break;
  }
  return response;
}

absl::Status Alarms::Raise(const Alarm& alarm, storage::WriteBatch& batch) {
  {
    base::MutexLock lock(&mutex_);
    if (raised_.contains(alarm)) return absl::OkStatus();
    if (raised_.size() >= kAlarmsMax) return base::errors::TooManyRequests();
    raised_.insert(alarm);
  }
  SaveAlarm(alarm, batch);
  Judge();
  QUORATE_LOG(kWarn, "alarm raised", {{"alarm", NameOf(alarm.type)}, {"from", alarm.member}});
  return absl::OkStatus();
}

bool Alarms::Disarm(const Alarm& alarm, storage::WriteBatch& batch) {
  {
    base::MutexLock lock(&mutex_);
    if (raised_.erase(alarm) == 0) return false;
  }
  batch.Delete(storage::Family::kMeta, NameOf(alarm));
  Judge();
  QUORATE_LOG(kInfo, "alarm disarmed", {{"alarm", NameOf(alarm.type)}, {"from", alarm.member}});
  return true;
}

void Alarms::Judge() {
  base::MutexLock lock(&mutex_);
  no_space_ = corrupt_ = false;
  for (const Alarm& alarm : raised_) {
    no_space_ |= alarm.type == AlarmType::kNoSpace;
    corrupt_ |= alarm.type == AlarmType::kCorrupt;
  }
  quiet_ = !no_space_ && !corrupt_;
}

absl::Status Alarms::RefusalWhileRaised(CommandType type) const {
  switch (type) {
    case CommandType::kPut:
    case CommandType::kLeaseGrant:
      return corrupt_ ? base::errors::CorruptCluster() : base::errors::NoSpace();
    case CommandType::kDeleteRange:
    case CommandType::kTxn:
    case CommandType::kCompact:
    case CommandType::kLeaseRevoke:
      return corrupt_ ? base::errors::CorruptCluster() : absl::OkStatus();
    case CommandType::kMemberAttributes:
    case CommandType::kAlarm:
    case CommandType::kDowngrade:
      break;
  }
  return absl::OkStatus();
}

absl::Status Alarms::Refusal(const mvcc::TxnRequest& txn) const {
  return no_space_ && (Puts(txn.success) || Puts(txn.failure)) ? base::errors::NoSpace() : absl::OkStatus();
}

std::vector<Alarm> Alarms::raised() const {
  base::MutexLock lock(&mutex_);
  return {raised_.begin(), raised_.end()};
}

std::string NameOf(AlarmType type) {
  switch (type) {
    case AlarmType::kNone:
      return "NONE";
    case AlarmType::kNoSpace:
      return "NOSPACE";
    case AlarmType::kCorrupt:
      return "CORRUPT";
  }
  return std::to_string(static_cast<int32_t>(type));
}

void SaveAlarm(const Alarm& alarm, storage::WriteBatch& batch) { batch.Put(storage::Family::kMeta, NameOf(alarm), ""); }

absl::StatusOr<std::vector<Alarm>> LoadAlarms(const storage::Database& database) {
  std::vector<Alarm> alarms;
  storage::IteratorOptions bounds;
  bounds.lower_bound = kNamePrefix;
  bounds.upper_bound = kNamePrefixEnd;
  auto iterator = database.NewIterator(storage::Family::kMeta, bounds);
  for (iterator->Seek(kNamePrefix); iterator->Valid(); iterator->Next()) {
    std::string_view name = iterator->key();
    if (name.size() != kNameBytes) return absl::DataLossError("the store's name of an alarm is damaged");
    name.remove_prefix(kNamePrefix.size());
    alarms.push_back({static_cast<AlarmType>(base::ReadBigEndian<uint32_t>(name.data())),
                      base::ReadBigEndian<uint64_t>(name.data() + sizeof(uint32_t))});
  }
  QUORATE_RETURN_IF_ERROR(iterator->status());
  return alarms;
}

}  // namespace quorate::replica
