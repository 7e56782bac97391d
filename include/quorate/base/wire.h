#pragma once

// Protocol Buffers wire format, by hand for the hot paths: requests are read as views into the received bytes, answers
// are written around stored bytes. https://protobuf.dev/programming-guides/encoding/

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
// type() where it matters (IsBytes / IsVarint), and the last occurrence of a singular field wins.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  // Moves to the next field; false at the end and on malformed input.
  bool Next();
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
  bool ReadVarint(uint64_t* value);
  bool SkipGroup(uint32_t field, int depth);
  bool ReadValue(int depth);
  bool Fail() {
    ok_ = false;
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
