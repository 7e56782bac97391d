#include "fuzz/directory.h"

#include <cstdlib>
#include <string>

#include "quorate/base/check.h"

namespace quorate::fuzz {
namespace {

const std::filesystem::path kMemory = "/dev/shm";

}  // namespace

Directory::Directory() {
  const bool in_memory = std::filesystem::is_directory(kMemory);
  std::string name = ((in_memory ? kMemory : std::filesystem::temp_directory_path()) / "quorate-fuzz-XXXXXX").string();
  QUORATE_CHECK(mkdtemp(name.data()) != nullptr) << name;
  path_ = name;
}

Directory::~Directory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace quorate::fuzz
