#include "src/server/init_system.h"

#include <systemd/sd-daemon.h>

#include <cstring>

#include "quorate/base/logging.h"

namespace quorate::server {
namespace {

void Notify(const char* state) {
  const int result = sd_notify(0, state);
  if (result < 0) {
    QUORATE_LOG(kWarn, "cannot notify the init system", {{"state", state}, {"error", std::strerror(-result)}});
  }
}

}  // namespace

void NotifyReady() { Notify("READY=1"); }
void NotifyStopping() { Notify("STOPPING=1"); }

}  // namespace quorate::server
