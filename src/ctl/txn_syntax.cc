#include "src/ctl/txn_syntax.h"

#include <istream>
#include <ostream>
#include <string_view>

#include "quorate/tool/command_line.h"
#include "quorate/tool/help.h"
#include "src/ctl/kv_requests.h"
#include "src/ctl/names.h"

namespace quorate::ctl {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f'; }

// Length of the quoted word at the front of `rest`, quotes included; 0 if it is not closed.
size_t QuotedLength(std::string_view rest) {
  char quote = rest[0];
  for (size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == quote) return i + 1;
    if (quote == '"' && rest[i] == '\\') ++i;
  }
  return 0;
}

// The next line without the blanks around it. A line that does not end is as good as none.
absl::StatusOr<std::string> ReadLine(std::istream& in) {
  std::string line;
  if (!std::getline(in, line) || in.eof()) return Fail(Exit::kInvalidInput, "EOF");
  size_t from = 0;
  size_t to = line.size();
  while (from < to && IsBlank(line[from])) ++from;
  while (to > from && IsBlank(line[to - 1])) --to;
  return line.substr(from, to - from);
}

absl::Status ReadOperations(std::istream& in, std::ostream& out, std::ostream& err,
                            google::protobuf::RepeatedPtrField<etcdserverpb::RequestOp>& operations) {
  while (true) {
    QUORATE_ASSIGN_OR_RETURN(std::string line, ReadLine(in));
    if (line.empty()) return absl::OkStatus();
    QUORATE_ASSIGN_OR_RETURN(*operations.Add(), ParseOperation(line, out, err));
  }
}

}  // namespace

absl::StatusOr<std::vector<std::string>> SplitWords(const std::string& line) {
  std::vector<std::string> words;
  std::string_view rest = line;
  while (!rest.empty()) {
    if (IsBlank(rest[0])) {
      rest.remove_prefix(1);
      continue;
    }
    size_t length = 0;
    if (rest[0] == '"' || rest[0] == '\'') {
      length = QuotedLength(rest);
      if (length == 0) {
        // A quote that is never closed is dropped.
        rest.remove_prefix(1);
        continue;
      }
      std::string word(rest.substr(1, length - 2));
      if (rest[0] == '"') {
        absl::StatusOr<std::string> text = Unquote(rest.substr(0, length));
        if (!text.ok()) return Fail(Exit::kInvalidInput, base::MessageOf(text.status()));
        word = *text;
      }
      words.push_back(std::move(word));
    } else {
      while (length < rest.size() && !IsBlank(rest[length])) ++length;
      words.emplace_back(rest.substr(0, length));
    }
    rest.remove_prefix(length);
  }
  return words;
}

absl::StatusOr<etcdserverpb::RequestOp> ParseOperation(const std::string& line, std::ostream& out, std::ostream& err) {
  QUORATE_ASSIGN_OR_RETURN(std::vector<std::string> words, SplitWords(line));
  if (words.size() < 2) return Fail(Exit::kInvalidInput, "invalid txn compare request: " + line);
  PutFlags put_flags;
  GetFlags get_flags;
  DeleteFlags delete_flags;
  Command operations({});
  const Command& put = AddPutTo(operations, put_flags);
  const Command& get = AddGetTo(operations, get_flags);
  AddDeleteTo(operations, delete_flags);
  tool::ParsedLine parsed;
  tool::LineError error = tool::ParseCommandLine(operations, words, parsed);
  if (error.shows_usage) err << tool::UsageOf(*parsed.command) << "\n";
  if (parsed.wants_help) out << tool::HelpOf(*parsed.command);
  if (!error.status.ok() || parsed.wants_help || parsed.command == &operations) {
    return Fail(Exit::kInvalidInput, "invalid txn request: " + line);
  }
  etcdserverpb::RequestOp operation;
  if (parsed.command == &put) {
    QUORATE_ASSIGN_OR_RETURN(*operation.mutable_request_put(), PutRequestOf(put_flags, parsed.arguments, nullptr));
  } else if (parsed.command == &get) {
    QUORATE_ASSIGN_OR_RETURN(*operation.mutable_request_range(), RangeRequestOf(get_flags, parsed.arguments));
  } else {
    QUORATE_ASSIGN_OR_RETURN(*operation.mutable_request_delete_range(),
                             DeleteRequestOf(delete_flags, parsed.arguments, err));
  }
  return operation;
}

absl::StatusOr<etcdserverpb::TxnRequest> ReadTxn(std::istream& in, bool headings, std::ostream& out,
                                                 std::ostream& err) {
  auto heading = [&](const char* text) {
    if (headings) out << text << "\n" << std::flush;
  };
  etcdserverpb::TxnRequest txn;
  heading("compares:");
  while (true) {
    QUORATE_ASSIGN_OR_RETURN(std::string line, ReadLine(in));
    if (line.empty()) break;
    QUORATE_ASSIGN_OR_RETURN(*txn.add_compare(), ParseCompare(line));
  }
  heading("success requests (get, put, del):");
  QUORATE_RETURN_IF_ERROR(ReadOperations(in, out, err, *txn.mutable_success()));
  heading("failure requests (get, put, del):");
  QUORATE_RETURN_IF_ERROR(ReadOperations(in, out, err, *txn.mutable_failure()));
  return txn;
}

}  // namespace quorate::ctl
