#pragma once

#include <filesystem>

namespace quorate::fuzz {

// An empty directory, in memory where there is a file system for that; gone with this object.
class Directory {
 public:
  Directory();
  ~Directory();
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace quorate::fuzz
