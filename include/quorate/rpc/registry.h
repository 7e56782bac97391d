#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "quorate/rpc/call.h"
#include "quorate/rpc/http.h"

namespace google::protobuf {
class FileDescriptor;
}

namespace quorate::rpc {

// The methods a server answers. Filled before Server::Start, unchanged after it.
class Registry {
 public:
  Registry();
  ~Registry();
  Registry(Registry&&) noexcept;
  Registry& operator=(Registry&&) noexcept;

  // `method` is the path: "/etcdserverpb.KV/Put".
  void AddUnary(std::string method, UnaryHandler handler);
  // A streaming method. `kind` names it in metrics, and with kServerStream a call of another number of messages than
  // one is refused. kUnary: one message each way, for a method that wants to hear when its caller goes; its call begins
  // with the first message, and what comes behind that is ignored, as with AddUnary.
  enum class StreamKind { kUnary, kClientStream, kServerStream, kBidirectional };
  void AddStream(std::string method, StreamKind kind, StreamFactory factory);
  // An exact path ("/health"), or a prefix when it ends in "/" ("/livez/"). The longest match wins; none: 404.
  void AddHttp(std::string path, HttpHandler handler);
  // Adds grpc.health.v1.Health (SERVING while `is_serving` says so; asked on a loop thread) and server reflection (v1
  // and v1alpha) over all services of the given files and their dependencies.
  void AddHealth(std::function<bool()> is_serving);
  void AddReflection(std::vector<const google::protobuf::FileDescriptor*> files);

  struct State;  // the inside; src/rpc/registry.h

 private:
  friend class Server;
  std::unique_ptr<State> state_;
};

}  // namespace quorate::rpc
