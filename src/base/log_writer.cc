#include "src/base/log_writer.h"

#include <pthread.h>
#include <signal.h>
#include <spdlog/details/log_msg.h>
#include <spdlog/sinks/sink.h>

#include <thread>
#include <utility>

#include "quorate/base/this_thread.h"

namespace quorate::base {

LogWriter::LogWriter(Sinks sinks, std::function<std::string(uint64_t lines)> left_out_line)
    : left_out_line_(std::move(left_out_line)), sinks_(std::make_shared<const Sinks>(std::move(sinks))) {}

LogWriter::LogWriter(Sinks sinks) : LogWriter(std::move(sinks), nullptr) {}

void LogWriter::SetSinks(Sinks sinks) {
  const MutexLock lock(&mutex_);
  sinks_ = std::make_shared<const Sinks>(std::move(sinks));
}

void LogWriter::Write(spdlog::level::level_enum level, std::string line) {
  const MutexLock lock(&mutex_);
  if (sinks_->empty()) return;
  if (left_out_line_ == nullptr) {
    Emit(*sinks_, {level, std::move(line)});
    return;
  }
  if (!std::exchange(started_, true)) StartThread();
  if (queued_bytes_ + line.size() > kQueueBytesMax) {
    ++left_out_;
    return;
  }
  TellLeftOut();
  Push(level, std::move(line));
}

void LogWriter::Emit(const Sinks& sinks, const Line& line) {
  const spdlog::details::log_msg message("quorate", line.level, line.text);
  for (const spdlog::sink_ptr& sink : sinks) sink->log(message);
}

void LogWriter::Push(spdlog::level::level_enum level, std::string line) {
  queued_bytes_ += line.size();
  lines_.push_back({level, std::move(line)});
}

void LogWriter::TellLeftOut() {
  if (left_out_ > 0) Push(spdlog::level::warn, left_out_line_(std::exchange(left_out_, 0)));
}

// The thread takes no signals: they are for those who wait for them.
void LogWriter::StartThread() {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread([this] { Run(); }).detach();
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void LogWriter::Run() {
  NameThisThread("log");
  while (true) {
    const Line* line = nullptr;
    std::shared_ptr<const Sinks> sinks;
    {
      const MutexLock lock(&mutex_);
      mutex_.Await([this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return !lines_.empty(); });
      line = &lines_.front();  // stays in its place while others are pushed
      sinks = sinks_;
    }
    Emit(*sinks, *line);
    sinks.reset();
    const MutexLock lock(&mutex_);
    queued_bytes_ -= line->text.size();
    lines_.pop_front();
    if (lines_.empty()) TellLeftOut();
  }
}

bool LogWriter::Flush(std::chrono::milliseconds patience) {
  const MutexLock lock(&mutex_);
  return mutex_.AwaitFor([this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return lines_.empty(); }, patience);
}

}  // namespace quorate::base
