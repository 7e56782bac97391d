#include "src/api/election_leader.h"

#include <string_view>
#include <utility>

#include "quorate/base/check.h"
#include "quorate/base/varint.h"
#include "quorate/base/wire.h"

namespace quorate::api {
namespace {

namespace wire = base::wire;

// RangeResponse.kvs and LeaderResponse.kv; KeyValue.key.
constexpr uint32_t kKvs = 2;
constexpr uint32_t kKv = 2;
constexpr uint32_t kKey = 1;

std::string_view FirstRun(const base::Payload& payload) {
  std::string_view first;
  payload.ForEach([&first](std::string_view run) {
    if (first.empty()) first = run;
  });
  return first;
}

// The bytes [begin, begin + length), in the buffers they are in.
base::Payload Cut(base::Payload whole, size_t begin, size_t length) {
  base::Payload part;
  base::Payload::Cursor cursor(&whole);
  base::Buffer owner;
  const auto next = [&](size_t length_max) {
    const std::string_view run = cursor.Next(length_max, &owner);
    QUORATE_CHECK(!run.empty()) << "an answer of the store's is cut off";
    return run;
  };
  while (begin > 0) begin -= next(begin).size();
  while (length > 0) {
    const std::string_view run = next(length);
    length -= run.size();
    if (owner) {
      part.Append(owner, static_cast<size_t>(run.data() - owner.data()), run.size());
    } else {
      part.Append(run);
    }
  }
  return part;
}

// A record's key stands before its value, and whole in one run.
std::string KeyOf(const base::Payload& kv) {
  wire::Reader reader(FirstRun(kv));
  QUORATE_CHECK(reader.Next() && reader.field() == kKey && reader.IsBytes()) << "a record without a key";
  return std::string(reader.bytes());
}

}  // namespace

std::optional<Leader> LeaderOf(base::Payload found) {
  if (found.empty()) return std::nullopt;
  std::string_view rest = FirstRun(found);
  const size_t run_bytes = rest.size();
  uint64_t tag = 0, length = 0;
  QUORATE_CHECK(base::TakeVarint(&rest, &tag) && tag == wire::MakeTag(kKvs, wire::Type::kBytes) &&
                base::TakeVarint(&rest, &length))
      << "an answer of the store's is malformed";
  Leader leader;
  leader.kv = Cut(std::move(found), run_bytes - rest.size(), length);
  leader.key = KeyOf(leader.kv);
  return leader;
}

base::Payload EncodeLeader(const ServiceContext& service, int64_t revision, base::Payload kv) {
  std::string prefix;
  wire::AppendBytesPrefix(&prefix, kKv, kv.size());
  base::Payload body(std::move(prefix));
  body.Append(std::move(kv));
  return service.header.Prepend(revision, service.replica->term(), std::move(body));
}

}  // namespace quorate::api
