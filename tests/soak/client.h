#pragma once

// One thread's connection to the server. After an outage it is a new one: no call of the old one can reach the server
// that comes after.

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <string>
#include <tuple>

#include "etcdserverpb/rpc.grpc.pb.h"
#include "tests/soak/availability.h"
#include "tests/soak/findings.h"
#include "v3electionpb/v3election.grpc.pb.h"
#include "v3lockpb/v3lock.grpc.pb.h"

namespace quorate::soak {

namespace pb = etcdserverpb;

// An answer may take as long as a slow machine under a sanitizer makes it; a call that is not answered at all is found.
inline constexpr std::chrono::seconds kCallDeadline(60);

template <typename Response>
struct Reply {
  grpc::Status status;
  Response response;
  // The server was taken down meanwhile: whether the call had its effect is unknown.
  bool outage = false;
  bool ok() const { return status.ok(); }
};

class Client {
 public:
  Client(Availability* availability, Findings* findings) : availability_(availability), findings_(findings) {}

  // Before each call: waits while there is an outage. False when the load ends.
  bool Ready();

  // The answer, whatever it is.
  template <typename Stub, typename Request, typename Response>
  Reply<Response> Try(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                      const Request& request) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kCallDeadline);
    Reply<Response> reply;
    reply.status = (Get<Stub>()->*method)(&context, request, &reply.response);
    reply.outage = !reply.ok() && Outage();
    return reply;
  }
  // An error that no outage explains is a finding.
  template <typename Stub, typename Request, typename Response>
  Reply<Response> Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                       const Request& request) {
    Reply<Response> reply = Try(method, request);
    if (!reply.ok() && !reply.outage) Blame(request.GetTypeName(), request.ShortDebugString(), reply.status);
    return reply;
  }

  template <typename Stub>
  Stub* Get() {
    return std::get<std::unique_ptr<Stub>>(stubs_).get();
  }
  // Whether there was an outage since Ready().
  bool Outage() const { return availability_->epoch() != epoch_; }
  void Blame(const std::string& type, const std::string& request, const grpc::Status& status);
  Availability& availability() { return *availability_; }
  Findings& findings() { return *findings_; }

 private:
  Availability* const availability_;
  Findings* const findings_;
  uint64_t epoch_ = 1;
  std::tuple<std::unique_ptr<pb::KV::Stub>, std::unique_ptr<pb::Lease::Stub>, std::unique_ptr<pb::Maintenance::Stub>,
             std::unique_ptr<pb::Cluster::Stub>, std::unique_ptr<pb::Watch::Stub>,
             std::unique_ptr<v3lockpb::Lock::Stub>, std::unique_ptr<v3electionpb::Election::Stub>>
      stubs_;
};

}  // namespace quorate::soak
