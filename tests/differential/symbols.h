#pragma once

#include <google/protobuf/message.h>

#include <cstdint>
#include <map>
#include <string>

namespace quorate::testing {

// The numbers one server has chosen for itself, and the names that both have in common.
class Symbols {
 public:
  void Add(int64_t name, int64_t number);

  // Puts numbers in place of names, in every 64-bit field at every depth.
  void ToNumbers(google::protobuf::Message* message) const;
  // Puts names in place of numbers, in texts too.
  void ToNames(google::protobuf::Message* message) const;

 private:
  std::map<int64_t, int64_t> numbers_;
  std::map<int64_t, int64_t> names_;
};

// Brings an answer, whose numbers are names by now, to a form in which two right answers are equal, and writes it as
// text:
// - terms, sizes and log indexes are only there or not;
// - leases, attached keys, alarms and errors are sets;
// - the rest of a lease's time may be up to elapsed_s less than what was granted.
std::string CanonicalAnswer(const google::protobuf::Message& answer, int64_t elapsed_s);

}  // namespace quorate::testing
