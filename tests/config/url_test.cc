#include "quorate/config/url.h"

#include <gtest/gtest.h>

namespace quorate::config {
namespace {

TEST(ParseUrlTest, SplitsHostAndPort) {
  const Url url = *ParseUrl("http://127.0.0.1:2379");
  EXPECT_EQ(url.scheme, "http");
  EXPECT_EQ(url.host, "127.0.0.1");
  EXPECT_EQ(url.port, "2379");
  EXPECT_EQ(ParseUrl("http://[::1]:0")->host, "::1");
  EXPECT_EQ(ParseUrl("HTTPS://node-1.example.org:2379")->scheme, "https");
  EXPECT_EQ(ParseUrl("http://:2379")->host, "");
}

TEST(ParseUrlTest, TakesSocketsWithAndWithoutSlashes) {
  EXPECT_EQ(ParseUrl("unix:///run/q.sock")->path, "/run/q.sock");
  EXPECT_EQ(ParseUrl("unix://q.sock")->path, "q.sock");
  EXPECT_EQ(ParseUrl("unix:q.sock:12")->path, "q.sock:12");
  EXPECT_EQ(ParseUrl("unixs:/q")->scheme, "unixs");
}

TEST(ParseUrlTest, RefusesOthersAndQuotesThem) {
  for (const char* bad : {"",
                          "bogus",
                          "127.0.0.1:2379",
                          "ftp://a:1",
                          "http://a",
                          "http://a:",
                          "http:a:1",
                          "http://a:x",
                          "http://a:65536",
                          "http://a:1/",
                          "http://a:1/path",
                          "http://a:1?x=1",
                          "http://u@a:1",
                          "http://::1:2379",
                          "http://[::1:2379",
                          "http://[a]:1",
                          "http://a b:1",
                          "unix://",
                          "unix:",
                          "http://"}) {
    const absl::StatusOr<Url> url = ParseUrl(bad);
    EXPECT_EQ(url.status().code(), absl::StatusCode::kInvalidArgument) << bad;
    EXPECT_TRUE(base::MessageOf(url.status()).ends_with(bad)) << url.status();
  }
}

TEST(ListenUrlTest, TakesAddressesLocalhostAndSocketsOnly) {
  for (const char* good : {"http://127.0.0.1:0", "http://[::]:1", "http://localhost:1", "unix://q"}) {
    EXPECT_TRUE(CheckListenUrl(good).ok()) << good;
  }
  for (const char* bad : {"http://example.org:1", "http://:1", "http://256.0.0.1:1"}) {
    EXPECT_FALSE(CheckListenUrl(bad).ok()) << bad;
  }
}

TEST(AdvertiseUrlTest, NeedsAHost) {
  EXPECT_TRUE(CheckAdvertiseUrl("http://example.org:1").ok());
  EXPECT_TRUE(CheckAdvertiseUrl("unix://q").ok());
  EXPECT_FALSE(CheckAdvertiseUrl("http://:1").ok());
}

TEST(InitialClusterTest, HasThisMemberWithTheUrlsItAdvertises) {
  const NamedUrls cluster = {{"a", "http://a:2"}, {"a", "http://a:1"}, {"b", "http://b:1"}};
  const auto check = [&](const std::string& self, const std::vector<std::string>& advertised) {
    return std::string(base::MessageOf(CheckSelf(cluster, self, advertised)));
  };
  EXPECT_TRUE(CheckSelf(cluster, "a", {"http://a:1", "http://a:2"}).ok());
  EXPECT_EQ(check("a", {"http://a:1", "http://x:1"}),
            "--initial-cluster has a=http://a:2 but missing from --initial-advertise-peer-urls=http://a:1,http://x:1");
  EXPECT_EQ(check("b", {"http://b:1", "http://x:1"}),
            "--initial-advertise-peer-urls has http://x:1 but missing from --initial-cluster=b=http://b:1");
  EXPECT_EQ(check("c", {"http://b:1"}), "couldn't find local name \"c\" in the initial cluster configuration");
}

TEST(InitialClusterTest, PairsNamesWithUrls) {
  using Members = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(*ParseInitialCluster("b=http://b:1,,a=http://a:1,a=http://a:2"),
            (Members{{"b", "http://b:1"}, {"a", "http://a:1"}, {"a", "http://a:2"}}));
  EXPECT_FALSE(ParseInitialCluster("a").ok());
  EXPECT_FALSE(ParseInitialCluster("a=b").ok());
  EXPECT_FALSE(ParseInitialCluster("a=http://a:1,b=").ok());
}

}  // namespace
}  // namespace quorate::config
