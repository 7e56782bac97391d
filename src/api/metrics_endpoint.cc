#include "src/api/metrics_endpoint.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "src/api/http_answers.h"
#include "src/api/probes.h"
#include "src/api/shared_read.h"

namespace quorate::api {
namespace {

// Who share a page: each is given a copy of it.
constexpr size_t kPageSharedMax = 64;

struct Asker {
  int loop_index;
  rpc::HttpReply reply;
};

rpc::HttpResponse MakePage(const ServiceContext& context) {
  MetricsPage page;
  ProbeRequests(context, page);
  ProbeRpc(context, page);
  ProbeReplica(context, page);
  ProbeMvcc(context, page);
  ProbeLease(context, page);
  ProbeWatch(context, page);
  ProbeDisk(context, page);
  ProbeProcess(page);
  rpc::HttpResponse response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = page.Text();
  return response;
}

// Copies are made where they are sent from at once, or are found to be too much: they do not pile up on their way.
void Answer(ServiceContext& context, const absl::Status& ready, std::vector<Asker> askers) {
  const auto page = std::make_shared<const rpc::HttpResponse>(
      ready.ok() ? MakePage(context) : PlainError(503, std::string(base::MessageOf(ready)) + "\n"));
  for (Asker& asker : askers) {
    context.server->Post(asker.loop_index, [page, reply = std::move(asker.reply)] { reply(*page); });
  }
}

}  // namespace

void RegisterMetrics(ServiceContext* context, const AddHttp& add) {
  // On the pool: sizes are asked of the store, and a page is some hundred kilobytes of text. That its client has gone a
  // server does not see before it answers; so it is not each request that costs a page.
  const auto pages = std::make_shared<SharedRead<Asker>>(
      kPageSharedMax, [context](ReaderPool::Task task) { context->readers.Submit(std::move(task)); },
      [context](const absl::Status& ready, std::vector<Asker> askers) { Answer(*context, ready, std::move(askers)); });
  add("/metrics", [pages](const rpc::HttpRequest& request, rpc::HttpReply reply) {
    pages->Add({request.loop_index, std::move(reply)});
  });
}

}  // namespace quorate::api
