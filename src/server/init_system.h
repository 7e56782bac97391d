#pragma once

// Tells systemd, when it asked to be told, how the service is doing.

namespace quorate::server {

void NotifyReady();
void NotifyStopping();

}  // namespace quorate::server
