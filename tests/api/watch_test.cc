// Watch streams over the wire.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/api/http_testing.h"
#include "tests/api/member_testing.h"
#include "tests/base/eventually_testing.h"

namespace quorate::api {
namespace {

using etcdserverpb::WatchCreateRequest;
using etcdserverpb::WatchRequest;
using etcdserverpb::WatchResponse;
using testing::ElementsAre;

std::string Describe(const WatchResponse& response) {
  std::string out = "watch " + std::to_string(response.watch_id());
  if (response.created()) out += " created";
  if (response.canceled()) out += " canceled";
  if (response.compact_revision() != 0) out += " compacted " + std::to_string(response.compact_revision());
  if (!response.cancel_reason().empty()) out += " (" + response.cancel_reason() + ")";
  if (response.fragment()) out += " fragment";
  for (const mvccpb::Event& event : response.events()) {
    out += event.type() == mvccpb::Event::DELETE ? " -" : " +";
    out += event.kv().key() + "@" + std::to_string(event.kv().mod_revision());
    if (event.has_prev_kv()) out += "<" + event.prev_kv().value();
  }
  return out + " at " + std::to_string(response.header().revision());
}

class Client {
 public:
  explicit Client(TestMember& member) : Client(member, member.channel()) {}
  Client(TestMember& member, const std::shared_ptr<grpc::Channel>& channel) : member_(member) {
    stub_ = etcdserverpb::Watch::NewStub(channel);
    stream_ = stub_->Watch(&context_);
  }
  ~Client() {
    context_.TryCancel();
    if (!ended_) stream_->Finish();
  }

  void Create(const std::string& key, const std::function<void(WatchCreateRequest&)>& also = {}) {
    WatchRequest request;
    request.mutable_create_request()->set_key(key);
    if (also) also(*request.mutable_create_request());
    stream_->Write(request);
  }
  void Cancel(int64_t id) {
    WatchRequest request;
    request.mutable_cancel_request()->set_watch_id(id);
    stream_->Write(request);
  }
  void AskForProgress() {
    WatchRequest request;
    request.mutable_progress_request();
    stream_->Write(request);
  }
  void HalfClose() { stream_->WritesDone(); }
  WatchResponse Response() {
    WatchResponse response;
    EXPECT_TRUE(stream_->Read(&response)) << "the stream ended";
    return response;
  }
  std::string Next() { return Describe(Response()); }
  std::string End() {
    WatchResponse response;
    while (stream_->Read(&response)) {
    }
    ended_ = true;
    const grpc::Status status = stream_->Finish();
    return std::to_string(status.error_code()) + " " + status.error_message();
  }

  int64_t Put(const std::string& key, const std::string& value) {
    grpc::ClientContext context;
    etcdserverpb::PutRequest request;
    request.set_key(key);
    request.set_value(value);
    etcdserverpb::PutResponse response;
    EXPECT_TRUE(member_.kv().Put(&context, request, &response).ok());
    return response.header().revision();
  }
  int64_t Delete(const std::string& key) {
    grpc::ClientContext context;
    etcdserverpb::DeleteRangeRequest request;
    request.set_key(key);
    etcdserverpb::DeleteRangeResponse response;
    EXPECT_TRUE(member_.kv().DeleteRange(&context, request, &response).ok());
    return response.header().revision();
  }
  void Compact(int64_t revision) {
    grpc::ClientContext context;
    etcdserverpb::CompactionRequest request;
    request.set_revision(revision);
    etcdserverpb::CompactionResponse response;
    EXPECT_TRUE(member_.kv().Compact(&context, request, &response).ok());
  }

 private:
  TestMember& member_;
  grpc::ClientContext context_;
  std::unique_ptr<etcdserverpb::Watch::Stub> stub_;
  std::unique_ptr<grpc::ClientReaderWriter<WatchRequest, WatchResponse>> stream_;
  bool ended_ = false;
};

TEST(WatchTest, StreamTellsOfEventsWithTheirFormerValues) {
  TestMember member;
  Client client(member);
  client.Create("k", [](WatchCreateRequest& request) { request.set_prev_kv(true); });
  EXPECT_EQ(client.Next(), "watch 0 created at 1");
  client.Put("k", "a");
  client.Put("other", "x");
  client.Put("k", "b");
  client.Delete("k");
  EXPECT_EQ(client.Next(), "watch 0 +k@2 at 2");
  EXPECT_EQ(client.Next(), "watch 0 +k@4<a at 4");
  EXPECT_EQ(client.Next(), "watch 0 -k@5<b at 5");
}

TEST(WatchTest, RefusalsAreResponses) {
  TestMember member;
  Client client(member);
  client.Create("b", [](WatchCreateRequest& request) { request.set_range_end("a"); });
  client.Create("b", [](WatchCreateRequest& request) { request.set_start_revision(-1); });
  client.Create("b", [](WatchCreateRequest& request) { request.set_watch_id(5); });
  client.Create("b", [](WatchCreateRequest& request) { request.set_watch_id(5); });
  client.Cancel(99);
  client.Cancel(5);
  EXPECT_EQ(client.Next(), "watch -1 created canceled (mvcc: watcher range is empty) at 1");
  EXPECT_EQ(client.Next(), "watch -1 created canceled (etcdserver: mvcc: required revision has been compacted) at 1");
  EXPECT_EQ(client.Next(), "watch 5 created at 1");
  EXPECT_EQ(client.Next(), "watch -1 created canceled (mvcc: duplicate watch ID provided on the WatchStream) at 1");
  EXPECT_EQ(client.Next(), "watch 5 canceled at 1");
}

TEST(WatchTest, CompactedStartIsCreatedThenCanceled) {
  TestMember member;
  Client client(member);
  for (int i = 0; i < 3; ++i) client.Put("k", "v");
  client.Compact(3);
  client.Create("k", [](WatchCreateRequest& request) { request.set_start_revision(2); });
  EXPECT_EQ(client.Next(), "watch 0 created at 4");
  EXPECT_EQ(client.Next(), "watch 0 canceled compacted 3 at 0");
  client.Create("k", [](WatchCreateRequest& request) { request.set_start_revision(3); });
  EXPECT_EQ(client.Next(), "watch 1 created at 4");
  EXPECT_EQ(client.Next(), "watch 1 +k@3 +k@4 at 4");
}

TEST(WatchTest, ProgressComesAfterTheEventsItCovers) {
  TestMember member;
  Client client(member);
  client.Create("k");
  EXPECT_EQ(client.Next(), "watch 0 created at 1");
  const int64_t revision = client.Put("k", "v");
  client.AskForProgress();
  EXPECT_EQ(client.Next(), "watch 0 +k@2 at " + std::to_string(revision));
  EXPECT_EQ(client.Next(), "watch -1 at " + std::to_string(revision));
}

TEST(WatchTest, PeriodicNoticesComeToThoseWhoAsk) {
  ServicesOptions options;
  options.watch_progress_notify_interval = std::chrono::milliseconds(100);
  TestMember member(options);
  Client client(member);
  client.Create("quiet");
  client.Create("k", [](WatchCreateRequest& request) { request.set_progress_notify(true); });
  EXPECT_EQ(client.Next(), "watch 0 created at 1");
  EXPECT_EQ(client.Next(), "watch 1 created at 1");
  EXPECT_EQ(client.Next(), "watch 1 at 1");
  EXPECT_EQ(client.Next(), "watch 1 at 1");
}

TEST(WatchTest, HalfClosedStreamGoesOn) {
  TestMember member;
  Client client(member);
  client.Create("k");
  EXPECT_EQ(client.Next(), "watch 0 created at 1");
  client.HalfClose();
  client.Put("k", "v");
  EXPECT_EQ(client.Next(), "watch 0 +k@2 at 2");
}

TEST(WatchTest, FragmentsHoldOneRevisionTogether) {
  TestMember member;
  Client client(member);
  client.Create("k", [](WatchCreateRequest& request) {
    request.set_range_end("l");
    request.set_fragment(true);
  });
  EXPECT_EQ(client.Next(), "watch 0 created at 1");
  grpc::ClientContext context;
  etcdserverpb::TxnRequest request;
  for (const char* key : {"k1", "k2", "k3", "k4"}) {
    etcdserverpb::PutRequest* put = request.add_success()->mutable_request_put();
    put->set_key(key);
    put->set_value(std::string(350 << 10, 'v'));
  }
  etcdserverpb::TxnResponse response;
  ASSERT_TRUE(member.kv().Txn(&context, request, &response).ok());
  // Together they are below what a response may be: 1.5 MiB and half as much for the rest.
  EXPECT_EQ(client.Next(), "watch 0 +k1@2 +k2@2 +k3@2 +k4@2 at 2");
  Client late(member);
  for (int i = 0; i < 4; ++i) client.Put("k" + std::to_string(i), std::string(900 << 10, 'w'));
  late.Create("k", [](WatchCreateRequest& request) {
    request.set_range_end("l");
    request.set_fragment(true);
    request.set_start_revision(2);
  });
  EXPECT_EQ(late.Next(), "watch 0 created at 6");
  std::vector<int64_t> revisions;
  while (revisions.size() < 8) {
    const WatchResponse part = late.Response();
    EXPECT_LT(part.ByteSizeLong(), (1536u + 512u) << 10);
    for (const mvccpb::Event& event : part.events()) revisions.push_back(event.kv().mod_revision());
  }
  EXPECT_THAT(revisions, ElementsAre(2, 2, 2, 2, 3, 4, 5, 6));
}

TEST(WatchTest, ReaderThatStoppedHearsOfEverythingOnceItReadsOn) {
  TestMember member;
  Client client(member);
  client.Create("k");
  EXPECT_EQ(client.Next(), "watch 0 created at 1");
  // More than the windows of flow control and the stream's bound hold together, and than the hub keeps.
  constexpr int kPuts = 60;
  for (int i = 0; i < kPuts; ++i) client.Put("k", std::string(1 << 20, 'v'));
  int heard = 0;
  for (int64_t revision = 1; revision < kPuts + 1;) {
    const WatchResponse response = client.Response();
    for (const mvccpb::Event& event : response.events()) {
      ASSERT_EQ(event.kv().mod_revision(), revision + 1);
      revision = event.kv().mod_revision();
      ++heard;
    }
  }
  EXPECT_EQ(heard, kPuts);
}

// What all clients together leave untaken has a bound; who comes too late for it is told once there is room.
TEST(WatchTest, AnswersThatNobodyTakesAreNotMadeBeyondWhatTheServerHolds) {
  rpc::ServerOptions bounds;
  bounds.queued_bytes_max = 4 << 20;
  TestMember member({}, bounds);
  constexpr int kClients = 12;
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.push_back(std::make_unique<Client>(member, member.NewChannel()));
    clients.back()->Create("k", [i](WatchCreateRequest& request) { request.set_range_end("l" + std::to_string(i)); });
    EXPECT_EQ(clients.back()->Next(), "watch 0 created at 1");
  }
  grpc::ClientContext context;
  etcdserverpb::TxnRequest request;
  for (int i = 0; i < 20; ++i) {
    etcdserverpb::PutRequest* put = request.add_success()->mutable_request_put();
    put->set_key("k" + std::to_string(i));
    put->set_value(std::string(64 << 10, 'v'));
  }
  etcdserverpb::TxnResponse response;
  ASSERT_TRUE(member.kv().Txn(&context, request, &response).ok());
  const auto behind = [&] { return Metric(member.address(), "etcd_debugging_mvcc_slow_watcher_total"); };
  // When what waits has reached the bound, there is no room for the page of metrics either.
  EXPECT_TRUE(base::Eventually([&] { return behind() != 0; }));
  // All at once: who reads may be one who waits for the room that the others leave.
  std::vector<std::thread> readers;
  for (auto& client : clients) {
    readers.emplace_back([&client] { EXPECT_EQ(client->Response().events_size(), 20); });
  }
  for (std::thread& reader : readers) reader.join();
  EXPECT_TRUE(base::Eventually([&] { return behind() == 0; })) << behind();
}

TEST(WatchTest, CancelGivesBackWhatTheWatcherTook) {
  constexpr int kSmall = 10, kLarge = 7;
  // In one piece, of which the part that has come is not in the way.
  constexpr size_t kLargeBytes = 3000;
  rpc::ServerOptions bounds;
  // All but most of the last large one.
  bounds.connection_received_bytes_max = 45'000;
  TestMember member({}, bounds);
  Client client(member, member.NewChannel());
  const auto is_taken = [&](size_t key_bytes) {
    client.Create(std::string(key_bytes, 'k'));
    return client.Response().cancel_reason().empty();
  };
  for (int i = 0; i < kSmall; ++i) EXPECT_TRUE(is_taken(1));
  for (int i = 0; i < kLarge; ++i) EXPECT_TRUE(is_taken(kLargeBytes));
  EXPECT_FALSE(is_taken(kLargeBytes));
  for (int i = 0; i < kSmall; ++i) {
    client.Cancel(i);
    EXPECT_TRUE(client.Response().canceled());
  }
  EXPECT_FALSE(is_taken(kLargeBytes)) << "the small ones had taken little";
  client.Cancel(kSmall);
  EXPECT_TRUE(client.Response().canceled());
  EXPECT_TRUE(is_taken(kLargeBytes));
}

TEST(WatchTest, StreamsEndWithTheirMember) {
  TestMember member;
  Client client(member);
  client.Create("k");
  EXPECT_EQ(client.Next(), "watch 0 created at 1");
  member.services().EndStreams();
  EXPECT_EQ(client.End(), "14 etcdserver: server stopped");
  Client late(member);
  EXPECT_EQ(late.End(), "14 etcdserver: server stopped");
}

}  // namespace
}  // namespace quorate::api
