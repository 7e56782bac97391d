#include "tests/e2e/watch_stream.h"

#include <grpcpp/grpcpp.h>

#include "tests/e2e/channel.h"

namespace quorate::testing {

namespace pb = etcdserverpb;

WatchStream::WatchStream(const std::string& address) : stub_(pb::Watch::NewStub(OwnChannel(address))) {
  context_.set_wait_for_ready(true);
  stream_ = stub_->Watch(&context_);
  reader_ = std::thread([this] { Read(); });
}

WatchStream::~WatchStream() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    paused_ = false;
  }
  changed_.notify_all();
  context_.TryCancel();
  reader_.join();
  stream_->Finish();
}

void WatchStream::Send(const pb::WatchRequest& request) { stream_->Write(request); }

void WatchStream::HalfClose() { stream_->WritesDone(); }

void WatchStream::Pause(bool paused) {
  {
    const std::lock_guard lock(mutex_);
    paused_ = paused;
  }
  changed_.notify_all();
}

void WatchStream::Read() {
  pb::WatchResponse response;
  while (true) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return !paused_; });
    }
    const bool read = stream_->Read(&response);
    const std::lock_guard lock(mutex_);
    if (!read) break;
    log_.Take(response);
    changed_.notify_all();
  }
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
}

bool WatchStream::WaitUntil(const std::function<bool(const WatchLog&)>& condition, std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  bool holds = false;
  changed_.wait_for(lock, timeout, [&] {
    holds = condition(log_);
    return holds || ended_;
  });
  return holds;
}

void WatchStream::Look(const std::function<void(const WatchLog&)>& look) {
  const std::lock_guard lock(mutex_);
  look(log_);
}

std::string WatchStream::Obituary() {
  const std::lock_guard lock(mutex_);
  return ended_ ? "its stream has ended\n" : "";
}

}  // namespace quorate::testing
