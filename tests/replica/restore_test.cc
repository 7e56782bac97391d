// What becomes of a new member whose making fails.

#include "quorate/replica/restore.h"

#include "tests/replica/replica_testing.h"

namespace quorate::replica {
namespace {

class NewMemberTest : public ReplicaTest {
 protected:
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
  const std::string wal_ = directory_ + "/wal";
};

TEST_F(NewMemberTest, AWholeOneStaysThoughItsNameMayNotOutlastAPowerFailure) {
  files_.fails_to_sync = [this](const std::string& directory) {
    return directory == data_ && std::filesystem::exists(data_ + "/member");
  };
  const absl::Status made = Make();
  const std::string told = "the member is complete in " + data_ + "/member";
  EXPECT_NE(base::MessageOf(made).find(told), std::string_view::npos) << made;
  ReplicaOptions options = Options();
  options.data_dir = data_;
  options.wal_dir = wal_;
  Start(std::move(options));
  EXPECT_TRUE(Put({"k"}, "v")[0].status.ok());
}

TEST_F(NewMemberTest, AnUnfinishedOneIsTakenAwayWithItsLog) {
  files_.fails_to_sync = [this](const std::string& directory) { return directory == directory_; };
  EXPECT_FALSE(Make().ok());
  EXPECT_FALSE(std::filesystem::exists(data_));
  EXPECT_FALSE(std::filesystem::exists(wal_));
}

}  // namespace
}  // namespace quorate::replica
