#include "tests/differential/symbols.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <vector>

#include "etcdserverpb/rpc.pb.h"

namespace quorate::testing {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
namespace pb = etcdserverpb;

// Calls visit(message, field) for every field that is set, at every depth.
void ForEachField(Message* message, const std::function<void(Message*, const FieldDescriptor*)>& visit) {
  const Reflection* reflection = message->GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(*message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      visit(message, field);
    } else if (field->is_repeated()) {
      for (int i = 0; i < reflection->FieldSize(*message, field); ++i) {
        ForEachField(reflection->MutableRepeatedMessage(message, field, i), visit);
      }
    } else {
      ForEachField(reflection->MutableMessage(message, field), visit);
    }
  }
}

void Translate(Message* message, const std::map<int64_t, int64_t>& numbers) {
  ForEachField(message, [&](Message* part, const FieldDescriptor* field) {
    const Reflection* reflection = part->GetReflection();
    if (field->is_repeated()) return;
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_INT64) {
      const auto found = numbers.find(reflection->GetInt64(*part, field));
      if (found != numbers.end()) reflection->SetInt64(part, field, found->second);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_UINT64) {
      const auto found = numbers.find(static_cast<int64_t>(reflection->GetUInt64(*part, field)));
      if (found != numbers.end()) reflection->SetUInt64(part, field, static_cast<uint64_t>(found->second));
    }
  });
}

std::string Replace(std::string text, const std::string& from, const std::string& to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

void OnlyWhetherThere(Message* message) {
  const std::vector<std::string> unequal = {"raft_term", "raftTerm",  "cluster_id",
                                            "dbSize",    "raftIndex", "raftAppliedIndex"};
  ForEachField(message, [&](Message* part, const FieldDescriptor* field) {
    if (std::find(unequal.begin(), unequal.end(), field->name()) == unequal.end()) return;
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_INT64) part->GetReflection()->SetInt64(part, field, 1);
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_UINT64) part->GetReflection()->SetUInt64(part, field, 1);
  });
}

template <typename Field>
void Sort(Field* field) {
  std::sort(field->begin(), field->end(),
            [](const auto& a, const auto& b) { return a.SerializeAsString() < b.SerializeAsString(); });
}

}  // namespace

void Symbols::Add(int64_t name, int64_t number) {
  numbers_[name] = number;
  names_[number] = name;
}

void Symbols::ToNumbers(Message* message) const { Translate(message, numbers_); }

void Symbols::ToNames(Message* message) const {
  Translate(message, names_);
  if (auto* status = dynamic_cast<pb::StatusResponse*>(message)) {
    for (std::string& error : *status->mutable_errors()) {
      for (const auto& [number, name] : names_) {
        error = Replace(error, std::to_string(static_cast<uint64_t>(number)), "'" + std::to_string(name) + "'");
      }
    }
  }
}

std::string CanonicalAnswer(const Message& answer, int64_t elapsed_s) {
  const std::unique_ptr<Message> copy(answer.New());
  copy->CopyFrom(answer);
  OnlyWhetherThere(copy.get());
  if (auto* leases = dynamic_cast<pb::LeaseLeasesResponse*>(copy.get())) {
    Sort(leases->mutable_leases());
  } else if (auto* left = dynamic_cast<pb::LeaseTimeToLiveResponse*>(copy.get())) {
    std::sort(left->mutable_keys()->begin(), left->mutable_keys()->end());
    if (left->ttl() <= left->grantedttl() && left->ttl() >= left->grantedttl() - elapsed_s && left->ttl() > 0) {
      left->set_ttl(left->grantedttl());
    }
  } else if (auto* alarm = dynamic_cast<pb::AlarmResponse*>(copy.get())) {
    Sort(alarm->mutable_alarms());
  } else if (auto* status = dynamic_cast<pb::StatusResponse*>(copy.get())) {
    // Nothing stored is no bytes in use for one, a few pages for the other.
    status->clear_dbsizeinuse();
    // Go writes one space or two between fields, as it likes.
    for (std::string& error : *status->mutable_errors()) error = Replace(error, "  ", " ");
    std::sort(status->mutable_errors()->begin(), status->mutable_errors()->end());
  }
  return copy->DebugString();
}

}  // namespace quorate::testing
