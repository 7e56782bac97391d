#include "src/api/downgrade.h"

#include <charconv>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "etcdserverpb/rpc.pb.h"
#include "quorate/base/errors.h"
#include "quorate/base/logging.h"
#include "src/api/unary.h"

namespace quorate::api {
namespace {

using etcdserverpb::DowngradeRequest;

struct Version {
  int64_t major = 0;
  int64_t minor = 0;
};

bool IsIdentifier(std::string_view text) {
  constexpr std::string_view kAllowed = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-.";
  return text.find_first_not_of(kAllowed) == std::string_view::npos;
}

std::optional<int64_t> TakeNumber(std::string_view& text, bool last) {
  const size_t dot = text.find('.');
  if (last != (dot == std::string_view::npos)) return std::nullopt;
  const std::string_view digits = text.substr(0, dot);
  text.remove_prefix(last ? text.size() : dot + 1);
  int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

// major.minor.patch[-prerelease][+metadata]
std::optional<Version> ParseVersion(std::string_view text) {
  for (const char separator : {'+', '-'}) {
    const size_t at = text.find(separator);
    if (at == std::string_view::npos) continue;
    if (!IsIdentifier(text.substr(at + 1))) return std::nullopt;
    text = text.substr(0, at);
  }
  const std::optional<int64_t> major = TakeNumber(text, false);
  const std::optional<int64_t> minor = TakeNumber(text, false);
  const std::optional<int64_t> patch = TakeNumber(text, true);
  if (!major.has_value() || !minor.has_value() || !patch.has_value()) return std::nullopt;
  return Version{*major, *minor};
}

void Answer(const ServiceContext& context, rpc::UnaryCall call) {
  etcdserverpb::DowngradeResponse response;
  *response.mutable_header() = HeaderNow(context);
  response.set_version(context.options.versions.ClusterMajorMinor());
  std::move(call).Reply(base::Payload(response.SerializeAsString()));
}

// Answers when what was announced is replicated.
class Announced : public replica::BatchCompletion {
 public:
  Announced(const ServiceContext* context, rpc::UnaryCall call) : context_(context), call_(std::move(call)) {}
  void Complete(size_t, absl::StatusOr<mvcc::Answer> answer, uint64_t) override {
    if (!answer.ok()) return std::move(call_).Fail(std::move(answer).status());
    Answer(*context_, std::move(call_));
  }

 private:
  const ServiceContext* const context_;
  rpc::UnaryCall call_;
};

// `target` "": none any more.
void Announce(ServiceContext& context, std::string_view target, rpc::UnaryCall call) {
  replica::ProposalBatch batch;
  batch.commands.Add(replica::CommandType::kDowngrade, target);
  batch.completion = std::make_unique<Announced>(&context, std::move(call));
  context.replica->Propose(std::move(batch));
}

absl::StatusOr<std::string> CheckTarget(const ServiceContext& context, const DowngradeRequest& request) {
  QUORATE_ASSIGN_OR_RETURN(std::string target, ParseDowngradeTarget(request.version()));
  if (!IsValidDowngrade(context.options.versions.cluster, target)) {
    return base::errors::InvalidDowngradeTargetVersion();
  }
  if (!context.replica->cluster().downgrade_target.empty()) return base::errors::ClusterHasADowngradeJobInProgress();
  return target;
}

void Downgrade(ServiceContext& context, const DowngradeRequest& request, rpc::UnaryCall call) {
  if (request.action() == DowngradeRequest::CANCEL) {
    // With nothing to call off there is nothing to replicate, and no error.
    if (context.replica->cluster().downgrade_target.empty()) return Answer(context, std::move(call));
    return Announce(context, "", std::move(call));
  }
  if (request.action() != DowngradeRequest::VALIDATE && request.action() != DowngradeRequest::ENABLE) {
    return std::move(call).Fail(base::errors::UnknownMethod());
  }
  absl::StatusOr<std::string> target = CheckTarget(context, request);
  if (!target.ok()) {
    if (uint64_t left_out = 0; context.downgrade_refusals.TakeLine(&left_out)) {
      QUORATE_LOG(kWarn, "reject downgrade request", {{"error", target.status()}, {"refusals-left-out", left_out}});
    }
    return std::move(call).Fail(std::move(target).status());
  }
  if (request.action() == DowngradeRequest::VALIDATE) return Answer(context, std::move(call));
  Announce(context, *target, std::move(call));
}

}  // namespace

absl::StatusOr<std::string> ParseDowngradeTarget(std::string_view version) {
  std::optional<Version> parsed = ParseVersion(version);
  if (!parsed.has_value()) parsed = ParseVersion(std::string(version) + ".0");
  if (!parsed.has_value()) return base::errors::WrongDowngradeTargetVersionFormat();
  return std::to_string(parsed->major) + "." + std::to_string(parsed->minor) + ".0";
}

bool IsValidDowngrade(std::string_view from, std::string_view target) {
  const std::optional<Version> high = ParseVersion(from);
  const std::optional<Version> low = ParseVersion(target);
  return high.has_value() && low.has_value() && low->major == high->major && low->minor == high->minor - 1;
}

void RegisterDowngrade(ServiceContext* context, rpc::Registry& registry) {
  registry.AddUnary("/etcdserverpb.Maintenance/Downgrade", [context](const rpc::CallContext& call_context,
                                                                     std::string_view message, rpc::UnaryCall call) {
    DowngradeRequest request;
    if (!context->Begin(call_context, Parse(message, &request), call)) return;
    Downgrade(*context, request, std::move(call));
  });
}

}  // namespace quorate::api
