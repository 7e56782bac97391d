#include <algorithm>

#include "src/wal/end_note.h"
#include "src/wal/log_files.h"
#include "src/wal/segment_scan.h"

namespace quorate::wal {
namespace {

class Recovery {
 public:
  Recovery(const WalOptions& options, raft::Index applied, LogFiles* files, Recovered* recovered)
      : options_(options), applied_(applied), files_(*files), recovered_(*recovered) {}

  absl::Status Run();

 private:
  absl::StatusOr<std::vector<std::string>> FindSegments();
  absl::Status OpenSegment(const std::string& name);
  // Checks the head against the file's name and the segment before.
  absl::Status CheckHead(const std::string& name, const SegmentHead& head);
  absl::Status Scan(bool is_last);
  absl::Status Take(const RecordContent& content, EntryIndex::Place place);
  absl::Status CheckAgainstStore() const;
  absl::Status CheckAgainstNote() const;

  const WalOptions& options_;
  const raft::Index applied_;
  LogFiles& files_;
  Recovered& recovered_;
  SegmentEnd end_;
  std::optional<LogEnd> note_;
  ChainProbe probe_;  // of the place the note tells
};

absl::StatusOr<std::vector<std::string>> Recovery::FindSegments() {
  QUORATE_ASSIGN_OR_RETURN(std::vector<std::string> names, options_.files->List(options_.directory));
  std::erase_if(names, [](const std::string& name) { return !ParseSegmentName(name).has_value(); });
  if (names.empty()) {
    return base::MakeStatus(absl::StatusCode::kNotFound, options_.directory + " holds no log");
  }
  std::sort(names.begin(), names.end());
  return names;
}

absl::Status Recovery::CheckHead(const std::string& name, const SegmentHead& head) {
  const std::string path = options_.directory + "/" + name;
  const SegmentPlace place = *ParseSegmentName(name);
  if (head.sequence != place.sequence || head.first_index != place.first_index) {
    return Damage(path, 0, "the file is not the segment its name says");
  }
  if (files_.segments.empty()) return absl::OkStatus();
  const SegmentHead& before = files_.current().head;
  if (head.identity != before.identity) return Damage(path, 0, "the segment belongs to another member or cluster");
  if (head.sequence != before.sequence + 1) {
    return Damage(path, 0, "segment " + std::to_string(before.sequence + 1) + " before this one is missing");
  }
  if (head.previous_end != end_.offset || head.chain != end_.chain) {
    return Damage(files_.current().path, end_.offset, "the records end too early: " + name + " does not follow");
  }
  return absl::OkStatus();
}

absl::Status Recovery::OpenSegment(const std::string& name) {
  auto segment = std::make_unique<Segment>();
  segment->path = options_.directory + "/" + name;
  QUORATE_ASSIGN_OR_RETURN(segment->file, options_.files->Open(segment->path, base::OpenMode::kDirect));
  QUORATE_ASSIGN_OR_RETURN(const std::string block, segment->file->ReadAt(0, kBlockBytes));
  const std::optional<SegmentHead> head = SegmentHead::Decode(block);
  if (!head.has_value()) return Damage(segment->path, 0, "the head of the segment is damaged");
  QUORATE_RETURN_IF_ERROR(CheckHead(name, *head));
  segment->head = *head;
  if (files_.segments.empty()) {
    if (options_.expected_identity.has_value() && *options_.expected_identity != head->identity) {
      return base::MakeStatus(absl::StatusCode::kFailedPrecondition,
                              segment->path +
                                  ": the log belongs to another member or cluster; correct --wal-dir, or put back "
                                  "this member's own");
    }
    files_.identity = head->identity;
    files_.hard_state = head->hard_state;
    files_.index.Reset(head->first_index - 1, head->previous_term);
  }
  files_.segments.push_back(std::move(segment));
  return absl::OkStatus();
}

absl::Status Recovery::Take(const RecordContent& content, EntryIndex::Place place) {
  const auto malformed = [&](std::string_view what) { return Damage(place.segment->path, place.offset, what); };
  if (content.reset.has_value()) {
    const auto [index, term] = *content.reset;
    files_.index.Reset(index, term);
    recovered_.entries.clear();
  }
  for (const RecordContent::EntryView& entry : content.entries) {
    if (entry.index == 0 || !files_.index.Add(entry.index, entry.term, place)) {
      return malformed("entries are missing before entry " + std::to_string(entry.index));
    }
    auto& entries = recovered_.entries;
    while (!entries.empty() && entries.back().index >= entry.index) entries.pop_back();
    if (entry.index <= applied_) continue;
    entries.push_back(
        {entry.term, entry.index, entry.type, entry.data.empty() ? base::Buffer() : base::Buffer::Copy(entry.data)});
  }
  if (content.hard_state.has_value()) files_.hard_state = *content.hard_state;
  return absl::OkStatus();
}

absl::Status Recovery::Scan(bool is_last) {
  Segment& segment = files_.current();
  const auto visit = [&](uint64_t offset, uint32_t sectors, std::string_view items) -> absl::Status {
    RecordContent content;
    if (!DecodeRecord(items, &content)) return Damage(segment.path, offset, "a record cannot be understood");
    return Take(content, {.first = 0, .segment = &segment, .offset = offset, .sectors = sectors});
  };
  const bool is_noted = note_.has_value() && note_->sequence == segment.head.sequence;
  QUORATE_RETURN_IF_ERROR(ScanSegment(segment, visit, &end_, is_noted ? &probe_ : nullptr));
  segment.end = end_.offset;
  segment.synced = end_.synced;
  segment.next_write_number = end_.next_write_number;
  files_.chain = end_.chain;
  if (!is_last) return absl::OkStatus();
  if (end_.sealed) {
    return Damage(segment.path, end_.offset,
                  "segment " + std::to_string(segment.head.sequence + 1) + " after this one is missing");
  }
  if (end_.torn) {
    recovered_.torn_tail = segment.path + " at offset " + std::to_string(end_.offset);
  }
  return absl::OkStatus();
}

absl::Status Recovery::CheckAgainstStore() const {
  const Segment& last = *files_.segments.back();
  if (files_.index.last_index() < applied_) {
    return Damage(last.path, last.end,
                  "the log ends with entry " + std::to_string(files_.index.last_index()) + " but the store holds " +
                      std::to_string(applied_));
  }
  if (files_.index.first_index() > applied_ + 1) {
    return Damage(files_.segments.front()->path, 0,
                  "the log begins with entry " + std::to_string(files_.index.first_index()) +
                      " but the store ends with " + std::to_string(applied_));
  }
  return absl::OkStatus();
}

// The log may have gone on from there by any number of segments, and the noted one may have been purged since.
absl::Status Recovery::CheckAgainstNote() const {
  const Segment& last = *files_.segments.back();
  if (!note_.has_value() || note_->sequence < files_.segments.front()->head.sequence) return absl::OkStatus();
  const std::string place = "segment " + std::to_string(note_->sequence) + ", offset " + std::to_string(note_->offset) +
                            ", says " + options_.end_note;
  if (note_->sequence > last.head.sequence) {
    return Damage(last.path, last.end, "the log ends here, but was synced up to " + place);
  }
  const Segment& noted = *files_.segments[note_->sequence - files_.segments.front()->head.sequence];
  if (note_->offset > noted.end) {
    return Damage(noted.path, noted.end,
                  "the records end here, but were synced up to " + place + ": the file is an older copy");
  }
  if (probe_.chain != note_->chain) {
    return Damage(noted.path, note_->offset, "the record before is not the one that was synced up to " + place);
  }
  return absl::OkStatus();
}

absl::Status Recovery::Run() {
  QUORATE_ASSIGN_OR_RETURN(const std::vector<std::string> names, FindSegments());
  if (!options_.end_note.empty()) {
    QUORATE_ASSIGN_OR_RETURN(note_, EndNote::Read(*options_.files, options_.end_note));
    if (note_.has_value()) probe_.offset = note_->offset;
  }
  for (const std::string& name : names) {
    QUORATE_RETURN_IF_ERROR(OpenSegment(name));
    QUORATE_RETURN_IF_ERROR(Scan(name == names.back()));
  }
  QUORATE_RETURN_IF_ERROR(CheckAgainstStore());
  QUORATE_RETURN_IF_ERROR(CheckAgainstNote());
  // It is written after a sync that succeeded, and of this log, as its digest says.
  Segment& last = files_.current();
  if (note_.has_value() && note_->sequence == last.head.sequence) last.synced = std::max(last.synced, note_->offset);
  recovered_.identity = files_.identity;
  recovered_.hard_state = files_.hard_state;
  return absl::OkStatus();
}

}  // namespace

absl::Status Recover(const WalOptions& options, raft::Index applied, LogFiles* files, Recovered* recovered) {
  *recovered = {};
  return Recovery(options, applied, files, recovered).Run();
}

}  // namespace quorate::wal
