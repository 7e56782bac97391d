#pragma once

namespace quorate::bench {

// The whole of quorate-bench: parses the command line, runs one scenario, prints its figures on standard output.
// Returns the exit code: 0 when every request succeeded, 1 when one failed or the server could not be reached, 2 for a
// wrong command line.
int Main(int argc, char** argv);

}  // namespace quorate::bench
