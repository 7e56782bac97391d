#include "src/utl/paths.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>

namespace quorate::utl {
namespace {

std::string Lowered(std::string text) {
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') text[0] = static_cast<char>(text[0] - 'A' + 'a');
  return text;
}

}  // namespace

absl::Status CheckExists(const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) == 0) return absl::OkStatus();
  return base::MakeStatus(absl::StatusCode::kNotFound, "stat " + path + ": " + Lowered(std::strerror(errno)));
}

}  // namespace quorate::utl
