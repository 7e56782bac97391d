#include "quorate/base/file_system.h"

#include <algorithm>

namespace quorate::base {

std::string ParentOf(std::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return std::string(slash == 0 ? "/" : path.substr(0, slash));
}

std::vector<std::string> FileSystem::MissingDirectories(const std::string& path) {
  std::vector<std::string> missing;
  std::string at = path;
  for (; !Exists(at) && ParentOf(at) != at; at = ParentOf(at)) missing.push_back(at);
  std::reverse(missing.begin(), missing.end());
  return missing;
}

absl::Status FileSystem::CreateDirectoriesDurably(const std::string& path) {
  const std::vector<std::string> missing = MissingDirectories(path);
  QUORATE_RETURN_IF_ERROR(CreateDirectories(path));
  for (const std::string& made : missing) QUORATE_RETURN_IF_ERROR(SyncDirectory(ParentOf(made)));
  return absl::OkStatus();
}

}  // namespace quorate::base
