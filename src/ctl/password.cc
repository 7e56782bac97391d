#include "src/ctl/password.h"

#include <termios.h>
#include <unistd.h>

#include <istream>
#include <ostream>

namespace quorate::ctl {

std::string AskPassword(const std::string& prompt, std::istream& in, std::ostream& out) {
  out << prompt << std::flush;
  termios shown;
  bool terminal = tcgetattr(STDIN_FILENO, &shown) == 0;
  if (terminal) {
    termios hidden = shown;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
  }
  std::string password;
  std::getline(in, password);
  if (terminal) tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
  out << "\n" << std::flush;
  return password;
}

}  // namespace quorate::ctl
