#pragma once

// Answers in the formats of --write-out.

#include <cstdint>
#include <ostream>
#include <string>
#include <variant>
#include <vector>

#include "quorate/base/status.h"

namespace quorate::utl {

// One value of an answer, under the names that the formats have for it.
struct Field {
  std::string column;  // "total keys"
  std::string cell;    // as simple and table show it
  std::string label;   // of the fields format
  std::string json;    // name there
  std::variant<int64_t, std::string> value;
};

// Fails with etcdutl's words for a format that is not known.
absl::Status CheckFormat(const std::string& format);
// `format` has passed CheckFormat. Fails, when all that could go wrong before has not, for protobuf: there is no
// message for such answers.
absl::Status Print(const std::string& format, const std::vector<Field>& fields, std::ostream& out);

}  // namespace quorate::utl
