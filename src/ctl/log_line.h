#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace quorate::ctl {

using LogFields = std::vector<std::pair<std::string, std::string>>;

// Writes one JSON object with level, ts, caller, msg and the fields, in the shape of etcdctl's own warnings.
void WriteLogLine(std::ostream& log, std::string_view level, std::string_view caller, std::string_view message,
                  const LogFields& fields);

}  // namespace quorate::ctl
