// The engine as gRPC's own C++ client sees it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "tests/rpc/rpc_testing.h"

namespace quorate::rpc::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using std::chrono::system_clock;

class GrpcClientTest : public ::testing::Test {
 protected:
  Answer Say(std::string_view message, const std::function<void(grpc::ClientContext&)>& prepare = nullptr) {
    return Call(channel_, "/test.Echo/Say", message, prepare);
  }
  const MethodStatistics& Statistics(std::string_view method) {
    for (const auto& each : server_.server().method_statistics()) {
      if (each->method == method && each->service == "test.Echo") return *each;
    }
    ADD_FAILURE() << "no method " << method;
    return *server_.server().method_statistics().front();
  }

  TestServer server_;
  std::shared_ptr<grpc::Channel> channel_ = Dial(server_.address());
};

TEST_F(GrpcClientTest, UnaryCallIsAnswered) {
  const Answer answer = Say("hello");
  EXPECT_TRUE(answer.status.ok()) << answer.status.error_message();
  EXPECT_EQ(answer.message, "hello");
}

TEST_F(GrpcClientTest, EmptyMessagesTravel) {
  const Answer answer = Say("");
  EXPECT_TRUE(answer.status.ok()) << answer.status.error_message();
  EXPECT_EQ(answer.message, "");
}

TEST_F(GrpcClientTest, LargeMessagesTravelBothWays) {
  std::string large(2 * 1024 * 1024, '\0');
  for (size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * 31 + (i >> 11));
  const Answer answer = Say(large);
  EXPECT_TRUE(answer.status.ok()) << answer.status.error_message();
  EXPECT_TRUE(answer.message == large);
}

TEST_F(GrpcClientTest, TooLargeAMessageIsRefusedAsGrpcGoDoes) {
  const Answer answer = Say(std::string(2 * 1024 * 1024 + 1, 'x'));
  EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(answer.status.error_message(), "grpc: received message larger than max (2097153 vs. 2097152)");
  EXPECT_EQ(Say("still there").message, "still there");
}

TEST_F(GrpcClientTest, AStatusMessageOfAnyTextArrives) {
  for (const std::string text :
       {"etcdserver: mvcc: required revision has been compacted", "100 % sure", "\xc3\xa4\n\t", ""}) {
    const Answer answer = Call(channel_, "/test.Echo/Fail", text);
    EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(answer.status.error_message(), text);
  }
}

TEST_F(GrpcClientTest, UnknownMethodsAndServicesAreUnimplemented) {
  const Answer method = Call(channel_, "/test.Echo/Nothing", "");
  EXPECT_EQ(method.status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_EQ(method.status.error_message(), "unknown method Nothing for service test.Echo");
  const Answer service = Call(channel_, "/test.Other/Say", "");
  EXPECT_EQ(service.status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_EQ(service.status.error_message(), "unknown service test.Other");
}

TEST_F(GrpcClientTest, MetadataAndDeadlineReachTheHandler) {
  const auto before = steady_clock::now();
  EXPECT_TRUE(Say("x", [](grpc::ClientContext& context) {
                context.AddMetadata("token", "abc.1");
                context.set_deadline(system_clock::now() + std::chrono::seconds(30));
              }).status.ok());
  std::lock_guard<std::mutex> lock(server_.observed().mutex);
  EXPECT_EQ(server_.observed().token, "abc.1");
  EXPECT_GT(server_.observed().deadline, before + std::chrono::seconds(20));
  EXPECT_LT(server_.observed().deadline, before + std::chrono::seconds(40));
}

TEST_F(GrpcClientTest, AnswersFromAnotherThreadArrive) {
  const Answer answer = Call(channel_, "/test.Echo/Later", "in a while");
  EXPECT_TRUE(answer.status.ok()) << answer.status.error_message();
  EXPECT_EQ(answer.message, "in a while");
}

TEST_F(GrpcClientTest, ACallDroppedUnansweredIsInternal) {
  EXPECT_EQ(Call(channel_, "/test.Echo/Drop", "").status.error_code(), grpc::StatusCode::INTERNAL);
}

TEST_F(GrpcClientTest, GzipRequestsAreUnderstood) {
  const std::string text(100000, 'z');
  for (const auto algorithm : {GRPC_COMPRESS_GZIP, GRPC_COMPRESS_DEFLATE}) {
    const Answer answer =
        Say(text, [&](grpc::ClientContext& context) { context.set_compression_algorithm(algorithm); });
    EXPECT_TRUE(answer.status.ok()) << answer.status.error_message();
    EXPECT_TRUE(answer.message == text);
  }
}

TEST_F(GrpcClientTest, AGzipBombIsRefusedWithinTheLimit) {
  const Answer answer = Say(std::string(64 << 20, '\0'), [](grpc::ClientContext& context) {
    context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  });
  EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(answer.status.error_message(), "grpc: received message after decompression larger than max 2097152");
}

TEST_F(GrpcClientTest, BidirectionalStreamEchoesUntilTheClientEnds) {
  StreamCall call(channel_, "/test.Echo/Chat");
  std::string message;
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(call.Write("message " + std::to_string(i)));
    ASSERT_TRUE(call.Read(&message));
    EXPECT_EQ(message, "message " + std::to_string(i));
  }
  EXPECT_TRUE(call.WritesDone());
  EXPECT_FALSE(call.Read(&message));
  EXPECT_TRUE(call.Finish().ok());
  EXPECT_TRUE(server_.observed().closed.WaitFor(1));
}

TEST_F(GrpcClientTest, ServerStreamSendsAll) {
  StreamCall call(channel_, "/test.Echo/List");
  ASSERT_TRUE(call.Write("1000"));
  ASSERT_TRUE(call.WritesDone());
  std::string message;
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(call.Read(&message));
    EXPECT_EQ(message, std::to_string(i));
  }
  EXPECT_FALSE(call.Read(&message));
  EXPECT_TRUE(call.Finish().ok());
}

TEST_F(GrpcClientTest, ServerStreamWithoutARequestIsACardinalityViolation) {
  StreamCall call(channel_, "/test.Echo/List");
  ASSERT_TRUE(call.WritesDone());
  const grpc::Status status = call.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_EQ(status.error_message(), "cardinality violation: received no request message from non-client-streaming RPC");
}

TEST_F(GrpcClientTest, ServerStreamWithTwoRequestsIsACardinalityViolation) {
  StreamCall call(channel_, "/test.Echo/List");
  ASSERT_TRUE(call.Write("3"));
  call.Write("4");
  const grpc::Status status = call.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INTERNAL);
}

TEST_F(GrpcClientTest, ClientStreamIsSummedUp) {
  StreamCall call(channel_, "/test.Echo/Sum");
  const std::string piece(100000, 'p');
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(call.Write(piece));
  ASSERT_TRUE(call.WritesDone());
  std::string message;
  ASSERT_TRUE(call.Read(&message));
  EXPECT_EQ(message, "5000000");
  EXPECT_TRUE(call.Finish().ok());
}

TEST_F(GrpcClientTest, ACancelledStreamIsClosed) {
  StreamCall call(channel_, "/test.Echo/Wait");
  ASSERT_TRUE(server_.observed().opened.WaitFor(1));
  call.Cancel();
  EXPECT_TRUE(server_.observed().closed.WaitFor(1));
}

TEST_F(GrpcClientTest, TheServersStatusEndsAStreamTheClientKeepsOpen) {
  StreamCall call(channel_, "/test.Echo/Wait");
  ASSERT_TRUE(server_.observed().opened.WaitFor(1));
  StreamRef ref;
  {
    std::lock_guard<std::mutex> lock(server_.observed().mutex);
    ref = server_.observed().streams.front();
  }
  ref.Post([](Stream& stream) {
    stream.Write(base::Payload("last words"));
    stream.Finish(base::MakeStatus(absl::StatusCode::kUnavailable, "gone"));
  });
  std::string message;
  ASSERT_TRUE(call.Read(&message));
  EXPECT_EQ(message, "last words");
  const grpc::Status status = call.Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(status.error_message(), "gone");
  EXPECT_TRUE(server_.observed().closed.WaitFor(1));
  // Too late: nobody is called.
  ref.Post([](Stream&) { ADD_FAILURE() << "the stream is gone"; });
  EXPECT_EQ(Say("x").message, "x");
}

TEST_F(GrpcClientTest, PastItsDeadlineACallIsOver) {
  const auto soon = [](grpc::ClientContext& context) { context.set_deadline(system_clock::now() + milliseconds(50)); };
  EXPECT_EQ(Call(channel_, "/test.Echo/Hold", "", soon).status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  StreamCall call(channel_, "/test.Echo/Wait", soon);
  EXPECT_EQ(call.Finish().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_TRUE(server_.observed().closed.WaitFor(1));
  server_.DropHeld();
}

TEST_F(GrpcClientTest, AnAnswerToACancelledCallGoesNowhere) {
  grpc::ClientContext context;
  grpc::GenericStub stub(channel_);
  grpc::CompletionQueue queue;
  auto call = stub.PrepareUnaryCall(&context, "/test.Echo/Hold", ToByteBuffer(""), &queue);
  call->StartCall();
  grpc::ByteBuffer response;
  grpc::Status status;
  call->Finish(&response, &status, nullptr);
  // The client makes progress only while its queue is waited on.
  std::thread waiter([&queue] {
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
  });
  EXPECT_TRUE(server_.observed().held.WaitFor(1));
  context.TryCancel();
  waiter.join();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::CANCELLED);
  server_.DropHeld();
  EXPECT_EQ(Say("x").message, "x");
}

TEST_F(GrpcClientTest, AClientThatDoesNotReadStopsTheHandler) {
  StreamCall call(channel_, "/test.Echo/Flood");
  ASSERT_TRUE(call.Write("go"));
  ASSERT_TRUE(call.WritesDone());
  const auto written = [&] {
    std::lock_guard<std::mutex> lock(server_.observed().mutex);
    return server_.observed().flood_written;
  };
  // The queue's bound, and what the sockets and the client's window hold beside it.
  std::string message;
  constexpr size_t kAheadMax = (Stream::kHighWaterBytes + (32 << 20)) / (64 << 10);
  for (size_t read = 0; read < 200; ++read) {
    ASSERT_TRUE(call.Read(&message));
    ASSERT_EQ(message.size(), 64u << 10);
    ASSERT_LE(written(), read + kAheadMax);
  }
  EXPECT_GE(written(), 200u);
  EXPECT_GT(server_.observed().writable.value(), 0);
  call.Cancel();
  EXPECT_TRUE(server_.observed().closed.WaitFor(1));
}

TEST_F(GrpcClientTest, ManyCallsAtOnceOverSeveralConnections) {
  constexpr int kThreads = 8;
  constexpr int kCalls = 200;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([this, i] {
      const auto channel = Dial(server_.address());
      for (int j = 0; j < kCalls; ++j) {
        const std::string text = std::to_string(i) + "/" + std::to_string(j);
        const Answer answer = Call(channel, j % 2 == 0 ? "/test.Echo/Say" : "/test.Echo/Later", text);
        ASSERT_TRUE(answer.status.ok()) << answer.status.error_message();
        ASSERT_EQ(answer.message, text);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Statistics("Say").started.load(), kThreads * kCalls / 2u);
  EXPECT_GT(server_.observed().tick_ends.value(), 0);
}

TEST_F(GrpcClientTest, CallsAreCounted) {
  Say("12345");
  Call(channel_, "/test.Echo/Fail", "no");
  // Counted when the stream ends, perhaps just after the answer.
  const auto deadline = steady_clock::now() + kPatience;
  while (Statistics("Fail").handled[3].load() == 0 && steady_clock::now() < deadline) std::this_thread::yield();
  const MethodStatistics& say = Statistics("Say");
  EXPECT_EQ(say.type, "unary");
  EXPECT_EQ(say.started.load(), 1u);
  EXPECT_EQ(say.received.load(), 1u);
  EXPECT_EQ(say.sent.load(), 1u);
  EXPECT_EQ(say.handled[0].load(), 1u);
  uint64_t latencies = 0;
  for (const auto& bucket : say.latency) latencies += bucket.load();
  EXPECT_EQ(latencies, 1u);
  EXPECT_EQ(Statistics("Fail").sent.load(), 0u);
  EXPECT_EQ(server_.server().received_bytes(), 7u);
  EXPECT_EQ(server_.server().sent_bytes(), 5u);
}

}  // namespace
}  // namespace quorate::rpc::testing
