#include <unistd.h>

#include <iostream>

#include "quorate/utl/utl.h"

int main(int argc, char** argv) {
  const quorate::tool::Streams streams = {std::cin, std::cout, std::cerr, STDIN_FILENO, isatty(STDERR_FILENO) == 1};
  return quorate::utl::Run({argv + 1, argv + argc}, streams);
}
