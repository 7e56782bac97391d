#pragma once

// HTTP/1.1 and 1.0 on one connection (RFC 9112), parsed by Boost.Beast: one request at a time, the next once it is
// answered.

#include <memory>

#include "src/rpc/protocol.h"

namespace quorate::rpc {

class Connection;

std::unique_ptr<Protocol> MakeHttp1Connection(Connection* connection);

}  // namespace quorate::rpc
