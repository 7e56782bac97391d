#include "tests/e2e/binaries.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "tests/e2e/program.h"

namespace quorate::testing {
namespace {

std::string FromEnvironment(const char* name, const std::string& otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? otherwise : value;
}

}  // namespace

std::string SubjectServer() { return FromEnvironment("QUORATE_SUBJECT", QUORATE_DEFAULT_SUBJECT); }

std::string SubjectCtl() {
  const std::filesystem::path beside = std::filesystem::path(QUORATE_DEFAULT_SUBJECT).parent_path() / "quoratectl";
  return FromEnvironment("QUORATE_CTL", beside.string());
}

std::string SubjectUtl() {
  const std::filesystem::path beside = std::filesystem::path(QUORATE_DEFAULT_SUBJECT).parent_path() / "quorateutl";
  return FromEnvironment("QUORATE_UTL", beside.string());
}

std::string ReferenceProgram(const std::string& name) {
  const std::string path = FromEnvironment("QUORATE_REFERENCE", QUORATE_DEFAULT_REFERENCE) + "/" + name;
  return access(path.c_str(), X_OK) == 0 ? path : "";
}

std::string VersionOf(const std::string& server) {
  constexpr std::string_view kBefore = "etcd Version: ";
  const ProgramResult result = RunProgram({.arguments = {server, "--version"}});
  const size_t start = result.output.find(kBefore);
  if (start == std::string::npos) return "";
  const size_t from = start + kBefore.size();
  return result.output.substr(from, result.output.find('\n', from) - from);
}

bool ReferenceIsCurrent() {
  static const bool current = VersionOf(ReferenceProgram("etcd")).starts_with("3.7.");
  return current;
}

std::string OldReferenceReason() {
  return "the reference is etcd " + VersionOf(ReferenceProgram("etcd")) + ", this needs 3.7: install Go 1.26";
}

}  // namespace quorate::testing
