#pragma once

// Protocol Buffers wire format, by hand for the hot paths: requests are read as views into the received bytes, answers
// are written around stored bytes. No state, any thread; a Reader is for one thread at a time.
// https://protobuf.dev/programming-guides/encoding/

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

namespace quorate::base::wire {

enum class Type : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kStartGroup = 3, kEndGroup = 4, kFixed32 = 5 };

constexpr uint32_t MakeTag(uint32_t field, Type type) { return field << 3 | static_cast<uint32_t>(type); }

constexpr size_t VarintSize(uint64_t value) { return (static_cast<size_t>(std::bit_width(value | 1)) + 6) / 7; }

// Writes at `out`, which must have room for 10 bytes; returns the end.
inline char* PutVarint(char* out, uint64_t value) {
  while (value >= 0x80) {
    *out++ = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  *out++ = static_cast<char>(value);
  return out;
}

inline void AppendVarint(std::string* out, uint64_t value) {
  char bytes[10];
  out->append(bytes, PutVarint(bytes, value) - bytes);
}
// proto3: a field at its default is not written.
inline void AppendVarintField(std::string* out, uint32_t field, uint64_t value) {
  if (value == 0) return;
  AppendVarint(out, MakeTag(field, Type::kVarint));
  AppendVarint(out, value);
}
inline void AppendInt64Field(std::string* out, uint32_t field, int64_t value) {
  AppendVarintField(out, field, static_cast<uint64_t>(value));
}
inline void AppendBoolField(std::string* out, uint32_t field, bool value) { AppendVarintField(out, field, value); }
// Tag and length of a length-delimited field whose bytes follow.
inline void AppendBytesPrefix(std::string* out, uint32_t field, uint64_t length) {
  AppendVarint(out, MakeTag(field, Type::kBytes));
  AppendVarint(out, length);
}
inline void AppendBytesField(std::string* out, uint32_t field, std::string_view bytes) {
  if (bytes.empty()) return;
  AppendBytesPrefix(out, field, bytes.size());
  out->append(bytes);
}

// Walks the fields of one message. Usage:
//   Reader reader(bytes);
//   while (reader.Next()) switch (reader.field()) { case 1: key = reader.bytes(); ... }
//   if (!reader.ok()) -> malformed
// As in the protobuf library, a known field that arrives with another wire type is skipped like an unknown one: test
// type() where it matters (IsBytes / IsVarint), and the last occurrence of a singular field wins. Whether the bytes of
// a proto3 string are UTF-8 is the caller's to check.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  // Moves to the next field; false at the end and on malformed input.
  bool Next() {
    if (at_ == end_) return false;
    // Nearly every field of a request has a tag below 16 and a length or number below 128.
    if (end_ - at_ >= 2) {
      const auto tag = static_cast<uint8_t>(at_[0]);
      const auto value = static_cast<uint8_t>(at_[1]);
      if (tag >= 8 && ((tag | value) & 0x80) == 0) {
        if ((tag & 7) == static_cast<uint8_t>(Type::kBytes) && value <= end_ - at_ - 2) {
          SetField(tag);
          bytes_ = {at_ + 2, value};
          at_ += 2 + value;
          return true;
        }
        if ((tag & 7) == static_cast<uint8_t>(Type::kVarint)) {
          SetField(tag);
          number_ = value;
          at_ += 2;
          return true;
        }
      }
    }
    return NextSlow();
  }
  // False once anything malformed was met.
  bool ok() const { return ok_; }

  uint32_t field() const { return field_; }
  Type type() const { return type_; }
  bool IsBytes() const { return type_ == Type::kBytes; }
  bool IsVarint() const { return type_ == Type::kVarint; }
  uint64_t varint() const { return number_; }
  int64_t int64() const { return static_cast<int64_t>(number_); }
  bool boolean() const { return number_ != 0; }
  // An enum, as protobuf reads one: truncated to 32 bits.
  int32_t enumeration() const { return static_cast<int32_t>(number_); }
  // A view into the bytes given to the constructor.
  std::string_view bytes() const { return bytes_; }

 private:
  void SetField(uint32_t tag) {
    field_ = tag >> 3;
    type_ = static_cast<Type>(tag & 7);
  }
  bool NextSlow();
  bool ReadTag(uint32_t* tag);
  bool ReadVarint(uint64_t* value);
  bool ReadLength(size_t* length);
  bool SkipGroup(uint32_t field, int depth);
  bool ReadValue(int depth);
  bool Fail() {
    ok_ = false;
    at_ = end_;
    return false;
  }

  static constexpr int kGroupDepthMax = 100;

  const char* at_;
  const char* end_;
  bool ok_ = true;
  uint32_t field_ = 0;
  Type type_ = Type::kVarint;
  uint64_t number_ = 0;
  std::string_view bytes_;
};

}  // namespace quorate::base::wire
