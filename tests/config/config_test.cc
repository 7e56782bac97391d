#include "quorate/config/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "src/config/flag_table.h"

namespace quorate::config {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::StartsWith;
using Strings = std::vector<std::string>;

// What a member started with these arguments would run with; the test fails when they are refused.
Config Accept(const Strings& arguments, const Strings& environment = {}) {
  absl::StatusOr<ParseResult> result = Parse(arguments, environment);
  EXPECT_TRUE(result.ok()) << result.status();
  if (!result.ok()) return {};
  EXPECT_EQ(result->action, ParseResult::Action::kRun);
  return std::move(result->config);
}

// The error; the test fails when the arguments are accepted.
absl::Status Refuse(const Strings& arguments, const Strings& environment = {}) {
  const absl::StatusOr<ParseResult> result = Parse(arguments, environment);
  EXPECT_FALSE(result.ok());
  EXPECT_EQ(base::MessageOf(result.status()).find('\n'), std::string::npos) << "more than one line";
  return result.status();
}
std::string RefuseMessage(const Strings& arguments, const Strings& environment = {}) {
  return std::string(base::MessageOf(Refuse(arguments, environment)));
}

TEST(ConfigTest, DefaultsAreEtcds) {
  const Config config = Accept({});
  EXPECT_EQ(config.name, "default");
  EXPECT_EQ(config.data_dir, "default.etcd");
  EXPECT_EQ(config.wal_dir, "");
  EXPECT_THAT(config.listen_client_urls, ElementsAre("http://localhost:2379"));
  EXPECT_THAT(config.advertise_client_urls, ElementsAre("http://localhost:2379"));
  EXPECT_THAT(config.listen_peer_urls, ElementsAre("http://localhost:2380"));
  EXPECT_THAT(config.initial_advertise_peer_urls, ElementsAre("http://localhost:2380"));
  EXPECT_THAT(config.initial_cluster, ElementsAre(Pair("default", "http://localhost:2380")));
  EXPECT_FALSE(config.initial_cluster_existing);
  EXPECT_EQ(config.initial_cluster_token, "etcd-cluster");
  EXPECT_EQ(config.snapshot_count, 10000u);
  EXPECT_EQ(config.heartbeat_interval, 100ms);
  EXPECT_EQ(config.election_timeout, 1s);
  EXPECT_EQ(config.quota_backend_bytes, 0);
  EXPECT_EQ(config.max_txn_ops, 128u);
  EXPECT_EQ(config.max_request_bytes, 1572864u);
  EXPECT_EQ(config.max_concurrent_streams, UINT32_MAX);
  EXPECT_EQ(config.grpc_keepalive_min_time, 5s);
  EXPECT_EQ(config.grpc_keepalive_interval, 2h);
  EXPECT_EQ(config.grpc_keepalive_timeout, 20s);
  EXPECT_FALSE(config.unsafe_no_fsync);
  EXPECT_EQ(config.warning_unary_request_duration, 300ms);
  EXPECT_EQ(config.logging.level, base::LogLevel::kInfo);
  EXPECT_TRUE(config.logging.json);
  EXPECT_THAT(config.logging.outputs, ElementsAre("default"));
}

TEST(ConfigTest, TheLongestDurationStaysOneInNanoseconds) {
  const Config config = Accept({"--warning-unary-request-duration=2562047h47m16.854775807s"});
  EXPECT_GT(std::chrono::nanoseconds(config.warning_unary_request_duration), 2562047h);
}

TEST(ConfigTest, RequestsMayBeSlowAfterLessThanAMillisecond) {
  EXPECT_EQ(Accept({"--warning-unary-request-duration=1us"}).warning_unary_request_duration, 1us);
}

TEST(ConfigTest, ZeroStandsForTheDefault) {
  const Config config =
      Accept({"--snapshot-count=0", "--max-concurrent-streams=0", "--warning-unary-request-duration=0"});
  EXPECT_EQ(config.snapshot_count, 10000u);
  EXPECT_EQ(config.max_concurrent_streams, std::numeric_limits<uint32_t>::max());
  EXPECT_EQ(config.warning_unary_request_duration, 300ms);
}

TEST(ConfigTest, EveryFlagReachesItsPlace) {
  const Config config = Accept({"--name=n1",
                                "--data-dir=/d",
                                "--wal-dir=/w",
                                "--snapshot-count=7",
                                "--heartbeat-interval=10",
                                "--election-timeout=60",
                                "--quota-backend-bytes=-1",
                                "--max-txn-ops=0x10",
                                "--max-request-bytes=99",
                                "--max-concurrent-streams=5",
                                "--grpc-keepalive-min-time=1s",
                                "--grpc-keepalive-interval=1m",
                                "--grpc-keepalive-timeout=1500us",
                                "--socket-reuse-port",
                                "--unsafe-no-fsync",
                                "--warning-unary-request-duration=1s",
                                "--listen-client-urls=http://127.0.0.1:0,unix://c.sock",
                                "--advertise-client-urls=http://node:1",
                                "--listen-peer-urls=http://[::1]:0",
                                "--initial-advertise-peer-urls=http://node:2",
                                "--initial-cluster=n1=http://node:2,n2=http://other:2",
                                "--initial-cluster-state=existing",
                                "--initial-cluster-token=t",
                                "--log-level=debug",
                                "--log-format=console",
                                "--log-outputs=stdout,/l"});
  EXPECT_EQ(config.name, "n1");
  EXPECT_EQ(config.data_dir, "/d");
  EXPECT_EQ(config.wal_dir, "/w");
  EXPECT_EQ(config.snapshot_count, 7u);
  EXPECT_EQ(config.heartbeat_interval, 10ms);
  EXPECT_EQ(config.election_timeout, 60ms);
  EXPECT_EQ(config.quota_backend_bytes, -1);
  EXPECT_EQ(config.max_txn_ops, 16u);
  EXPECT_EQ(config.max_request_bytes, 99u);
  EXPECT_EQ(config.max_concurrent_streams, 5u);
  EXPECT_EQ(config.grpc_keepalive_min_time, 1s);
  EXPECT_EQ(config.grpc_keepalive_interval, 1min);
  EXPECT_EQ(config.grpc_keepalive_timeout, 2ms);
  EXPECT_TRUE(config.socket_reuse_port);
  EXPECT_TRUE(config.unsafe_no_fsync);
  EXPECT_EQ(config.warning_unary_request_duration, 1s);
  EXPECT_THAT(config.listen_client_urls, ElementsAre("http://127.0.0.1:0", "unix://c.sock"));
  EXPECT_THAT(config.advertise_client_urls, ElementsAre("http://node:1"));
  EXPECT_THAT(config.listen_peer_urls, ElementsAre("http://[::1]:0"));
  EXPECT_THAT(config.initial_advertise_peer_urls, ElementsAre("http://node:2"));
  EXPECT_THAT(config.initial_cluster, ElementsAre(Pair("n1", "http://node:2"), Pair("n2", "http://other:2")));
  EXPECT_TRUE(config.initial_cluster_existing);
  EXPECT_EQ(config.initial_cluster_token, "t");
  EXPECT_EQ(config.logging.level, base::LogLevel::kDebug);
  EXPECT_FALSE(config.logging.json);
  EXPECT_THAT(config.logging.outputs, ElementsAre("/l", "stdout"));
}

TEST(CommandLineTest, TakesOneOrTwoDashesAndValuesInBothForms) {
  EXPECT_EQ(Accept({"-name", "a"}).name, "a");
  EXPECT_EQ(Accept({"--name", "a"}).name, "a");
  EXPECT_EQ(Accept({"-name=a"}).name, "a");
  EXPECT_EQ(Accept({"--name=a=b"}).name, "a=b");
  EXPECT_EQ(Accept({"--initial-cluster-token="}).initial_cluster_token, "");
  EXPECT_EQ(Accept({"--initial-cluster-token", "--x"}).initial_cluster_token, "--x");
}

TEST(CommandLineTest, BooleansTakeTheirValueOnlyAfterAnEqualsSign) {
  EXPECT_TRUE(Accept({"--unsafe-no-fsync", "--name=a"}).unsafe_no_fsync);
  EXPECT_TRUE(Accept({"--unsafe-no-fsync=t"}).unsafe_no_fsync);
  EXPECT_FALSE(Accept({"--unsafe-no-fsync=FALSE"}).unsafe_no_fsync);
  EXPECT_EQ(RefuseMessage({"--unsafe-no-fsync", "false"}), "\"false\" is not a valid flag");
  EXPECT_EQ(RefuseMessage({"--unsafe-no-fsync=maybe"}), "--unsafe-no-fsync: \"maybe\" is not true or false");
}

TEST(CommandLineTest, TheLastOfSeveralWins) {
  EXPECT_EQ(Accept({"--name=a", "--name", "b"}).name, "b");
  EXPECT_FALSE(Accept({"--unsafe-no-fsync", "--unsafe-no-fsync=false"}).unsafe_no_fsync);
}

TEST(CommandLineTest, RefusesWhatIsNoFlag) {
  EXPECT_EQ(RefuseMessage({"word"}), "\"word\" is not a valid flag");
  EXPECT_EQ(RefuseMessage({"-"}), "\"-\" is not a valid flag");
  EXPECT_EQ(RefuseMessage({""}), "\"\" is not a valid flag");
  EXPECT_EQ(RefuseMessage({"--", "--name=a"}), "\"--name=a\" is not a valid flag");
  EXPECT_EQ(RefuseMessage({"---name"}), "bad flag syntax: ---name");
  EXPECT_EQ(RefuseMessage({"--=a"}), "bad flag syntax: --=a");
  EXPECT_EQ(RefuseMessage({"--name"}), "flag needs an argument: --name");
  EXPECT_EQ(Accept({"--name=a", "--"}).name, "a");
}

TEST(CommandLineTest, UnknownFlagsAreRefusedWithTheNearestName) {
  EXPECT_THAT(RefuseMessage({"--heartbeet-interval=1"}), HasSubstr("nearest known flag is --heartbeat-interval"));
  EXPECT_THAT(RefuseMessage({"--datadir", "x"}), HasSubstr("nearest known flag is --data-dir"));
  EXPECT_THAT(RefuseMessage({"--experimental-max-learners=2"}), HasSubstr("nearest known flag is --max-learners"));
  EXPECT_EQ(Refuse({"--" + std::string(100000, 'x')}).code(), absl::StatusCode::kInvalidArgument);
}

TEST(CommandLineTest, BadValuesNameTheFlagAndWhatIsWanted) {
  EXPECT_EQ(RefuseMessage({"--heartbeat-interval=x"}),
            "--heartbeat-interval: \"x\" is not a whole number of 0 or more");
  EXPECT_EQ(RefuseMessage({"--grpc-keepalive-timeout", "5"}),
            "--grpc-keepalive-timeout: \"5\" is not a duration such as 300ms, 5s or 1h0m0s");
  EXPECT_EQ(RefuseMessage({"--max-concurrent-streams=4294967296"}),
            "--max-concurrent-streams: \"4294967296\" is too large; the most is 4294967295");
  EXPECT_EQ(RefuseMessage({"--initial-cluster-state=old"}),
            "--initial-cluster-state: \"old\" is none of new, existing");
  EXPECT_EQ(RefuseMessage({"--listen-client-urls=2379"}),
            "--listen-client-urls: URL scheme must be http, https, unix, or unixs: 2379");
  EXPECT_THAT(RefuseMessage({"--log-level=loud"}), HasSubstr("--log-level"));
}

TEST(EnvironmentTest, FillsInFlagsThatAreNotGiven) {
  EXPECT_EQ(Accept({}, {"ETCD_NAME=e"}).name, "e");
  EXPECT_EQ(Accept({}, {"QUORATE_NAME=q"}).name, "q");
  EXPECT_TRUE(Accept({}, {"ETCD_UNSAFE_NO_FSYNC=1"}).unsafe_no_fsync);
  EXPECT_EQ(Accept({}, {"ETCD_NAME="}).name, "default") << "empty is not set";
  EXPECT_EQ(RefuseMessage({}, {"ETCD_MAX_TXN_OPS=x"}), "ETCD_MAX_TXN_OPS: \"x\" is not a whole number of 0 or more");
}

TEST(EnvironmentTest, FlagsWinAndQuorateWinsWithAWarning) {
  const Config both = Accept({"--data-dir=d"}, {"ETCD_NAME=e", "QUORATE_NAME=q"});
  EXPECT_EQ(both.name, "q");
  EXPECT_THAT(both.warnings, ElementsAre("environment variable ETCD_NAME is ignored: QUORATE_NAME is given too"));
  const Config flag = Accept({"--name=f", "--data-dir=d"}, {"ETCD_NAME=e"});
  EXPECT_EQ(flag.name, "f");
  EXPECT_THAT(flag.warnings, ElementsAre("environment variable ETCD_NAME is ignored: --name is given too"));
}

TEST(EnvironmentTest, UnknownVariablesAreWarnedAboutNeverRefused) {
  const Config config =
      Accept({"--data-dir=d"}, {"ETCD_VERIFY=all", "ETCD_VERSION=v3", "HOME=/", "noequals", "ETCDCTL_API=3"});
  EXPECT_THAT(config.warnings, ElementsAre("environment variable ETCD_VERIFY is ignored: no flag has this name",
                                           "environment variable ETCD_VERSION is ignored: no flag has this name"));
}

TEST(SupportTest, FlagsToComeAreRefusedUnlessTheirValueIsTheDefault) {
  EXPECT_EQ(RefuseMessage({"--force-new-cluster"}), "--force-new-cluster: not yet supported");
  EXPECT_EQ(Refuse({"--cert-file=c"}).code(), absl::StatusCode::kUnimplemented);
  EXPECT_EQ(RefuseMessage({"--pre-vote=false"}), "--pre-vote: not yet supported");
  EXPECT_EQ(RefuseMessage({"--config-file=f"}), "--config-file: not yet supported");
  EXPECT_EQ(RefuseMessage({}, {"ETCD_CONFIG_FILE=f"}), "ETCD_CONFIG_FILE: not yet supported");
  const Config config = Accept({"--data-dir=d", "--pre-vote", "--cert-file=", "--corrupt-check-time=0",
                                "--compact-hash-check-time=60s", "--cors=*", "--enable-grpc-gateway=true"});
  EXPECT_THAT(config.warnings, IsEmpty());
}

TEST(SupportTest, ValuesOfFlagsToComeAreStillChecked) {
  EXPECT_THAT(RefuseMessage({"--max-learners=x"}), HasSubstr("is not a whole number"));
  EXPECT_THAT(RefuseMessage({"--listen-metrics-urls=x"}), HasSubstr("URL scheme"));
}

TEST(SupportTest, FlagsWithoutMechanismAreAcceptedAndSaidOnce) {
  const Config config = Accept({"--data-dir=d", "--backend-bbolt-freelist-type=array", "--max-wals=3", "--max-wals=4"});
  EXPECT_THAT(config.warnings, ElementsAre(StartsWith("--max-wals has no effect here"),
                                           StartsWith("--backend-bbolt-freelist-type has no effect here")));
}

TEST(SupportTest, FlagsOfEtcd2AreIgnoredWhateverTheirValue) {
  const Config config =
      Accept({"--data-dir=d", "--v=2", "--snapshot", "--peer-election-timeout=soon"}, {"ETCD_CONFIG=/etc/x"});
  EXPECT_THAT(config.warnings, IsEmpty());
}

TEST(SupportTest, FeatureGatesHaveToBeEtcds) {
  const Config config = Accept({"--data-dir=d", "--feature-gates=InitialCorruptCheck=true,CompactHashCheck=false"});
  EXPECT_THAT(config.warnings, ElementsAre(StartsWith("--feature-gates has no effect here")));
  EXPECT_EQ(RefuseMessage({"--feature-gates=Nonsense=true"}), "--feature-gates: unrecognized feature gate: Nonsense");
  EXPECT_EQ(RefuseMessage({"--feature-gates=LeaseCheckpoint"}),
            "--feature-gates: missing bool value for LeaseCheckpoint");
  EXPECT_THAT(RefuseMessage({"--feature-gates=LeaseCheckpoint=maybe"}), HasSubstr("invalid value"));
}

TEST(SupportTest, DefaultsInTheTableAreValid) {
  for (const Flag& flag : Flags()) {
    EXPECT_TRUE(ParseValue(flag.type, flag.default_text).ok()) << flag.name;
    EXPECT_EQ(FindFlag(flag.name), &flag) << flag.name << " is listed twice";
    const bool is_listed = flag.support == Support::kWorks && flag.section != Section::kIgnored;
    EXPECT_EQ(is_listed && flag.help.empty(), false) << flag.name;
  }
}

TEST(ValidationTest, TimesMustLeaveRoomForHeartbeats) {
  EXPECT_EQ(RefuseMessage({"--heartbeat-interval=0"}), "--heartbeat-interval must be >0 (set to 0ms)");
  EXPECT_EQ(RefuseMessage({"--election-timeout=0"}), "--election-timeout must be >0 (set to 0ms)");
  EXPECT_EQ(RefuseMessage({"--election-timeout=499"}),
            "--election-timeout[499ms] should be at least as 5 times as --heartbeat-interval[100ms]");
  EXPECT_EQ(RefuseMessage({"--election-timeout=50001"}),
            "--election-timeout[50001ms] is too long, and should be set less than 50000ms");
  EXPECT_EQ(Accept({"--election-timeout=50000", "--heartbeat-interval=10000"}).election_timeout, 50s);
  EXPECT_FALSE(Parse({"--heartbeat-interval=18446744073709551615"}, {}).ok());
}

TEST(ValidationTest, ListeningOnGivenUrlsNeedsAdvertisedOnes) {
  EXPECT_EQ(RefuseMessage({"--listen-client-urls=http://127.0.0.1:1"}),
            "--advertise-client-urls is required when --listen-client-urls is set explicitly");
  EXPECT_EQ(RefuseMessage({}, {"ETCD_LISTEN_CLIENT_URLS=http://127.0.0.1:1"}),
            "--advertise-client-urls is required when --listen-client-urls is set explicitly");
}

TEST(ValidationTest, AnEmptyUrlListKeepsTheDefault) {
  const Config config = Accept({"--listen-client-urls=", "--advertise-client-urls="});
  EXPECT_THAT(config.listen_client_urls, ElementsAre("http://localhost:2379"));
}

TEST(ValidationTest, UrlsMustSuitTheirUse) {
  EXPECT_EQ(RefuseMessage({"--listen-peer-urls=http://example.org:1"}),
            "--listen-peer-urls: expected IP in URL for binding (http://example.org:1)");
  EXPECT_THAT(RefuseMessage({"--advertise-client-urls=http://:1"}),
              AllOf(StartsWith("--advertise-client-urls \"http://:1\" must be in the format \"host:port\""),
                    HasSubstr("unexpected empty host")));
  EXPECT_THAT(RefuseMessage({"--initial-advertise-peer-urls=http://:1"}),
              StartsWith("--initial-advertise-peer-urls \"http://:1\" must be \"host:port\""));
  EXPECT_EQ(Refuse({"--listen-peer-urls=https://127.0.0.1:1"}).code(), absl::StatusCode::kUnimplemented);
  EXPECT_EQ(Refuse({"--initial-cluster=default=https://a:1"}).code(), absl::StatusCode::kUnimplemented);
}

TEST(ValidationTest, TheClusterIsThisMemberUnlessGiven) {
  EXPECT_THAT(Accept({"--name=a", "--initial-advertise-peer-urls=http://x:1,http://x:2"}).initial_cluster,
              ElementsAre(Pair("a", "http://x:1"), Pair("a", "http://x:2")));
  EXPECT_THAT(Accept({"--name=a", "--initial-cluster=default=http://localhost:2380"}).initial_cluster,
              ElementsAre(Pair("a", "http://localhost:2380")));
  EXPECT_EQ(RefuseMessage({"--initial-cluster=a"}), "--initial-cluster: \"a\" does not have the form name=URL");
  EXPECT_THAT(RefuseMessage({"--initial-cluster=,"}), HasSubstr("--initial-cluster: no member"));
}

TEST(ValidationTest, AnImplicitDataDirectoryIsSaid) {
  EXPECT_THAT(Accept({}).warnings, ElementsAre(HasSubstr("default.etcd")));
}

TEST(PrintingTest, VersionBeginsWithEtcds) {
  const absl::StatusOr<ParseResult> result = Parse({"--version"}, {});
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->action, ParseResult::Action::kPrintAndExit);
  EXPECT_THAT(result->text, StartsWith("etcd Version: 3.7.1\nQuorate Version: 0.1.0\n"));
  EXPECT_FALSE(Parse({"--version", "--bogus"}, {}).ok());
}

TEST(PrintingTest, HelpListsEveryFlagWithDefaultAndVariables) {
  for (const char* flag : {"-h", "--h", "-help", "--help"}) {
    const absl::StatusOr<ParseResult> result = Parse({flag, "--bogus"}, {});
    ASSERT_TRUE(result.ok());
    EXPECT_EQ(result->action, ParseResult::Action::kPrintAndExit);
    EXPECT_THAT(result->text, HasSubstr("\n  --election-timeout '1000'\n"));
    EXPECT_THAT(result->text, HasSubstr("ETCD_ELECTION_TIMEOUT, QUORATE_ELECTION_TIMEOUT"));
    for (const Flag& known : Flags()) {
      if (known.section == Section::kIgnored) continue;
      EXPECT_THAT(result->text, HasSubstr("\n  --" + std::string(known.name))) << known.name;
    }
  }
}

TEST(ConfigTest, AutoCompactionIsReadInItsMode) {
  EXPECT_EQ(Accept({}).auto_compaction.period.count(), 0);
  EXPECT_EQ(Accept({"--auto-compaction-retention=8"}).auto_compaction.period, std::chrono::hours(8));
  const Config by_revision = Accept({"--auto-compaction-mode=revision", "--auto-compaction-retention=1000"});
  EXPECT_EQ(by_revision.auto_compaction.revisions, 1000);
  EXPECT_EQ(by_revision.auto_compaction.period.count(), 0);
  const std::string refusal = RefuseMessage({"--auto-compaction-retention=soon"});
  EXPECT_TRUE(refusal.starts_with("--auto-compaction-retention: error parsing CompactionRetention: ")) << refusal;
}

}  // namespace
}  // namespace quorate::config
