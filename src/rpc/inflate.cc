#include "src/rpc/inflate.h"

#include <zlib.h>

#include <algorithm>

namespace quorate::rpc {
namespace {

// Ends the stream on every way out.
struct InflateStream {
  z_stream z = {};
  bool ready = false;
  ~InflateStream() {
    if (ready) ::inflateEnd(&z);
  }
};

absl::Status Damaged(const z_stream& z) {
  const std::string why = z.msg == nullptr ? "unexpected EOF" : z.msg;
  return base::MakeStatus(absl::StatusCode::kInternal, "grpc: failed to decompress the message: " + why);
}

}  // namespace

Encoding ParseEncoding(std::string_view name) {
  if (name.empty() || name == "identity") return Encoding::kIdentity;
  if (name == "gzip") return Encoding::kGzip;
  if (name == "deflate") return Encoding::kDeflate;
  return Encoding::kUnknown;
}

absl::Status Inflate(Encoding encoding, std::string_view compressed, size_t size_max, std::string* out) {
  constexpr size_t kStepBytes = 16 << 10;
  constexpr int kGzipWindow = 15 + 16;  // zlib's way to say: a gzip header
  constexpr int kZlibWindow = 15;
  InflateStream stream;
  z_stream& z = stream.z;
  stream.ready = ::inflateInit2(&z, encoding == Encoding::kGzip ? kGzipWindow : kZlibWindow) == Z_OK;
  if (!stream.ready) return Damaged(z);
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
  z.avail_in = static_cast<uInt>(compressed.size());
  out->clear();
  size_t size = 0;
  while (true) {
    out->resize(std::min(size + kStepBytes, size_max + 1));
    z.next_out = reinterpret_cast<Bytef*>(out->data() + size);
    z.avail_out = static_cast<uInt>(out->size() - size);
    const int result = ::inflate(&z, Z_NO_FLUSH);
    size = out->size() - z.avail_out;
    if (size > size_max) {
      return base::MakeStatus(absl::StatusCode::kResourceExhausted,
                              "grpc: received message after decompression larger than max " + std::to_string(size_max));
    }
    if (result == Z_STREAM_END) {
      // A gzip file may be several members one after the other.
      if (z.avail_in == 0 || encoding != Encoding::kGzip) break;
      if (::inflateReset(&z) != Z_OK) return Damaged(z);
      continue;
    }
    if (result != Z_OK) return Damaged(z);
    if (z.avail_in == 0 && z.avail_out != 0) return Damaged(z);
  }
  out->resize(size);
  return absl::OkStatus();
}

}  // namespace quorate::rpc
