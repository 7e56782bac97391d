#pragma once

#include <iosfwd>
#include <optional>
#include <string>

namespace quorate::ctl {

class Cancellation;

// The lines of an input, waited for only until a cancellation.
class InputLines {
 public:
  // Reads from the descriptor if it is not negative, else from `in`, which then must not block. `in` and `cancellation`
  // outlive it.
  InputLines(std::istream& in, int descriptor, Cancellation& cancellation);

  // The next line without its end; none at the end of the input, where a line that is not ended does not count, and
  // after the cancellation.
  std::optional<std::string> Next();

 private:
  // False at the end.
  bool ReadMore(int wake);

  std::istream& in_;
  const int descriptor_;
  Cancellation& cancellation_;
  std::string read_;
};

}  // namespace quorate::ctl
