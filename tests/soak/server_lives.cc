#include "tests/soak/server_lives.h"

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "tests/e2e/binaries.h"

namespace quorate::soak {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::chrono::seconds kStartWithin(120);
constexpr std::chrono::seconds kEndWithin(120);
constexpr milliseconds kCutStartMax(200);

// Sanitizers stop at what they find. Their own memory is kept small, so that the server's can be seen.
const std::vector<std::string> kEnvironment = {
    "ASAN_OPTIONS=quarantine_size_mb=16:thread_local_quarantine_size_kb=64:malloc_context_size=10:detect_leaks=1",
    "UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1"};

// The text behind "<name>":" in a line of JSON.
std::string FieldOf(const std::string& line, const std::string& name) {
  const std::string before = "\"" + name + "\":\"";
  const size_t at = line.find(before);
  if (at == std::string::npos) return "";
  return line.substr(at + before.size(), line.find('"', at + before.size()) - at - before.size());
}

}  // namespace

ServerLives::ServerLives(Findings* findings, uint64_t seed, std::vector<std::string> flags)
    : findings_(findings), random_(seed * 17'000'023) {
  server_ = std::make_unique<testing::ServerProcess>(testing::ServerOptions{.binary = testing::SubjectServer(),
                                                                            .directory = directory_.path(),
                                                                            .flags = std::move(flags),
                                                                            .environment = kEnvironment});
}

milliseconds ServerLives::age() const {
  return std::chrono::duration_cast<milliseconds>(steady_clock::now() - started_);
}

bool ServerLives::Start() {
  const auto begun = steady_clock::now();
  const absl::Status status = server_->Start(kStartWithin);
  started_ = steady_clock::now();
  longest_start_ = std::max(longest_start_, std::chrono::duration_cast<milliseconds>(started_ - begun));
  ++number_;
  if (!status.ok()) findings_->Add("the server does not start: " + std::string(base::MessageOf(status)));
  return status.ok();
}

void ServerLives::Kill() {
  ++kills_;
  server_->KillWithCutStarts(random_, kCutStartMax, [this] { ReadLog(); });
}

void ServerLives::Terminate() {
  const std::optional<int> code = server_->Terminate(kEndWithin);
  ++terminations_;
  if (code != 0) {
    findings_->Add("SIGTERM ends with " + (code ? std::to_string(*code) : "nothing in time") + ": " +
                   server_->LogTail());
  }
  ReadLog();
}

bool ServerLives::Lives() {
  const std::optional<int> code = server_->WaitForExit(milliseconds(0));
  if (!code) return true;
  findings_->Add("the server has ended with " + std::to_string(*code) + ": " + server_->LogTail());
  ReadLog();
  return false;
}

void ServerLives::ReadLog() {
  std::istringstream log(server_->Log());
  for (std::string line; std::getline(log, line);) {
    const std::string level = FieldOf(line, "level");
    if (level == "info" || level == "debug" || line.empty()) continue;
    if (level == "warn") {
      ++warnings_[FieldOf(line, "msg")];
    } else if (line.front() == '{' && line.back() != '}') {
      // Cut by kill -9.
    } else {
      findings_->Add("in the log: " + line);
    }
  }
  std::filesystem::resize_file(directory_.path() + "/log", 0);
}

}  // namespace quorate::soak
