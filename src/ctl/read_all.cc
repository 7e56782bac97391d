#include "src/ctl/read_all.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <istream>
#include <iterator>

#include "src/ctl/names.h"

namespace quorate::ctl {

absl::StatusOr<std::string> ReadAll(std::istream& in, int descriptor) {
  if (descriptor < 0) return std::string(std::istreambuf_iterator<char>(in), {});
  constexpr size_t kPieceBytes = 64 << 10;
  std::array<char, kPieceBytes> piece;
  std::string all;
  while (true) {
    const ssize_t got = read(descriptor, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Fail(Exit::kBadArguments, "read standard input: " + ReasonOf(errno));
    if (got == 0) return all;
    all.append(piece.data(), static_cast<size_t>(got));
  }
}

}  // namespace quorate::ctl
