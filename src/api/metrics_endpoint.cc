#include "src/api/metrics_endpoint.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "src/api/probes.h"

namespace quorate::api {
namespace {

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
  // One buffer for all who are given it.
  response.body.Append(base::Buffer::Copy(page.Text()));
  return response;
}

}  // namespace

// On the pool: sizes are asked of the store, and a page is some hundred kilobytes of text. That its client has gone a
// server does not see before it answers; so it is not each request that costs a page.
MetricsEndpoint::MetricsEndpoint(ServiceContext* context)
    : context_(context),
      pages_(
          kPageSharedMax, [this](ReaderPool::Task task) { Submit(std::move(task)); },
          [this](const absl::Status& ready, std::vector<Asker> askers) { Answer(ready, std::move(askers)); }) {}

void MetricsEndpoint::Register(const AddHttp& add) {
  add("/metrics", [this](const rpc::HttpRequest& request, rpc::HttpReply reply) {
    pages_.Add({request.loop_index, std::move(reply)});
  });
}

// Whoever asks is told how things stand after that, so they wait for a page of their own, and not for long.
void MetricsEndpoint::Submit(ReaderPool::Task task) {
  const auto now = std::chrono::steady_clock::now();
  const auto begins = std::max(now, next_page_);
  next_page_ = begins + kPageInterval;
  if (begins == now) return context_->readers.Submit(std::move(task));
  const auto later = std::make_shared<ReaderPool::Task>(std::move(task));
  context_->server->PostAfter(0, std::chrono::ceil<std::chrono::milliseconds>(begins - now),
                              [this, later] { context_->readers.Submit(std::move(*later)); });
}

void MetricsEndpoint::Answer(const absl::Status& ready, std::vector<Asker> askers) {
  const auto page = std::make_shared<const rpc::HttpResponse>(
      ready.ok() ? MakePage(*context_) : PlainError(503, std::string(base::MessageOf(ready)) + "\n"));
  for (size_t i = 0; i < askers.size(); ++i) {
    auto give = [page, reply = std::move(askers[i].reply)] { reply(*page); };
    if (i < kGivenAtOnce || !ready.ok()) {
      context_->server->Post(askers[i].loop_index, std::move(give));
    } else {
      context_->server->PostAfter(askers[i].loop_index, std::chrono::milliseconds(i / kGivenAtOnce), std::move(give));
    }
  }
}

}  // namespace quorate::api
