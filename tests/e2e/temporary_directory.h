#pragma once

#include <string>

namespace quorate::testing {

// An empty directory with mode 0700 under $TMPDIR or /tmp, gone with all it holds when this object ends.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace quorate::testing
