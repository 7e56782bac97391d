#include "tests/rpc/raw_testing.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>

namespace quorate::rpc::testing {
namespace {

constexpr size_t kFrameHeaderBytes = 9;
constexpr int kPatienceSeconds = 20;

}  // namespace

RawSocket::RawSocket(const std::string& address) {
  sockaddr_storage storage = {};
  socklen_t length = 0;
  if (address.rfind("unix:", 0) == 0) {
    auto* target = reinterpret_cast<sockaddr_un*>(&storage);
    target->sun_family = AF_UNIX;
    std::strncpy(target->sun_path, address.c_str() + 5, sizeof(target->sun_path) - 1);
    length = sizeof(*target);
  } else {
    auto* target = reinterpret_cast<sockaddr_in*>(&storage);
    target->sin_family = AF_INET;
    const size_t colon = address.rfind(':');
    target->sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(colon + 1))));
    ::inet_pton(AF_INET, address.substr(0, colon).c_str(), &target->sin_addr);
    length = sizeof(*target);
  }
  descriptor_ = ::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int result = ::connect(descriptor_, reinterpret_cast<sockaddr*>(&storage), length);
  EXPECT_EQ(result, 0) << address << ": " << std::strerror(errno);
  const timeval patience = {.tv_sec = kPatienceSeconds, .tv_usec = 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  ::setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
  // What is sent is there before what another socket sends afterwards.
  const int at_once = 1;
  if (storage.ss_family == AF_INET) ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof(at_once));
}

RawSocket::~RawSocket() { ::close(descriptor_); }

bool RawSocket::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

std::string RawSocket::Receive() {
  std::array<char, 64 << 10> buffer;
  const ssize_t count = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
  if (count < 0 && errno == EAGAIN) ADD_FAILURE() << "nothing came";
  return count <= 0 ? std::string() : std::string(buffer.data(), static_cast<size_t>(count));
}

std::string RawSocket::ReceiveAll() {
  std::string all;
  while (true) {
    const std::string piece = Receive();
    if (piece.empty()) return all;
    all += piece;
  }
}

std::string RawSocket::ReceiveUntil(std::string_view text) {
  std::string all;
  while (all.find(text) == std::string::npos) {
    const std::string piece = Receive();
    if (piece.empty()) return all;
    all += piece;
  }
  return all;
}

void RawSocket::HalfClose() { ::shutdown(descriptor_, SHUT_WR); }

std::string Number32(uint32_t number) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift);
  return bytes;
}

std::string Frame(uint8_t type, uint8_t flags, uint32_t stream, std::string_view payload) {
  std::string frame = Number32(static_cast<uint32_t>(payload.size())).substr(1);
  frame += static_cast<char>(type);
  frame += static_cast<char>(flags);
  frame += Number32(stream);
  frame += payload;
  return frame;
}

std::string HeaderBlock(const HeaderList& headers) {
  std::string block;
  const auto append = [&block](const std::string& text) {
    // An HPACK integer with a prefix of seven bits.
    size_t length = text.size();
    if (length < 127) {
      block += static_cast<char>(length);
    } else {
      block += static_cast<char>(127);
      for (length -= 127; length >= 128; length >>= 7) block += static_cast<char>(0x80 | (length & 0x7f));
      block += static_cast<char>(length);
    }
    block += text;
  };
  for (const auto& [name, value] : headers) {
    block += '\0';
    append(name);
    append(value);
  }
  return block;
}

std::string GrpcMessage(std::string_view message, char flag) {
  return flag + Number32(static_cast<uint32_t>(message.size())) + std::string(message);
}

HeaderList GrpcRequest(const std::string& path) {
  return {{":method", "POST"},
          {":scheme", "http"},
          {":path", path},
          {":authority", "test"},
          {"content-type", "application/grpc"},
          {"te", "trailers"}};
}

std::string Http2Opening() { return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + Frame(kSettings, 0, 0, ""); }

RawHttp2::RawHttp2(const std::string& address) : socket_(address) {
  nghttp2_hd_inflate_new(&inflater_);
  socket_.Send(Http2Opening());
}

RawHttp2::~RawHttp2() { nghttp2_hd_inflate_del(inflater_); }

ReceivedFrame RawHttp2::Next() {
  ReceivedFrame frame;
  const auto byte = [this](size_t i) { return static_cast<uint8_t>(received_[i]); };
  const auto fill = [this](size_t size) {
    while (received_.size() < size) {
      const std::string piece = socket_.Receive();
      if (piece.empty()) return false;
      received_ += piece;
    }
    return true;
  };
  frame.type = kEndOfStream;
  if (!fill(kFrameHeaderBytes)) return frame;
  const size_t length = static_cast<size_t>(byte(0)) << 16 | static_cast<size_t>(byte(1)) << 8 | byte(2);
  if (!fill(kFrameHeaderBytes + length)) return frame;
  frame.type = byte(3);
  frame.flags = byte(4);
  frame.stream = uint32_t{byte(5)} << 24 | uint32_t{byte(6)} << 16 | uint32_t{byte(7)} << 8 | byte(8);
  frame.payload = received_.substr(kFrameHeaderBytes, length);
  received_.erase(0, kFrameHeaderBytes + length);
  if (frame.type != kHeaders) return frame;
  const auto* at = reinterpret_cast<const uint8_t*>(frame.payload.data());
  size_t left = frame.payload.size();
  while (true) {
    nghttp2_nv header;
    int flags = 0;
    const ssize_t used = nghttp2_hd_inflate_hd2(inflater_, &header, &flags, at, left, 1);
    EXPECT_GE(used, 0);
    if (used < 0) break;
    at += used;
    left -= static_cast<size_t>(used);
    if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
      frame.headers[std::string(reinterpret_cast<char*>(header.name), header.namelen)] =
          std::string(reinterpret_cast<char*>(header.value), header.valuelen);
    }
    if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) break;
  }
  nghttp2_hd_inflate_end_headers(inflater_);
  return frame;
}

ReceivedFrame RawHttp2::NextOf(uint8_t type) {
  while (true) {
    ReceivedFrame frame = Next();
    if (frame.type == type || frame.type == kEndOfStream) return frame;
  }
}

std::map<std::string, std::string> RawHttp2::Answer(uint32_t stream) {
  while (true) {
    ReceivedFrame frame = Next();
    if (frame.type == kEndOfStream) return {};
    if (frame.type == kHeaders && frame.stream == stream) return frame.headers;
  }
}

int64_t RawHttp2::GoawayCode(std::string* text) {
  int64_t code = -1;
  while (true) {
    const ReceivedFrame frame = Next();
    if (frame.type == kEndOfStream) return code;
    if (frame.type != kGoaway) continue;
    uint32_t number = 0;
    std::memcpy(&number, frame.payload.data() + 4, 4);
    code = ntohl(number);
    if (text != nullptr) *text = frame.payload.substr(8);
  }
}

}  // namespace quorate::rpc::testing
