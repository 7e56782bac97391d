#include "src/api/health_endpoints.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "quorate/base/disk_refusal.h"
#include "quorate/base/duration.h"
#include "quorate/base/errors.h"
#include "quorate/base/json_string.h"
#include "quorate/base/logging.h"
#include "src/api/http_answers.h"

namespace quorate::api {
namespace {

// A sync of the log that runs longer keeps writes waiting for longer than clients expect.
constexpr std::chrono::seconds kStalledSync{1};
// How long a slow sync is told after it ended.
constexpr std::chrono::seconds kSlowSyncTold{30};

struct Check {
  std::string name;
  // Calls back with the outcome, on any thread.
  std::function<void(std::function<void(absl::Status)> done)> run;
};

bool Contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool IsLearner(const ServiceContext& context) {
  const membership::Cluster cluster = context.replica->cluster();
  const membership::Member* self = cluster.Find(cluster.self);
  return self != nullptr && self->learner;
}

void CheckRead(ServiceContext& context, bool linearizable, std::function<void(absl::Status)> done) {
  if (context.stopped) return done(base::errors::Stopped());
  if (!linearizable || context.replica->CanReadNow()) return done(absl::OkStatus());
  context.replica->ConfirmRead(std::move(done));
}

absl::Status CheckNotCorrupt(const ServiceContext& context) {
  for (const replica::Alarm& alarm : context.replica->alarms()) {
    if (alarm.type != replica::AlarmType::kCorrupt) continue;
    return base::MakeStatus(absl::StatusCode::kDataLoss, "alarm activated: " + NameOf(alarm.type));
  }
  const absl::Status trouble = context.replica->status().trouble;
  return trouble.code() == absl::StatusCode::kDataLoss ? trouble : absl::OkStatus();
}

// Why nothing can be written just now; OK when something can.
absl::Status CheckWrites(const ServiceContext& context) {
  absl::Status trouble = context.replica->status().trouble;
  if (!trouble.ok()) return trouble;
  const std::chrono::nanoseconds running = context.replica->disk_pace().sync_running;
  if (running < kStalledSync) return absl::OkStatus();
  return base::MakeStatus(absl::StatusCode::kUnavailable,
                          "a sync of the log has been running for " + base::FormatDuration(running));
}

// The state of the disk, in /health's words; "" when there is nothing to tell. A full disk is to an operator what the
// alarm NOSPACE is. Probes for whether the process is alive ask for serializable reads: starting it again would neither
// give space nor make a disk quicker, and descriptors and memory come back when clients go.
std::string DiskReason(const ServiceContext& context, bool serializable, const std::vector<std::string>& excluded) {
  const absl::Status status = CheckWrites(context);
  const std::string text(base::MessageOf(status));
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return "";
    case absl::StatusCode::kDataLoss:
      return "DATA DAMAGED: " + text;
    case absl::StatusCode::kResourceExhausted:
      if (base::IsWantOfDescriptorsOrMemory(status)) return serializable ? "" : "NO DESCRIPTORS OR MEMORY: " + text;
      return Contains(excluded, NameOf(replica::AlarmType::kNoSpace)) ? "" : "DISK FULL: " + text;
    case absl::StatusCode::kPermissionDenied:
      return serializable ? "" : "DISK READ-ONLY: " + text;
    default:
      return serializable ? "" : "DISK SLOW: " + text;
  }
}

// What a member that is well may have to say all the same.
std::string Remark(const ServiceContext& context) {
  const absl::Status background = std::as_const(*context.replica).database().BackgroundError();
  if (!background.ok()) return "DISK: " + std::string(base::MessageOf(background));
  const std::optional<std::chrono::nanoseconds> since = context.replica->disk_pace().since_slow_sync;
  if (!since.has_value() || *since > kSlowSyncTold) return "";
  return "DISK SLOW: " + base::FormatDuration(std::chrono::duration_cast<std::chrono::seconds>(*since)) +
         " ago a sync of the log took a second or more";
}

// Why an alarm makes the member unhealthy; "" when none does. Alarms are excluded by their names.
std::string AlarmReason(const ServiceContext& context, const std::vector<std::string>& excluded) {
  for (const replica::Alarm& alarm : context.replica->alarms()) {
    const std::string name = NameOf(alarm.type);
    if (Contains(excluded, name)) continue;
    const bool known = alarm.type == replica::AlarmType::kNoSpace || alarm.type == replica::AlarmType::kCorrupt;
    return "ALARM " + (known ? name : "UNKNOWN");
  }
  return "";
}

std::vector<Check> ChecksOf(ServiceContext* context, bool ready) {
  Check serializable{"serializable_read", [context](auto done) { CheckRead(*context, false, std::move(done)); }};
  if (!ready) return {serializable};
  std::vector<Check> checks = {
      {"data_corruption", [context](auto done) { done(CheckNotCorrupt(*context)); }},
      serializable,
      {"linearizable_read", [context](auto done) { CheckRead(*context, true, std::move(done)); }},
      {"non_learner",
       [context](auto done) {
         done(IsLearner(*context) ? base::MakeStatus(absl::StatusCode::kFailedPrecondition, "not supported for learner")
                                  : absl::OkStatus());
       }},
  };
  // etcd has no such check: it is listed only while it fails.
  if (context->replica != nullptr && !CheckWrites(*context).ok()) {
    checks.push_back({"disk_writes", [context](auto done) { done(CheckWrites(*context)); }});
  }
  return checks;
}

// One run over a list of checks, one after the other; keeps itself alive by its callbacks.
class CheckRun : public std::enable_shared_from_this<CheckRun> {
 public:
  CheckRun(ServiceContext* context, std::string kind, std::string path, std::vector<Check> checks, bool verbose,
           rpc::HttpReply reply)
      : context_(context),
        kind_(std::move(kind)),
        path_(std::move(path)),
        checks_(std::move(checks)),
        verbose_(verbose),
        reply_(std::move(reply)) {}

  void Next() {
    if (at_ == checks_.size()) return Answer();
    checks_[at_].run([self = shared_from_this()](absl::Status status) {
      const std::string& name = self->checks_[self->at_].name;
      self->context_->statistics.checks.Count(self->kind_, name, status.ok());
      self->failed_ |= !status.ok();
      self->report_ += status.ok() ? "[+]" + name + " ok\n"
                                   : "[-]" + name + " failed: " + std::string(base::MessageOf(status)) + "\n";
      ++self->at_;
      self->Next();
    });
  }

 private:
  void Answer() {
    if (failed_) {
      if (uint64_t left_out = 0; context_->failed_probes.TakeLine(&left_out)) {
        QUORATE_LOG(kWarn, "Health check error",
                    {{"path", path_}, {"reason", report_}, {"status-code", 503}, {"failed-probes-left-out", left_out}});
      }
      return reply_(PlainError(503, report_ + "\n"));
    }
    rpc::HttpResponse response;
    response.headers = {{"X-Content-Type-Options", "nosniff"}};
    response.body = base::Payload((verbose_ ? report_ : "") + "ok\n");
    reply_(std::move(response));
  }

  ServiceContext* const context_;
  const std::string kind_;  // "livez" or "readyz"
  std::string path_;
  std::vector<Check> checks_;
  bool verbose_;
  rpc::HttpReply reply_;
  size_t at_ = 0;
  bool failed_ = false;
  std::string report_;
};

void RunChecks(ServiceContext* context, const std::string& kind, std::vector<Check> checks,
               const rpc::HttpRequest& request, rpc::HttpReply reply) {
  const bool verbose = HasQueryParameter(request, "verbose");
  std::make_shared<CheckRun>(context, kind, request.path, std::move(checks), verbose, std::move(reply))->Next();
}

void ServeChecks(ServiceContext* context, const std::string& kind, std::vector<Check> checks,
                 const rpc::HttpRequest& request, rpc::HttpReply reply) {
  if (!IsGet(request, reply)) return;
  const std::vector<std::string> excluded = request.QueryValues("exclude");
  std::erase_if(checks, [&](const Check& check) { return Contains(excluded, check.name); });
  RunChecks(context, kind, std::move(checks), request, std::move(reply));
}

void AddChecks(ServiceContext* context, const AddHttp& add, const std::string& kind, bool ready) {
  const std::string path = "/" + kind;
  add(path, [context, kind, ready](const rpc::HttpRequest& request, rpc::HttpReply reply) {
    ServeChecks(context, kind, ChecksOf(context, ready), request, std::move(reply));
  });
  for (Check& check : ChecksOf(context, ready)) {
    std::string path_of_check = path + "/" + check.name;
    add(std::move(path_of_check),
        [context, kind, check = std::move(check)](const rpc::HttpRequest& request, rpc::HttpReply reply) {
          if (IsGet(request, reply)) RunChecks(context, kind, {check}, request, std::move(reply));
        });
  }
}

void ServeHealth(ServiceContext* context, const rpc::HttpRequest& request, rpc::HttpReply reply) {
  if (!IsGet(request, reply)) return;
  const bool serializable = request.QueryValue("serializable") == "true";
  const std::vector<std::string> excluded = request.QueryValues("exclude");
  const auto answer = [context, reply = std::move(reply)](std::string reason) {
    const bool healthy = reason.empty();
    if (healthy) reason = Remark(*context);
    (healthy ? context->statistics.health_success : context->statistics.health_failures)
        .fetch_add(1, std::memory_order_relaxed);
    std::string body =
        absl::StrCat(R"({"health":")", healthy ? "true" : "false", R"(","reason":)", base::JsonString(reason), "}");
    if (healthy) {
      rpc::HttpResponse response;
      response.body = base::Payload(std::move(body));
      return reply(std::move(response));
    }
    if (uint64_t left_out = 0; context->failed_probes.TakeLine(&left_out)) {
      QUORATE_LOG(kWarn, "/health error",
                  {{"output", body}, {"status-code", 503}, {"failed-probes-left-out", left_out}});
    }
    reply(PlainError(503, body + "\n"));
  };
  if (const std::string alarm = AlarmReason(*context, excluded); !alarm.empty()) {
    return answer(alarm);
  }
  if (const std::string disk = DiskReason(*context, serializable, excluded); !disk.empty()) return answer(disk);
  if (!serializable && !context->HasLeader()) return answer("RAFT NO LEADER");
  CheckRead(*context, !serializable, [answer](absl::Status status) {
    answer(status.ok() ? "" : "RANGE ERROR:" + std::string(base::MessageOf(status)));
  });
}

}  // namespace

void RegisterHealthEndpoints(ServiceContext* context, const AddHttp& add) {
  add("/health", [context](const rpc::HttpRequest& request, rpc::HttpReply reply) {
    ServeHealth(context, request, std::move(reply));
  });
  AddChecks(context, add, "livez", false);
  AddChecks(context, add, "readyz", true);
}

}  // namespace quorate::api
