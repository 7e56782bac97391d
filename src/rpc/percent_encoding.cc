#include "src/rpc/percent_encoding.h"

#include <algorithm>

#include "quorate/base/utf8.h"

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
    const size_t length = base::Utf8Length(message);
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
