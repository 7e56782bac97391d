#include "src/tool/checked_output.h"

#include <cerrno>
#include <string>

#include "quorate/tool/failure.h"

namespace quorate::tool {

CheckedOutput::CheckedOutput(std::ostream& out) : out_(out), to_(out.rdbuf()) { out_.rdbuf(this); }

CheckedOutput::~CheckedOutput() { out_.rdbuf(to_); }

absl::Status CheckedOutput::Finish() {
  out_ << std::flush;
  if (!failed_) return absl::OkStatus();
  return Fail(Exit::kError, "write standard output: " + ReasonOf(error_));
}

bool CheckedOutput::Note(bool worked) {
  if (worked || failed_) return worked;
  failed_ = true;
  error_ = errno;
  return false;
}

CheckedOutput::int_type CheckedOutput::overflow(int_type character) {
  if (traits_type::eq_int_type(character, traits_type::eof())) return traits_type::not_eof(character);
  const int_type put = to_->sputc(traits_type::to_char_type(character));
  Note(!traits_type::eq_int_type(put, traits_type::eof()));
  return put;
}

std::streamsize CheckedOutput::xsputn(const char* bytes, std::streamsize count) {
  const std::streamsize put = to_->sputn(bytes, count);
  Note(put == count);
  return put;
}

int CheckedOutput::sync() { return Note(to_->pubsync() == 0) ? 0 : -1; }

}  // namespace quorate::tool
