#include <unistd.h>

#include <iostream>
#include <string>
#include <vector>

#include "quorate/ctl/ctl.h"

int main(int argc, char** argv) {
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) environment.emplace_back(*entry);
  quorate::tool::Streams streams = {std::cin, std::cout, std::cerr, STDIN_FILENO, isatty(STDERR_FILENO) == 1};
  return quorate::ctl::Run({argv + 1, argv + argc}, environment, streams);
}
