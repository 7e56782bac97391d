#pragma once

// The bytes of one connection below HTTP: a plain socket, or what lies between HTTP and the socket (TLS).

#include <sys/types.h>
#include <sys/uio.h>

#include <cstddef>
#include <memory>

namespace quorate::rpc {

// Loop thread only. Owns the descriptor.
class Transport {
 public:
  enum : ssize_t { kAgain = -1, kBroken = -2 };

  virtual ~Transport() = default;
  virtual int descriptor() const = 0;
  // Bytes read; 0 at the end of the stream, kAgain, or kBroken.
  virtual ssize_t Read(char* into, size_t size) = 0;
  // Bytes written of all vectors; kAgain or kBroken.
  virtual ssize_t Write(const iovec* vectors, int count) = 0;
  // Says that nothing more will be written.
  virtual void ShutDownWriting() = 0;
};

// A connected, non-blocking socket.
std::unique_ptr<Transport> MakeSocketTransport(int descriptor);

}  // namespace quorate::rpc
