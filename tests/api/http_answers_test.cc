#include "src/api/http_answers.h"

#include <gtest/gtest.h>

namespace quorate::api {
namespace {

TEST(HttpAnswersTest, OnlyGetIsAllowed) {
  rpc::HttpRequest request;
  int answers = 0;
  rpc::HttpResponse last;
  const rpc::HttpReply reply = [&](rpc::HttpResponse response) {
    ++answers;
    last = std::move(response);
  };
  request.method = "GET";
  EXPECT_TRUE(IsGet(request, reply));
  EXPECT_EQ(answers, 0);
  request.method = "HEAD";
  EXPECT_FALSE(IsGet(request, reply));
  EXPECT_EQ(answers, 1);
  EXPECT_EQ(last.status, 405);
  EXPECT_EQ(last.body.ToString(), "Method Not Allowed\n");
}

}  // namespace
}  // namespace quorate::api
