#include "quorate/api/services.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/api/http_testing.h"
#include "tests/api/member_testing.h"

namespace quorate::api {
namespace {

using etcdserverpb::RangeRequest;
using etcdserverpb::RangeResponse;

RangeRequest EveryKey() {
  RangeRequest request;
  request.set_key("k");
  request.set_range_end("l");
  return request;
}

grpc::Status Range(TestMember& member, const RangeRequest& request, RangeResponse* response) {
  grpc::ClientContext context;
  return member.kv().Range(&context, request, response);
}

grpc::Status Put(TestMember& member, const std::string& key, const std::string& value,
                 const std::vector<std::pair<std::string, std::string>>& metadata = {}) {
  grpc::ClientContext context;
  for (const auto& [name, text] : metadata) context.AddMetadata(name, text);
  etcdserverpb::PutRequest request;
  request.set_key(key);
  request.set_value(value);
  etcdserverpb::PutResponse response;
  return member.kv().Put(&context, request, &response);
}

// All chunks of a streamed list, and how it ended.
grpc::Status Stream(TestMember& member, const RangeRequest& request, std::vector<RangeResponse>* chunks) {
  grpc::ClientContext context;
  auto stream = member.kv().RangeStream(&context, request);
  etcdserverpb::RangeStreamResponse chunk;
  while (stream->Read(&chunk)) chunks->push_back(chunk.range_response());
  return stream->Finish();
}

TEST(ServicesTest, LongListsComeFromThePoolAndAreTheSame) {
  TestMember member;
  member.Fill(2000, 10);
  RangeResponse all, first;
  ASSERT_TRUE(Range(member, EveryKey(), &all).ok());
  EXPECT_EQ(all.kvs_size(), 2000);
  EXPECT_EQ(all.count(), 2000);
  EXPECT_EQ(all.header().revision(), 21);
  RangeRequest few = EveryKey();
  few.set_limit(10);
  ASSERT_TRUE(Range(member, few, &first).ok());
  EXPECT_TRUE(first.more());
  EXPECT_EQ(first.count(), 2000);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(first.kvs(i).SerializeAsString(), all.kvs(i).SerializeAsString());
}

TEST(ServicesTest, StreamedListIsTheListInChunksWithTheHeaderLast) {
  TestMember member;
  member.Fill(3000, 1000);
  RangeResponse whole;
  ASSERT_TRUE(Range(member, EveryKey(), &whole).ok());
  std::vector<RangeResponse> chunks;
  ASSERT_TRUE(Stream(member, EveryKey(), &chunks).ok());
  ASSERT_GT(chunks.size(), 3u);
  RangeResponse joined;
  for (size_t i = 0; i < chunks.size(); ++i) {
    const bool last = i + 1 == chunks.size();
    EXPECT_EQ(chunks[i].has_header(), last);
    EXPECT_EQ(chunks[i].count() != 0, last);
    EXPECT_GT(chunks[i].kvs_size(), 0);
    joined.MergeFrom(chunks[i]);
  }
  EXPECT_EQ(joined.SerializeAsString(), whole.SerializeAsString());
}

TEST(ServicesTest, StreamedListWithLimitTellsWhatRemains) {
  TestMember member;
  member.Fill(500, 10);
  RangeRequest request = EveryKey();
  request.set_limit(400);
  std::vector<RangeResponse> chunks;
  ASSERT_TRUE(Stream(member, request, &chunks).ok());
  EXPECT_TRUE(chunks.back().more());
  EXPECT_EQ(chunks.back().count(), 500);
  int keys = 0;
  for (const RangeResponse& chunk : chunks) keys += chunk.kvs_size();
  EXPECT_EQ(keys, 400);
}

TEST(ServicesTest, StreamedListOfNothingIsOneChunk) {
  TestMember member;
  std::vector<RangeResponse> chunks;
  ASSERT_TRUE(Stream(member, EveryKey(), &chunks).ok());
  ASSERT_EQ(chunks.size(), 1u);
  EXPECT_EQ(chunks[0].header().revision(), 1);
}

TEST(ServicesTest, StreamedListRefusesAsEtcdDoes) {
  TestMember member;
  const auto outcome = [&](const RangeRequest& request) {
    std::vector<RangeResponse> chunks;
    const grpc::Status status = Stream(member, request, &chunks);
    EXPECT_TRUE(chunks.empty());
    return std::to_string(status.error_code()) + " " + status.error_message();
  };
  RangeRequest request;
  EXPECT_EQ(outcome(request), "3 etcdserver: key is not provided");
  request = EveryKey();
  request.set_sort_order(RangeRequest::DESCEND);
  EXPECT_EQ(outcome(request), "12 RangeStream does not support custom sort orders");
  request = EveryKey();
  request.set_min_mod_revision(1);
  EXPECT_EQ(outcome(request), "12 RangeStream does not support revision filters");
  request = EveryKey();
  request.set_revision(100);
  EXPECT_EQ(outcome(request), "11 etcdserver: mvcc: required revision is a future revision");
}

TEST(ServicesTest, AbandonedStreamLeavesTheServerServing) {
  TestMember member;
  member.Fill(3000, 2000);
  for (int i = 0; i < 20; ++i) {
    grpc::ClientContext context;
    auto stream = member.kv().RangeStream(&context, EveryKey());
    etcdserverpb::RangeStreamResponse chunk;
    if (i % 2 == 0) {
      EXPECT_TRUE(stream->Read(&chunk));
    }
    context.TryCancel();
    EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  EXPECT_TRUE(Put(member, "k", "v").ok());
}

TEST(ServicesTest, RequestLargerThanTheLimitIsRefusedAndTheNextServed) {
  ServicesOptions options;
  options.max_request_bytes = 1000;
  TestMember member(options);
  EXPECT_TRUE(Put(member, "k", std::string(900, 'v')).ok());
  const grpc::Status status = Put(member, "k", std::string(1000, 'v'));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(status.error_message(), "etcdserver: request is too large");
  EXPECT_TRUE(Put(member, "k", "v").ok());
}

TEST(ServicesTest, PhysicalCompactionAnswersWhenTheGarbageIsGone) {
  TestMember member;
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(Put(member, "k", std::to_string(i)).ok());
  grpc::ClientContext context;
  etcdserverpb::CompactionRequest request;
  request.set_revision(51);
  request.set_physical(true);
  etcdserverpb::CompactionResponse response;
  ASSERT_TRUE(member.kv().Compact(&context, request, &response).ok());
  EXPECT_EQ(response.header().revision(), 51);
  EXPECT_GE(member.replica().store().statistics().compaction_keys, 49u);
}

TEST(ServicesTest, MetadataOfStockClientsIsAccepted) {
  TestMember member;
  EXPECT_TRUE(Put(member, "k", "v", {{"hasleader", "true"}, {"client-api-version", "3.7"}}).ok());
  EXPECT_TRUE(Put(member, "k", "v", {{"hasleader", "false"}, {"token", "of a server without users"}}).ok());
}

TEST(ServicesTest, StoppedServicesRefuse) {
  TestMember member;
  member.services().Stop();
  const grpc::Status status = Put(member, "k", "v");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(status.error_message(), "etcdserver: server stopped");
}

TEST(ServicesTest, StatusTellsTheTruth) {
  TestMember member;
  member.Fill(100, 100);
  grpc::ClientContext context;
  etcdserverpb::StatusResponse response;
  ASSERT_TRUE(member.maintenance().Status(&context, {}, &response).ok());
  EXPECT_EQ(response.leader(), response.header().member_id());
  EXPECT_EQ(response.header().member_id(), member.replica().member_id());
  EXPECT_EQ(response.raftindex(), response.raftappliedindex());
  EXPECT_GE(response.dbsize(), response.dbsizeinuse());
  EXPECT_GT(response.dbsizeinuse(), 100 * 100);
  EXPECT_EQ(response.dbsizequota(), int64_t{2} << 30);
  EXPECT_EQ(response.errors_size(), 0);
}

TEST(ServicesTest, SlowCallsOfAllKindsAreTold) {
  ServicesOptions options;
  options.warning_unary_request_duration = std::chrono::milliseconds(0);
  TestMember member(options);
  const auto slow = [&] { return Metric(member.address(), "quorate_slow_unary_requests_total"); };
  RangeResponse response;
  EXPECT_TRUE(Put(member, "k", "v").ok());
  EXPECT_EQ(slow(), 1);
  EXPECT_TRUE(Range(member, EveryKey(), &response).ok());
  EXPECT_EQ(slow(), 2);
  grpc::ClientContext context;
  etcdserverpb::HashKVResponse hash;
  EXPECT_TRUE(member.maintenance().HashKV(&context, {}, &hash).ok());
  EXPECT_EQ(slow(), 3);
}

}  // namespace
}  // namespace quorate::api
