// What becomes of a new member whose making fails.

#include "quorate/replica/restore.h"

#include <filesystem>

#include "tests/replica/replica_testing.h"

namespace quorate::replica {
namespace {

namespace fs = std::filesystem;

class NewMemberTest : public ReplicaTest {
 protected:
  // Leaves what a maker leaves that is killed when the log has its name and the member has not.
  void MakeUntilTheLogHasItsName() {
    const std::string copy = directory_ + "/copy";
    const auto copy_of = [&copy](const std::string& path) { return copy + "/" + fs::path(path).filename().string(); };
    files_.fails_to_sync = [&](const std::string&) {
      if (!fs::exists(wal_) || fs::exists(copy)) return false;
      fs::create_directory(copy);
      for (const std::string& path : {data_, wal_}) fs::copy(path, copy_of(path), fs::copy_options::recursive);
      return true;
    };
    EXPECT_FALSE(Make().ok());
    files_.fails_to_sync = {};
    fs::rename(copy_of(data_), data_);
    if (!fs::exists(wal_)) fs::rename(copy_of(wal_), wal_);
    fs::remove_all(copy);
  }
  absl::Status Make() {
    NewMemberOptions options;
    options.data_dir = data_;
    options.wal_dir = wal_;
    options.name = "m1";
    options.cluster_token = "token";
    options.initial_cluster = {{"m1", "http://127.0.0.1:2380"}};
    options.files = &files_;
    QUORATE_ASSIGN_OR_RETURN(const std::unique_ptr<NewMember> member, NewMember::Begin(options));
    return member->Finish();
  }

  const std::string data_ = directory_ + "/data";
  std::string wal_ = directory_ + "/wal";
};

TEST_F(NewMemberTest, AWholeOneStaysThoughItsNameMayNotOutlastAPowerFailure) {
  files_.fails_to_sync = [this](const std::string& directory) {
    return directory == data_ && fs::exists(data_ + "/member");
  };
  const absl::Status made = Make();
  const std::string told = "the member is complete in " + data_ + "/member";
  EXPECT_NE(base::MessageOf(made).find(told), std::string_view::npos) << made;
  ReplicaOptions options = Options();
  options.data_dir = data_;
  options.wal_dir = wal_;
  EXPECT_FALSE(Replica::Open(options).ok()) << "what it acknowledged would go with its name";
  files_.fails_to_sync = {};
  Start(std::move(options));
  EXPECT_TRUE(Put({"k"}, "v")[0].status.ok());
}

TEST_F(NewMemberTest, MayBeMadeAgainAfterAPowerFailureThatTookItsNameBack) {
  files_.fails_to_sync = [this](const std::string& directory) {
    return directory == data_ && fs::exists(data_ + "/member");
  };
  EXPECT_FALSE(Make().ok());
  files_.fails_to_sync = {};
  fs::rename(data_ + "/member", data_ + "/member.restoring");
  const absl::Status made = Make();
  EXPECT_TRUE(made.ok()) << made;
  EXPECT_FALSE(fs::exists(wal_ + "/restoring.id"));
}

TEST_F(NewMemberTest, AnUnfinishedOneIsTakenAwayWithItsLog) {
  files_.fails_to_sync = [this](const std::string& directory) { return directory == directory_; };
  EXPECT_FALSE(Make().ok());
  EXPECT_FALSE(fs::exists(data_));
  EXPECT_FALSE(fs::exists(wal_));
}

TEST_F(NewMemberTest, MayBeMadeAgainAfterAKillBetweenTheTwoNames) {
  for (const std::string& wal : {directory_ + "/wal", data_ + "/wal", data_ + "/on/the/way/wal"}) {
    wal_ = wal;
    MakeUntilTheLogHasItsName();
    ASSERT_TRUE(fs::exists(wal_));
    ASSERT_FALSE(fs::exists(data_ + "/member"));
    const absl::Status made = Make();
    ASSERT_TRUE(made.ok()) << made;
    EXPECT_FALSE(fs::exists(wal_ + "/restoring.id"));
    fs::remove_all(data_);
    fs::remove_all(wal_);
  }
}

TEST_F(NewMemberTest, ALogOfAnotherIsKeptEvenAfterAKill) {
  MakeUntilTheLogHasItsName();
  fs::remove_all(wal_);
  fs::create_directory(wal_);
  EXPECT_EQ(Make().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_TRUE(fs::exists(wal_));
}

}  // namespace
}  // namespace quorate::replica
