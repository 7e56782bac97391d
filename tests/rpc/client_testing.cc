#include "tests/rpc/rpc_testing.h"

namespace quorate::rpc::testing {

std::shared_ptr<grpc::Channel> Dial(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetMaxReceiveMessageSize(-1);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

grpc::ByteBuffer ToByteBuffer(std::string_view bytes) {
  grpc::Slice slice(bytes.data(), bytes.size());
  return grpc::ByteBuffer(&slice, 1);
}

std::string ToString(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string joined;
  if (!buffer.Dump(&slices).ok()) return joined;
  for (const grpc::Slice& slice : slices) joined.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return joined;
}

Answer Call(const std::shared_ptr<grpc::Channel>& channel, const std::string& method, std::string_view message,
            const std::function<void(grpc::ClientContext&)>& prepare) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  if (prepare) prepare(context);
  grpc::CompletionQueue queue;
  const auto call = stub.PrepareUnaryCall(&context, method, ToByteBuffer(message), &queue);
  call->StartCall();
  Answer answer;
  grpc::ByteBuffer response;
  call->Finish(&response, &answer.status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  if (answer.status.ok()) answer.message = ToString(response);
  return answer;
}

StreamCall::StreamCall(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                       const std::function<void(grpc::ClientContext&)>& prepare) {
  if (prepare) prepare(context_);
  grpc::GenericStub stub(channel);
  stream_ = stub.PrepareCall(&context_, method, &queue_);
  stream_->StartCall(nullptr);
  Next();
}

StreamCall::~StreamCall() {
  context_.TryCancel();
  queue_.Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (queue_.Next(&tag, &ok)) {
  }
}

bool StreamCall::Next() {
  void* tag = nullptr;
  bool ok = false;
  return queue_.Next(&tag, &ok) && ok;
}

bool StreamCall::Write(std::string_view message) {
  stream_->Write(ToByteBuffer(message), nullptr);
  return Next();
}

bool StreamCall::WritesDone() {
  stream_->WritesDone(nullptr);
  return Next();
}

bool StreamCall::Read(std::string* message) {
  grpc::ByteBuffer buffer;
  stream_->Read(&buffer, nullptr);
  if (!Next()) return false;
  *message = ToString(buffer);
  return true;
}

grpc::Status StreamCall::Finish() {
  grpc::Status status;
  stream_->Finish(&status, nullptr);
  Next();
  return status;
}

}  // namespace quorate::rpc::testing
