#include "quorate/api/services.h"

#include <google/protobuf/stubs/logging.h>

#include <utility>

#include "etcdserverpb/rpc.pb.h"
#include "quorate/base/clock.h"
#include "quorate/base/errors.h"
#include "src/api/auth_service.h"
#include "src/api/cluster_service.h"
#include "src/api/election_service.h"
#include "src/api/health_endpoints.h"
#include "src/api/http_answers.h"
#include "src/api/kv_service.h"
#include "src/api/lease_service.h"
#include "src/api/lock_service.h"
#include "src/api/maintenance_service.h"
#include "src/api/members_endpoint.h"
#include "src/api/metrics_endpoint.h"
#include "src/api/service_context.h"
#include "src/api/snapshot_service.h"
#include "src/api/version_endpoint.h"
#include "src/api/watch_service.h"
#include "v3electionpb/v3election.pb.h"
#include "v3lockpb/v3lock.pb.h"

namespace quorate::api {

struct Services::Rep {
  explicit Rep(ServicesOptions options)
      : context(std::move(options)), kv(&context), lease(&context), watch(&context), metrics(&context) {}

  ServiceContext context;
  KvService kv;
  LeaseService lease;
  WatchService watch;
  MetricsEndpoint metrics;
};

Services::Services(ServicesOptions options) : rep_(std::make_unique<Rep>(std::move(options))) {}

Services::~Services() { Stop(); }

void Services::Register(rpc::Registry& registry) {
  // What clients send is not worth a line each on standard error.
  google::protobuf::SetLogHandler(nullptr);
  ServiceContext* context = &rep_->context;
  rep_->kv.Register(registry);
  rep_->lease.Register(registry);
  RegisterLock(context, registry);
  RegisterElection(context, registry);
  rep_->watch.Register(registry);
  RegisterMaintenance(context, registry);
  RegisterSnapshot(context, registry);
  RegisterCluster(context, registry);
  RegisterAuth(context, registry);
  const AddHttp add_http = [&registry](std::string path, rpc::HttpHandler handler) {
    registry.AddHttp(std::move(path), WithAccessControl(std::move(handler)));
  };
  RegisterHealthEndpoints(context, add_http);
  RegisterVersion(context->options.versions, add_http);
  RegisterDebugVars(context, add_http);
  rep_->metrics.Register(add_http);
  add_http("/", ServeNotFound);
  registry.AddHealth([context] { return !context->stopped.load(std::memory_order_relaxed); });
  registry.AddReflection({etcdserverpb::RangeRequest::descriptor()->file(), v3lockpb::LockRequest::descriptor()->file(),
                          v3electionpb::LeaderRequest::descriptor()->file()});
}

void Services::RegisterPeer(rpc::Registry& registry) {
  const AddHttp add_http = [&registry](std::string path, rpc::HttpHandler handler) {
    registry.AddHttp(std::move(path), std::move(handler));
  };
  RegisterVersion(rep_->context.options.versions, add_http);
  RegisterMembers(&rep_->context, add_http);
}

void Services::Attach(replica::Replica* replica, rpc::Server* server) {
  ServiceContext& context = rep_->context;
  context.replica = replica;
  context.header = ResponseHeader(replica->cluster_id(), replica->member_id());
  context.lease_ids = std::make_unique<lease::IdGenerator>(replica->member_id(), base::SystemClock().Wall().count());
  context.server = server;
  context.quota.LogStart();
  context.hub.Attach(&replica->store());
  for (int index = 0; index < server->loop_count(); ++index) {
    context.loops.push_back(std::make_unique<LoopContext>(&context, index));
  }
  rep_->watch.Attach();
}

void Services::OnCommit(const std::vector<mvcc::Event>& events) { rep_->context.hub.OnCommit(events); }

void Services::EndStreams() {
  ServiceContext& context = rep_->context;
  // First, so that none begins behind those that are ended.
  context.draining.store(true, std::memory_order_relaxed);
  rep_->watch.EndStreams();
  context.defragmentation.Cancel();
  context.EndLastingCalls();
}

void Services::OnTickEnd(int loop_index) {
  LoopContext& loop = rep_->context.loop(loop_index);
  loop.reads.OnTickEnd();
  loop.proposer.OnTickEnd(loop_index);
}

void Services::OnSlowCall(const rpc::SlowCall& call) { rep_->context.slow_calls.Note(call); }

void Services::Stop() {
  ServiceContext& context = rep_->context;
  if (context.stopped.exchange(true, std::memory_order_relaxed)) return;
  // A hash that runs ends with its call.
  context.EndLastingCalls();
  context.defragmentation.Stop();
  context.hashes.Stop();
  context.readers.Stop();
  context.disk_readers.Stop();
  context.bulk.Stop();
}

}  // namespace quorate::api
