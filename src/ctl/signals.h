#pragma once

#include <functional>
#include <thread>

namespace quorate::ctl {

struct Signal {
  int number = 0;
  // A process sent it to this one alone; otherwise the terminal sent it to the whole group.
  bool from_process = false;
};

// While it lives, SIGINT and SIGTERM do not end the process but are handed to `on_signal`, on a thread of the watch's
// own: the first alone, so that a second ends a process that takes long about its end, or every one. At most one watch
// lives at a time.
class SignalWatch {
 public:
  enum class Takes { kFirst, kEvery };

  explicit SignalWatch(std::function<void(const Signal&)> on_signal, Takes takes = Takes::kFirst);
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

 private:
  void Serve(int signals);

  const std::function<void(const Signal&)> on_signal_;
  int read_end_ = -1;
  std::thread thread_;
};

}  // namespace quorate::ctl
