#pragma once

// quoratectl: the network client, with etcdctl's commands, flags, output and exit codes.

#include <iosfwd>
#include <string>
#include <vector>

namespace quorate::ctl {

// Where a run of the tool reads and writes. The streams outlive the run.
struct Streams {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  // What `in` reads from, for commands that wait for it and for other things at once; -1 if `in` never blocks.
  int in_descriptor = -1;
  // Whether somebody looks at `err` while the tool runs, and wants to see progress there.
  bool err_is_terminal = false;
};

// Runs one command line (without the program's name) to its end and returns the process's exit code. `environment`
// holds entries of the form NAME=value. Blocks; errors are written to `streams.err`.
int Run(const std::vector<std::string>& arguments, const std::vector<std::string>& environment, const Streams& streams);

}  // namespace quorate::ctl
