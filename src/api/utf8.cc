#include "src/api/utf8.h"

#include "quorate/base/utf8.h"

namespace quorate::api {

bool IsUtf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t length = base::Utf8Length(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

}  // namespace quorate::api
