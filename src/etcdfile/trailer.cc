#include <openssl/evp.h>

#include <algorithm>
#include <memory>

#include "absl/strings/escaping.h"
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
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  const uint64_t end = file_bytes() - kTrailerBytes;
  EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr);
  for (uint64_t at = 0; at < end;) {
    QUORATE_ASSIGN_OR_RETURN(const std::string piece, pages.ReadAt(at, std::min<uint64_t>(kPieceBytes, end - at)));
    EVP_DigestUpdate(context.get(), piece.data(), piece.size());
    at += piece.size();
    if (progress) progress(at);
  }
  std::string actual(kTrailerBytes, '\0');
  EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(actual.data()), nullptr);
  QUORATE_ASSIGN_OR_RETURN(const std::string expected, pages.ReadAt(end, kTrailerBytes));
  if (actual == expected) return absl::OkStatus();
  return pages.Damaged("expected sha256 " + Hex(expected) + ", got " + Hex(actual));
}

}  // namespace quorate::etcdfile
