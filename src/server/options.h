#pragma once

// What the configuration means to each module.

#include "quorate/api/services.h"
#include "quorate/config/config.h"
#include "quorate/replica/replica.h"
#include "quorate/rpc/server.h"

namespace quorate::server {

// What a message may be longer than the request in it, as etcd has it.
inline constexpr size_t kMessageOverheadBytes = 512 << 10;

rpc::ServerOptions ClientServerOptions(const config::Config& config);
rpc::ServerOptions PeerServerOptions(const config::Config& config);
api::ServicesOptions ServicesOptionsFrom(const config::Config& config);
replica::ReplicaOptions ReplicaOptionsFrom(const config::Config& config);

// Refuses what this version cannot do yet, and a first start whose flags contradict each other, before anything is
// touched. A first start that was not finished is checked when the replica finds it.
absl::Status CheckStart(const config::Config& config);

}  // namespace quorate::server
