#include "src/rpc/transport.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace quorate::rpc {
namespace {

class SocketTransport : public Transport {
 public:
  explicit SocketTransport(int descriptor) : descriptor_(descriptor) {}
  ~SocketTransport() override { ::close(descriptor_); }

  int descriptor() const override { return descriptor_; }

  ssize_t Read(char* into, size_t size) override {
    while (true) {
      const ssize_t count = ::recv(descriptor_, into, size, 0);
      if (count >= 0) return count;
      if (errno != EINTR) return Failure();
    }
  }

  ssize_t Write(const iovec* vectors, int count) override {
    msghdr message = {};
    message.msg_iov = const_cast<iovec*>(vectors);
    message.msg_iovlen = count;
    while (true) {
      const ssize_t written = ::sendmsg(descriptor_, &message, MSG_NOSIGNAL);
      if (written >= 0) return written;
      if (errno != EINTR) return Failure();
    }
  }

  void ShutDownWriting() override { ::shutdown(descriptor_, SHUT_WR); }

 private:
  static ssize_t Failure() { return errno == EAGAIN || errno == EWOULDBLOCK ? kAgain : kBroken; }

  int descriptor_;
};

}  // namespace

std::unique_ptr<Transport> MakeSocketTransport(int descriptor) { return std::make_unique<SocketTransport>(descriptor); }

}  // namespace quorate::rpc
