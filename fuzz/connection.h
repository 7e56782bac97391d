#pragma once

// A client's side of a connection on loopback, byte by byte, for targets that try a whole server.

#include <cstdint>
#include <string>
#include <string_view>

namespace quorate::fuzz {

class Connection {
 public:
  // To 127.0.0.1.
  explicit Connection(int port);
  // Resets it: no port stays behind in TIME_WAIT, there are thousands of runs a second.
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Until the other side takes no more.
  void Send(std::string_view bytes);
  void HalfClose();
  // Some bytes, or none at the end of the connection. Stops the process when neither comes in time.
  std::string_view Receive();

 private:
  int descriptor_;
  char buffer_[16384];
};

// HTTP/2 and gRPC as clients write them.
inline constexpr std::string_view kHttp2Opening = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
inline constexpr char kData = 0, kHeaders = 1, kReset = 3, kSettings = 4, kPing = 6, kGoAway = 7, kWindowUpdate = 8;
inline constexpr char kEndStream = 1, kEndHeaders = 4;
std::string Frame(char type, char flags, uint32_t stream, std::string_view payload);
// The headers of a gRPC call.
std::string Call(uint32_t stream, const std::string& path);
// A message as it goes into DATA frames.
std::string Message(std::string_view bytes);

}  // namespace quorate::fuzz
