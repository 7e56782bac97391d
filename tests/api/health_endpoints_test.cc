// What alarms do to the probes that orchestrators ask.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/api/http_testing.h"
#include "tests/api/member_testing.h"

namespace quorate::api {
namespace {

using etcdserverpb::AlarmRequest;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

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
  EXPECT_THAT(
      HttpGet(address, "/readyz"),
      AllOf(HasSubstr(" 503 "), HasSubstr("[-]data_corruption failed: alarm activated: CORRUPT\n"), EndsWith("\n\n")));
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

TEST(HealthEndpointsTest, OutcomesOfChecksAreCounted) {
  TestMember member;
  const auto metric = [&](const std::string& sample) { return Metric(member.address(), sample); };
  EXPECT_EQ(metric("etcd_server_healthcheck{name=\"serializable_read\",type=\"livez\"}"), -1);
  HttpGet(member.address(), "/livez");
  HttpGet(member.address(), "/readyz");
  HttpGet(member.address(), "/readyz/linearizable_read");
  EXPECT_EQ(metric("etcd_server_healthcheck{name=\"serializable_read\",type=\"livez\"}"), 1);
  EXPECT_EQ(metric("etcd_server_healthchecks_total{name=\"linearizable_read\",status=\"success\",type=\"readyz\"}"), 2);
  grpc::ClientContext context;
  AlarmRequest request;
  request.set_action(AlarmRequest::ACTIVATE);
  request.set_alarm(etcdserverpb::CORRUPT);
  etcdserverpb::AlarmResponse response;
  ASSERT_TRUE(member.maintenance().Alarm(&context, request, &response).ok());
  HttpGet(member.address(), "/readyz");
  EXPECT_EQ(metric("etcd_server_healthcheck{name=\"data_corruption\",type=\"readyz\"}"), 0);
  EXPECT_EQ(metric("etcd_server_healthchecks_total{name=\"data_corruption\",status=\"error\",type=\"readyz\"}"), 1);
}

}  // namespace
}  // namespace quorate::api
