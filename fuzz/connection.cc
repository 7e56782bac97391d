#include "fuzz/connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "quorate/base/check.h"

namespace quorate::fuzz {
namespace {

// For machines that have much else to do.
constexpr int kPatienceSeconds = 50;

std::string BigEndian(uint64_t number, int bytes) {
  std::string out;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out += static_cast<char>(number >> shift);
  return out;
}

std::string Literal(const std::string& name, const std::string& value) {
  return std::string(1, '\0') + static_cast<char>(name.size()) + name + static_cast<char>(value.size()) + value;
}

}  // namespace

Connection::Connection(int port) : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  QUORATE_CHECK(descriptor_ >= 0);
  const linger at_once = {.l_onoff = 1, .l_linger = 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  const timeval patience = {.tv_sec = kPatienceSeconds, .tv_usec = 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  // A call that libFuzzer's timer interrupts goes on by itself, and the next one tells how it went.
  while (::connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 && errno != EISCONN) {
    QUORATE_CHECK(errno == EINTR || errno == EALREADY) << std::strerror(errno);
  }
}

Connection::~Connection() { ::close(descriptor_); }

void Connection::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

void Connection::HalfClose() { ::shutdown(descriptor_, SHUT_WR); }

std::string_view Connection::Receive() {
  ssize_t received = -1;
  do {
    received = ::recv(descriptor_, buffer_, sizeof(buffer_), 0);
  } while (received < 0 && errno == EINTR);  // libFuzzer looks at its -timeout with a timer's signal
  QUORATE_CHECK(received >= 0 || errno != EAGAIN) << "the server neither answers nor closes";
  QUORATE_CHECK(received >= 0 || errno == ECONNRESET) << std::strerror(errno);
  return {buffer_, received > 0 ? static_cast<size_t>(received) : 0};
}

std::string Frame(char type, char flags, uint32_t stream, std::string_view payload) {
  return BigEndian(payload.size(), 3) + type + flags + BigEndian(stream, 4) + std::string(payload);
}

std::string Call(uint32_t stream, const std::string& path) {
  return Frame(kHeaders, kEndHeaders, stream,
               Literal(":method", "POST") + Literal(":scheme", "http") + Literal(":path", path) +
                   Literal(":authority", "a") + Literal("content-type", "application/grpc") +
                   Literal("te", "trailers") + Literal("grpc-timeout", "9S"));
}

std::string Message(std::string_view bytes) {
  return std::string(1, '\0') + BigEndian(bytes.size(), 4) + std::string(bytes);
}

}  // namespace quorate::fuzz
