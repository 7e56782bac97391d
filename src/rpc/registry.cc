#include "src/rpc/registry.h"

#include <algorithm>

#include "quorate/base/check.h"

namespace quorate::rpc {
namespace {

// "/etcdserverpb.KV/Put" in its two parts; false when it is not of that form.
bool SplitPath(std::string_view path, std::string_view* service, std::string_view* method) {
  if (path.empty() || path.front() != '/') return false;
  path.remove_prefix(1);
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return false;
  *service = path.substr(0, slash);
  *method = path.substr(slash + 1);
  return true;
}

std::string_view TypeName(Registry::StreamKind kind) {
  switch (kind) {
    case Registry::StreamKind::kUnary:
      return "unary";
    case Registry::StreamKind::kClientStream:
      return "client_stream";
    case Registry::StreamKind::kServerStream:
      return "server_stream";
    case Registry::StreamKind::kBidirectional:
      break;
  }
  return "bidi_stream";
}

}  // namespace

Registry::Registry() : state_(std::make_unique<State>()) {}
Registry::~Registry() = default;
Registry::Registry(Registry&&) noexcept = default;
Registry& Registry::operator=(Registry&&) noexcept = default;

void Registry::AddUnary(std::string method, UnaryHandler handler) {
  Method entry;
  entry.unary = std::move(handler);
  state_->Add(std::move(method), std::move(entry), "unary");
}

void Registry::AddStream(std::string method, StreamKind kind, StreamFactory factory) {
  Method entry;
  entry.factory = std::move(factory);
  entry.kind = kind;
  state_->Add(std::move(method), std::move(entry), TypeName(kind));
}

void Registry::AddHttp(std::string path, HttpHandler handler) {
  if (path.empty() || path.back() != '/') {
    QUORATE_CHECK(state_->http_exact.emplace(path, std::move(handler)).second) << path << " is registered twice";
    return;
  }
  auto& prefixes = state_->http_prefixes;
  prefixes.emplace_back(std::move(path), std::move(handler));
  std::stable_sort(prefixes.begin(), prefixes.end(),
                   [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
}

void Registry::State::Add(std::string path, Method method, std::string_view type) {
  std::string_view service, name;
  QUORATE_CHECK(SplitPath(path, &service, &name)) << path << " is not /service/method";
  method.index = static_cast<int>(statistics.size());
  auto counts = std::make_unique<MethodStatistics>();
  counts->service = service;
  counts->method = name;
  counts->type = type;
  if (std::find(services.begin(), services.end(), service) == services.end()) services.emplace_back(service);
  QUORATE_CHECK(methods.emplace(path, std::make_unique<Method>(std::move(method))).second)
      << path << " is registered twice";
  statistics.push_back(std::move(counts));
}

const Method* Registry::State::FindMethod(std::string_view path) const {
  const auto found = methods.find(absl::string_view(path.data(), path.size()));
  return found == methods.end() ? nullptr : found->second.get();
}

absl::Status Registry::State::UnknownMethod(std::string_view path) const {
  std::string_view service, method;
  std::string text;
  if (!SplitPath(path, &service, &method)) {
    text = "malformed method name: \"" + std::string(path) + "\"";
  } else if (std::find(services.begin(), services.end(), service) == services.end()) {
    text = "unknown service " + std::string(service);
  } else {
    text = "unknown method " + std::string(method) + " for service " + std::string(service);
  }
  return base::MakeStatus(absl::StatusCode::kUnimplemented, text);
}

const HttpHandler* Registry::State::FindHttp(std::string_view path) const {
  const auto exact = http_exact.find(absl::string_view(path.data(), path.size()));
  if (exact != http_exact.end()) return &exact->second;
  for (const auto& [prefix, handler] : http_prefixes) {
    if (path.substr(0, prefix.size()) == prefix) return &handler;
  }
  return nullptr;
}

}  // namespace quorate::rpc
