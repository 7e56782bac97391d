#include "quorate/base/sip_hash.h"

#include <bit>
#include <cstring>
#include <random>

#include "quorate/base/little_endian.h"

namespace quorate::base {
namespace {

// The names are the paper's.
struct State {
  uint64_t v0, v1, v2, v3;

  void Round() {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }
  void Compress(uint64_t word) {
    v3 ^= word;
    Round();
    v0 ^= word;
  }
};

SipKey Draw() {
  std::random_device random;
  const auto word = [&random] { return static_cast<uint64_t>(random()) << 32 | random(); };
  const uint64_t first = word();
  return {first, word()};
}

}  // namespace

const SipKey& SipKey::OfProcess() {
  static const SipKey key = Draw();
  return key;
}

uint64_t SipHash13(const SipKey& key, std::string_view bytes) {
  State state{key.first ^ 0x736f6d6570736575, key.second ^ 0x646f72616e646f6d, key.first ^ 0x6c7967656e657261,
              key.second ^ 0x7465646279746573};
  const uint64_t length = bytes.size();
  uint64_t word = 0;
  for (; bytes.size() >= sizeof(word); bytes.remove_prefix(sizeof(word))) {
    state.Compress(ReadLittleEndian<uint64_t>(bytes.data()));
  }
  if (!bytes.empty()) std::memcpy(&word, bytes.data(), bytes.size());
  state.Compress(word | length << 56);
  state.v2 ^= 0xff;
  for (int i = 0; i < 3; ++i) state.Round();
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

}  // namespace quorate::base
