// What alarms do to the probes that orchestrators ask.

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "tests/api/member_testing.h"

namespace quorate::api {
namespace {

using etcdserverpb::AlarmRequest;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// Head and body of the answer to a GET.
std::string HttpGet(const std::string& address, const std::string& path) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(static_cast<uint16_t>(std::atoi(address.c_str() + address.rfind(':') + 1)));
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(connect(descriptor, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  const std::string request = "GET " + path + " HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
  EXPECT_EQ(write(descriptor, request.data(), request.size()), static_cast<ssize_t>(request.size()));
  std::string answer;
  char buffer[4096];
  for (ssize_t count; (count = read(descriptor, buffer, sizeof buffer)) > 0;) answer.append(buffer, count);
  close(descriptor);
  return answer;
}

TEST(HealthEndpointsTest, AlarmsAreToldOfUntilTheyAreExcludedOrDisarmed) {
  TestMember member;
  const std::string& address = member.address();
  const auto alarm = [&](AlarmRequest::AlarmAction action, int type) {
    grpc::ClientContext context;
    AlarmRequest request;
    request.set_action(action);
    request.set_memberid(255);
    request.set_alarm(static_cast<etcdserverpb::AlarmType>(type));
    etcdserverpb::AlarmResponse response;
    EXPECT_TRUE(member.maintenance().Alarm(&context, request, &response).ok());
  };
  const std::string no_space = "\r\n\r\n{\"health\":\"false\",\"reason\":\"ALARM NOSPACE\"}\n";
  const std::string healthy = "\r\n\r\n{\"health\":\"true\",\"reason\":\"\"}";

  alarm(AlarmRequest::ACTIVATE, etcdserverpb::NOSPACE);
  EXPECT_THAT(HttpGet(address, "/health"), AllOf(HasSubstr(" 503 "), HasSubstr(no_space)));
  EXPECT_THAT(HttpGet(address, "/health?exclude=CORRUPT"), HasSubstr(no_space));
  EXPECT_THAT(HttpGet(address, "/health?exclude=NOSPACE"), AllOf(HasSubstr(" 200 "), HasSubstr(healthy)));
  EXPECT_THAT(HttpGet(address, "/readyz"), HasSubstr(" 200 "));

  alarm(AlarmRequest::ACTIVATE, etcdserverpb::CORRUPT);
  EXPECT_THAT(HttpGet(address, "/health?exclude=NOSPACE"), HasSubstr("\"ALARM CORRUPT\""));
  EXPECT_THAT(HttpGet(address, "/health?exclude=NOSPACE&exclude=CORRUPT"), HasSubstr(healthy));
  EXPECT_THAT(HttpGet(address, "/readyz"),
              AllOf(HasSubstr(" 503 "), HasSubstr("[-]data_corruption failed: alarm activated: CORRUPT\n")));
  EXPECT_THAT(HttpGet(address, "/livez"), HasSubstr(" 200 "));
  EXPECT_THAT(HttpGet(address, "/metrics"),
              AllOf(HasSubstr("\netcd_debugging_server_alarms{alarm_type=\"NOSPACE\",server_id=\"ff\"} 1\n"),
                    HasSubstr("\netcd_debugging_server_alarms{alarm_type=\"CORRUPT\",server_id=\"ff\"} 1\n")));

  alarm(AlarmRequest::DEACTIVATE, etcdserverpb::NOSPACE);
  alarm(AlarmRequest::DEACTIVATE, etcdserverpb::CORRUPT);
  EXPECT_THAT(HttpGet(address, "/health"), HasSubstr(healthy));
  EXPECT_THAT(HttpGet(address, "/readyz"), HasSubstr(" 200 "));
  EXPECT_THAT(HttpGet(address, "/metrics"), Not(HasSubstr("etcd_debugging_server_alarms")));

  alarm(AlarmRequest::ACTIVATE, 9);
  EXPECT_THAT(HttpGet(address, "/health"), HasSubstr("\"ALARM UNKNOWN\""));
}

}  // namespace
}  // namespace quorate::api
