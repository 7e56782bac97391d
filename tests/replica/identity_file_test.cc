#include "src/replica/identity_file.h"

#include <gtest/gtest.h>

#include "tests/base/files_testing.h"

namespace quorate::replica {
namespace {

class IdentityFile : public testing::Test {
 protected:
  std::string Text() { return base::ReadFile(directory_ + "/identity"); }
  void SetText(const std::string& text) { base::WriteFile(directory_ + "/identity", text); }

  base::FileSystem& files_ = base::PosixFileSystem();
  base::TemporaryDirectory temporary_;
  const std::string& directory_ = temporary_.path();
};

TEST_F(IdentityFile, ReadsBackWhatWasWritten) {
  DataIdentity identity{true, "a name\nwith a \\ line", "token", 0xfedcba9876543210, 42};
  ASSERT_TRUE(WriteIdentity(files_, directory_, identity).ok());
  auto read = ReadIdentity(files_, directory_);
  ASSERT_TRUE(read.ok() && read->has_value());
  EXPECT_TRUE((*read)->complete);
  EXPECT_EQ((*read)->name, identity.name);
  EXPECT_EQ((*read)->token, identity.token);
  EXPECT_EQ((*read)->cluster_id, identity.cluster_id);
  EXPECT_EQ((*read)->member_id, identity.member_id);
}

TEST_F(IdentityFile, IsReplacedWhole) {
  ASSERT_TRUE(WriteIdentity(files_, directory_, {false, "a", "t", 1, 2}).ok());
  ASSERT_TRUE(WriteIdentity(files_, directory_, {true, "a", "t", 1, 2}).ok());
  EXPECT_TRUE((*ReadIdentity(files_, directory_))->complete);
}

TEST_F(IdentityFile, MissingIsNotAnError) {
  auto read = ReadIdentity(files_, directory_);
  ASSERT_TRUE(read.ok());
  EXPECT_FALSE(read->has_value());
}

TEST_F(IdentityFile, AnyFlippedBitIsNoticed) {
  ASSERT_TRUE(WriteIdentity(files_, directory_, {true, "name", "token", 1, 2}).ok());
  const std::string text = Text();
  for (size_t i = 0; i < text.size(); ++i) {
    std::string flipped = text;
    flipped[i] ^= 4;
    SetText(flipped);
    EXPECT_FALSE(ReadIdentity(files_, directory_).ok()) << "byte " << i;
  }
}

TEST_F(IdentityFile, AnyTruncationIsNoticed) {
  ASSERT_TRUE(WriteIdentity(files_, directory_, {true, "name", "token", 1, 2}).ok());
  const std::string text = Text();
  for (size_t length = 0; length + 1 < text.size(); ++length) {
    SetText(text.substr(0, length));
    EXPECT_FALSE(ReadIdentity(files_, directory_).ok()) << "cut at " << length;
  }
}

}  // namespace
}  // namespace quorate::replica
