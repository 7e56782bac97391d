#include <csignal>
#include <ostream>

#include "src/ctl/commands.h"
#include "src/ctl/concurrency.h"
#include "src/ctl/log_line.h"
#include "src/ctl/names.h"
#include "src/ctl/printer.h"
#include "src/ctl/run_program.h"
#include "src/ctl/session.h"
#include "src/ctl/signals.h"

namespace quorate::ctl {
namespace {

constexpr int64_t kDefaultTtlSeconds = 10;

int64_t UsableTtl(Session& session, int64_t ttl_seconds) {
  if (ttl_seconds > 0) return ttl_seconds;
  WriteLogLine(session.err(), "warn", "ctl/command_lock.cc", "--ttl should be above 0, using the default of a session",
               {{"session-ttl", std::to_string(LeaseSession::kDefaultTtlSeconds)}});
  return LeaseSession::kDefaultTtlSeconds;
}

// The program's end is the command's.
absl::Status RunLocked(Session& session, Mutex& mutex, Program& program, const Arguments& words) {
  std::vector<std::string> environment = {"ETCD_LOCK_KEY=" + mutex.key(),
                                          "ETCD_LOCK_REV=" + std::to_string(mutex.revision())};
  environment.insert(environment.end(), session.environment().begin(), session.environment().end());
  absl::Status end = program.Start(words, environment);
  if (end.ok()) end = program.Wait();
  absl::Status unlocked = mutex.Unlock();
  return end.ok() ? unlocked : end;
}

absl::Status HoldLocked(Session& session, Client& client, Mutex& mutex, const LeaseSession& lease, Cancellation& over) {
  etcdserverpb::RangeRequest request;
  request.set_key(mutex.key());
  etcdserverpb::RangeResponse response;
  Call call = {"/etcdserverpb.KV/Range", true, Duration{}};
  call.cancellation = &over;
  QUORATE_RETURN_IF_ERROR(client.Unary(call, request, response));
  if (response.kvs().empty()) return Fail(Exit::kError, "lock lost on init");
  QUORATE_RETURN_IF_ERROR(session.printer().Get(response));
  session.out() << std::flush;
  over.Wait();
  if (lease.ended()) return Fail(Exit::kError, "session expired");
  return mutex.Unlock();
}

absl::Status Lock(Session& session, int64_t ttl_seconds, const Arguments& arguments) {
  if (arguments.empty()) {
    return Fail(Exit::kBadArguments, "lock takes a lock name argument and an optional command to execute");
  }
  QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<Client> client, session.Connect());
  const Arguments words(arguments.begin() + 1, arguments.end());
  Cancellation over;  // by a signal, or with the lease
  Program program;
  // A program may live through any number of signals, and has the lock as long as it lives.
  SignalWatch signals(
      [&](const Signal& signal) {
        over.Cancel();
        // So that the lock gets free, even where it was got at this moment.
        program.Deliver(signal);
      },
      words.empty() ? SignalWatch::Takes::kFirst : SignalWatch::Takes::kEvery);
  QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<LeaseSession> lease,
                           LeaseSession::Open(*client, UsableTtl(session, ttl_seconds), session.Patience(), over,
                                              [&over] { over.Cancel(); }));
  Mutex mutex(*client, *lease, arguments[0]);
  absl::Status status = mutex.Lock(over);
  if (status.code() == absl::StatusCode::kCancelled && lease->ended()) {
    status = Fail(Exit::kError, "mutex: session is expired");
  }
  if (status.ok()) {
    status =
        words.empty() ? HoldLocked(session, *client, mutex, *lease, over) : RunLocked(session, mutex, program, words);
  }
  if (!lease->ended()) lease->Close().IgnoreError();
  return status;
}

}  // namespace

void AddLock(Command& root, Session& session) {
  auto ttl_seconds = std::make_shared<int64_t>(kDefaultTtlSeconds);
  Command& lock = root.Add({"lock", "<lockname> [exec-command arg1 arg2 ...]", "Holds a lock among all clients",
                            R"(Waits for the lock and holds it until it is interrupted, or until the given program ends.

The program finds the lock's key in ETCD_LOCK_KEY and the revision of its acquisition in ETCD_LOCK_REV; its exit code
becomes the command's.)",
                            Group::kConcurrency});
  lock.AddFlag("ttl", ttl_seconds.get(), "seconds until the lock is free after its holder has vanished");
  lock.SetAction(
      [ttl_seconds, &session](const Arguments& arguments) { return Lock(session, *ttl_seconds, arguments); });
}

}  // namespace quorate::ctl
