#pragma once

// The language of `txn`: three blocks of lines, each ended by an empty line: comparisons, the operations if they hold,
// the operations if they do not.

#include <iosfwd>
#include <string>
#include <vector>

#include "etcdserverpb/rpc.pb.h"
#include "quorate/base/status.h"

namespace quorate::ctl {

// value("key") = "text", and so on for version, create, mod and lease with numbers (lease in hexadecimal).
absl::StatusOr<etcdserverpb::Compare> ParseCompare(const std::string& line);

// A put, get or del with its flags, as on a command line. Usage and warnings go to `err`.
absl::StatusOr<etcdserverpb::RequestOp> ParseOperation(const std::string& line, std::ostream& out, std::ostream& err);

// The words of a line; quotes keep blanks, and double quotes take escapes.
absl::StatusOr<std::vector<std::string>> SplitWords(const std::string& line);

// Reads a whole transaction. Writes a heading to `out` before each block if `headings`.
absl::StatusOr<etcdserverpb::TxnRequest> ReadTxn(std::istream& in, bool headings, std::ostream& out, std::ostream& err);

}  // namespace quorate::ctl
