// Server reflection: how generic gRPC tools learn what a server offers.
// https://github.com/grpc/grpc/blob/master/doc/server-reflection.md

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "grpc/reflection/v1/reflection.pb.h"
#include "grpc/reflection/v1alpha/reflection.pb.h"
#include "quorate/base/buffer.h"
#include "quorate/base/payload.h"
#include "quorate/rpc/parse.h"
#include "src/rpc/registry.h"

namespace quorate::rpc {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::FileDescriptor;
// The two versions of the protocol have equal messages under different names; answers are made in this one and sent
// as either.
using ::grpc::reflection::v1::ServerReflectionRequest;
using ::grpc::reflection::v1::ServerReflectionResponse;

constexpr int kNotFound = static_cast<int>(absl::StatusCode::kNotFound);

absl::Status Malformed() {
  return base::MakeStatus(absl::StatusCode::kInternal,
                          "grpc: failed to unmarshal the received message: malformed message");
}

// All that can be asked about. Nothing of it changes after construction but answers that are made when they are first
// asked for. Any thread.
class Schema {
 public:
  Schema(const Registry::State* registry, const std::vector<const FileDescriptor*>& files) : registry_(registry) {
    for (const FileDescriptor* file : files) Add(file);
  }

  // A ServerReflectionResponse.
  base::Payload Answer(const ServerReflectionRequest& request) const {
    ServerReflectionResponse response;
    response.set_valid_host(request.host());
    *response.mutable_original_request() = request;
    const File* file = nullptr;  // to be given
    switch (request.message_request_case()) {
      case ServerReflectionRequest::kFileByFilename:
        file = FoundOrError(Find(request.file_by_filename()), request.file_by_filename(), &response);
        break;
      case ServerReflectionRequest::kFileContainingSymbol:
        file = FoundOrError(Containing(request.file_containing_symbol()), request.file_containing_symbol(), &response);
        break;
      case ServerReflectionRequest::kFileContainingExtension: {
        const auto& wanted = request.file_containing_extension();
        const File* found = nullptr;
        for (const FieldDescriptor* each : Extensions(wanted.containing_type())) {
          if (each->number() == wanted.extension_number()) found = Find(each->file()->name());
        }
        file = FoundOrError(found, wanted.containing_type(), &response);
        break;
      }
      case ServerReflectionRequest::kAllExtensionNumbersOfType:
        AnswerExtensionNumbers(request.all_extension_numbers_of_type(), &response);
        break;
      case ServerReflectionRequest::kListServices: {
        const std::set<std::string> sorted(registry_->services.begin(), registry_->services.end());
        auto* list = response.mutable_list_services_response();
        for (const std::string& service : sorted) list->add_service()->set_name(service);
        break;
      }
      case ServerReflectionRequest::MESSAGE_REQUEST_NOT_SET:
        SetError(static_cast<int>(absl::StatusCode::kInvalidArgument), "invalid MessageRequest", &response);
        break;
    }
    base::Payload answer(response.SerializeAsString());
    // Two messages behind each other are one with the fields of both.
    if (file != nullptr) answer.Append(Serialized(*file));
    return answer;
  }

 private:
  struct File {
    const FileDescriptor* descriptor = nullptr;
    mutable std::once_flag serialized;
    mutable base::Buffer bytes;
  };

  void Add(const FileDescriptor* descriptor) {
    const auto [place, is_new] = files_.try_emplace(descriptor->name());
    if (!is_new) return;
    place->second.descriptor = descriptor;
    for (int i = 0; i < descriptor->dependency_count(); ++i) Add(descriptor->dependency(i));
  }

  const File* Find(const std::string& name) const {
    const auto found = files_.find(name);
    return found == files_.end() ? nullptr : &found->second;
  }

  const File* Containing(const std::string& symbol) const {
    if (files_.empty()) return nullptr;
    const FileDescriptor* file = files_.begin()->second.descriptor->pool()->FindFileContainingSymbol(symbol);
    return file == nullptr ? nullptr : Find(file->name());
  }

  std::vector<const FieldDescriptor*> Extensions(const std::string& type) const {
    std::vector<const FieldDescriptor*> extensions;
    if (files_.empty()) return extensions;
    const auto* pool = files_.begin()->second.descriptor->pool();
    if (const Descriptor* message = pool->FindMessageTypeByName(type)) pool->FindAllExtensions(message, &extensions);
    std::erase_if(extensions, [this](const FieldDescriptor* field) { return Find(field->file()->name()) == nullptr; });
    return extensions;
  }

  static void SetError(int code, const std::string& message, ServerReflectionResponse* response) {
    response->mutable_error_response()->set_error_code(code);
    response->mutable_error_response()->set_error_message(message);
  }

  static const File* FoundOrError(const File* file, const std::string& asked, ServerReflectionResponse* response) {
    if (file == nullptr) SetError(kNotFound, "not found: " + asked, response);
    return file;
  }

  // A response of nothing but the file. Made once: descriptors become bytes in a fraction of a millisecond, on a loop
  // that all questions would keep as long.
  static const base::Buffer& Serialized(const File& file) {
    std::call_once(file.serialized, [&file] {
      ServerReflectionResponse response;
      std::set<const FileDescriptor*> seen;
      AppendFile(file.descriptor, &seen, &response);
      file.bytes = base::Buffer::Copy(response.SerializeAsString());
    });
    return file.bytes;
  }

  // The file first, then what it depends on.
  static void AppendFile(const FileDescriptor* file, std::set<const FileDescriptor*>* seen,
                         ServerReflectionResponse* response) {
    if (!seen->insert(file).second) return;
    ::google::protobuf::FileDescriptorProto proto;
    file->CopyTo(&proto);
    response->mutable_file_descriptor_response()->add_file_descriptor_proto(proto.SerializeAsString());
    for (int i = 0; i < file->dependency_count(); ++i) AppendFile(file->dependency(i), seen, response);
  }

  void AnswerExtensionNumbers(const std::string& type, ServerReflectionResponse* response) const {
    const File* file = Containing(type);
    if (file == nullptr || file->descriptor->pool()->FindMessageTypeByName(type) == nullptr) {
      SetError(kNotFound, "not found: " + type, response);
      return;
    }
    auto* numbers = response->mutable_all_extension_numbers_response();
    numbers->set_base_type_name(type);
    for (const FieldDescriptor* field : Extensions(type)) numbers->add_extension_number(field->number());
  }

  const Registry::State* registry_;  // lives in the server, as this does
  std::map<std::string, File> files_;
};

class ReflectionStream final : public StreamHandler {
 public:
  ReflectionStream(std::shared_ptr<const Schema> schema, Stream& stream)
      : schema_(std::move(schema)), stream_(&stream) {}

  void OnMessage(std::string_view message) override {
    ServerReflectionRequest request;
    if (absl::Status parsed = ParseMessage(message, &request, Malformed); !parsed.ok()) {
      stream_->Finish(std::move(parsed));
      return;
    }
    stream_->Write(schema_->Answer(request));
  }
  void OnHalfClose() override { stream_->Finish(absl::OkStatus()); }
  void OnWritable() override {}
  void OnClose() override {}

 private:
  const std::shared_ptr<const Schema> schema_;
  Stream* const stream_;
};

}  // namespace

void Registry::AddReflection(std::vector<const ::google::protobuf::FileDescriptor*> files) {
  files.push_back(::grpc::reflection::v1::ServerReflectionRequest::descriptor()->file());
  files.push_back(::grpc::reflection::v1alpha::ServerReflectionRequest::descriptor()->file());
  // Asked for by its name, so that a server without the health service does not need its code.
  const auto* pool = ::google::protobuf::DescriptorPool::generated_pool();
  if (const FileDescriptor* health = pool->FindFileByName("grpc/health/v1/health.proto")) files.push_back(health);
  const auto schema = std::make_shared<const Schema>(state_.get(), files);
  const StreamFactory factory = [schema](const CallContext&, Stream& stream) {
    return std::make_unique<ReflectionStream>(schema, stream);
  };
  AddStream("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", StreamKind::kBidirectional, factory);
  AddStream("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", StreamKind::kBidirectional, factory);
}

}  // namespace quorate::rpc
