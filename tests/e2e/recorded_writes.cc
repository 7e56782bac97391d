#include "tests/e2e/recorded_writes.h"

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <random>
#include <set>

#include "etcdserverpb/rpc.grpc.pb.h"
#include "tests/base/eventually_testing.h"
#include "tests/e2e/channel.h"

namespace quorate::testing {
namespace {

namespace pb = etcdserverpb;

constexpr std::chrono::seconds kWriteDeadline(20);
constexpr std::chrono::seconds kReadDeadline(60);
// Of a hundred writes, how many are transactions.
constexpr uint64_t kTransactionPercent = 30;

std::string PrefixEnd(std::string prefix) {
  prefix.back() = static_cast<char>(prefix.back() + 1);
  return prefix;
}

grpc::Status Send(pb::KV::Stub* stub, RecordedWrite* write) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kWriteDeadline);
  if (write->keys.size() == 1) {
    pb::PutRequest request;
    request.set_key(write->keys[0]);
    request.set_value(write->value);
    pb::PutResponse response;
    const grpc::Status status = stub->Put(&context, request, &response);
    if (status.ok()) write->revision = response.header().revision();
    return status;
  }
  pb::TxnRequest request;
  for (const std::string& key : write->keys) {
    pb::PutRequest* put = request.add_success()->mutable_request_put();
    put->set_key(key);
    put->set_value(write->value);
  }
  pb::TxnResponse response;
  const grpc::Status status = stub->Txn(&context, request, &response);
  if (status.ok()) write->revision = response.header().revision();
  return status;
}

// All keys below the prefix, or the error in *error.
std::map<std::string, mvccpb::KeyValue> ReadAll(const std::string& address, const std::string& prefix,
                                                int64_t* revision, std::string* error) {
  const auto stub = pb::KV::NewStub(OwnChannel(address));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kReadDeadline);
  context.set_wait_for_ready(true);
  pb::RangeRequest request;
  request.set_key(prefix);
  request.set_range_end(PrefixEnd(prefix));
  pb::RangeResponse response;
  const grpc::Status status = stub->Range(&context, request, &response);
  std::map<std::string, mvccpb::KeyValue> found;
  if (!status.ok()) {
    *error = "reading failed: " + status.error_message();
    return found;
  }
  *revision = response.header().revision();
  for (const mvccpb::KeyValue& kv : response.kvs()) found[kv.key()] = kv;
  return found;
}

// Nothing, or what is wrong with one write. Takes its keys out of *found and puts its revision into *revisions.
std::string CheckWrite(const RecordedWrite& write, std::map<std::string, mvccpb::KeyValue>* found,
                       std::set<int64_t>* revisions) {
  std::vector<mvccpb::KeyValue> kvs;
  for (const std::string& key : write.keys) {
    if (auto node = found->extract(key); !node.empty()) kvs.push_back(std::move(node.mapped()));
  }
  const std::string name = write.keys[0] + " (acknowledged at revision " + std::to_string(write.revision) + ")";
  if (kvs.empty()) return write.revision == 0 ? "" : "lost: " + name;
  if (kvs.size() != write.keys.size()) return "half applied: " + name;
  for (const mvccpb::KeyValue& kv : kvs) {
    if (kv.value() != write.value) return "another value: " + name;
    if (kv.version() != 1 || kv.create_revision() != kv.mod_revision()) return "written more than once: " + name;
    if (kv.mod_revision() != kvs[0].mod_revision()) return "one transaction, two revisions: " + name;
    if (write.revision != 0 && kv.mod_revision() != write.revision) {
      return "at revision " + std::to_string(kv.mod_revision()) + ": " + name;
    }
  }
  if (!revisions->insert(kvs[0].mod_revision()).second) return "two writes of one revision: " + name;
  return "";
}

}  // namespace

RecordingWriters::RecordingWriters(const WriterOptions& options) : options_(options), writers_(options.connections) {
  for (int i = 0; i < options.connections; ++i) {
    writers_[i].thread = std::thread([this, i] { Write(&writers_[i], i); });
  }
}

RecordingWriters::~RecordingWriters() { Stop(); }

void RecordingWriters::Stop() {
  stopping_ = true;
  for (Writer& writer : writers_) {
    if (!writer.thread.joinable()) continue;
    writer.thread.join();
    if (!writer.error.empty()) ++errors_[writer.error];
  }
}

bool RecordingWriters::WaitForAcknowledged(uint64_t count) const {
  return base::Eventually([&] { return acknowledged() >= count; });
}

std::vector<RecordedWrite> RecordingWriters::TakeWrites() {
  std::vector<RecordedWrite> all;
  for (Writer& writer : writers_) {
    all.insert(all.end(), std::make_move_iterator(writer.writes.begin()), std::make_move_iterator(writer.writes.end()));
    writer.writes.clear();
  }
  return all;
}

void RecordingWriters::Write(Writer* writer, int number) {
  std::mt19937_64 random(options_.seed * 1'000'003 + static_cast<uint64_t>(number));
  const auto stub = pb::KV::NewStub(OwnChannel(options_.address));
  const std::string prefix = options_.prefix + std::to_string(number) + "/";
  for (int n = 0; !stopping_; ++n) {
    RecordedWrite& write = writer->writes.emplace_back();
    write.keys = {prefix + std::to_string(n)};
    if (random() % 100 < kTransactionPercent) {
      write.keys = {prefix + std::to_string(n) + "/first", prefix + std::to_string(n) + "/second"};
    }
    write.value.resize(random() % (options_.value_bytes_max + 1));
    for (char& byte : write.value) byte = static_cast<char>(random());
    const grpc::Status status = Send(stub.get(), &write);
    if (!status.ok()) {
      writer->error = std::to_string(status.error_code()) + " " + status.error_message();
      return;
    }
    ++acknowledged_;
  }
}

std::string CheckWrites(const std::string& address, const std::string& prefix, const std::vector<RecordedWrite>& writes,
                        int64_t revision_before, int64_t* revision) {
  std::string error;
  auto found = ReadAll(address, prefix, revision, &error);
  if (!error.empty()) return error;
  std::set<int64_t> revisions;
  for (const RecordedWrite& write : writes) {
    if (error = CheckWrite(write, &found, &revisions); !error.empty()) return error;
  }
  if (!found.empty()) return "never written: " + found.begin()->first;
  const int64_t count = static_cast<int64_t>(revisions.size());
  if (*revision != revision_before + count ||
      (count > 0 && (*revisions.begin() != revision_before + 1 || *revisions.rbegin() != *revision))) {
    return "revisions do not continue: " + std::to_string(revision_before) + " before, now " +
           std::to_string(*revision) + ", with " + std::to_string(count) + " writes" +
           (count == 0 ? ""
                       : " at " + std::to_string(*revisions.begin()) + " to " + std::to_string(*revisions.rbegin()));
  }
  return "";
}

std::string CheckAcknowledged(const std::string& address, const std::string& prefix,
                              const std::vector<RecordedWrite>& writes) {
  std::string error;
  int64_t revision = 0;
  auto found = ReadAll(address, prefix, &revision, &error);
  if (!error.empty()) return error;
  std::set<int64_t> revisions;
  for (const RecordedWrite& write : writes) {
    if (error = CheckWrite(write, &found, &revisions); !error.empty()) return error;
  }
  return "";
}

int64_t CurrentRevision(const std::string& address) {
  std::string error;
  int64_t revision = -1;
  ReadAll(address, std::string(1, '\1'), &revision, &error);
  return error.empty() ? revision : -1;
}

}  // namespace quorate::testing
