#pragma once

// Makes the store durable in the background, so that the log behind it can be dropped.

#include <thread>

#include "absl/base/thread_annotations.h"
#include "quorate/base/mutex.h"
#include "quorate/storage/database.h"

namespace quorate::replica {

class StoreFlusher {
 public:
  explicit StoreFlusher(storage::Database* database) : database_(database) {}
  ~StoreFlusher() { Stop(); }

  void Start();
  void Stop();
  // Any thread: asks for a flush, unless one is already asked for.
  void Request();

 private:
  void Run();

  storage::Database* database_;
  base::Mutex mutex_;
  bool requested_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace quorate::replica
