#include "src/mvcc/key_codec.h"

#include <limits>

#include "quorate/base/big_endian.h"
#include "quorate/base/check.h"
#include "quorate/base/varint.h"
#include "quorate/base/wire.h"

namespace quorate::mvcc {
namespace {

// A zero byte inside a key is followed by kEscaped, the one that ends it by kEnd. kEnd is the smaller, so that a key
// sorts before the keys it begins.
constexpr char kZero = '\0';
constexpr char kEnd = '\x01';
constexpr char kAfterEnd = '\x02';
constexpr char kEscaped = '\xff';

constexpr char kTombstone = 0;
constexpr char kLive = 1;

void AppendKeyPrefix(std::string_view key, std::string* out) {
  while (true) {
    const size_t zero = key.find(kZero);
    out->append(key.substr(0, zero));
    if (zero == std::string_view::npos) break;
    out->push_back(kZero);
    out->push_back(kEscaped);
    key.remove_prefix(zero + 1);
  }
  out->push_back(kZero);
  out->push_back(kEnd);
}

void AppendComplementedRevision(uint64_t main, uint32_t sub, std::string* out) {
  char bytes[kComplementedRevisionBytes];
  base::PutBigEndian(base::PutBigEndian(bytes, ~main), ~sub);
  out->append(bytes, sizeof bytes);
}

bool ReadVarint(std::string_view* in, int64_t* out) {
  uint64_t number;
  if (!base::TakeVarint(in, &number)) return false;
  *out = static_cast<int64_t>(number);
  return true;
}

}  // namespace

RevisionKey EncodeRevision(Revision revision) {
  RevisionKey key;
  base::PutBigEndian(base::PutBigEndian(key.data(), static_cast<uint64_t>(revision.main)),
                     static_cast<uint64_t>(revision.sub));
  return key;
}

std::optional<Revision> DecodeRevision(std::string_view key) {
  if (key.size() != kRevisionKeyBytes) return std::nullopt;
  const Revision revision{static_cast<int64_t>(base::ReadBigEndian<uint64_t>(key.data())),
                          static_cast<int64_t>(base::ReadBigEndian<uint64_t>(key.data() + 8))};
  if (revision.main <= 0 || revision.sub < 0) return std::nullopt;
  return revision;
}

std::string EncodeKeyPrefix(std::string_view key) {
  std::string out;
  out.reserve(key.size() + 2 + kComplementedRevisionBytes);
  AppendKeyPrefix(key, &out);
  return out;
}

std::string AfterKeyPrefix(std::string_view prefix) {
  QUORATE_CHECK(!prefix.empty() && prefix.back() == kEnd);
  std::string after(prefix);
  after.back() = kAfterEnd;
  return after;
}

std::string EncodeKeyAt(std::string_view key, Revision revision) {
  std::string out;
  out.reserve(key.size() + 2 + kComplementedRevisionBytes);
  AppendKeyAt(key, revision, &out);
  return out;
}

void AppendKeyAt(std::string_view key, Revision revision, std::string* out) {
  QUORATE_CHECK(revision.sub >= 0 && revision.sub <= kSubRevisionMax) << revision.sub;
  AppendKeyPrefix(key, out);
  AppendComplementedRevision(revision.main, static_cast<uint32_t>(revision.sub), out);
}

void AppendSeekRevision(int64_t main, std::string* prefix) {
  AppendComplementedRevision(main, std::numeric_limits<uint32_t>::max(), prefix);
}

std::optional<std::string_view> SplitKeyAt(std::string_view entry, Revision* revision) {
  if (entry.size() < kComplementedRevisionBytes + 2) return std::nullopt;
  const std::string_view prefix = entry.substr(0, entry.size() - kComplementedRevisionBytes);
  if (prefix.back() != kEnd || prefix[prefix.size() - 2] != kZero) return std::nullopt;
  const char* tail = prefix.data() + prefix.size();
  *revision = {static_cast<int64_t>(~base::ReadBigEndian<uint64_t>(tail)), ~base::ReadBigEndian<uint32_t>(tail + 8)};
  if (revision->main <= 0) return std::nullopt;
  return prefix;
}

std::optional<std::string> DecodeKeyPrefix(std::string_view prefix) {
  if (prefix.size() < 2) return std::nullopt;
  prefix.remove_suffix(2);
  std::string key;
  key.reserve(prefix.size());
  for (size_t i = 0; i < prefix.size(); ++i) {
    key.push_back(prefix[i]);
    if (prefix[i] != kZero) continue;
    if (++i == prefix.size() || prefix[i] != kEscaped) return std::nullopt;
  }
  return key;
}

std::string EncodeKeyState(const KeyState& state) {
  std::string value(1, kLive);
  base::wire::AppendVarint(&value, static_cast<uint64_t>(state.created));
  base::wire::AppendVarint(&value, static_cast<uint64_t>(state.version));
  base::wire::AppendVarint(&value, static_cast<uint64_t>(state.lease));
  base::wire::AppendVarint(&value, state.size_class);
  return value;
}

std::string EncodeKeyDeletion() { return std::string(1, kTombstone); }

bool DecodeKeyState(std::string_view value, Revision revision, std::optional<KeyState>* state) {
  state->reset();
  if (value.empty()) return false;
  const char kind = value.front();
  value.remove_prefix(1);
  if (kind == kTombstone) return value.empty();
  if (kind != kLive) return false;
  KeyState live;
  live.modified = revision;
  int64_t size_class;
  if (!ReadVarint(&value, &live.created) || !ReadVarint(&value, &live.version) || !ReadVarint(&value, &live.lease) ||
      !ReadVarint(&value, &size_class)) {
    return false;
  }
  live.size_class = static_cast<uint16_t>(size_class);
  if (!value.empty() || size_class < 0 || size_class > std::numeric_limits<uint16_t>::max() || live.created <= 0 ||
      live.created > revision.main || live.version <= 0)
    return false;
  *state = live;
  return true;
}

absl::Status MalformedKeyEntry() {
  return base::MakeStatus(absl::StatusCode::kDataLoss, "an entry of the family keys is malformed");
}

std::string EncodeNumber(uint64_t number) { return base::BigEndian(number); }

std::optional<uint64_t> DecodeNumber(std::string_view bytes) {
  if (bytes.size() != sizeof(uint64_t)) return std::nullopt;
  return base::ReadBigEndian<uint64_t>(bytes.data());
}

}  // namespace quorate::mvcc
