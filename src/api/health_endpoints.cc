#include "src/api/health_endpoints.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "quorate/base/errors.h"
#include "quorate/base/logging.h"
#include "src/api/http_answers.h"

namespace quorate::api {
namespace {

struct Check {
  std::string name;
  // Calls back with the outcome, on any thread.
  std::function<void(std::function<void(absl::Status)> done)> run;
};

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
  return absl::OkStatus();
}

// Why an alarm makes the member unhealthy; "" when none does. Alarms are excluded by their names.
std::string AlarmReason(const ServiceContext& context, const std::vector<std::string>& excluded) {
  for (const replica::Alarm& alarm : context.replica->alarms()) {
    const std::string name = NameOf(alarm.type);
    if (std::find(excluded.begin(), excluded.end(), name) != excluded.end()) continue;
    const bool known = alarm.type == replica::AlarmType::kNoSpace || alarm.type == replica::AlarmType::kCorrupt;
    return "ALARM " + (known ? name : "UNKNOWN");
  }
  return "";
}

std::vector<Check> ChecksOf(ServiceContext* context, bool ready) {
  Check serializable{"serializable_read", [context](auto done) { CheckRead(*context, false, std::move(done)); }};
  if (!ready) return {serializable};
  return {
      {"data_corruption", [context](auto done) { done(CheckNotCorrupt(*context)); }},
      serializable,
      {"linearizable_read", [context](auto done) { CheckRead(*context, true, std::move(done)); }},
      {"non_learner",
       [context](auto done) {
         done(IsLearner(*context) ? base::MakeStatus(absl::StatusCode::kFailedPrecondition, "not supported for learner")
                                  : absl::OkStatus());
       }},
  };
}

// One run over a list of checks, one after the other; keeps itself alive by its callbacks.
class CheckRun : public std::enable_shared_from_this<CheckRun> {
 public:
  CheckRun(std::string path, std::vector<Check> checks, bool verbose, rpc::HttpReply reply)
      : path_(std::move(path)), checks_(std::move(checks)), verbose_(verbose), reply_(std::move(reply)) {}

  void Next() {
    if (at_ == checks_.size()) return Answer();
    checks_[at_].run([self = shared_from_this()](absl::Status status) {
      const std::string& name = self->checks_[self->at_].name;
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
      QUORATE_LOG(kWarn, "Health check error", {{"path", path_}, {"reason", report_}, {"status-code", 503}});
      return reply_(PlainError(503, report_));
    }
    rpc::HttpResponse response;
    response.headers = {{"X-Content-Type-Options", "nosniff"}};
    response.body = (verbose_ ? report_ : "") + "ok\n";
    reply_(std::move(response));
  }

  std::string path_;
  std::vector<Check> checks_;
  bool verbose_;
  rpc::HttpReply reply_;
  size_t at_ = 0;
  bool failed_ = false;
  std::string report_;
};

void ServeChecks(std::vector<Check> checks, const rpc::HttpRequest& request, rpc::HttpReply reply) {
  if (!IsGet(request, reply)) return;
  const std::vector<std::string> excluded = request.QueryValues("exclude");
  std::erase_if(checks, [&](const Check& check) {
    return std::find(excluded.begin(), excluded.end(), check.name) != excluded.end();
  });
  std::make_shared<CheckRun>(request.path, std::move(checks), HasQueryParameter(request, "verbose"), std::move(reply))
      ->Next();
}

void AddChecks(ServiceContext* context, const AddHttp& add, const std::string& path, bool ready) {
  add(path, [context, ready](const rpc::HttpRequest& request, rpc::HttpReply reply) {
    ServeChecks(ChecksOf(context, ready), request, std::move(reply));
  });
  for (Check& check : ChecksOf(context, ready)) {
    std::string path_of_check = path + "/" + check.name;
    add(std::move(path_of_check), [check = std::move(check)](const rpc::HttpRequest& request, rpc::HttpReply reply) {
      if (!IsGet(request, reply)) return;
      const bool verbose = HasQueryParameter(request, "verbose");
      std::make_shared<CheckRun>(request.path, std::vector<Check>{check}, verbose, std::move(reply))->Next();
    });
  }
}

void ServeHealth(ServiceContext* context, const rpc::HttpRequest& request, rpc::HttpReply reply) {
  if (!IsGet(request, reply)) return;
  const bool serializable = request.QueryValue("serializable") == "true";
  const auto answer = [context, reply = std::move(reply)](const std::string& reason) {
    const bool healthy = reason.empty();
    (healthy ? context->statistics.health_success : context->statistics.health_failures)
        .fetch_add(1, std::memory_order_relaxed);
    std::string body =
        std::string(R"({"health":")") + (healthy ? "true" : "false") + R"(","reason":")" + JsonEscape(reason) + R"("})";
    if (healthy) {
      rpc::HttpResponse response;
      response.body = std::move(body);
      return reply(std::move(response));
    }
    QUORATE_LOG(kWarn, "/health error", {{"output", body}, {"status-code", 503}});
    reply(PlainError(503, body + "\n"));
  };
  if (const std::string alarm = AlarmReason(*context, request.QueryValues("exclude")); !alarm.empty()) {
    return answer(alarm);
  }
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
  AddChecks(context, add, "/livez", false);
  AddChecks(context, add, "/readyz", true);
}

}  // namespace quorate::api
