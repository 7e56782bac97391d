#pragma once

// The load that `check` puts on a cluster: many clients that write, each on a connection of its own, and what came of
// it.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "etcdserverpb/rpc.pb.h"
#include "quorate/base/mutex.h"
#include "quorate/base/status.h"

namespace quorate::ctl {

class Cancellation;
class Client;
class Session;

using Clients = std::vector<std::unique_ptr<Client>>;

// Small, medium, large and extra large: "s" or "small", "m" or "medium", "l" or "large", "xl" or "xLarge".
absl::StatusOr<std::string> WorkloadNamed(const std::string& name);

absl::StatusOr<Clients> OpenClients(Session& session, size_t count);

// Makes puts of random keys behind a prefix. Used by one thread.
class RandomPuts {
 public:
  RandomPuts(std::string prefix, size_t key_bytes, size_t value_bytes);
  etcdserverpb::PutRequest Next();

 private:
  const std::string prefix_;
  const size_t key_bytes_;
  const std::string value_;
  std::mt19937_64 random_{std::random_device{}()};
};

struct LoadResult {
  int64_t writes_per_second = 0;  // rounded up
  double writes_rate = 0;
  double slowest_seconds = 0;
  double deviation_seconds = 0;
  // How often each error came.
  std::map<std::string, int64_t> errors;
};

// Has every client write, one request at a time, what `next` gives until it gives nothing. `next` may wait; it and
// `on_done` are called by several threads. The cancellation ends the writes under way, which then do not count; that
// `next` gives no more is the caller's.
LoadResult RunLoad(const Clients& clients, Cancellation& cancellation,
                   const std::function<std::optional<etcdserverpb::PutRequest>()>& next,
                   const std::function<void()>& on_done);

// Removes the keys of a check and, as asked, their history and the space they took. Says what it does.
struct Cleanup {
  bool compacts = false;
  bool defragments = false;
};
absl::Status CleanUp(Session& session, Client& client, const std::string& prefix, const Cleanup& cleanup);

// Fails if there are keys with the prefix; the message names the command that deletes them.
absl::Status CheckUnused(Client& client, Cancellation& cancellation, const std::string& prefix,
                         const std::string& command);

// Writes the errors; false if there are any.
bool ShowErrors(const LoadResult& result, std::ostream& out);

}  // namespace quorate::ctl
