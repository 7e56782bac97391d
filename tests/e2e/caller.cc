#include "tests/e2e/caller.h"

#include <google/protobuf/descriptor.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <chrono>

#include "etcdserverpb/rpc.pb.h"
#include "quorate/base/check.h"
#include "tests/e2e/channel.h"

namespace quorate::testing {
namespace {

constexpr std::chrono::seconds kDeadline(60);

const google::protobuf::MethodDescriptor* Find(const std::string& method) {
  // Otherwise nothing makes sure that the file is known.
  etcdserverpb::ResponseHeader::descriptor();
  const auto* found = google::protobuf::DescriptorPool::generated_pool()->FindMethodByName("etcdserverpb." + method);
  QUORATE_CHECK(found != nullptr) << "no method " << method;
  return found;
}

grpc::ByteBuffer Encoded(const google::protobuf::Message& message) {
  const grpc::Slice slice(message.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

void Wait(grpc::CompletionQueue* queue) {
  void* tag = nullptr;
  bool ok = false;
  QUORATE_CHECK(queue->Next(&tag, &ok));
}

}  // namespace

Caller::Caller(const std::string& address, Absence absence) : channel_(OwnChannel(address)), absence_(absence) {}

Outcome Caller::Call(const std::string& method, const google::protobuf::Message& request) const {
  const auto* descriptor = Find(method);
  Outcome outcome;
  outcome.response.reset(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(descriptor->output_type())->New());
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kDeadline);
  context.set_wait_for_ready(absence_ == Absence::kWait);
  grpc::CompletionQueue queue;
  grpc::GenericStub stub(channel_);
  // A call with one message each way is a stream that is closed after the first.
  const auto stream =
      stub.PrepareCall(&context, "/" + descriptor->service()->full_name() + "/" + descriptor->name(), &queue);
  stream->StartCall(nullptr);
  Wait(&queue);
  stream->WriteLast(Encoded(request), {}, nullptr);
  Wait(&queue);
  grpc::ByteBuffer buffer;
  stream->Read(&buffer, nullptr);
  Wait(&queue);
  grpc::Status status;
  stream->Finish(&status, nullptr);
  Wait(&queue);
  outcome.code = status.error_code();
  outcome.message = status.error_message();
  if (!status.ok()) return outcome;
  std::vector<grpc::Slice> slices;
  QUORATE_CHECK(buffer.Dump(&slices).ok());
  std::string bytes;
  for (const grpc::Slice& slice : slices) bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  QUORATE_CHECK(outcome.response->ParseFromString(bytes)) << method;
  return outcome;
}

}  // namespace quorate::testing
