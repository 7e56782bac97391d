#include <gtest/gtest.h>

#include "tests/api/member_testing.h"

namespace quorate::api {
namespace {

// Clients with a user name go on without a token at this very answer.
TEST(AuthServiceTest, ThereIsNothingToAuthenticateFor) {
  TestMember member;
  const auto auth = etcdserverpb::Auth::NewStub(member.channel());
  for (const char* name : {"", "root"}) {
    grpc::ClientContext context;
    etcdserverpb::AuthenticateRequest request;
    request.set_name(name);
    request.set_password("password");
    etcdserverpb::AuthenticateResponse response;
    const grpc::Status status = auth->Authenticate(&context, request, &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
    EXPECT_EQ(status.error_message(), "etcdserver: authentication is not enabled");
  }
}

}  // namespace
}  // namespace quorate::api
