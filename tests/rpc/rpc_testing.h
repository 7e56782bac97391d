#pragma once

// A server with a few methods to call, a gRPC client that knows only bytes, and a raw socket.

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "quorate/rpc/server.h"

namespace quorate::rpc::testing {

inline constexpr std::chrono::seconds kPatience{20};

// Waits for things that other threads count.
class Counter {
 public:
  void Add(int count = 1) {
    std::lock_guard<std::mutex> lock(mutex_);
    value_ += count;
    changed_.notify_all();
  }
  int value() {
    std::lock_guard<std::mutex> lock(mutex_);
    return value_;
  }
  // False when it takes longer than anyone should wait.
  bool WaitFor(int at_least) {
    std::unique_lock<std::mutex> lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return value_ >= at_least; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int value_ = 0;
};

// What the test's methods did, and what they keep for the test.
struct Observed {
  Counter held;    // calls to /test.Echo/Hold
  Counter opened;  // streams
  Counter closed;  // streams that heard OnClose
  Counter writable;
  std::atomic<int> writable_when_held{0};  // of the last call
  Counter tick_ends;
  Counter large;  // requests for /large/<bytes>
  Counter burns;  // calls to /test.Echo/Burn that began
  Counter health_looks;
  std::atomic<bool> serving{true};  // as Health says
  Counter toils;  // messages of /test.Echo/Toil that were begun with, without the first

  std::mutex mutex;
  std::vector<UnaryCall> calls;  // held
  std::vector<StreamRef> streams;
  size_t flood_written = 0;  // messages, by /test.Echo/Flood
  std::chrono::steady_clock::time_point deadline;
  std::string token;
  std::vector<std::chrono::steady_clock::time_point> burns_began;
};

// Works on this thread for so long, however long it is away from its processor meanwhile.
void Burn(std::chrono::nanoseconds time);

// What all who ask for /shared are given, of 288,890 bytes.
std::string SharedPage();

// Answers all calls that are held, on this thread; returns how many.
size_t AnswerHeld(Observed& observed);

// Unary methods of service test.Echo:
//   Say    answers with the message        Fail   INVALID_ARGUMENT, with the message as its text
//   Hold   keeps the call for the test     Later  answers from another thread through a ReplyBatch
//   Drop   drops the call unanswered         Burn   works for kBurnTime, on the loop, and drops it, too
// Streaming ones:
//   Chat   echoes each message, OK at the client's end      List   server stream: as many messages as the number sent
//   Once   the same, of kUnary
//   Sum    client stream: one answer, the number of bytes   Wait   says nothing, ever
//   Flood  server stream: 64 KiB messages for as long as Write returns true
//   Amplify  answers each message with kAmplifiedBytes
//   Toil     answers the first message with kToilBytes, and others after work for kToilTime; works as long when it may
//            write again, and at its end
inline constexpr size_t kAmplifiedBytes = 100'000;
inline constexpr std::chrono::milliseconds kBurnTime{100};
inline constexpr size_t kToilBytes = 2 << 20;  // more than may wait on a stream
inline constexpr std::chrono::milliseconds kToilTime{5};

class TestServer {
 public:
  explicit TestServer(ServerOptions options = {}, std::string_view url = "http://127.0.0.1:0");
  ~TestServer();

  Server& server() { return *server_; }
  Observed& observed() { return observed_; }
  const std::string& address() const { return address_; }
  int port() const;
  // Gives back what is held, so that the server can be destroyed.
  void DropHeld();

 private:
  Registry MakeRegistry();

  Observed observed_;
  std::unique_ptr<Server> server_;
  std::string address_;
  std::vector<std::thread> threads_;
};

// A channel of its own connection.
std::shared_ptr<grpc::Channel> Dial(const std::string& address);

struct Answer {
  grpc::Status status;
  std::string message;
};

grpc::ByteBuffer ToByteBuffer(std::string_view bytes);
std::string ToString(const grpc::ByteBuffer& buffer);

// Calls a unary method and waits.
Answer Call(const std::shared_ptr<grpc::Channel>& channel, const std::string& method, std::string_view message,
            const std::function<void(grpc::ClientContext&)>& prepare = nullptr);

// One streaming call, step by step; each step waits.
class StreamCall {
 public:
  StreamCall(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
             const std::function<void(grpc::ClientContext&)>& prepare = nullptr);
  ~StreamCall();
  bool Write(std::string_view message);
  bool WritesDone();
  bool Read(std::string* message);
  grpc::Status Finish();
  void Cancel() { context_.TryCancel(); }

 private:
  bool Next();

  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
};

}  // namespace quorate::rpc::testing
