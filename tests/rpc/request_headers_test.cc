#include "src/rpc/request_headers.h"

#include <gtest/gtest.h>

#include <string>

namespace quorate::rpc {
namespace {

TEST(RequestHeadersTest, MuchMemoryIsNotKeptForTheNextRequest) {
  const Registry::State registry;
  RequestHeaders headers;
  headers.Add("token", "small", registry);
  headers.Reset();
  EXPECT_GT(headers.metadata.capacity(), 0u);
  headers.Add("token", std::string(60'000, 'x'), registry);
  headers.Reset();
  EXPECT_EQ(headers.metadata.capacity(), 0u);
}

}  // namespace
}  // namespace quorate::rpc
