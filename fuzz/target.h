#pragma once

// What a fuzz target defines; target.cc makes a libFuzzer program of it.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace quorate::fuzz {

// Tries one input. What is wrong stops the process: a sanitizer, or QUORATE_CHECK.
void Try(std::string_view input);
// Inputs to begin with, made by the code that writes what is read.
std::vector<std::string> Seeds();

// Takes an input apart.
class Input {
 public:
  explicit Input(std::string_view bytes) : bytes_(bytes) {}

  bool empty() const { return bytes_.empty(); }
  // Little-endian; zeros behind the end.
  uint64_t Number(size_t bytes);
  // So many bytes, or those that are left.
  std::string_view Take(size_t bytes);
  std::string_view Rest() const { return bytes_; }

 private:
  std::string_view bytes_;
};

// For formats with checksums, which no random bytes would pass: the input is a list of damages to a good file. Each is
// four bytes of place, one of kind (overwrite, insert, remove, cut off, zero a block, copy a block), and what it needs.
std::string Damage(std::string good, std::string_view damages);

}  // namespace quorate::fuzz
