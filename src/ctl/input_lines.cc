#include "src/ctl/input_lines.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <istream>

#include "quorate/base/check.h"
#include "src/ctl/cancellation.h"

namespace quorate::ctl {

InputLines::InputLines(std::istream& in, int descriptor, Cancellation& cancellation)
    : in_(in), descriptor_(descriptor), cancellation_(cancellation) {}

bool InputLines::ReadMore(int wake) {
  std::array<pollfd, 2> waited = {{{descriptor_, POLLIN, 0}, {wake, POLLIN, 0}}};
  while (poll(waited.data(), waited.size(), -1) < 0) {
  }
  if (waited[1].revents != 0) return false;
  std::array<char, 4096> bytes;
  ssize_t got = read(descriptor_, bytes.data(), bytes.size());
  if (got <= 0) return false;
  read_.append(bytes.data(), static_cast<size_t>(got));
  return true;
}

std::optional<std::string> InputLines::Next() {
  if (descriptor_ < 0) {
    std::string line;
    if (cancellation_.cancelled() || !std::getline(in_, line) || in_.eof()) return std::nullopt;
    return line;
  }
  int wake = eventfd(0, EFD_CLOEXEC);
  QUORATE_CHECK(wake >= 0) << "no descriptor to wait with";
  size_t end = std::string::npos;
  {
    Cancellation::Hook hook(&cancellation_, [wake] { eventfd_write(wake, 1); });
    do {
      end = read_.find('\n');
    } while (end == std::string::npos && ReadMore(wake));
  }
  close(wake);
  if (end == std::string::npos) return std::nullopt;
  std::string line = read_.substr(0, end);
  read_.erase(0, end + 1);
  return line;
}

}  // namespace quorate::ctl
