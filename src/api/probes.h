#pragma once

// What each subsystem shows of itself in /metrics, one probe each. Names and labels are etcd's where etcd has the
// thing, quorate_… where it has not.

#include "src/api/metrics_page.h"
#include "src/api/service_context.h"

namespace quorate::api {

void ProbeRequests(const ServiceContext& context, MetricsPage& page);
void ProbeRpc(const ServiceContext& context, MetricsPage& page);
void ProbeReplica(const ServiceContext& context, MetricsPage& page);
void ProbeMvcc(const ServiceContext& context, MetricsPage& page);
void ProbeLease(const ServiceContext& context, MetricsPage& page);
void ProbeWatch(const ServiceContext& context, MetricsPage& page);
void ProbeDisk(const ServiceContext& context, MetricsPage& page);
void ProbeProcess(MetricsPage& page);

}  // namespace quorate::api
