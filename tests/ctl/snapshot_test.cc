#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/sha.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "quorate/ctl/ctl.h"
#include "src/ctl/names.h"
#include "src/ctl/snapshot_file.h"
#include "tests/base/files_testing.h"
#include "tests/ctl/fake_server_testing.h"

namespace quorate::ctl {
namespace {

using ::testing::HasSubstr;

std::string WithTrailer(const std::string& content) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(content.data()), content.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  return content + digest;
}

class SnapshotTest : public testing::Test {
 protected:
  std::string path() const { return directory_ + "/saved"; }
  std::string Content() const { return base::ReadFile(path()); }
  bool PartExists() const { return std::filesystem::exists(path() + ".part"); }

  // Sends the snapshot in pieces of so many bytes, then ends with the status.
  void Serve(const std::string& snapshot, size_t piece, const grpc::Status& end = grpc::Status::OK) {
    server_.on_snapshot = [=](FakeServer::SnapshotWriter& writer) {
      for (size_t at = 0; at < snapshot.size(); at += piece) {
        etcdserverpb::SnapshotResponse response;
        response.set_blob(snapshot.substr(at, piece));
        response.set_remaining_bytes(snapshot.size() - std::min(snapshot.size(), at + piece));
        response.set_version("3.7.0");
        writer.Write(response);
      }
      return end;
    };
  }
  int Save(bool terminal = false, const std::vector<std::string>& flags = {}) {
    std::istringstream in;
    out_.str("");
    err_.str("");
    std::vector<std::string> line = {"--endpoints", server_.address(), "snapshot", "save", path()};
    line.insert(line.end(), flags.begin(), flags.end());
    return ctl::Run(line, {}, {in, out_, err_, -1, terminal});
  }

  const base::TemporaryDirectory temporary_;
  const std::string& directory_ = temporary_.path();
  const std::string whole_ = WithTrailer(std::string(4096, 'x'));
  FakeServer server_;
  std::ostringstream out_, err_;
};

TEST_F(SnapshotTest, IsSavedUnderItsNameAndForItsOwnerAlone) {
  Serve(whole_, 1000);
  EXPECT_EQ(Save(), 0);
  EXPECT_EQ(out_.str(), "Snapshot saved at " + path() + "\nServer version 3.7.0\n");
  EXPECT_EQ(Content(), whole_);
  EXPECT_FALSE(PartExists());
  EXPECT_EQ(std::filesystem::status(path()).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(SnapshotTest, ATrailerMayComeInAnyPieces) {
  for (size_t piece : {size_t{1}, size_t{31}, size_t{4095}, size_t{4100}, size_t{100000}}) {
    Serve(whole_, piece);
    EXPECT_EQ(Save(), 0) << piece;
    EXPECT_EQ(Content(), whole_) << piece;
  }
}

TEST_F(SnapshotTest, DamageIsFoundAndLeavesTheFormerFileAlone) {
  std::ofstream(path()) << "former";
  std::string damaged = whole_;
  damaged[100] ^= 1;
  Serve(damaged, 1000);
  EXPECT_EQ(Save(), 5);
  EXPECT_THAT(err_.str(), HasSubstr("Error: sha256 checksum does not match [bytes: 4128]\n"));
  EXPECT_EQ(Content(), "former");
  EXPECT_FALSE(PartExists());
}

TEST_F(SnapshotTest, ATruncatedStreamHasNoChecksum) {
  Serve(whole_.substr(0, 4096), 1000);
  EXPECT_EQ(Save(), 5);
  EXPECT_THAT(err_.str(), HasSubstr("Error: sha256 checksum not found [bytes: 4096]\n"));
  EXPECT_FALSE(std::filesystem::exists(path()));
  EXPECT_FALSE(PartExists());
}

TEST_F(SnapshotTest, ABrokenStreamLeavesNothing) {
  Serve(whole_.substr(0, 2000), 1000, {grpc::StatusCode::UNAVAILABLE, "gone"});
  EXPECT_EQ(Save(), 5);
  EXPECT_THAT(err_.str(), HasSubstr("Error: could not write snapshot: rpc error: code = Unavailable desc = gone\n"));
  Serve("", 1, {grpc::StatusCode::UNAVAILABLE, "gone"});
  EXPECT_EQ(Save(), 5);
  EXPECT_THAT(err_.str(), HasSubstr("Error: rpc error: code = Unavailable desc = gone\n"));
  EXPECT_TRUE(std::filesystem::is_empty(directory_));
}

TEST_F(SnapshotTest, NoTimeIsOverAtOnce) {
  Serve(whole_, 1000);
  EXPECT_EQ(Save(false, {"--command-timeout", "0s"}), 5);
  EXPECT_THAT(err_.str(), HasSubstr("Error: context deadline exceeded\n"));
  EXPECT_TRUE(std::filesystem::is_empty(directory_));
}

TEST_F(SnapshotTest, WithoutAClientItEndsAsWithoutASnapshot) {
  EXPECT_EQ(Save(false, {"--max-request-bytes", "2", "--max-recv-bytes", "1"}), 5);
  EXPECT_THAT(err_.str(), HasSubstr("recv limit (1 bytes)"));
}

TEST_F(SnapshotTest, WhatAFormerRunLeftIsWrittenOver) {
  std::ofstream(path() + ".part") << std::string(10000, 'y');
  Serve(whole_, 5000);
  EXPECT_EQ(Save(), 0);
  EXPECT_EQ(Content(), whole_);
}

TEST_F(SnapshotTest, TwoDoNotWriteOneFile) {
  auto first = SnapshotFile::Create(path());
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_TRUE((*first)->Append(whole_.substr(0, 100)).ok());
  Serve(whole_, 5000);
  EXPECT_EQ(Save(), 5);
  EXPECT_THAT(err_.str(), HasSubstr("Error: another snapshot save is writing " + path() + ".part"));
  ASSERT_TRUE((*first)->Append(whole_.substr(100)).ok());
  ASSERT_TRUE((*first)->Complete().ok());
  EXPECT_EQ(Content(), whole_);
  EXPECT_FALSE(PartExists());
  // Its end frees the name, while it still exists.
  EXPECT_EQ(Save(), 0);
}

TEST_F(SnapshotTest, ATerminalSeesProgressAndNoLog) {
  Serve(whole_, 1000);
  EXPECT_EQ(Save(true), 0);
  EXPECT_THAT(err_.str(), HasSubstr("4.1 kB / 4.1 kB ["));
  EXPECT_THAT(err_.str(), testing::Not(HasSubstr("\"level\"")));
  EXPECT_EQ(Save(false), 0);
  EXPECT_THAT(err_.str(), testing::Not(HasSubstr("kB [")));
  EXPECT_THAT(err_.str(), HasSubstr("\"msg\":\"saved\""));
}

}  // namespace
}  // namespace quorate::ctl
