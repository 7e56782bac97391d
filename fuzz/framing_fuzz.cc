// gRPC's message framing and what inflates messages: one byte names the encoding, one the size of the pieces in which
// the rest arrives. However it is cut, the same messages come out.

#include <zlib.h>

#include "fuzz/target.h"
#include "quorate/base/check.h"
#include "src/rpc/deframer.h"

namespace quorate::fuzz {
namespace {

constexpr size_t kMessageBytesMax = 64 << 10;

// The messages, one after the other, and the error that ended them.
std::string Deframe(rpc::Encoding encoding, std::string_view bytes, size_t piece_bytes) {
  rpc::Deframer deframer;
  deframer.Reset(encoding, kMessageBytesMax);
  std::string out;
  while (!bytes.empty()) {
    std::string_view piece = bytes.substr(0, piece_bytes);
    bytes.remove_prefix(piece.size());
    while (true) {
      const rpc::Deframer::Step step = deframer.Next(&piece);
      if (step == rpc::Deframer::Step::kNeedMore) break;
      if (step == rpc::Deframer::Step::kError) return out + std::string(base::MessageOf(deframer.error()));
      QUORATE_CHECK(deframer.message().size() <= kMessageBytesMax);
      out += std::to_string(deframer.message().size()) + ":" + std::string(deframer.message());
    }
    QUORATE_CHECK(deframer.held_bytes() <= kMessageBytesMax);
  }
  return out + (deframer.is_partial() ? "..." : ".");
}

std::string Framed(char flag, const std::string& message) {
  std::string frame(1, flag);
  for (int shift = 24; shift >= 0; shift -= 8) frame += static_cast<char>(message.size() >> shift);
  return frame + message;
}

std::string Deflated(const std::string& text) {
  uLongf size = compressBound(text.size());
  std::string out(size, '\0');
  QUORATE_CHECK(::compress(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(text.data()),
                           text.size()) == Z_OK);
  out.resize(size);
  return out;
}

}  // namespace

void Try(std::string_view bytes) {
  Input input(bytes);
  const auto encoding = static_cast<rpc::Encoding>(input.Number(1) % 3);
  const size_t piece_bytes = 1 + input.Number(1);
  QUORATE_CHECK(Deframe(encoding, input.Rest(), piece_bytes) == Deframe(encoding, input.Rest(), SIZE_MAX));
}

std::vector<std::string> Seeds() {
  const std::string zlib = Framed(1, Deflated(std::string(1000, 'x')));
  return {std::string("\0\3", 2) + Framed(0, "hello") + Framed(0, ""), "\2\7" + zlib + Framed(0, "plain"),
          "\1\x40" + zlib, std::string("\0\1\0\xff\xff\xff\xff", 7),
          "\2\xff" + Framed(1, Deflated(std::string(70'000, 0)))};
}

}  // namespace quorate::fuzz
