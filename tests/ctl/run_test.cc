#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <sstream>

#include "quorate/ctl/ctl.h"
#include "src/ctl/run_program.h"
#include "tests/ctl/fake_server_testing.h"

namespace quorate::ctl {
namespace {

struct Outcome {
  int exit_code = 0;
  std::string out;
  std::string err;
};

// Runs a command line that fails, or has its answer, before anything is sent.
Outcome RunLine(const std::vector<std::string>& arguments, const std::vector<std::string>& environment = {},
                const std::string& input = "") {
  std::istringstream in(input);
  std::ostringstream out, err;
  int exit_code = Run(arguments, environment, {in, out, err});
  return {exit_code, out.str(), err.str()};
}

TEST(Run, VersionIsTheApisAndOurs) {
  Outcome outcome = RunLine({"-w", "json", "version", "x"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.out.substr(0, outcome.out.find("quoratectl")), "etcdctl version: 3.7.1\nAPI version: 3.7\n");
}

TEST(Run, HelpGoesToStandardOutput) {
  for (const std::vector<std::string>& line : {std::vector<std::string>{}, {"--help"}, {"help"}, {"-h"}}) {
    Outcome outcome = RunLine(line);
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_NE(outcome.out.find("Key-value commands\n  compaction "), std::string::npos);
    EXPECT_EQ(outcome.err, "");
  }
  EXPECT_EQ(RunLine({"endpoint"}).out, RunLine({"help", "endpoint"}).out);
  EXPECT_EQ(RunLine({"member", "bogus"}).exit_code, 0);
}

TEST(Run, OptionsListGlobalFlags) {
  std::string out = RunLine({"options"}).out;
  EXPECT_NE(out.find("\n  -d, --discovery-srv string "), std::string::npos);
  EXPECT_NE(out.find("      --endpoints strings "), std::string::npos);
  EXPECT_NE(out.find("(default [127.0.0.1:2379])\n"), std::string::npos);
  EXPECT_EQ(out.find("--help"), std::string::npos);
}

TEST(Run, WrongFlagsShowTheUsageOnStandardError) {
  Outcome outcome = RunLine({"version", "--bogus"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err,
            "Error: unknown flag: --bogus\nUsage:\n  quoratectl version [flags]\n\nFlags:\n"
            "  -h, --help   help for version\n\n");
}

TEST(Run, UnknownCommandsAreAnError) {
  Outcome outcome = RunLine({"gett", "a"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_EQ(outcome.err,
            "Error: unknown command \"gett\" for \"quoratectl\"\n\nDid you mean this?\n\tget\n\n"
            "Run 'quoratectl --help' for usage.\n");
}

TEST(Run, ExitCodesTellKindsOfFailuresApart) {
  EXPECT_EQ(RunLine({"put"}).exit_code, 128);
  EXPECT_EQ(RunLine({"get", "a", "--order", "up"}).exit_code, 4);
  EXPECT_EQ(RunLine({"get", "a", "-w", "xml"}).exit_code, 4);
  EXPECT_EQ(RunLine({"txn"}, {}, "nonsense\n").exit_code, 3);
  EXPECT_EQ(RunLine({"get", "a", "--endpoints", ""}).exit_code, 2);
  EXPECT_EQ(RunLine({"defrag", "--cluster", "--endpoints", ""}).exit_code, 1);
  EXPECT_EQ(RunLine({"endpoint", "status", "--cluster", "--endpoints", ""}).exit_code, 1);
  EXPECT_EQ(RunLine({"endpoint", "status", "--cacert", "/nonexistent"}).exit_code, 128);
  EXPECT_EQ(RunLine({"endpoint", "status", "--cluster", "--cacert", "/nonexistent"}).exit_code, 1);
  EXPECT_EQ(RunLine({"endpoint", "status", "--cluster", "--cacert", ""}).exit_code, 128);
  EXPECT_EQ(RunLine({"compaction", "x"}).exit_code, 1);
  EXPECT_EQ(RunLine({"get", "a", "--cacert", ""}).err, "Error: empty string is passed to --cacert option\n");
  EXPECT_EQ(RunLine({"get", "a", "--cacert", "/nonexistent"}).err,
            "Error: open /nonexistent: no such file or directory\n");
}

TEST(Run, EnvironmentSetsFlagsAfterArgumentsAreChecked) {
  EXPECT_EQ(RunLine({"get", "a"}, {"ETCDCTL_WRITE_OUT=xml"}).err, "Error: unsupported output format\n");
  EXPECT_EQ(RunLine({"get", "a"}, {"QUORATECTL_WRITE_OUT=xml"}).err, "Error: unsupported output format\n");
  EXPECT_EQ(RunLine({"get", "a"}, {"ETCDCTL_ENDPOINTS=", "ETCDCTL_WRITE_OUT=xml"}).exit_code, 4);
  EXPECT_EQ(RunLine({"get"}, {"ETCDCTL_WRITE_OUT=xml"}).exit_code, 128);
}

TEST(Run, AVariableThatCannotBeReadIsNone) {
  const Outcome outcome =
      RunLine({"--endpoints", "127.0.0.1:1", "--command-timeout", "50ms", "--max-request-bytes", "2", "get", "a"},
              {"ETCDCTL_MAX_RECV_BYTES=much", "QUORATECTL_MAX_RECV_BYTES=1"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_NE(outcome.err.find("recv limit (1 bytes)"), std::string::npos) << outcome.err;
}

TEST(Run, EnvironmentMustNotContradictTheCommandLine) {
  Outcome outcome = RunLine({"get", "a", "-w", "json"}, {"ETCDCTL_WRITE_OUT=json"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.err.find("\"level\":\"fatal\""), std::string::npos);
  EXPECT_NE(outcome.err.find("\"environment-variable\":\"ETCDCTL_WRITE_OUT\""), std::string::npos);
}

TEST(Run, UnknownVariablesAreWarnedAbout) {
  Outcome outcome = RunLine({"get", "a", "-w", "xml"}, {"ETCDCTL_BOGUS=1", "ETCDCTLX=2", "HOME=/"});
  EXPECT_NE(
      outcome.err.find("\"msg\":\"unrecognized environment variable\",\"environment-variable\":\"ETCDCTL_BOGUS=1\""),
      std::string::npos);
  EXPECT_EQ(outcome.err.find("ETCDCTLX"), std::string::npos);
}

TEST(Run, WatchTakesItsKeyFromTheLineOrTheEnvironment) {
  EXPECT_EQ(RunLine({"watch"}).err, "Error: bad number of arguments\n");
  EXPECT_EQ(RunLine({"watch", "a", "--"}).err,
            "Error: bad number of arguments (found separator --, but no commands)\n");
  EXPECT_EQ(RunLine({"watch", "a", "b", "--prefix"}).err, "Error: `range_end` and `--prefix` are mutually exclusive\n");
  EXPECT_EQ(RunLine({"watch", "a"}, {"ETCDCTL_WATCH_KEY=k"}).err,
            "Error: bad number of arguments (found conflicting environment key)\n");
  EXPECT_EQ(RunLine({"watch"}, {"ETCDCTL_WATCH_RANGE_END=k"}).err,
            "Error: ETCDCTL_WATCH_KEY is empty but got ETCDCTL_WATCH_RANGE_END=\"k\"\n");
  EXPECT_EQ(RunLine({"watch", "-w", "xml"}, {"ETCDCTL_WATCH_KEY=k"}).err, "Error: unsupported output format\n");
}

TEST(Run, NoTimeIsOverAtOnce) {
  FakeServer server;
  server.on_range = [](const etcdserverpb::RangeRequest&, etcdserverpb::RangeResponse&) { return grpc::Status::OK; };
  const Outcome outcome = RunLine({"--endpoints", server.address(), "--command-timeout", "0s", "get", "a"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.err.find("Error: context deadline exceeded\n"), std::string::npos) << outcome.err;
}

TEST(RunProgram, TellsHowTheProgramEnded) {
  auto end = [](const std::vector<std::string>& words) {
    return std::string(base::MessageOf(RunProgram(words, {"Q=3"})));
  };
  EXPECT_EQ(end({"/bin/sh", "-c", "exit 0"}), "");
  EXPECT_EQ(end({"/bin/sh", "-c", "exit $Q"}), "exit status 3");
  EXPECT_EQ(end({"no-such-program-anywhere"}),
            "exec: \"no-such-program-anywhere\": executable file not found in $PATH");
}

TEST(RunProgram, IsNotStartedAfterASignal) {
  for (const bool from_process : {true, false}) {
    Program program;
    program.Deliver({SIGTERM, from_process});
    const absl::Status status = program.Start({"/bin/sh", "-c", "exit 0"}, {});
    EXPECT_EQ(status.code(), absl::StatusCode::kCancelled) << status;
  }
}

TEST(Run, OutputThatIsLostIsAFailure) {
  std::istringstream in;
  // What is lost at the end, and what is lost on the way to it.
  for (const std::vector<std::string>& line : {std::vector<std::string>{"version"}, {"completion", "bash"}, {"help"}}) {
    std::ofstream out("/dev/full");
    std::ostringstream err;
    EXPECT_EQ(ctl::Run(line, {}, {in, out, err}), 1);
    EXPECT_EQ(err.str(), "Error: write standard output: no space left on device\n");
  }
}

TEST(Run, AValueThatCannotBeReadIsNotPut) {
  std::istringstream in;
  std::ostringstream out, err;
  const int directory = open("/", O_RDONLY | O_CLOEXEC);
  EXPECT_EQ(ctl::Run({"put", "a"}, {}, {in, out, err, directory}), 128);
  EXPECT_EQ(err.str(), "Error: read standard input: is a directory\n");
  close(directory);
}

TEST(Run, NobodyThereIsADeadlineExceeded) {
  Outcome outcome = RunLine({"--endpoints", "127.0.0.1:1", "--command-timeout", "50ms", "get", "a"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.err.find("\nError: context deadline exceeded\n"), std::string::npos);
}

}  // namespace
}  // namespace quorate::ctl
