#pragma once

#include <gtest/gtest.h>

#include <string>

#include "tests/e2e/caller.h"

namespace quorate::testing {

// Calls a method that must succeed; fails the test, and answers an empty response, when it does not.
template <typename Response>
Response Ask(const Caller& caller, const std::string& method, const google::protobuf::Message& request) {
  const Outcome outcome = caller.Call(method, request);
  EXPECT_EQ(outcome.code, 0) << method << " {" << request.ShortDebugString().substr(0, 300) << "}: " << outcome.message;
  return dynamic_cast<const Response&>(*outcome.response);
}

}  // namespace quorate::testing
