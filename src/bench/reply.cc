#include "src/bench/reply.h"

#include "quorate/base/wire.h"

namespace quorate::bench {
namespace {

namespace wire = base::wire;

// Field numbers of any answer of etcdserverpb, ResponseHeader.
constexpr uint32_t kHeader = 1;
constexpr uint32_t kHeaderRevision = 3;

}  // namespace

std::string_view BytesIn(std::string_view message, uint32_t field) {
  std::string_view found;
  wire::Reader reader(message);
  while (reader.Next()) {
    if (reader.field() == field && reader.IsBytes()) found = reader.bytes();
  }
  return found;
}

int64_t NumberIn(std::string_view message, uint32_t field) {
  int64_t found = 0;
  wire::Reader reader(message);
  while (reader.Next()) {
    if (reader.field() == field && reader.IsVarint()) found = reader.int64();
  }
  return found;
}

int64_t RevisionOf(std::string_view reply) { return NumberIn(BytesIn(reply, kHeader), kHeaderRevision); }

}  // namespace quorate::bench
