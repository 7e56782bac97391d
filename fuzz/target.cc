#include "fuzz/target.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "quorate/base/check.h"
#include "quorate/base/logging.h"

namespace quorate::fuzz {

uint64_t Input::Number(size_t bytes) {
  uint64_t number = 0;
  const size_t size = std::min(bytes, bytes_.size());
  for (size_t i = 0; i < size; ++i) number |= static_cast<uint64_t>(static_cast<uint8_t>(bytes_[i])) << 8 * i;
  bytes_.remove_prefix(size);
  return number;
}

std::string_view Input::Take(size_t bytes) {
  const std::string_view taken = bytes_.substr(0, bytes);
  bytes_.remove_prefix(taken.size());
  return taken;
}

std::string Damage(std::string good, std::string_view damages) {
  constexpr size_t kBlockBytes = 512;
  Input input(damages);
  while (!input.empty() && !good.empty()) {
    const size_t at = input.Number(4) % good.size();
    const size_t block = std::min(kBlockBytes, good.size() - at);
    switch (input.Number(1) % 6) {
      case 0:
        good[at] = static_cast<char>(input.Number(1));
        break;
      case 1:
        good.insert(at, 1 + input.Number(1), static_cast<char>(input.Number(1)));
        break;
      case 2:
        good.erase(at, 1 + input.Number(1));
        break;
      case 3:
        good.resize(at);
        break;
      case 4:
        std::fill_n(good.begin() + static_cast<ptrdiff_t>(at), block, '\0');
        break;
      case 5:
        good.replace(at, block, std::string(good, input.Number(4) % good.size(), block));
        break;
    }
  }
  return good;
}

}  // namespace quorate::fuzz

// With QUORATE_FUZZ_SEEDS, a directory: writes the seeds there and ends.
extern "C" int LLVMFuzzerInitialize(int*, char***) {
  // What is wrong with an input would be said a thousand times a second.
  quorate::base::LoggingOptions logging;
  logging.level = quorate::base::LogLevel::kFatal;
  QUORATE_CHECK(quorate::base::SetUpLogging(logging).ok());
  const char* directory = std::getenv("QUORATE_FUZZ_SEEDS");
  if (directory == nullptr) return 0;
  int number = 0;
  for (const std::string& seed : quorate::fuzz::Seeds()) {
    std::ofstream file(std::string(directory) + "/seed-" + std::to_string(number++), std::ios::binary);
    file << seed;
    QUORATE_CHECK(file.good());
  }
  std::exit(0);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  quorate::fuzz::Try({reinterpret_cast<const char*>(data), size});
  return 0;
}
