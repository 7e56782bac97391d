#pragma once

#include <vector>

#include "quorate/base/buffer.h"
#include "quorate/replica/command.h"
#include "src/replica/proposal_queue.h"

namespace quorate::replica {

// One entry's data: the head, then the commands of all batches in order. head.commands is their total.
base::Buffer EncodeGroup(const GroupHead& head, const std::vector<QueuedBatch>& batches);

}  // namespace quorate::replica
