#include "src/base/logging_sink.h"

#include <fcntl.h>
#include <poll.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>

namespace quorate::base {
namespace {

constexpr std::string_view kJournalSocket = "/run/systemd/journal/socket";

std::string ErrorText(int error) { return std::generic_category().message(error); }

void WriteAll(int descriptor, const char* data, size_t size) {
  while (size > 0) {
    const ssize_t written = ::write(descriptor, data, size);
    if (written >= 0) {
      data += written;
      size -= static_cast<size_t>(written);
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return;
    pollfd waiting{descriptor, POLLOUT, 0};
    if (::poll(&waiting, 1, -1) < 0 && errno != EINTR) return;
  }
}

class DescriptorSink : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  DescriptorSink(int descriptor, bool owned) : descriptor_(descriptor), owned_(owned) {}
  ~DescriptorSink() override {
    if (owned_) ::close(descriptor_);
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    line_.assign(message.payload.data(), message.payload.size());
    line_.push_back('\n');
    WriteAll(descriptor_, line_.data(), line_.size());
  }
  void flush_() override {}

 private:
  const int descriptor_;
  const bool owned_;
  std::string line_;
};

// Speaks the journal's native protocol (https://systemd.io/JOURNAL_NATIVE_PROTOCOL/): one datagram a line.
class JournalSink : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  explicit JournalSink(int socket) : socket_(socket) {}
  ~JournalSink() override { ::close(socket_); }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    const uint64_t length = message.payload.size();
    datagram_ = "PRIORITY=";
    datagram_.push_back(Priority(message.level));
    datagram_ += "\nSYSLOG_IDENTIFIER=quorate\nMESSAGE\n";
    for (int i = 0; i < 8; ++i) datagram_.push_back(static_cast<char>(length >> (8 * i)));
    datagram_.append(message.payload.data(), message.payload.size()).push_back('\n');
    if (::send(socket_, datagram_.data(), datagram_.size(), MSG_NOSIGNAL) >= 0) return;
    // The journal is restarting, or the line is longer than a datagram: say it where it can still be seen.
    line_.assign(message.payload.data(), message.payload.size());
    line_.push_back('\n');
    WriteAll(STDERR_FILENO, line_.data(), line_.size());
  }
  void flush_() override {}

 private:
  // The syslog priorities.
  static char Priority(spdlog::level::level_enum level) {
    switch (level) {
      case spdlog::level::debug:
        return '7';
      case spdlog::level::info:
        return '6';
      case spdlog::level::warn:
        return '4';
      case spdlog::level::err:
        return '3';
      default:
        return '2';
    }
  }

  const int socket_;
  std::string datagram_;
  std::string line_;
};

absl::StatusOr<std::shared_ptr<spdlog::sinks::sink>> OpenJournal() {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, kJournalSocket.data(), kJournalSocket.size());
  const int descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0 || ::connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    const int error = errno;
    if (descriptor >= 0) ::close(descriptor);
    return MakeStatus(absl::StatusCode::kNotFound, "--log-outputs=systemd/journal: no journal at " +
                                                       std::string(kJournalSocket) + " (" + ErrorText(error) +
                                                       "); use 'stderr'");
  }
  return std::make_shared<JournalSink>(descriptor);
}

}  // namespace

absl::StatusOr<std::shared_ptr<spdlog::sinks::sink>> OpenLogSink(const std::string& output) {
  if (output == "default" || output == "stderr") return std::make_shared<DescriptorSink>(STDERR_FILENO, false);
  if (output == "stdout") return std::make_shared<DescriptorSink>(STDOUT_FILENO, false);
  if (output == "systemd/journal") return OpenJournal();
  const int descriptor = ::open(output.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) {
    return MakeStatus(absl::StatusCode::kNotFound,
                      "--log-outputs: cannot open '" + output + "' for writing: " + ErrorText(errno));
  }
  return std::make_shared<DescriptorSink>(descriptor, true);
}

}  // namespace quorate::base
