#include <fcntl.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <random>
#include <string>

#include "etcdserverpb/rpc.grpc.pb.h"
#include "tests/base/files_testing.h"
#include "tests/e2e/binaries.h"
#include "tests/e2e/channel.h"
#include "tests/e2e/server_process.h"

namespace quorate::testing {
namespace {

namespace pb = etcdserverpb;

// Room for the server's preallocated log segments and a few hundred writes.
constexpr char kDiskSize[] = "size=400m";
// Deleted to make space again.
constexpr off_t kBallastBytes = off_t{100} << 20;
constexpr size_t kValueBytes = 512 << 10;
constexpr int kWritesMax = 2000;
constexpr std::chrono::seconds kDeadline(20);

// A small file system of its own in memory, seen by this process and its children only. Needs root.
class SmallDisk {
 public:
  explicit SmallDisk(std::string path) : path_(std::move(path)) {
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mkdir(path_.c_str(), 0700) != 0 || mount("tmpfs", path_.c_str(), "tmpfs", 0, kDiskSize) != 0) {
      error_ = std::strerror(errno);
    }
  }
  ~SmallDisk() {
    if (error_.empty()) umount2(path_.c_str(), MNT_DETACH);
  }
  const std::string& error() const { return error_; }

 private:
  const std::string path_;
  std::string error_;
};

class Client {
 public:
  explicit Client(const std::string& address) : stub_(pb::KV::NewStub(OwnChannel(address))) {}

  grpc::Status Put(const std::string& key, const std::string& value) {
    pb::PutRequest request;
    request.set_key(key);
    request.set_value(value);
    pb::PutResponse response;
    grpc::ClientContext context;
    Prepare(&context);
    return stub_->Put(&context, request, &response);
  }
  grpc::Status Get(const std::string& key, bool serializable, std::string* value) {
    pb::RangeRequest request;
    request.set_key(key);
    request.set_serializable(serializable);
    pb::RangeResponse response;
    grpc::ClientContext context;
    Prepare(&context);
    const grpc::Status status = stub_->Range(&context, request, &response);
    *value = response.kvs_size() == 1 ? response.kvs(0).value() : "";
    return status;
  }

 private:
  static void Prepare(grpc::ClientContext* context) {
    context->set_deadline(std::chrono::system_clock::now() + kDeadline);
    context->set_wait_for_ready(true);
  }
  std::unique_ptr<pb::KV::Stub> stub_;
};

// Bytes that do not compress, so that they fill a disk.
std::string ValueOf(int number) {
  std::mt19937_64 random(static_cast<uint64_t>(number));
  std::string value(kValueBytes, '\0');
  for (size_t at = 0; at < value.size(); at += sizeof(uint64_t)) {
    const uint64_t word = random();
    std::memcpy(value.data() + at, &word, sizeof(word));
  }
  return value;
}

// Writes until the disk takes no more.
void FillUp(const std::string& path) {
  const int descriptor = open(path.c_str(), O_CREAT | O_WRONLY, 0600);
  const std::string block(4096, 'x');
  while (write(descriptor, block.data(), block.size()) > 0) {
  }
  close(descriptor);
}

TEST(FullDisk, WritesFailClearlyReadsGoOnAndNothingAcknowledgedIsLost) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to mount a small file system";
  const base::TemporaryDirectory directory;
  const std::string disk_path = directory.path() + "/disk";
  const SmallDisk disk(disk_path);
  if (!disk.error().empty()) GTEST_SKIP() << "cannot mount a small file system: " << disk.error();
  const std::string ballast = disk_path + "/ballast";
  const int fd = open(ballast.c_str(), O_CREAT | O_WRONLY, 0600);
  ASSERT_EQ(posix_fallocate(fd, 0, kBallastBytes), 0);
  close(fd);

  ServerProcess server({.binary = SubjectServer(), .directory = disk_path});
  absl::Status started = server.Start();
  ASSERT_TRUE(started.ok()) << base::MessageOf(started);
  Client client(server.address());

  int acknowledged = 0;
  grpc::Status failure;
  for (; acknowledged < kWritesMax; ++acknowledged) {
    failure = client.Put("key/" + std::to_string(acknowledged), ValueOf(acknowledged));
    if (!failure.ok()) break;
  }
  ASSERT_FALSE(failure.ok()) << "the disk never filled";
  std::printf("after %d writes: %d %s\n", acknowledged, failure.error_code(), failure.error_message().c_str());
  EXPECT_NE(failure.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED) << "a write hangs instead of failing";
  EXPECT_FALSE(failure.error_message().empty());
  ASSERT_GT(acknowledged, 0);

  ASSERT_FALSE(server.WaitForExit(std::chrono::seconds(2)).has_value()) << "it stopped: " << server.LogTail();
  std::string value;
  for (const bool serializable : {true, false}) {
    const grpc::Status read = client.Get("key/0", serializable, &value);
    EXPECT_TRUE(read.ok()) << (serializable ? "serializable: " : "linearizable: ") << read.error_message();
    EXPECT_TRUE(value == ValueOf(0));
  }
  // A flush that gave up half way has freed its file, and writes may have resumed: fill that space too.
  const std::string more_ballast = disk_path + "/more-ballast";
  FillUp(more_ballast);
  bool refused = false;
  for (int i = 0; i < kWritesMax && !refused; ++i) refused = !client.Put("again", ValueOf(0)).ok();
  EXPECT_TRUE(refused) << "writes go on though the disk is full";

  ASSERT_EQ(unlink(ballast.c_str()), 0);
  ASSERT_EQ(unlink(more_ballast.c_str()), 0);
  server.Terminate();
  started = server.Start();
  ASSERT_TRUE(started.ok()) << base::MessageOf(started);
  Client again(server.address());
  for (int i = 0; i < acknowledged; ++i) {
    ASSERT_TRUE(again.Get("key/" + std::to_string(i), false, &value).ok());
    ASSERT_TRUE(value == ValueOf(i)) << "lost: write " << i << " of " << acknowledged;
  }
  const grpc::Status written = again.Put("after", "space");
  EXPECT_TRUE(written.ok()) << written.error_message();
}

}  // namespace
}  // namespace quorate::testing
