#pragma once

// Clients that write at once and remember what they asked for and what was acknowledged, and the check that a server
// has exactly that: the heart of every test that takes the server down.

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace quorate::testing {

// One write: a put of one key, or a transaction that puts two keys with the same value.
struct RecordedWrite {
  // One or two keys, used by no other write.
  std::vector<std::string> keys;
  std::string value;
  // 0 until acknowledged.
  int64_t revision = 0;
};

struct WriterOptions {
  std::string address;
  // Every key starts with it; different for each use on one server.
  std::string prefix;
  int connections = 50;
  uint64_t seed = 1;
  size_t value_bytes_max = 300;
};

// Threads that write until stopped, or until their first error, one connection each.
class RecordingWriters {
 public:
  explicit RecordingWriters(const WriterOptions& options);
  // Stops.
  ~RecordingWriters();

  // Ends the threads; what is in flight is waited for.
  void Stop();
  // After Stop(): every write that was sent, and the errors that ended threads, by text.
  std::vector<RecordedWrite> TakeWrites();
  const std::map<std::string, int>& errors() const { return errors_; }
  uint64_t acknowledged() const { return acknowledged_.load(); }
  // Waits for so many, a minute at most; whether they came.
  bool WaitForAcknowledged(uint64_t count) const;

 private:
  struct Writer {
    std::thread thread;
    std::vector<RecordedWrite> writes;
    std::string error;
  };
  void Write(Writer* writer, int number);

  const WriterOptions options_;
  std::atomic<bool> stopping_ = false;
  std::atomic<uint64_t> acknowledged_ = 0;
  std::vector<Writer> writers_;
  std::map<std::string, int> errors_;
};

// What is wrong with the server's keys below `prefix`, or an empty text when all of this holds:
// - every acknowledged write is there with its value and its revision, as version 1;
// - what was not acknowledged is there whole or not at all, a transaction with both keys at one revision;
// - nothing else is there;
// - the revisions of these keys are those from revision_before + 1 on without a gap, one for each write, the last one
//   being the server's revision.
// *revision becomes the server's revision.
std::string CheckWrites(const std::string& address, const std::string& prefix, const std::vector<RecordedWrite>& writes,
                        int64_t revision_before, int64_t* revision);

// Whether every acknowledged write is still there; for writes of the past, when the revision has moved on.
std::string CheckAcknowledged(const std::string& address, const std::string& prefix,
                              const std::vector<RecordedWrite>& writes);

// The server's revision by a linearizable read; -1 when it fails.
int64_t CurrentRevision(const std::string& address);

}  // namespace quorate::testing
