#include "quorate/rpc/http.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace quorate::rpc {
namespace {

TEST(HttpRequestTest, QueryValues) {
  HttpRequest request;
  request.query = "a=1&b=2&a=3&empty&bad=%zz&x%20y=z+w";
  EXPECT_EQ(request.QueryValue("a"), "1");
  EXPECT_EQ(request.QueryValues("a"), (std::vector<std::string>{"1", "3"}));
  EXPECT_EQ(request.QueryValue("empty"), "");
  EXPECT_EQ(request.QueryValues("empty").size(), 1u);
  EXPECT_EQ(request.QueryValue("x y"), "z w");
  EXPECT_TRUE(request.QueryValues("bad").empty());
  EXPECT_TRUE(request.QueryValues("none").empty());
}

}  // namespace
}  // namespace quorate::rpc
