#pragma once

#include <cstdint>
#include <memory>

#include "tests/soak/client.h"
#include "tests/soak/operation.h"
#include "tests/soak/stage.h"

namespace quorate::soak {

// Ids of operations, unique in the process.
uint64_t NextOperationId();

// Sends one write as a put, a deletion or a transaction, whichever it is, and has the answer checked. Of what was lost
// in an outage it makes sure, after it, that nothing comes of it any more. True when it was answered.
bool Execute(Stage& stage, Client& client, std::shared_ptr<const Operation> operation);

}  // namespace quorate::soak
