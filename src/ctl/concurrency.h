#pragma once

// Locks and elections among the clients of a cluster, by the recipe all of etcd's clients share, so that they exclude
// each other across languages: each contender writes a key of its own under a common prefix, tied to a lease, and the
// key with the lowest create revision wins. Who waits watches the key before its own.

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "etcdserverpb/rpc.pb.h"
#include "quorate/base/status.h"
#include "src/ctl/cancellation.h"
#include "src/ctl/names.h"

namespace quorate::ctl {

class Client;

// A lease that is kept alive, by a thread of its own, as long as the session lives.
class LeaseSession {
 public:
  static constexpr int64_t kDefaultTtlSeconds = 60;

  // Grants the lease, waiting for a member until the cancellation comes. `patience` is how long the first renewal may
  // take. `on_end` is called, by another thread, when the lease is gone or the session closed. The client outlives the
  // session.
  static absl::StatusOr<std::unique_ptr<LeaseSession>> Open(Client& client, int64_t ttl_seconds, Duration patience,
                                                            Cancellation& cancellation, std::function<void()> on_end);
  // Lets go of the lease without revoking it.
  ~LeaseSession();

  // Revokes the lease, and with it all that the session holds.
  absl::Status Close();

  int64_t lease() const { return lease_; }
  // Whether the lease is gone.
  bool ended() const { return ended_.cancelled(); }

 private:
  LeaseSession(Client& client, int64_t lease, int64_t ttl_seconds);
  void StopRenewing();

  Client& client_;
  const int64_t lease_;
  const int64_t ttl_seconds_;
  Cancellation stop_;
  Cancellation ended_;
  std::thread keeper_;
};

// A key of this session among others under a prefix. Used by one thread.
class Contender {
 public:
  // `client` and `session` outlive it.
  Contender(Client& client, const LeaseSession& session, const std::string& prefix);

  const std::string& key() const { return key_; }
  int64_t create_revision() const { return create_revision_; }

 protected:
  // Writes the key, or finds it as the session left it. `also` is asked for in the same transaction.
  absl::StatusOr<etcdserverpb::TxnResponse> Enter(const std::string& value, const etcdserverpb::RequestOp* also,
                                                  Cancellation& cancellation);
  // Waits until every key that came before is gone.
  absl::Status AwaitTurn(Cancellation& cancellation);
  Client& client() { return client_; }
  const std::string& prefix() const { return prefix_; }
  int64_t lease() const { return session_.lease(); }

 private:
  Client& client_;
  const LeaseSession& session_;
  const std::string prefix_;
  const std::string key_;
  int64_t create_revision_ = 0;
};

class Mutex : public Contender {
 public:
  using Contender::Contender;

  // Waits for the lock. If that fails the key is taken back. `cancellation` is to come when the session ends, too.
  absl::Status Lock(Cancellation& cancellation);
  absl::Status Unlock();
  // The revision at which the lock was got.
  int64_t revision() const { return revision_; }

 private:
  absl::Status AwaitOwnership(Cancellation& cancellation);

  int64_t revision_ = 0;
};

class Election : public Contender {
 public:
  using Contender::Contender;

  // Waits until this session leads, with `value` as what it proclaims. Takes the key back if it is cancelled.
  absl::Status Campaign(const std::string& value, Cancellation& cancellation);
  absl::Status Resign();

 private:
  absl::Status Proclaim(const std::string& value, Cancellation& cancellation);
};

// Hands every leader of an election and everything it proclaims to `on_leader`, as answers with one key, until the
// cancellation. Needs no session.
absl::Status ObserveElection(Client& client, const std::string& name, Cancellation& cancellation,
                             const std::function<void(const etcdserverpb::RangeResponse&)>& on_leader);

}  // namespace quorate::ctl
