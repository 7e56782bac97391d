#include "tests/soak/upkeep.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>

#include "quorate/base/status.h"
#include "quorate/etcdfile/reader.h"

namespace quorate::soak {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr milliseconds kStep(250);
// Steps from one to the next; each in a place of its own among them.
constexpr int kCompactEvery = 20;
constexpr int kHashEvery = 8;
constexpr int kLookEvery = 12;
constexpr int kCompareEvery = 60;
constexpr int kSnapshotEvery = 100;
constexpr int kDefragmentEvery = 140;
constexpr int64_t kKeptMin = 3'000;
constexpr uint64_t kKeptMore = 6'000;
constexpr seconds kAutoCompactionMargin(10);
constexpr int64_t kPageKeys = 500;
constexpr size_t kHashesMax = 64;
const std::string kNoEnd(1, '\0');

}  // namespace

Upkeep::Upkeep(Stage* stage, std::string snapshot_file)
    : stage_(*stage),
      snapshot_file_(std::move(snapshot_file)),
      random_(stage->seed * 13'000'027),
      client_(stage->availability, stage->findings) {}

void Upkeep::Run() {
  const auto due = [](int step, int every) { return step % every == every / 2; };
  for (int step = 0; stage_.availability->Sleep(kStep); ++step) {
    if (!client_.Ready()) return;
    if (due(step, kCompactEvery)) Compact();
    if (due(step, kHashEvery)) Hash();
    if (due(step, kLookEvery)) Look();
    if (due(step, kCompareEvery)) CompareAll();
    if (due(step, kSnapshotEvery)) TakeSnapshot();
    if (due(step, kDefragmentEvery)) Defragment();
  }
}

void AutoCompaction::Look() {
  const auto now = steady_clock::now();
  told_at_.emplace_back(now, stage_.timeline->told());
  while (told_at_.front().first < now - seconds(kAutoCompactionSeconds) + kAutoCompactionMargin) {
    stage_.compacting = std::max(stage_.compacting.load(), told_at_.front().second);
    told_at_.pop_front();
  }
}

void Upkeep::Compact() {
  // Now and then it is left to the server.
  if (Below(4) == 0) return;
  pb::CompactionRequest request;
  request.set_revision(stage_.timeline->last() - kKeptMin - static_cast<int64_t>(Below(kKeptMore)));
  request.set_physical(Below(4) == 0);
  if (request.revision() <= stage_.compacting) return;
  stage_.compacting = request.revision();
  const auto reply = client_.Call(&pb::KV::Stub::Compact, request);
  ++stage_.calls;
  if (reply.ok()) stage_.compacted = request.revision();
}

void Upkeep::Defragment() {
  client_.Call(&pb::Maintenance::Stub::Defragment, pb::DefragmentRequest());
  ++stage_.calls;
}

void Upkeep::Hash() {
  if (hashed_revision_ <= stage_.compacting + kKeptMin / 2) hashed_revision_ = stage_.timeline->last();
  pb::HashKVRequest request;
  request.set_revision(hashed_revision_);
  const auto reply = client_.Try(&pb::Maintenance::Stub::HashKV, request);
  ++stage_.calls;
  if (!reply.ok()) {
    const bool gone =
        reply.status.error_code() == grpc::StatusCode::OUT_OF_RANGE && hashed_revision_ < stage_.compacting;
    if (!gone && !reply.outage) client_.Blame("HashKVRequest", request.ShortDebugString(), reply.status);
    hashed_revision_ = 0;
    return;
  }
  const std::pair key(hashed_revision_, reply.response.compact_revision());
  const auto [known, added] = hashes_.emplace(key, reply.response.hash());
  if (!added && known->second != reply.response.hash()) {
    stage_.findings->Add("the hash of revision " + std::to_string(hashed_revision_) + " has changed");
  }
  if (hashes_.size() > kHashesMax) hashes_.erase(hashes_.begin());
}

void Upkeep::Look() {
  const auto status = client_.Call(&pb::Maintenance::Stub::Status, pb::StatusRequest());
  if (status.ok()) {
    if (status.response.errors_size() > 0) stage_.findings->Add("status: " + status.response.ShortDebugString());
    if (status.response.raftappliedindex() < applied_index_) stage_.findings->Add("the applied index goes back");
    applied_index_ = status.response.raftappliedindex();
  }
  pb::AlarmRequest alarms;
  alarms.set_action(pb::AlarmRequest::GET);
  const auto raised = client_.Call(&pb::Maintenance::Stub::Alarm, alarms);
  if (raised.ok() && raised.response.alarms_size() > 0) {
    stage_.findings->Add("an alarm: " + raised.response.ShortDebugString());
  }
  const auto members = client_.Call(&pb::Cluster::Stub::MemberList, pb::MemberListRequest());
  if (members.ok() && members.response.members_size() != 1) stage_.findings->Add("not one member");
  stage_.calls += 3;
}

void Upkeep::CompareAll() {
  pb::RangeRequest request;
  request.set_key(kNoEnd);
  request.set_range_end(kNoEnd);
  request.set_limit(kPageKeys);
  bool more = true;
  while (more && client_.Ready()) {
    const auto reply = client_.Try(&pb::KV::Stub::Range, request);
    ++stage_.calls;
    if (!reply.ok()) {
      const bool gone =
          reply.status.error_code() == grpc::StatusCode::OUT_OF_RANGE && request.revision() < stage_.compacting;
      if (!gone && !reply.outage) client_.Blame("RangeRequest", request.ShortDebugString(), reply.status);
      return;
    }
    stage_.timeline->CheckAnswer(request, reply.response);
    more = reply.response.more();
    if (request.revision() == 0) request.set_revision(reply.response.header().revision());
    if (more) request.set_key(reply.response.kvs().rbegin()->key() + std::string(1, '\0'));
  }
}

void Upkeep::TakeSnapshot() {
  const int64_t told = stage_.timeline->told();
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + 2 * kCallDeadline);
  const auto stream = client_.Get<pb::Maintenance::Stub>()->Snapshot(&context, pb::SnapshotRequest());
  std::ofstream file(snapshot_file_, std::ios::binary | std::ios::trunc);
  pb::SnapshotResponse chunk;
  while (stream->Read(&chunk)) file << chunk.blob();
  const grpc::Status status = stream->Finish();
  file.close();
  ++stage_.calls;
  if (status.ok()) {
    CheckSnapshot(told);
  } else if (!client_.Outage()) {
    client_.Blame("SnapshotRequest", "", status);
  }
  std::filesystem::remove(snapshot_file_);
}

// It is sound, and of no revision before the request; its keys are those of the history, its hash that of the server.
void Upkeep::CheckSnapshot(int64_t oldest) {
  const auto file = etcdfile::SnapshotFile::Open(snapshot_file_);
  if (!file.ok()) return stage_.findings->Add("a snapshot: " + std::string(base::MessageOf(file.status())));
  const absl::Status trailer = (*file)->VerifyTrailer();
  if (!trailer.ok()) return stage_.findings->Add("a snapshot: " + std::string(base::MessageOf(trailer)));
  const auto status = (*file)->Status();
  if (!status.ok()) return stage_.findings->Add("a snapshot: " + std::string(base::MessageOf(status.status())));
  if (status->revision < oldest) stage_.findings->Add("a snapshot is of the past");
  if (!stage_.timeline->WaitFor(status->revision)) return;
  ++stage_.snapshots;
  const int64_t keys = stage_.timeline->CountKeys(status->revision);
  if (status->total_keys != static_cast<uint64_t>(keys)) {
    stage_.findings->Add("a snapshot has " + std::to_string(status->total_keys) + " keys of " + std::to_string(keys));
  }
  const auto hash = (*file)->HashKV(0);
  if (!hash.ok()) return stage_.findings->Add("a snapshot: " + std::string(base::MessageOf(hash.status())));
  pb::HashKVRequest request;
  request.set_revision(status->revision);
  const auto reply = client_.Try(&pb::Maintenance::Stub::HashKV, request);
  ++stage_.calls;
  if (!reply.ok() || reply.response.compact_revision() != hash->compact_revision) return;
  if (reply.response.hash() != hash->hash) stage_.findings->Add("a snapshot has another hash than the server");
}

}  // namespace quorate::soak
