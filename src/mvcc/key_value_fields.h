#pragma once

// mvccpb.KeyValue on the wire.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "quorate/base/wire.h"

namespace quorate::mvcc {

inline constexpr uint32_t kKeyField = 1;
inline constexpr uint32_t kCreatedField = 2;
inline constexpr uint32_t kModifiedField = 3;
inline constexpr uint32_t kVersionField = 4;
inline constexpr uint32_t kValueField = 5;
inline constexpr uint32_t kLeaseField = 6;

// What a field takes with its tag, which is one byte: none at its default.
inline size_t NumberFieldBytes(int64_t number) {
  return number == 0 ? 0 : 1 + base::wire::VarintSize(static_cast<uint64_t>(number));
}
inline size_t BytesFieldBytes(std::string_view bytes) {
  return bytes.empty() ? 0 : 1 + base::wire::VarintSize(bytes.size()) + bytes.size();
}

}  // namespace quorate::mvcc
