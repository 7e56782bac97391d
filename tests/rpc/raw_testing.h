#pragma once

// A socket whose bytes the test writes itself, and HTTP/2 frames by hand, well-formed or not.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct nghttp2_hd_inflater;

namespace quorate::rpc::testing {

class RawSocket {
 public:
  // "127.0.0.1:1234" or "unix:path". Fails the test when it cannot connect.
  explicit RawSocket(const std::string& address);
  ~RawSocket();
  RawSocket(const RawSocket&) = delete;
  RawSocket& operator=(const RawSocket&) = delete;

  // False once the far side is gone.
  bool Send(std::string_view bytes);
  // What has come, at least one byte, within the tests' patience; "" at the end or after that time.
  std::string Receive();
  // Everything up to the end of the stream.
  std::string ReceiveAll();
  // Reads until `text` has come; returns all that came.
  std::string ReceiveUntil(std::string_view text);
  void HalfClose();

 private:
  int descriptor_ = -1;
};

enum FrameType : uint8_t {
  kData = 0,
  kHeaders = 1,
  kPriority = 2,
  kReset = 3,
  kSettings = 4,
  kPushPromise = 5,
  kPing = 6,
  kGoaway = 7,
  kWindowUpdate = 8,
  kContinuation = 9,
};
inline constexpr uint8_t kEndStream = 1;
inline constexpr uint8_t kAck = 1;
inline constexpr uint8_t kEndHeaders = 4;

using HeaderList = std::vector<std::pair<std::string, std::string>>;

std::string Frame(uint8_t type, uint8_t flags, uint32_t stream, std::string_view payload);
// A header block of literals.
std::string HeaderBlock(const HeaderList& headers);
std::string Number32(uint32_t number);
// The five bytes and the message.
std::string GrpcMessage(std::string_view message, char flag = 0);
// What a gRPC client sends first for a call.
HeaderList GrpcRequest(const std::string& path);
// The client's preface and empty SETTINGS.
std::string Http2Opening();

struct ReceivedFrame {
  uint8_t type = 0;
  uint8_t flags = 0;
  uint32_t stream = 0;
  std::string payload;
  std::map<std::string, std::string> headers;  // of HEADERS
};

// A client that speaks HTTP/2 frame by frame.
class RawHttp2 {
 public:
  // Connects and sends the opening.
  explicit RawHttp2(const std::string& address);
  ~RawHttp2();
  RawHttp2(const RawHttp2&) = delete;
  RawHttp2& operator=(const RawHttp2&) = delete;

  RawSocket& socket() { return socket_; }
  bool Send(std::string_view frames) { return socket_.Send(frames); }
  // The next frame; type 255 at the end of the stream.
  ReceivedFrame Next();
  // Skips to the next frame of that type, or to the end.
  ReceivedFrame NextOf(uint8_t type);
  // Skips to HEADERS on the stream; its headers.
  std::map<std::string, std::string> Answer(uint32_t stream);
  // Reads to the end; the error code of the last GOAWAY, or -1 when none came.
  int64_t GoawayCode(std::string* text = nullptr);

 private:
  RawSocket socket_;
  std::string received_;
  nghttp2_hd_inflater* inflater_ = nullptr;
};

inline constexpr uint8_t kEndOfStream = 255;

}  // namespace quorate::rpc::testing
