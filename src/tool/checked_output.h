#pragma once

#include <ostream>
#include <streambuf>

#include "quorate/base/status.h"

namespace quorate::tool {

// Stands in a stream's way as long as it lives and keeps the reason of the first write that failed: at the end of a
// run, errno tells of something else. One thread at a time.
class CheckedOutput : private std::streambuf {
 public:
  // `out` outlives it.
  explicit CheckedOutput(std::ostream& out);
  ~CheckedOutput() override;
  CheckedOutput(const CheckedOutput&) = delete;
  CheckedOutput& operator=(const CheckedOutput&) = delete;

  // Flushes the stream. Not OK when anything that was written to it is lost.
  absl::Status Finish();

 protected:
  int_type overflow(int_type character) override;
  std::streamsize xsputn(const char* bytes, std::streamsize count) override;
  int sync() override;

 private:
  // Passes on whether it worked.
  bool Note(bool worked);

  std::ostream& out_;
  std::streambuf* const to_;
  bool failed_ = false;
  int error_ = 0;
};

}  // namespace quorate::tool
