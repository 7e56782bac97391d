#include "tests/seeded/seeds.h"

#include <cstdlib>

namespace quorate {

std::optional<SeedRange> SeedsOfEnvironment(uint64_t count) {
  const char* given = std::getenv("QUORATE_SEED");
  if (given == nullptr) return std::nullopt;
  char* rest = nullptr;
  const uint64_t first = std::strtoull(given, &rest, 10);
  return SeedRange{first, *rest == '-' ? std::strtoull(rest + 1, nullptr, 10) : first + count - 1};
}

SeedRange Seeds(uint64_t count) { return SeedsOfEnvironment(count).value_or(SeedRange{1, count}); }

}  // namespace quorate
