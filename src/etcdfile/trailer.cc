#include <algorithm>

#include "absl/strings/escaping.h"
#include "quorate/base/sha256.h"
#include "src/etcdfile/snapshot_file.h"

namespace quorate::etcdfile {
namespace {

constexpr size_t kPieceBytes = 1 << 20;

std::string Hex(std::string_view bytes) {
  return absl::BytesToHexString(absl::string_view(bytes.data(), bytes.size()));
}

}  // namespace

absl::Status SnapshotFile::VerifyTrailer(const std::function<void(uint64_t bytes)>& progress) const {
  const PageFile& pages = *rep_->pages;
  if (!has_trailer()) {
    return base::MakeStatus(absl::StatusCode::kFailedPrecondition,
                            path() + ": has no hash to check (a copy of a data directory has none)");
  }
  base::Sha256 digest;
  const uint64_t end = file_bytes() - kTrailerBytes;
  for (uint64_t at = 0; at < end;) {
    QUORATE_ASSIGN_OR_RETURN(const std::string piece, pages.ReadAt(at, std::min<uint64_t>(kPieceBytes, end - at)));
    digest.Add(piece);
    at += piece.size();
    if (progress) progress(at);
  }
  const std::string actual = digest.Take();
  QUORATE_ASSIGN_OR_RETURN(const std::string expected, pages.ReadAt(end, kTrailerBytes));
  if (actual == expected) return absl::OkStatus();
  // In etcdutl's words, which people and scripts look for.
  return base::MakeStatus(absl::StatusCode::kDataLoss,
                          "expected sha256 " + Hex(expected) + ", got " + Hex(actual) + " (" + path() + ")");
}

}  // namespace quorate::etcdfile
