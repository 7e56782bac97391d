#include "src/api/parse.h"

#include <gtest/gtest.h>

#include <string>

#include "etcdserverpb/rpc.pb.h"
#include "v3electionpb/v3election.pb.h"

namespace quorate::api {
namespace {

// Varints of a field that no request has: the most that protobuf makes of few bytes.
std::string UnknownFields(size_t count) {
  std::string bytes;
  for (size_t i = 0; i < count; ++i) bytes += "\x78\x01";
  return bytes;
}

TEST(ParseTest, KeepsWhatTheMessageKnowsAlone) {
  etcdserverpb::HashKVRequest request;
  request.set_revision(7);
  const std::string known = request.SerializeAsString();
  etcdserverpb::HashKVRequest parsed;
  ASSERT_TRUE(Parse(UnknownFields(1000) + known, &parsed).ok());
  EXPECT_EQ(parsed.SerializeAsString(), known);
  EXPECT_EQ(parsed.SpaceUsedLong(), request.SpaceUsedLong());
}

TEST(ParseTest, KeepsNoUnknownFieldsOfInnerMessagesEither) {
  v3electionpb::ResignRequest request;
  v3electionpb::LeaderKey* leader = request.mutable_leader();
  leader->set_name("election");
  const std::string known = request.SerializeAsString();
  ASSERT_TRUE(leader->GetReflection()->MutableUnknownFields(leader)->ParseFromString(UnknownFields(1000)));
  ASSERT_GT(request.SerializeAsString().size(), known.size());
  v3electionpb::ResignRequest parsed;
  ASSERT_TRUE(Parse(request.SerializeAsString(), &parsed).ok());
  EXPECT_EQ(parsed.SerializeAsString(), known);
}

TEST(ParseTest, RefusesWhatIsNotTheMessage) {
  etcdserverpb::HashKVRequest request;
  EXPECT_EQ(Parse("\x08", &request), Malformed());
}

}  // namespace
}  // namespace quorate::api
