// The commands in a Raft entry.

#include "fuzz/target.h"
#include "quorate/base/check.h"
#include "quorate/replica/command.h"

namespace quorate::fuzz {

void Try(std::string_view input) {
  replica::GroupReader reader(input);
  uint64_t count = 0;
  size_t bytes = 0;
  while (reader.Next()) {
    ++count;
    bytes += reader.request().size();
  }
  QUORATE_CHECK(bytes <= input.size());
  if (reader.ok()) QUORATE_CHECK(count == reader.head().commands);
}

std::vector<std::string> Seeds() {
  replica::CommandList list;
  list.Add(replica::CommandType::kPut, "\x0a\x01k\x12\x01v");
  list.Add(replica::CommandType::kTxn, "");
  // Format version; proposer, group and time; how many.
  const std::string head = '\1' + std::string(23, '\0') + "\7\2";
  std::string commands;
  for (const std::string& piece : list.pieces()) commands += piece;
  return {head + commands, head};
}

}  // namespace quorate::fuzz
