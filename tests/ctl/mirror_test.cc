#include "src/ctl/mirror.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/ctl/cancellation.h"
#include "tests/ctl/fake_server_testing.h"

namespace quorate::ctl {
namespace {

using ::testing::ElementsAre;

class MirrorTest : public testing::Test {
 protected:
  MirrorTest() {
    destination_.on_put = [this](const etcdserverpb::PutRequest& request, etcdserverpb::PutResponse&) {
      written_.push_back(request.key() + "=" + request.value());
      return grpc::Status::OK;
    };
    destination_.on_txn = [this](const etcdserverpb::TxnRequest& request, etcdserverpb::TxnResponse&) {
      std::string txn;
      for (const auto& op : request.success()) {
        txn += op.has_request_put() ? "+" + op.request_put().key() : "-" + op.request_delete_range().key();
      }
      written_.push_back(txn);
      return grpc::Status::OK;
    };
    // Two pages of keys at revision 30.
    source_.on_range = [this](const etcdserverpb::RangeRequest& request, etcdserverpb::RangeResponse& response) {
      reads_.push_back(request.key() + " to " + request.range_end() + " at " + std::to_string(request.revision()));
      response.mutable_header()->set_revision(30);
      bool first = request.revision() == 0;
      response.set_more(first);
      mvccpb::KeyValue& kv = *response.add_kvs();
      kv.set_key(first ? "p/1" : "p/2");
      kv.set_value("v");
      return grpc::Status::OK;
    };
    source_.on_watch = [this](FakeServer::WatchStream& stream) {
      start_ = AcceptWatch(stream, 0, 40).start_revision();
      etcdserverpb::WatchResponse response;
      for (auto [key, revision] : {std::pair("p/a", 41), {"p/b", 41}, {"p/c", 41}, {"p/d", 42}}) {
        mvccpb::Event& event = *response.add_events();
        event.set_type(revision == 42 ? mvccpb::Event::DELETE : mvccpb::Event::PUT);
        event.mutable_kv()->set_key(key);
        event.mutable_kv()->set_mod_revision(revision);
      }
      stream.Write(response);
      response.Clear();
      response.set_canceled(true);
      response.set_compact_revision(50);
      stream.Write(response);
      AwaitEnd(stream);
      return grpc::Status::OK;
    };
  }

  std::string Run(MirrorPlan plan) {
    auto source = source_.Connect(), destination = destination_.Connect();
    Mirror mirror(*source, *destination, std::move(plan));
    Cancellation never;
    std::string end(base::MessageOf(mirror.Run(never)));
    total_ = mirror.total();
    return end;
  }

  FakeServer source_, destination_;
  std::vector<std::string> reads_, written_;
  int64_t start_ = 0;
  int64_t total_ = 0;
};

TEST_F(MirrorTest, CopiesTheKeysOfOneRevisionAndThenEveryChange) {
  EXPECT_EQ(Run({"p/", "q/", 0, 128}), "etcdserver: mvcc: required revision has been compacted");
  EXPECT_THAT(reads_, ElementsAre("p/ to p0 at 0", std::string("p/1\0 to p0 at 30", 16)));
  EXPECT_THAT(written_, ElementsAre("q/1=v", "q/2=v", "+q/a+q/b+q/c", "-q/d"));
  EXPECT_EQ(start_, 31);
  EXPECT_EQ(total_, 6);
}

TEST_F(MirrorTest, AnAnswerThatLacksAPartIsRefused) {
  source_.on_range = [](const etcdserverpb::RangeRequest&, etcdserverpb::RangeResponse& response) {
    response.set_more(true);
    return grpc::Status::OK;
  };
  EXPECT_EQ(Run({"p/", "q/", 0, 128}), "the server's answer is malformed");
}

TEST_F(MirrorTest, AKeyThatWasNotAskedForIsRefused) {
  source_.on_range = [](const etcdserverpb::RangeRequest&, etcdserverpb::RangeResponse& response) {
    response.add_kvs()->set_key("p");
    return grpc::Status::OK;
  };
  EXPECT_EQ(Run({"p/long/", "q/", 0, 128}), "the server's answer is malformed");
}

TEST_F(MirrorTest, SplitsTransactionsThatAreTooLarge) {
  Run({"p/", "", 41, 2});
  EXPECT_TRUE(reads_.empty());
  EXPECT_THAT(written_, ElementsAre("+a+b", "+c", "-d"));
  EXPECT_EQ(start_, 41);
}

TEST_F(MirrorTest, MirrorsAllKeysWithoutAPrefix) {
  Run({"", "x", 0, 0});
  EXPECT_EQ(reads_[0], std::string("\0 to \0 at 0", 11));
  EXPECT_THAT(written_, ElementsAre("xp/1=v", "xp/2=v", "+xp/a+xp/b+xp/c", "-xp/d"));
}

}  // namespace
}  // namespace quorate::ctl
