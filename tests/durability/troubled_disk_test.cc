#include "tests/durability/troubled_disk_test.h"

#include <cstdlib>
#include <random>

#include "etcdserverpb/rpc.pb.h"
#include "tests/base/files_testing.h"
#include "tests/e2e/binaries.h"
#include "tests/e2e/http_get.h"
#include "tests/e2e/program.h"

namespace quorate::testing {
namespace {

namespace pb = etcdserverpb;

}  // namespace

TroubledDisk::TroubledDisk()
    : server_({.binary = SubjectServer(),
               .directory = directory_.path(),
               .environment = {"LD_PRELOAD=" QUORATE_DISK_FAULTS, "DISK_FAULTS=" + control_,
                               "DISK_FAULTS_UNDER=" + directory_.path() + "/data"}}) {}

void TroubledDisk::Start() {
  const absl::Status started = server_.Start();
  ASSERT_TRUE(started.ok()) << base::MessageOf(started);
  caller_ = std::make_unique<Caller>(server_.address(), Caller::Absence::kFail);
}

// In one step: a server reads it at any moment.
void TroubledDisk::Faults(const std::string& rules) {
  base::WriteFile(control_ + ".new", rules);
  ASSERT_EQ(rename((control_ + ".new").c_str(), control_.c_str()), 0);
}

std::string TroubledDisk::FailedCalls() const { return base::ReadFile(control_ + ".log"); }

int TroubledDisk::Put(const std::string& key, size_t value_bytes) {
  std::mt19937_64 random(next_value_++);
  pb::PutRequest request;
  request.set_key(key);
  std::string value(value_bytes, '\0');
  for (char& byte : value) byte = static_cast<char>(random());
  request.set_value(value);
  const int code = caller_->Call("KV.Put", request).code;
  if (code == 0) acknowledged_.emplace_back(key, value);
  return code;
}

int TroubledDisk::Get(const std::string& key, std::string* message, bool* found) {
  pb::RangeRequest request;
  request.set_key(key);
  const Outcome outcome = caller_->Call("KV.Range", request);
  *message = outcome.message;
  *found = outcome.code == 0 && dynamic_cast<const pb::RangeResponse&>(*outcome.response).kvs_size() == 1;
  return outcome.code;
}

void TroubledDisk::Fill(int keys, size_t value_bytes) {
  for (int i = 0; i < keys; ++i) ASSERT_EQ(Put("fill/" + std::to_string(i), value_bytes), 0);
  ASSERT_EQ(Defragment(), 0);
}

int TroubledDisk::Defragment() { return caller_->Call("Maintenance.Defragment", pb::DefragmentRequest()).code; }

TroubledDisk::Page TroubledDisk::Fetch(const std::string& path) {
  const auto begun = std::chrono::steady_clock::now();
  const std::string answer = HttpGet(server_.address(), path);
  Page page;
  page.took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun);
  if (answer.starts_with("HTTP/1.1 ")) page.code = std::atoi(answer.c_str() + 9);
  const size_t head = answer.find("\r\n\r\n");
  if (head != std::string::npos) page.body = answer.substr(head + 4);
  return page;
}

void TroubledDisk::ExpectAllWritesAfterRestart() {
  server_.Kill();
  Faults("");
  ASSERT_NO_FATAL_FAILURE(Start());
  std::map<std::string, std::string> newest;
  for (const auto& [key, value] : acknowledged_) newest[key] = value;
  for (const auto& [key, value] : newest) {
    pb::RangeRequest request;
    request.set_key(key);
    const Outcome outcome = caller_->Call("KV.Range", request);
    ASSERT_EQ(outcome.code, 0) << outcome.message;
    const auto& response = dynamic_cast<const pb::RangeResponse&>(*outcome.response);
    ASSERT_EQ(response.kvs_size(), 1) << "lost: " << key;
    ASSERT_TRUE(response.kvs(0).value() == value) << "not what was written: " << key;
  }
  EXPECT_EQ(Put("after", 10), 0);
}

}  // namespace quorate::testing
