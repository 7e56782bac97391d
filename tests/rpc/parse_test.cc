#include "quorate/rpc/parse.h"

#include <gtest/gtest.h>

#include <string>

#include "etcdserverpb/rpc.pb.h"
#include "quorate/base/errors.h"
#include "v3electionpb/v3election.pb.h"

namespace quorate::rpc {
namespace {

absl::Status Malformed() { return absl::InternalError("malformed"); }

template <typename Message>
absl::Status StatusOf(const std::string& bytes) {
  Message message;
  return ParseMessage(bytes, &message, Malformed);
}

std::string Repeated(const std::string& piece, size_t times) {
  std::string all;
  for (size_t i = 0; i < times; ++i) all += piece;
  return all;
}

constexpr size_t kMany = kMessageFieldsMax + 1;
const absl::Status kTooLarge = base::errors::RequestTooLarge();

TEST(ParseTest, ListsAreBounded) {
  EXPECT_EQ(StatusOf<etcdserverpb::MemberAddRequest>(Repeated(std::string("\n\0", 2), 1 << 20)), kTooLarge);
  etcdserverpb::MemberAddRequest request;
  for (size_t i = 0; i < kMessageFieldsMax; ++i) request.add_peerurls("http://10.0.0.1:2380");
  EXPECT_TRUE(StatusOf<etcdserverpb::MemberAddRequest>(request.SerializeAsString()).ok());
  request.add_peerurls("http://10.0.0.1:2380");
  EXPECT_EQ(StatusOf<etcdserverpb::MemberAddRequest>(request.SerializeAsString()), kTooLarge);
}

TEST(ParseTest, FieldsThatTheMessageDoesNotKnowCountToo) {
  const std::string numbers = Repeated("\x78\x01", kMany);
  EXPECT_EQ(StatusOf<etcdserverpb::StatusRequest>(numbers), kTooLarge);
  EXPECT_EQ(StatusOf<etcdserverpb::StatusRequest>("\x7b" + numbers + "\x7c"), kTooLarge) << "in a group";
  EXPECT_TRUE(StatusOf<etcdserverpb::StatusRequest>(Repeated("\x78\x01", kMessageFieldsMax - 1)).ok());
}

TEST(ParseTest, FieldsOfMessagesInsideCountToo) {
  etcdserverpb::WatchRequest watch;
  auto* create = watch.mutable_create_request();
  create->set_key("k");
  const auto unknown = Repeated("\x78\x01", kMany);
  ASSERT_TRUE(create->GetReflection()->MutableUnknownFields(create)->ParseFromString(unknown));
  EXPECT_EQ(StatusOf<etcdserverpb::WatchRequest>(watch.SerializeAsString()), kTooLarge);
}

TEST(ParseTest, ElementsOfAPackedListCountToo) {
  etcdserverpb::WatchRequest watch;
  for (size_t i = 0; i < 2 * kMany; ++i) {
    watch.mutable_create_request()->add_filters(etcdserverpb::WatchCreateRequest::NOPUT);
  }
  EXPECT_EQ(StatusOf<etcdserverpb::WatchRequest>(watch.SerializeAsString()), kTooLarge);
}

// Whatever they look like.
TEST(ParseTest, BytesOfKeysAndNamesCountForNothing) {
  const std::string fields = Repeated("\x78\x01", 750'000);
  etcdserverpb::WatchRequest watch;
  watch.mutable_create_request()->set_key(fields);
  EXPECT_TRUE(StatusOf<etcdserverpb::WatchRequest>(watch.SerializeAsString()).ok());
  v3electionpb::CampaignRequest campaign;
  campaign.set_name(fields);
  EXPECT_TRUE(StatusOf<v3electionpb::CampaignRequest>(campaign.SerializeAsString()).ok());
}

TEST(ParseTest, WhatIsMalformedIsToldAsSuch) {
  EXPECT_EQ(StatusOf<etcdserverpb::HashKVRequest>("\x08"), Malformed());
  EXPECT_EQ(StatusOf<etcdserverpb::HashKVRequest>(Repeated("\x78\x01", 10) + std::string(5000, '\xff')), Malformed());
}

}  // namespace
}  // namespace quorate::rpc
