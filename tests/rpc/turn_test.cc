// How long one client's turn of a loop may be: others on the same loop are served in between, whatever it sends. What
// takes long is a handler that burns time; what was done when another client has its answer is counted, not timed.

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "tests/rpc/raw_testing.h"
#include "tests/rpc/rpc_testing.h"

namespace quorate::rpc::testing {
namespace {

std::string Call(uint32_t stream, const std::string& method, const std::string& message = "x") {
  return Frame(kHeaders, kEndHeaders, stream, HeaderBlock(GrpcRequest(method))) +
         Frame(kData, kEndStream, stream, GrpcMessage(message));
}

ServerOptions OneLoop() {
  ServerOptions options;
  options.loops = 1;
  return options;
}

bool IsServed(RawHttp2& client, uint32_t stream) { return client.Answer(stream)[":status"] == "200"; }

// What is sent until this returns, and shortly after, waits in the sockets together.
void KeepLoopBusy(RawHttp2& client, uint32_t stream, Observed& observed) {
  const int before = observed.burns.value();
  client.Send(Call(stream, "/test.Echo/Burn"));
  ASSERT_TRUE(observed.burns.WaitFor(before + 1));
}

TEST(TurnTest, BytesThatCostNothingDoNotBuyManyThatCostMuch) {
  TestServer server(OneLoop());
  RawHttp2 hostile(server.address());
  RawHttp2 other(server.address());
  other.Send(Call(1, "/test.Echo/Say"));
  ASSERT_TRUE(IsServed(other, 1));
  for (int i = 0; i < 64; ++i) hostile.Send(Frame(0xbe, 0, 0, std::string(16'000, 'x')));
  hostile.Send(Frame(kPing, 0, 0, "12345678"));
  ASSERT_EQ(hostile.NextOf(kPing).type, kPing);

  RawHttp2 first(server.address());
  KeepLoopBusy(first, 1, server.observed());
  std::string dear;
  for (uint32_t i = 0; i < 20; ++i) dear += Call(2 * i + 1, "/test.Echo/Burn", std::string(4000, 'x'));
  hostile.Send(dear);
  other.Send(Call(3, "/test.Echo/Say"));
  EXPECT_TRUE(IsServed(other, 3));
  EXPECT_LT(server.observed().burns.value(), 10);
}

}  // namespace
}  // namespace quorate::rpc::testing
