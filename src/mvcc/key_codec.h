#pragma once

// How revisions and user keys stand in RocksDB's keys (docs/formats/store.md).

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "quorate/base/status.h"
#include "quorate/mvcc/key_index.h"
#include "quorate/mvcc/revision.h"

namespace quorate::mvcc {

// --- Keys of `revs`: main and sub revision, big-endian, so that they sort in the order of history.
inline constexpr size_t kRevisionKeyBytes = 16;
using RevisionKey = std::array<char, kRevisionKeyBytes>;

RevisionKey EncodeRevision(Revision revision);
std::optional<Revision> DecodeRevision(std::string_view key);
inline std::string_view View(const RevisionKey& key) { return {key.data(), key.size()}; }

// --- Keys of `keys`: the user key, escaped so that no key's encoding begins another's and the order is kept, then the
// revision, complemented so that the newest comes first.
inline constexpr size_t kComplementedRevisionBytes = 12;

// The part that stands for the user key; all entries of the key, and no others, begin with it.
std::string EncodeKeyPrefix(std::string_view key);
// The first place after all entries of the key whose prefix this is.
std::string AfterKeyPrefix(std::string_view prefix);
std::string EncodeKeyAt(std::string_view key, Revision revision);
void AppendKeyAt(std::string_view key, Revision revision, std::string* out);
// Appends to a prefix the place where the newest entry at or before main revision `main` is to be sought.
void AppendSeekRevision(int64_t main, std::string* prefix);
// The key prefix of an entry, the revision in `*revision`; nullopt when malformed.
std::optional<std::string_view> SplitKeyAt(std::string_view entry, Revision* revision);
// The user key that a prefix stands for; nullopt when malformed.
std::optional<std::string> DecodeKeyPrefix(std::string_view prefix);

// --- Values of `keys`: what the index knows of a key, its revision excepted; nullopt in `*state`: it was deleted then.
std::string EncodeKeyState(const KeyState& state);
std::string EncodeKeyDeletion();
// False when malformed.
bool DecodeKeyState(std::string_view value, Revision revision, std::optional<KeyState>* state);
// DataLoss, when a key or a value of `keys` is.
absl::Status MalformedKeyEntry();

// --- Numbers in `meta`: eight bytes, big-endian.
std::string EncodeNumber(uint64_t number);
std::optional<uint64_t> DecodeNumber(std::string_view bytes);

}  // namespace quorate::mvcc
