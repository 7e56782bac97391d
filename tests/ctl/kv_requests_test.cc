#include "src/ctl/kv_requests.h"

#include <gtest/gtest.h>

#include <sstream>

#include "src/ctl/endpoint.h"
#include "src/ctl/names.h"
#include "src/ctl/peer_urls.h"
#include "src/ctl/rpc_error.h"

namespace quorate::ctl {
namespace {

const std::string kZeroByte(1, '\0');

std::string ErrorOf(const GetFlags& flags, const Arguments& arguments = {"a"}) {
  return std::string(base::MessageOf(RangeRequestOf(flags, arguments).status()));
}

TEST(GetRequest, PrefixAndFromKeySpanRanges) {
  EXPECT_EQ(RangeRequestOf({.prefix = true}, {"ab"})->range_end(), "ac");
  EXPECT_EQ(RangeRequestOf({.prefix = true}, {"a\xff\xff"})->range_end(), "b");
  EXPECT_EQ(RangeRequestOf({.prefix = true}, {"\xff"})->range_end(), kZeroByte);
  EXPECT_EQ(RangeRequestOf({.prefix = true}, {""})->key(), kZeroByte);
  EXPECT_EQ(RangeRequestOf({.from_key = true}, {""})->key(), kZeroByte);
  EXPECT_EQ(RangeRequestOf({.from_key = true}, {"a"})->range_end(), kZeroByte);
  EXPECT_EQ(RangeRequestOf({}, {"a", "b"})->range_end(), "b");
  EXPECT_EQ(RangeRequestOf({}, {""})->key(), "");
}

TEST(GetRequest, AscendingKeysAreNotASort) {
  GetFlags flags;
  flags.order = "ascend";
  EXPECT_EQ(RangeRequestOf(flags, {"a"})->sort_order(), etcdserverpb::RangeRequest::NONE);
  flags.sort_by = "Modify";
  EXPECT_EQ(RangeRequestOf(flags, {"a"})->sort_order(), etcdserverpb::RangeRequest::ASCEND);
  EXPECT_EQ(RangeRequestOf(flags, {"a"})->sort_target(), etcdserverpb::RangeRequest::MOD);
}

TEST(GetRequest, RefusesWhatDoesNotFit) {
  EXPECT_EQ(ErrorOf({}, {}), "get command needs one argument as key and an optional argument as range_end");
  EXPECT_EQ(ErrorOf({.prefix = true, .from_key = true}),
            "`--prefix` and `--from-key` cannot be set at the same time, choose one");
  EXPECT_EQ(ErrorOf({.keys_only = true, .count_only = true}),
            "`--keys-only` and `--count-only` cannot be set at the same time, choose one");
  EXPECT_EQ(ErrorOf({.prefix = true}, {"a", "b"}),
            "too many arguments, only accept one argument when `--prefix` or `--from-key` is set");
  EXPECT_EQ(ErrorOf({.consistency = "x"}), "unknown consistency flag \"x\"");
  EXPECT_EQ(ErrorOf({.order = "up"}), "bad sort order up");
  EXPECT_EQ(ErrorOf({.sort_by = "up"}), "bad sort target up");
  EXPECT_EQ(ErrorOf({.min_create_rev = 5, .max_create_rev = 3}), "getMinCreateRev(=5) > getMaxCreateRev(=3)");
  EXPECT_EQ(ErrorOf({.min_mod_rev = 5, .max_mod_rev = 3}), "getMinModRev(=5) > getMaxModRev(=3)");
}

TEST(PutRequest, TakesItsValueFromTheArgumentOrTheInput) {
  EXPECT_EQ(PutRequestOf({}, {"a"}, [] { return std::string("all\nof it\n"); })->value(), "all\nof it\n");
  EXPECT_EQ(PutRequestOf({}, {"a", ""}, nullptr)->value(), "");
  EXPECT_FALSE(PutRequestOf({}, {"a"}, [] { return std::string(); }).ok());
  EXPECT_EQ(PutRequestOf({.lease = "77"}, {"a", "b"}, nullptr)->lease(), 0x77);
}

TEST(PutRequest, RefusesWhatDoesNotFit) {
  auto error = [](const PutFlags& flags, const Arguments& arguments) {
    absl::Status status = PutRequestOf(flags, arguments, nullptr).status();
    EXPECT_EQ(tool::ExitOf(status), Exit::kBadArguments);
    return std::string(base::MessageOf(status));
  };
  EXPECT_EQ(error({}, {}), "put command needs 1 argument and input from stdin or 2 arguments");
  EXPECT_EQ(error({.ignore_value = true}, {"a", "b"}), "put command needs only 1 argument when 'ignore-value' is set");
  EXPECT_EQ(error({.lease = "zz"}, {"a", "b"}),
            "bad lease ID (strconv.ParseInt: parsing \"zz\": invalid syntax), expecting ID in Hex");
}

TEST(DeleteRequest, WarnsBeforeARangeUnlessAsked) {
  std::ostringstream err;
  EXPECT_TRUE(DeleteRequestOf({.range = true}, {"a", "b"}, err).ok());
  EXPECT_TRUE(DeleteRequestOf({.prefix = true}, {"a"}, err).ok());
  EXPECT_EQ(err.str(), "");
}

TEST(Endpoints, AreUnderstoodInEveryForm) {
  auto target = [](const char* text) { return ParseEndpoint(text).target; };
  EXPECT_EQ(target("127.0.0.1:2379"), "127.0.0.1:2379");
  EXPECT_EQ(target("http://[::1]:2379/path"), "[::1]:2379");
  EXPECT_EQ(target("unix:///run/q.sock"), "unix:/run/q.sock");
  EXPECT_EQ(target("unix://local:1"), "unix:local:1");
  EXPECT_EQ(target("unixs:/run/q.sock"), "unix:/run/q.sock");
  EXPECT_EQ(ParseEndpoint("unixs:///run/q.sock").server_name, "q.sock");
  EXPECT_EQ(ParseEndpoint("http://a:1").tls, Endpoint::Tls::kNever);
  EXPECT_EQ(ParseEndpoint("https://a:1").tls, Endpoint::Tls::kAlways);
  EXPECT_EQ(ParseEndpoint("a:1").tls, Endpoint::Tls::kIfConfigured);
}

TEST(PeerUrls, AreCheckedBeforeTheyAreSent) {
  EXPECT_EQ(*ParsePeerUrls("http://a:1,unix://x"), (std::vector<std::string>{"http://a:1", "unix://x"}));
  auto error = [](const char* text) { return std::string(base::MessageOf(ParsePeerUrls(text).status())); };
  EXPECT_EQ(error("x"), "URL scheme must be http, https, unix, or unixs: x");
  EXPECT_EQ(error("http://a:1,"), "URL scheme must be http, https, unix, or unixs: ");
  EXPECT_EQ(error("ftp://a:1"), "URL scheme must be http, https, unix, or unixs: ftp://a:1");
  EXPECT_EQ(error("http://a"), "URL address does not have the form \"host:port\": http://a");
  EXPECT_EQ(error("http://a:1/x"), "URL must not contain a path: http://a:1/x");
  EXPECT_EQ(error("127.0.0.1:9"), "parse \"127.0.0.1:9\": first path segment in URL cannot contain colon");
  EXPECT_EQ(error("http://a b:80"), "parse \"http://a b:80\": invalid character \" \" in host name");
}

TEST(RpcErrors, ShowApiTextsBareAndOthersWithTheirCode) {
  EXPECT_TRUE(IsApiError("etcdserver: mvcc: required revision has been compacted"));
  EXPECT_FALSE(IsApiError("something else"));
  EXPECT_EQ(RpcErrorText(12, "no"), "rpc error: code = Unimplemented desc = no");
  EXPECT_EQ(RpcErrorText(8, "Received message larger than max (26 vs. 5)"),
            "rpc error: code = ResourceExhausted desc = grpc: received message larger than max (26 vs. 5)");
}

}  // namespace
}  // namespace quorate::ctl
