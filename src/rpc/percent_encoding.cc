#include "src/rpc/percent_encoding.h"

#include <algorithm>

namespace quorate::rpc {
namespace {

bool IsPlain(char byte) { return byte >= ' ' && byte <= '~' && byte != '%'; }

void AppendEncoded(std::string* out, char byte) {
  constexpr char kHex[] = "0123456789ABCDEF";
  const auto value = static_cast<uint8_t>(byte);
  *out += '%';
  *out += kHex[value >> 4];
  *out += kHex[value & 15];
}

// The length of the UTF-8 sequence at the start of `text`, 0 when it is not one.
size_t SequenceLength(std::string_view text) {
  const auto at = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const auto follows = [&](size_t i, uint8_t low, uint8_t high) {
    return i < text.size() && at(i) >= low && at(i) <= high;
  };
  const uint8_t first = at(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return follows(1, 0x80, 0xbf) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const uint8_t low = first == 0xe0 ? 0xa0 : 0x80;
    const uint8_t high = first == 0xed ? 0x9f : 0xbf;  // surrogates are not characters
    return follows(1, low, high) && follows(2, 0x80, 0xbf) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const uint8_t low = first == 0xf0 ? 0x90 : 0x80;
    const uint8_t high = first == 0xf4 ? 0x8f : 0xbf;
    return follows(1, low, high) && follows(2, 0x80, 0xbf) && follows(3, 0x80, 0xbf) ? 4 : 0;
  }
  return 0;
}

int HexValue(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

}  // namespace

std::string EncodeGrpcMessage(std::string_view message) {
  if (std::all_of(message.begin(), message.end(), IsPlain)) return std::string(message);
  std::string encoded;
  encoded.reserve(message.size() * 3);
  while (!message.empty()) {
    if (IsPlain(message.front())) {
      encoded += message.front();
      message.remove_prefix(1);
      continue;
    }
    const size_t length = SequenceLength(message);
    if (length == 0) encoded += "%EF%BF%BD";
    for (size_t i = 0; i < length; ++i) AppendEncoded(&encoded, message[i]);
    message.remove_prefix(std::max<size_t>(length, 1));
  }
  return encoded;
}

std::optional<std::string> DecodeUrl(std::string_view text, UrlPart part) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && part == UrlPart::kQuery) {
      decoded += ' ';
    } else if (text[i] == '%') {
      if (text.size() - i < 3) return std::nullopt;
      const int high = HexValue(text[i + 1]);
      const int low = HexValue(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      decoded += static_cast<char>(high << 4 | low);
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

}  // namespace quorate::rpc
