// Every method of every service of a whole member: calls on one connection, each a byte that says how it goes on, one
// for the method, two for the length, and a message. Whatever they hold, the member answers the calls that follow them.

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "etcdserverpb/rpc.pb.h"
#include "fuzz/connection.h"
#include "fuzz/directory.h"
#include "fuzz/target.h"
#include "grpc/health/v1/health.pb.h"
#include "grpc/reflection/v1/reflection.pb.h"
#include "quorate/base/check.h"
#include "tests/api/served_member_testing.h"
#include "v3electionpb/v3election.pb.h"
#include "v3lockpb/v3lock.pb.h"

namespace quorate::fuzz {
namespace {

namespace pb = google::protobuf;

constexpr int kCallsMax = 24;
// Fits into one frame, and all calls together into what a connection takes before it is read.
constexpr size_t kMessageBytesMax = 2000;
// What is left behind by calls goes with the member.
constexpr int kRunsOfMember = 3000;
// Of the first byte of a call.
constexpr uint64_t kSameStream = 0x40;
constexpr uint64_t kMoreFollows = 0x80;

std::vector<const pb::MethodDescriptor*> FindMethods() {
  std::vector<const pb::MethodDescriptor*> methods;
  for (const pb::FileDescriptor* file :
       {etcdserverpb::RangeRequest::descriptor()->file(), v3lockpb::LockRequest::descriptor()->file(),
        v3electionpb::LeaderRequest::descriptor()->file(), grpc::health::v1::HealthCheckRequest::descriptor()->file(),
        grpc::reflection::v1::ServerReflectionRequest::descriptor()->file()}) {
    for (int service = 0; service < file->service_count(); ++service) {
      const pb::ServiceDescriptor* found = file->service(service);
      for (int method = 0; method < found->method_count(); ++method) methods.push_back(found->method(method));
    }
  }
  return methods;
}

const std::vector<const pb::MethodDescriptor*>& Methods() {
  static const std::vector<const pb::MethodDescriptor*> methods = FindMethods();
  return methods;
}

struct Member {
  Member() : served(directory.path(), {}, /*loops=*/1) {}
  int port() const { return std::stoi(served.address().substr(served.address().rfind(':') + 1)); }

  Directory directory;
  api::ServedMember served;
};

std::unique_ptr<Member>& TheMember() {
  static std::unique_ptr<Member> member;
  return member;
}

std::string PathOf(const pb::MethodDescriptor& method) {
  return "/" + method.service()->full_name() + "/" + method.name();
}

template <typename Request>
std::string UnaryCall(uint32_t stream, const std::string& path, const Request& request) {
  return Call(stream, path) + Frame(kData, kEndStream, stream, Message(request.SerializeAsString()));
}

// What later runs would not get past.
std::string CleanUp(uint32_t* stream) {
  std::string frames;
  for (const etcdserverpb::AlarmType alarm : {etcdserverpb::NOSPACE, etcdserverpb::CORRUPT}) {
    etcdserverpb::AlarmRequest request;
    request.set_action(etcdserverpb::AlarmRequest::DEACTIVATE);
    request.set_alarm(alarm);
    frames += UnaryCall(*stream += 2, "/etcdserverpb.Maintenance/Alarm", request);
  }
  etcdserverpb::DeleteRangeRequest everything;
  everything.set_key(std::string(1, '\0'));
  everything.set_range_end(std::string(1, '\0'));
  return frames + UnaryCall(*stream += 2, "/etcdserverpb.KV/DeleteRange", everything);
}

// Reads until the stream has ended. An answer that is still being sent at its deadline is reset.
void AwaitEnd(Connection& connection, uint32_t stream) {
  constexpr size_t kFrameHeadBytes = 9;
  std::string received;
  while (true) {
    const std::string_view some = connection.Receive();
    QUORATE_CHECK(!some.empty()) << "the connection ends, and all it has got is calls";
    received += some;
    while (received.size() >= kFrameHeadBytes) {
      const auto byte = [&](size_t at) { return static_cast<uint32_t>(static_cast<uint8_t>(received[at])); };
      const size_t payload = byte(0) << 16 | byte(1) << 8 | byte(2);
      if (received.size() < kFrameHeadBytes + payload) break;
      const uint32_t of = byte(5) << 24 | byte(6) << 16 | byte(7) << 8 | byte(8);
      const bool ends = byte(3) == kReset || (byte(3) == kHeaders && (byte(4) & kEndStream) != 0);
      if (of == stream && ends) return;
      received.erase(0, kFrameHeadBytes + payload);
    }
  }
}

// A message with all its fields set, a few levels deep.
void Fill(pb::Message* message, int depth) {
  const pb::Reflection* reflection = message->GetReflection();
  for (int i = 0; i < message->GetDescriptor()->field_count(); ++i) {
    const pb::FieldDescriptor* field = message->GetDescriptor()->field(i);
    const bool repeated = field->is_repeated();
    switch (field->cpp_type()) {
      case pb::FieldDescriptor::CPPTYPE_MESSAGE:
        if (depth > 0) {
          Fill(repeated ? reflection->AddMessage(message, field) : reflection->MutableMessage(message, field),
               depth - 1);
        }
        break;
      case pb::FieldDescriptor::CPPTYPE_STRING:
        repeated ? reflection->AddString(message, field, "k") : reflection->SetString(message, field, "k");
        break;
      case pb::FieldDescriptor::CPPTYPE_INT64:
        repeated ? reflection->AddInt64(message, field, 1) : reflection->SetInt64(message, field, 1);
        break;
      case pb::FieldDescriptor::CPPTYPE_UINT64:
        if (!repeated) reflection->SetUInt64(message, field, 1);
        break;
      case pb::FieldDescriptor::CPPTYPE_BOOL:
        if (!repeated) reflection->SetBool(message, field, true);
        break;
      case pb::FieldDescriptor::CPPTYPE_ENUM:
        repeated ? reflection->AddEnumValue(message, field, 0) : reflection->SetEnumValue(message, field, 1);
        break;
      default:
        break;
    }
  }
}

std::string SeedCall(const std::string& path, uint64_t how, const pb::Message& request) {
  const auto& methods = Methods();
  const auto found = std::find_if(methods.begin(), methods.end(),
                                  [&](const pb::MethodDescriptor* method) { return PathOf(*method) == path; });
  QUORATE_CHECK(found != methods.end()) << path;
  const std::string bytes = request.SerializeAsString();
  return std::string{static_cast<char>(how), static_cast<char>(found - methods.begin()),
                     static_cast<char>(bytes.size()), static_cast<char>(bytes.size() >> 8)} +
         bytes;
}

}  // namespace

void Try(std::string_view bytes) {
  std::unique_ptr<Member>& member = TheMember();
  static int runs = 0;
  if (runs++ % kRunsOfMember == 0) {
    member.reset();
    member = std::make_unique<Member>();
  }
  // Windows that hold all answers.
  std::string frames = std::string(kHttp2Opening) + Frame(kSettings, 0, 0, std::string("\0\4\x7f\xff\xff\xff", 6)) +
                       Frame(kWindowUpdate, 0, 0, std::string("\x7f\xf0\0\0", 4));
  uint32_t stream = 1;
  bool open = false;
  Input input(bytes);
  for (int calls = 0; calls < kCallsMax && !input.empty(); ++calls) {
    const uint64_t how = input.Number(1);
    const pb::MethodDescriptor& method = *Methods()[input.Number(1) % Methods().size()];
    const std::string_view message = input.Take(std::min<size_t>(input.Number(2), kMessageBytesMax));
    if (!open || (how & kSameStream) == 0) frames += Call(stream += 2, PathOf(method));
    open = (how & kMoreFollows) != 0;
    frames += Frame(kData, open ? 0 : kEndStream, stream, Message(message));
  }
  frames += CleanUp(&stream);
  Connection connection(member->port());
  connection.Send(frames);
  AwaitEnd(connection, stream);
  // Now that all that its libraries need is there, and will be gone only after it.
  [[maybe_unused]] static const int registered = std::atexit([] { TheMember().reset(); });
}

std::vector<std::string> Seeds() {
  std::vector<std::string> seeds;
  etcdserverpb::PutRequest put;
  put.set_key("k");
  put.set_value("v");
  const std::string first = SeedCall("/etcdserverpb.KV/Put", 0, put);
  for (const pb::MethodDescriptor* method : Methods()) {
    const std::unique_ptr<pb::Message> request(
        pb::MessageFactory::generated_factory()->GetPrototype(method->input_type())->New());
    const uint64_t how = method->client_streaming() ? kMoreFollows : 0;
    const std::string empty = SeedCall(PathOf(*method), how, *request);
    Fill(request.get(), 3);
    const std::string full = SeedCall(PathOf(*method), how, *request);
    seeds.push_back(first + full + first);
    seeds.push_back(empty + full);
  }
  // Streams that live.
  etcdserverpb::WatchRequest watch;
  watch.mutable_create_request()->set_key("k");
  etcdserverpb::WatchRequest progress;
  progress.mutable_progress_request();
  etcdserverpb::WatchRequest cancel;
  cancel.mutable_cancel_request()->set_watch_id(0);
  etcdserverpb::LeaseGrantRequest grant;
  grant.set_id(7);
  grant.set_ttl(100);
  etcdserverpb::LeaseKeepAliveRequest keep;
  keep.set_id(7);
  put.set_lease(7);
  v3lockpb::LockRequest lock;
  lock.set_name("k");
  lock.set_lease(7);
  etcdserverpb::LeaseRevokeRequest revoke;
  revoke.set_id(7);
  const std::string kWatch = "/etcdserverpb.Watch/Watch";
  seeds.push_back(SeedCall(kWatch, kMoreFollows, watch) + SeedCall(kWatch, kMoreFollows | kSameStream, watch) +
                  SeedCall(kWatch, kMoreFollows | kSameStream, progress) + SeedCall(kWatch, kSameStream, cancel) +
                  first);
  seeds.push_back(SeedCall("/etcdserverpb.Lease/LeaseGrant", 0, grant) + SeedCall("/etcdserverpb.KV/Put", 0, put) +
                  SeedCall("/etcdserverpb.Lease/LeaseKeepAlive", kMoreFollows, keep) +
                  SeedCall("/v3lockpb.Lock/Lock", 0, lock) + SeedCall("/v3lockpb.Lock/Lock", 0, lock) +
                  SeedCall("/etcdserverpb.Lease/LeaseRevoke", 0, revoke));
  return seeds;
}

}  // namespace quorate::fuzz
