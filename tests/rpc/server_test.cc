// The life of a server: where it listens, how it drains and stops, and the services it brings along.

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <fstream>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "etcdserverpb/rpc.pb.h"
#include "grpc/health/v1/health.pb.h"
#include "grpc/reflection/v1/reflection.pb.h"
#include "tests/rpc/raw_testing.h"
#include "tests/rpc/rpc_testing.h"

namespace quorate::rpc::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

std::string TemporaryPath(const std::string& name) {
  return "/tmp/quorate-rpc-" + std::to_string(::getpid()) + "-" + name;
}

std::string ListenError(const std::string& url) {
  Server server({.loops = 1}, Registry());
  const auto address = server.Listen(url);
  return address.ok() ? "" : std::string(base::MessageOf(address.status()));
}

std::string Greet(const std::string& address) { return Call(Dial(address), "/test.Echo/Say", "hello").message; }

TEST(ListenTest, EveryFormOfUrlIsServed) {
  const std::string path = TemporaryPath("socket");
  for (const std::string& url :
       {std::string("http://127.0.0.1:0"), std::string("http://[::1]:0"), std::string("http://localhost:0"),
        std::string("http://0.0.0.0:0"), std::string("http://[::]:0"), "unix://" + path, "unix:" + path}) {
    TestServer server({}, url);
    EXPECT_EQ(Greet(server.address()), "hello") << url;
  }
  EXPECT_NE(::access(path.c_str(), F_OK), 0) << "the socket's file stays behind";
}

TEST(ListenTest, SocketNamesWithAColonAreFiles) {
  const std::string path = TemporaryPath("localhost:12345");
  TestServer server({}, "unix://" + path);
  EXPECT_EQ(server.address(), "unix:" + path);
  RawSocket socket(server.address());
  socket.Send("GET /health HTTP/1.0\r\n\r\n");
  EXPECT_NE(socket.ReceiveAll().find("fine"), std::string::npos);
}

TEST(ListenTest, LocalhostIsBothFamiliesOnOnePort) {
  TestServer server({}, "http://localhost:0");
  const std::string port = std::to_string(server.port());
  EXPECT_EQ(Greet("127.0.0.1:" + port), "hello");
  EXPECT_EQ(Greet("[::1]:" + port), "hello");
}

TEST(ListenTest, APortInUseIsNamed) {
  TestServer server;
  EXPECT_EQ(ListenError("http://" + server.address()),
            "listen tcp " + server.address() + ": bind: address already in use");
}

TEST(ListenTest, AStaleSocketIsReplacedAndALiveOneIsNot) {
  const std::string path = TemporaryPath("stale");
  {
    TestServer alive({}, "unix://" + path);
    EXPECT_EQ(ListenError("unix://" + path), "listen unix " + path + ": bind: address already in use");
    ASSERT_EQ(::link(path.c_str(), (path + ".kept").c_str()), 0);
  }
  ASSERT_EQ(::rename((path + ".kept").c_str(), path.c_str()), 0);
  TestServer next({}, "unix://" + path);
  EXPECT_EQ(Greet(next.address()), "hello");
}

TEST(ListenTest, AFileThatIsNoSocketIsLeftAlone) {
  const std::string path = TemporaryPath("file");
  std::ofstream(path) << "precious";
  EXPECT_EQ(ListenError("unix://" + path), "listen unix " + path + ": bind: address already in use");
  std::ifstream file(path);
  std::string text;
  file >> text;
  EXPECT_EQ(text, "precious");
  ::unlink(path.c_str());
}

TEST(ListenTest, UrlsThatMakeNoSenseAreExplained) {
  EXPECT_THAT(ListenError("127.0.0.1:2379"), ::testing::HasSubstr("scheme"));
  EXPECT_THAT(ListenError("ftp://127.0.0.1:1"), ::testing::HasSubstr("scheme must be http or unix"));
  EXPECT_THAT(ListenError("https://127.0.0.1:0"), ::testing::HasSubstr("TLS is not supported yet"));
  EXPECT_THAT(ListenError("http://127.0.0.1"), ::testing::HasSubstr("needs a host and a port"));
  EXPECT_THAT(ListenError("http://127.0.0.1:70000"), ::testing::HasSubstr("needs a host and a port"));
  EXPECT_THAT(ListenError("http://127.0.0.1:0/path"), ::testing::HasSubstr("must not have a path"));
  EXPECT_THAT(ListenError("unix://"), ::testing::HasSubstr("needs a path"));
  EXPECT_THAT(ListenError("http://192.0.2.1:0"), ::testing::HasSubstr("cannot assign requested address"));
}

// Both find a loop that is busy for long in the very tick that takes them.
TEST(PostAfterTest, NeverComesEarly) {
  TestServer server;
  std::promise<void> free;
  std::promise<steady_clock::duration> took;
  server.server().Post(0, [&] { free.get_future().wait(); });
  steady_clock::time_point from;
  server.server().Post(0, [&] {
    std::this_thread::sleep_for(milliseconds(100));
    from = steady_clock::now();
  });
  server.server().PostAfter(0, milliseconds(80), [&] { took.set_value(steady_clock::now() - from); });
  free.set_value();
  EXPECT_GE(took.get_future().get(), milliseconds(80));
}

TEST(PostAfterTest, IsNotLateByWhatTheTickTook) {
  TestServer server;
  std::promise<void> free;
  std::promise<steady_clock::time_point> fired;
  server.server().Post(0, [&] { free.get_future().wait(); });
  server.server().PostAfter(0, milliseconds(1500), [&] { fired.set_value(steady_clock::now()); });
  server.server().Post(0, [&] { std::this_thread::sleep_for(milliseconds(1400)); });
  const auto from = steady_clock::now();
  free.set_value();
  EXPECT_LT(fired.get_future().get() - from, milliseconds(2700));
}

TEST(DrainTest, CallsInFlightFinishAndNewConnectionsAreRefused) {
  TestServer server;
  const auto channel = Dial(server.address());
  Answer held;
  std::thread caller([&] { held = Call(channel, "/test.Echo/Hold", "x"); });
  ASSERT_TRUE(server.observed().held.WaitFor(1));
  std::thread drainer([&] { server.server().Drain(std::chrono::duration_cast<milliseconds>(kPatience)); });
  // The listener goes first; then only what is in flight keeps the drain.
  const auto deadline = steady_clock::now() + kPatience;
  grpc::Status refused;
  while (steady_clock::now() < deadline) {
    const auto late = Dial(server.address());
    refused = Call(late, "/test.Echo/Say", "x").status;
    if (!refused.ok()) break;
  }
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::UNAVAILABLE);
  UnaryCall call;
  {
    std::lock_guard<std::mutex> lock(server.observed().mutex);
    call = std::move(server.observed().calls.front());
    server.observed().calls.clear();
  }
  std::move(call).Reply(base::Payload("at last"));
  caller.join();
  drainer.join();
  EXPECT_TRUE(held.status.ok()) << held.status.error_message();
  EXPECT_EQ(held.message, "at last");
  EXPECT_EQ(server.server().open_connections(), 0u);
}

TEST(DrainTest, AWarningComesBeforeTheLastGoaway) {
  TestServer server;
  RawHttp2 client(server.address());
  client.Send(Frame(kHeaders, kEndHeaders, 1, HeaderBlock(GrpcRequest("/test.Echo/Hold"))) +
              Frame(kData, kEndStream, 1, GrpcMessage("x")));
  ASSERT_TRUE(server.observed().held.WaitFor(1));
  std::thread drainer([&] { server.server().Drain(std::chrono::duration_cast<milliseconds>(kPatience)); });
  ReceivedFrame frame = client.NextOf(kGoaway);
  EXPECT_EQ(frame.payload.substr(0, 4), Number32(0x7fffffff));
  const ReceivedFrame ping = client.NextOf(kPing);
  // A call that was on its way is still taken.
  client.Send(Frame(kHeaders, kEndHeaders, 3, HeaderBlock(GrpcRequest("/test.Echo/Say"))) +
              Frame(kData, kEndStream, 3, GrpcMessage("late")) + Frame(kPing, kAck, 0, ping.payload));
  EXPECT_EQ(client.Answer(3)[":status"], "200");
  frame = client.NextOf(kGoaway);
  EXPECT_EQ(frame.payload.substr(0, 4), Number32(3));
  server.DropHeld();
  EXPECT_EQ(client.Answer(1)["grpc-status"], "13");
  EXPECT_EQ(client.NextOf(kEndOfStream).type, kEndOfStream);
  drainer.join();
}

TEST(DrainTest, IdleHttp1ConnectionsAreClosed) {
  TestServer server;
  RawSocket socket(server.address());
  socket.Send("GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
  socket.ReceiveUntil("fine\n");
  server.server().Drain(std::chrono::duration_cast<milliseconds>(kPatience));
  EXPECT_EQ(socket.Receive(), "");
  EXPECT_EQ(server.server().open_connections(), 0u);
}

TEST(DrainTest, ItEndsAtItsDeadline) {
  TestServer server;
  StreamCall call(Dial(server.address()), "/test.Echo/Wait");
  ASSERT_TRUE(server.observed().opened.WaitFor(1));
  server.server().Drain(milliseconds(50));
  EXPECT_EQ(server.observed().closed.value(), 0);
  server.server().Stop();
  EXPECT_EQ(server.observed().closed.value(), 1);
  EXPECT_EQ(call.Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST(ServerTest, StopWithoutStartAndTwice) {
  Server never({.loops = 1}, Registry());
  ASSERT_TRUE(never.Listen("http://127.0.0.1:0").ok());
  TestServer server;
  server.server().Stop();
  server.server().Stop();
}

TEST(ServerTest, ConnectionsAreSpreadOverTheLoops) {
  TestServer server({.loops = 3});
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  std::vector<std::unique_ptr<StreamCall>> calls;
  for (int i = 0; i < 6; ++i) {
    channels.push_back(Dial(server.address()));
    calls.push_back(std::make_unique<StreamCall>(channels.back(), "/test.Echo/Wait"));
    ASSERT_TRUE(server.observed().opened.WaitFor(i + 1));
  }
  std::map<Loop*, int> per_loop;
  {
    std::lock_guard<std::mutex> lock(server.observed().mutex);
    for (const StreamRef& ref : server.observed().streams) ++per_loop[ref.loop];
  }
  EXPECT_EQ(per_loop.size(), 3u);
  for (const auto& [loop, count] : per_loop) EXPECT_EQ(count, 2);
}

TEST(ServerTest, WhenDescriptorsRunOutConnectionsWaitAndAreServedLater) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the undefined-behaviour sanitizer checks pointers by means of a pipe, and has none here";
#endif
  TestServer server;
  rlimit before = {};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const int next = ::dup(0);
  ::close(next);
  rlimit tight = before;
  tight.rlim_cur = static_cast<rlim_t>(next) + 1;  // the client's own socket is the last
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
  RawSocket socket(server.address());
  socket.Send("GET /health HTTP/1.0\r\n\r\n");
  // The server's processor time tells a wait from a spin.
  const auto used = [] {
    timespec time = {};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1000000;
  };
  const auto began = used();
  std::this_thread::sleep_for(milliseconds(300));
  EXPECT_LT(used() - began, 150);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_NE(socket.ReceiveAll().find("fine"), std::string::npos);
}

TEST(ServerTest, HealthIsToldAndWatched) {
  TestServer server;
  const auto channel = Dial(server.address());
  const auto check = [&](const std::string& service) {
    ::grpc::health::v1::HealthCheckRequest request;
    request.set_service(service);
    return Call(channel, "/grpc.health.v1.Health/Check", request.SerializeAsString());
  };
  ::grpc::health::v1::HealthCheckResponse response;
  ASSERT_TRUE(response.ParseFromString(check("").message));
  EXPECT_EQ(response.status(), ::grpc::health::v1::HealthCheckResponse::SERVING);
  EXPECT_EQ(check("test.Echo").status.error_code(), grpc::StatusCode::NOT_FOUND);
  ::grpc::health::v1::HealthListResponse list;
  ASSERT_TRUE(list.ParseFromString(Call(channel, "/grpc.health.v1.Health/List", "").message));
  ASSERT_EQ(list.statuses().size(), 1u);
  EXPECT_EQ(list.statuses().at("").status(), ::grpc::health::v1::HealthCheckResponse::SERVING);
  EXPECT_EQ(Call(channel, "/grpc.health.v1.Health/Check", "\xff").status.error_code(), grpc::StatusCode::INTERNAL);
  StreamCall watch(channel, "/grpc.health.v1.Health/Watch");
  ASSERT_TRUE(watch.Write(""));
  ASSERT_TRUE(watch.WritesDone());
  std::string message;
  ASSERT_TRUE(watch.Read(&message));
  ASSERT_TRUE(response.ParseFromString(message));
  EXPECT_EQ(response.status(), ::grpc::health::v1::HealthCheckResponse::SERVING);
}

TEST(ServerTest, ManyWhoWatchTheHealthCostALookAtATimeAndHearOfEachChange) {
  constexpr uint32_t kWatches = 200;
  ServerOptions options;
  options.loops = 1;
  TestServer server(options);
  RawHttp2 client(server.address());
  for (uint32_t i = 0; i < kWatches; ++i) {
    const std::string headers = HeaderBlock(GrpcRequest("/grpc.health.v1.Health/Watch"));
    client.Send(Frame(kHeaders, kEndHeaders, 2 * i + 1, headers) +
                Frame(kData, kEndStream, 2 * i + 1, GrpcMessage("")));
  }
  const auto expect_all = [&](::grpc::health::v1::HealthCheckResponse::ServingStatus status) {
    ::grpc::health::v1::HealthCheckResponse response;
    response.set_status(status);
    for (uint32_t i = 0; i < kWatches; ++i) {
      ASSERT_EQ(client.NextOf(kData).payload, GrpcMessage(response.SerializeAsString())) << i;
    }
  };
  expect_all(::grpc::health::v1::HealthCheckResponse::SERVING);
  const int looks = server.observed().health_looks.value();
  std::this_thread::sleep_for(milliseconds(1200));
  EXPECT_GE(server.observed().health_looks.value(), looks + 1);
  EXPECT_LE(server.observed().health_looks.value(), looks + 10);
  for (const bool serving : {false, true}) {
    server.observed().serving = serving;
    expect_all(serving ? ::grpc::health::v1::HealthCheckResponse::SERVING
                       : ::grpc::health::v1::HealthCheckResponse::NOT_SERVING);
  }
}

TEST(ServerTest, ReflectionListsServicesAndGivesTheirFiles) {
  TestServer server;
  const auto channel = Dial(server.address());
  for (const std::string version : {"v1", "v1alpha"}) {
    StreamCall call(channel, "/grpc.reflection." + version + ".ServerReflection/ServerReflectionInfo");
    ::grpc::reflection::v1::ServerReflectionRequest request;
    ::grpc::reflection::v1::ServerReflectionResponse response;
    const auto ask = [&] {
      std::string message;
      ASSERT_TRUE(call.Write(request.SerializeAsString()));
      ASSERT_TRUE(call.Read(&message));
      ASSERT_TRUE(response.ParseFromString(message));
    };
    request.set_list_services("*");
    ask();
    std::vector<std::string> names;
    for (const auto& service : response.list_services_response().service()) names.push_back(service.name());
    EXPECT_THAT(names, ::testing::ElementsAre("grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
                                              "grpc.reflection.v1alpha.ServerReflection", "test.Echo"));
    request.set_file_containing_symbol("grpc.health.v1.Health");
    ask();
    ASSERT_EQ(response.file_descriptor_response().file_descriptor_proto_size(), 1);
    EXPECT_THAT(response.file_descriptor_response().file_descriptor_proto(0),
                ::testing::HasSubstr("HealthCheckRequest"));
    request.set_file_by_filename("no/such.proto");
    ask();
    EXPECT_EQ(response.error_response().error_code(), static_cast<int>(grpc::StatusCode::NOT_FOUND));
    ASSERT_TRUE(call.WritesDone());
    EXPECT_TRUE(call.Finish().ok());
  }
}

// The file, then all it depends on, each once.
void AppendSerialized(const google::protobuf::FileDescriptor* file, std::vector<std::string>* files) {
  google::protobuf::FileDescriptorProto proto;
  file->CopyTo(&proto);
  std::string bytes = proto.SerializeAsString();
  if (std::find(files->begin(), files->end(), bytes) != files->end()) return;
  files->push_back(std::move(bytes));
  for (int i = 0; i < file->dependency_count(); ++i) AppendSerialized(file->dependency(i), files);
}

TEST(ServerTest, ReflectionGivesTheSameFilesToWhoeverAsksAgain) {
  const google::protobuf::FileDescriptor* file = etcdserverpb::RangeRequest::descriptor()->file();
  Registry registry;
  registry.AddReflection({file});
  Server server({.loops = 1}, std::move(registry));
  const std::string address = server.Listen("http://127.0.0.1:0").value();
  server.Start();
  std::vector<std::string> expected;
  AppendSerialized(file, &expected);
  ASSERT_GT(expected.size(), 1u);
  StreamCall call(Dial(address), "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo");
  for (const std::string host : {"a", "b", "c"}) {
    ::grpc::reflection::v1::ServerReflectionRequest request;
    request.set_host(host);
    request.set_file_containing_symbol("etcdserverpb.RangeRequest");
    ASSERT_TRUE(call.Write(request.SerializeAsString()));
    std::string message;
    ASSERT_TRUE(call.Read(&message));
    ::grpc::reflection::v1::ServerReflectionResponse response;
    ASSERT_TRUE(response.ParseFromString(message));
    EXPECT_EQ(response.valid_host(), host);
    EXPECT_EQ(response.original_request().file_containing_symbol(), "etcdserverpb.RangeRequest");
    const auto& files = response.file_descriptor_response().file_descriptor_proto();
    EXPECT_EQ(std::vector<std::string>(files.begin(), files.end()), expected);
    EXPECT_EQ(response.SerializeAsString(), message) << "as if it had been made of one piece";
  }
  ASSERT_TRUE(call.WritesDone());
  EXPECT_TRUE(call.Finish().ok());
}

}  // namespace
}  // namespace quorate::rpc::testing
