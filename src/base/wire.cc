#include "quorate/base/wire.h"

#include <limits>

#include "quorate/base/little_endian.h"
#include "quorate/base/varint.h"

namespace quorate::base::wire {
namespace {

constexpr int kTagBytesMax = 5;
// The library adds 16 bytes of slop to a length before it compares with INT_MAX.
constexpr uint64_t kLengthMax = std::numeric_limits<int32_t>::max() - 16;

}  // namespace

bool Reader::NextSlow() {
  uint32_t tag;
  if (!ReadTag(&tag)) return false;
  SetField(tag);
  if (field_ == 0 || type_ == Type::kEndGroup) return Fail();
  return ReadValue(kGroupDepthMax);
}

// Bits above the 32nd in the fifth byte are dropped, as the library does.
bool Reader::ReadTag(uint32_t* tag) {
  *tag = 0;
  for (int i = 0; i < kTagBytesMax; ++i) {
    if (at_ == end_) return Fail();
    const auto byte = static_cast<uint8_t>(*at_++);
    *tag |= static_cast<uint32_t>(byte & 0x7f) << (7 * i);
    if (byte < 0x80) return true;
  }
  return Fail();
}

bool Reader::ReadVarint(uint64_t* value) {
  *value = 0;
  for (size_t i = 0; i < kVarintBytesMax; ++i) {
    if (at_ == end_) return Fail();
    const auto byte = static_cast<uint8_t>(*at_++);
    *value |= static_cast<uint64_t>(byte & 0x7f) << (7 * i);
    if (byte < 0x80) return true;
  }
  return Fail();
}

// Five bytes at most, even when the sixth would only be padding.
bool Reader::ReadLength(size_t* length) {
  uint64_t value = 0;
  for (int i = 0; i < kTagBytesMax; ++i) {
    if (at_ == end_) return Fail();
    const auto byte = static_cast<uint8_t>(*at_++);
    value |= static_cast<uint64_t>(byte & 0x7f) << (7 * i);
    if (byte < 0x80) {
      if (value > kLengthMax || value > static_cast<uint64_t>(end_ - at_)) return Fail();
      *length = value;
      return true;
    }
  }
  return Fail();
}

bool Reader::ReadValue(int depth) {
  switch (type_) {
    case Type::kVarint:
      return ReadVarint(&number_);
    case Type::kFixed64:
      if (end_ - at_ < 8) return Fail();
      number_ = ReadLittleEndian<uint64_t>(at_);
      at_ += 8;
      return true;
    case Type::kFixed32:
      if (end_ - at_ < 4) return Fail();
      number_ = ReadLittleEndian<uint32_t>(at_);
      at_ += 4;
      return true;
    case Type::kBytes: {
      size_t length;
      if (!ReadLength(&length)) return false;
      bytes_ = {at_, length};
      at_ += length;
      return true;
    }
    case Type::kStartGroup:
      return SkipGroup(field_, depth);
    default:
      return Fail();
  }
}

bool Reader::SkipGroup(uint32_t field, int depth) {
  if (depth == 0) return Fail();
  while (true) {
    uint32_t tag;
    if (at_ == end_ || !ReadTag(&tag)) return Fail();
    SetField(tag);
    if (field_ == 0) return Fail();
    if (type_ == Type::kEndGroup) {
      if (field_ != field) return Fail();
      type_ = Type::kStartGroup;  // the caller sees one skipped field
      return true;
    }
    if (!ReadValue(depth - 1)) return false;
  }
}

}  // namespace quorate::base::wire
