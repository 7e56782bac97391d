#pragma once

#include <iosfwd>

namespace quorate::tool {

// Where a run of a tool reads and writes. The streams outlive the run.
struct Streams {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  // What `in` reads from, for commands that wait for it and for other things at once; -1 if `in` never blocks.
  int in_descriptor = -1;
  // Whether somebody looks at `err` while the tool runs, and wants to see progress there.
  bool err_is_terminal = false;
};

}  // namespace quorate::tool
