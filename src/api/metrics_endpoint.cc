#include "src/api/metrics_endpoint.h"

#include <memory>
#include <utility>

#include "src/api/http_answers.h"
#include "src/api/probes.h"

namespace quorate::api {

void RegisterMetrics(ServiceContext* context, const AddHttp& add) {
  add("/metrics", [context](const rpc::HttpRequest&, rpc::HttpReply reply) {
    // On the pool: sizes are asked of the store, and a page is some hundred kilobytes of text.
    context->readers.Submit([context, reply = std::move(reply)](absl::Status status) {
      if (!status.ok()) return reply(PlainError(503, std::string(base::MessageOf(status)) + "\n"));
      MetricsPage page;
      ProbeRequests(*context, page);
      ProbeRpc(*context, page);
      ProbeReplica(*context, page);
      ProbeMvcc(*context, page);
      ProbeLease(*context, page);
      ProbeWatch(*context, page);
      ProbeDisk(*context, page);
      ProbeProcess(page);
      rpc::HttpResponse response;
      response.content_type = "text/plain; version=0.0.4; charset=utf-8";
      response.body = page.Text();
      reply(std::move(response));
    });
  });
}

}  // namespace quorate::api
