#include "src/api/response_header.h"

#include <gtest/gtest.h>

#include "etcdserverpb/rpc.pb.h"

namespace quorate::api {
namespace {

TEST(ResponseHeaderTest, IsFieldOneOfAnAnswer) {
  const ResponseHeader header(0xcdf818194e3a8c32, 0x8e9e05c52164694d);
  etcdserverpb::PutResponse response;
  ASSERT_TRUE(response.ParseFromString(header.Encode(42, 3)));
  EXPECT_EQ(response.header().cluster_id(), 0xcdf818194e3a8c32);
  EXPECT_EQ(response.header().member_id(), 0x8e9e05c52164694d);
  EXPECT_EQ(response.header().revision(), 42);
  EXPECT_EQ(response.header().raft_term(), 3u);
}

TEST(ResponseHeaderTest, IsWrittenAsProtobufWritesIt) {
  for (const int64_t revision : {int64_t{0}, int64_t{1}, int64_t{300}, INT64_MAX}) {
    etcdserverpb::PutResponse expected;
    expected.mutable_header()->set_cluster_id(UINT64_MAX);
    expected.mutable_header()->set_member_id(UINT64_MAX);
    expected.mutable_header()->set_revision(revision);
    expected.mutable_header()->set_raft_term(UINT64_MAX);
    EXPECT_EQ(ResponseHeader(UINT64_MAX, UINT64_MAX).Encode(revision, UINT64_MAX), expected.SerializeAsString());
  }
}

TEST(ResponseHeaderTest, StandsBeforeTheBody) {
  etcdserverpb::RangeResponse body;
  body.set_count(7);
  const base::Payload answer = ResponseHeader(1, 2).Prepend(9, 4, base::Payload(body.SerializeAsString()));
  etcdserverpb::RangeResponse response;
  ASSERT_TRUE(response.ParseFromString(answer.ToString()));
  EXPECT_EQ(response.count(), 7);
  EXPECT_EQ(response.header().revision(), 9);
}

}  // namespace
}  // namespace quorate::api
