#include "src/config/help.h"

#include <string_view>

#include "quorate/base/version.h"
#include "src/config/flag_table.h"

// A package build may define it.
#ifndef QUORATE_GIT_SHA
#define QUORATE_GIT_SHA "not recorded"
#endif

namespace quorate::config {
namespace {

constexpr std::string_view kUsage = R"(Usage:

  quorate [flags]
    Start a member.

  quorate --version
    Print the versions and exit.

  quorate -h | --help
    Print this text and exit.

A flag is written --name=value or --name value, with one dash or two; the last one wins.
Each can be given as an environment variable instead, QUORATE_NAME or ETCD_NAME, named after it.
)";

#if defined(__x86_64__)
constexpr std::string_view kArchitecture = "linux/amd64";
#elif defined(__aarch64__)
constexpr std::string_view kArchitecture = "linux/arm64";
#else
constexpr std::string_view kArchitecture = "linux";
#endif

#if defined(__clang__)
constexpr std::string_view kCompiler = "clang " __clang_version__;
#else
constexpr std::string_view kCompiler = "g++ " __VERSION__;
#endif

void AppendFlag(const Flag& flag, std::string* out) {
  const std::string_view shown = flag.help_default.empty() ? flag.default_text : flag.help_default;
  out->append("  --").append(flag.name).append(" '").append(shown).append("'\n    ").append(flag.help);
  if (flag.section == Section::kOther) {
    out->push_back('\n');
    return;
  }
  out->append("\n    ").append(EnvironmentName("ETCD", flag.name)).append(", ");
  out->append(EnvironmentName("QUORATE", flag.name)).append("\n");
}

void AppendNames(Support support, std::string_view title, std::string* out) {
  out->append("\n").append(title).append(":\n");
  for (const Flag& flag : Flags()) {
    if (flag.support == support && flag.section != Section::kIgnored)
      out->append("  --").append(flag.name).append("\n");
  }
}

}  // namespace

std::string HelpText() {
  std::string out(kUsage);
  Section section = Section::kIgnored;
  for (const Flag& flag : Flags()) {
    if (flag.support != Support::kWorks || flag.section == Section::kIgnored) continue;
    if (flag.section != section) out.append("\n").append(SectionTitle(flag.section)).append(":\n");
    section = flag.section;
    AppendFlag(flag, &out);
  }
  AppendNames(Support::kNoEffect, "Accepted, without effect (there is no such mechanism here, or it is always on)",
              &out);
  AppendNames(Support::kNotYet, "Not yet supported (refused unless given their default value)", &out);
  return out;
}

std::string VersionText() {
  std::string out = "etcd Version: ";
  out.append(base::kEtcdVersion).append("\nQuorate Version: ").append(base::kQuorateVersion);
  out.append("\nGit SHA: ").append(QUORATE_GIT_SHA);
  out.append("\nCompiler: ").append(kCompiler);
  out.append("\nOS/Arch: ").append(kArchitecture).append("\n");
  return out;
}

}  // namespace quorate::config
