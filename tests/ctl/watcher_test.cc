#include "src/ctl/watcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/ctl/cancellation.h"
#include "tests/ctl/fake_server_testing.h"

namespace quorate::ctl {
namespace {

using etcdserverpb::WatchResponse;
using ::testing::ElementsAre;

const grpc::Status kBroken(grpc::StatusCode::UNAVAILABLE, "connection reset");

etcdserverpb::WatchCreateRequest Of(const std::string& key, int64_t start_revision = 0) {
  etcdserverpb::WatchCreateRequest request;
  request.set_key(key);
  request.set_start_revision(start_revision);
  return request;
}

class WatcherTest : public testing::Test {
 protected:
  // Serves the streams, one script each; records the start revision each asks for.
  void Script(std::vector<std::function<grpc::Status(FakeServer::WatchStream&)>> scripts) {
    server_.on_watch = [this, scripts, next = std::make_shared<size_t>(0)](FakeServer::WatchStream& stream) {
      return scripts.at((*next)++)(stream);
    };
  }
  int64_t Accept(FakeServer::WatchStream& stream, int64_t id, int64_t revision) {
    int64_t start = AcceptWatch(stream, id, revision).start_revision();
    starts_.push_back(start);
    return start;
  }

  // Follows one watch until it has seen so many events; returns their revisions.
  std::vector<int64_t> Follow(const etcdserverpb::WatchCreateRequest& request, size_t count) {
    std::vector<int64_t> seen;
    auto client = server_.Connect();
    result_ = WatchUntil(*client, never_, request, [&](const WatchResponse& response) {
      for (const auto& event : response.events()) seen.push_back(event.kv().mod_revision());
      return seen.size() < count;
    });
    return seen;
  }

  FakeServer server_;
  Cancellation never_;
  std::vector<int64_t> starts_;
  absl::Status result_;
};

TEST_F(WatcherTest, GoesOnBehindTheLastEventWhenTheStreamBreaks) {
  Script({[this](FakeServer::WatchStream& stream) {
            Accept(stream, 0, 20);
            SendPut(stream, 0, "a", 11);
            SendPut(stream, 0, "a", 15);
            return kBroken;
          },
          [this](FakeServer::WatchStream& stream) {
            SendPut(stream, 0, "a", Accept(stream, 0, 20));
            AwaitEnd(stream);
            return grpc::Status::OK;
          }});
  EXPECT_THAT(Follow(Of("a", 11), 3), ElementsAre(11, 15, 16));
  EXPECT_TRUE(result_.ok());
  EXPECT_THAT(starts_, ElementsAre(11, 16));
}

TEST_F(WatcherTest, OfTheFutureMissesNothingWhenTheStreamBreaksBeforeAnEvent) {
  Script({[this](FakeServer::WatchStream& stream) {
            Accept(stream, 0, 20);
            return kBroken;
          },
          [this](FakeServer::WatchStream& stream) {
            SendPut(stream, 0, "a", Accept(stream, 0, 25));
            AwaitEnd(stream);
            return grpc::Status::OK;
          }});
  EXPECT_THAT(Follow(Of("a"), 1), ElementsAre(21));
  EXPECT_THAT(starts_, ElementsAre(0, 21));
}

TEST_F(WatcherTest, GoesOnBehindWhatAProgressCovers) {
  Script({[this](FakeServer::WatchStream& stream) {
            Accept(stream, 0, 20);
            WatchResponse progress;
            progress.mutable_header()->set_revision(40);
            stream.Write(progress);
            return kBroken;
          },
          [this](FakeServer::WatchStream& stream) {
            SendPut(stream, 0, "a", Accept(stream, 0, 41));
            AwaitEnd(stream);
            return grpc::Status::OK;
          }});
  EXPECT_THAT(Follow(Of("a", 3), 1), ElementsAre(41));
  EXPECT_THAT(starts_, ElementsAre(3, 41));
}

TEST_F(WatcherTest, EndsWhenWhatItWouldGoOnWithIsCompacted) {
  Script({[this](FakeServer::WatchStream& stream) {
            Accept(stream, 0, 20);
            SendPut(stream, 0, "a", 21);
            return kBroken;
          },
          [this](FakeServer::WatchStream& stream) {
            Accept(stream, 0, 90);
            WatchResponse compacted;
            compacted.set_canceled(true);
            compacted.set_compact_revision(80);
            stream.Write(compacted);
            AwaitEnd(stream);
            return grpc::Status::OK;
          }});
  EXPECT_THAT(Follow(Of("a"), 2), ElementsAre(21));
  EXPECT_EQ(base::MessageOf(result_), "etcdserver: mvcc: required revision has been compacted");
  EXPECT_THAT(starts_, ElementsAre(0, 22));
}

TEST_F(WatcherTest, TellsWhyTheServerRefusedIt) {
  Script({[](FakeServer::WatchStream& stream) {
    etcdserverpb::WatchRequest request;
    stream.Read(&request);
    WatchResponse refusal;
    refusal.set_watch_id(-1);
    refusal.set_created(true);
    refusal.set_canceled(true);
    refusal.set_cancel_reason("etcdserver: permission denied");
    stream.Write(refusal);
    AwaitEnd(stream);
    return grpc::Status::OK;
  }});
  Follow(Of("a"), 1);
  EXPECT_EQ(base::MessageOf(result_), "etcdserver: permission denied");
}

TEST_F(WatcherTest, EndsWithoutALeaderAndWithErrorsThatStay) {
  auto broken = std::make_shared<grpc::Status>(grpc::StatusCode::UNAVAILABLE, "etcdserver: no leader");
  server_.on_watch = [broken](FakeServer::WatchStream& stream) { return *broken; };
  Follow(Of("a"), 1);
  EXPECT_EQ(base::MessageOf(result_), "etcdserver: no leader");
  *broken = grpc::Status(grpc::StatusCode::PERMISSION_DENIED, "etcdserver: permission denied");
  Follow(Of("a"), 1);
  EXPECT_EQ(base::MessageOf(result_), "etcdserver: permission denied");
}

TEST_F(WatcherTest, EndsWhenItIsCancelled) {
  Cancellation stop;
  Script({[this, &stop](FakeServer::WatchStream& stream) {
    Accept(stream, 0, 20);
    stop.Cancel();
    AwaitEnd(stream);
    return grpc::Status::OK;
  }});
  auto client = server_.Connect();
  absl::Status status = WatchUntil(*client, stop, Of("a"), [](const WatchResponse&) { return true; });
  EXPECT_EQ(base::MessageOf(status), "context canceled");
}

TEST_F(WatcherTest, SharesOneStreamAmongWatchesAndMakesThemInOrder) {
  std::vector<std::string> keys;
  Script({[&keys](FakeServer::WatchStream& stream) {
    keys.push_back(AcceptWatch(stream, 7, 20).key());
    keys.push_back(AcceptWatch(stream, 3, 20).key());
    WatchResponse progress;
    progress.set_watch_id(-1);
    progress.mutable_header()->set_revision(30);
    stream.Write(progress);
    SendPut(stream, 3, "b", 31);
    SendPut(stream, 7, "a", 32);
    AwaitEnd(stream);
    return grpc::Status::OK;
  }});
  auto client = server_.Connect();
  Watcher watcher(*client, true, never_);
  std::vector<std::string> heard;
  for (const std::string key : {"a", "b"}) {
    watcher.Add(Of(key), [&heard, key](const WatchResponse& response, const absl::Status& error) {
      EXPECT_TRUE(error.ok());
      heard.push_back(key + std::to_string(response.header().revision()));
      return response.events().empty();
    });
  }
  watcher.Run(false);
  EXPECT_THAT(keys, ElementsAre("a", "b"));
  EXPECT_THAT(heard, ElementsAre("b30", "a30", "b31", "a32"));
}

}  // namespace
}  // namespace quorate::ctl
