#pragma once

// What a server answers: the inside of rpc::Registry, fixed once the server starts.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "quorate/rpc/method_statistics.h"
#include "quorate/rpc/registry.h"

namespace quorate::rpc {

struct Method {
  UnaryHandler unary;     // of a unary method
  StreamFactory factory;  // of a streaming one
  Registry::StreamKind kind = Registry::StreamKind::kBidirectional;
  int index = 0;  // in statistics

  // One message each way, whichever handler it has.
  bool is_unary() const { return unary != nullptr || kind == Registry::StreamKind::kUnary; }
  // The client sends exactly one message.
  bool takes_one_message() const { return is_unary() || kind == Registry::StreamKind::kServerStream; }
};

struct Registry::State {
  const Method* FindMethod(std::string_view path) const;
  // The status of a call to a method that is not there, in grpc-go's words.
  absl::Status UnknownMethod(std::string_view path) const;
  // Nullptr when nothing answers the path.
  const HttpHandler* FindHttp(std::string_view path) const;

  void Add(std::string path, Method method, std::string_view type);

  absl::flat_hash_map<std::string, std::unique_ptr<Method>> methods;
  std::vector<std::string> services;
  std::vector<std::unique_ptr<MethodStatistics>> statistics;
  absl::flat_hash_map<std::string, HttpHandler> http_exact;
  std::vector<std::pair<std::string, HttpHandler>> http_prefixes;  // the longest first
};

}  // namespace quorate::rpc
