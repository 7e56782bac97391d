#pragma once

// Answers that are lists of things, as rows of text: the simple format joins the cells, the table format frames them.

#include <string>
#include <vector>

#include "quorate/tool/table.h"
#include "src/ctl/printer.h"

namespace quorate::ctl {

// The first row names the columns.
std::vector<tool::Row> MemberRows(const etcdserverpb::MemberListResponse& response);
std::vector<tool::Row> HealthRows(const std::vector<EndpointHealth>& endpoints);
std::vector<tool::Row> StatusRows(const std::vector<EndpointStatus>& endpoints);
std::vector<tool::Row> HashRows(const std::vector<EndpointHash>& endpoints);

}  // namespace quorate::ctl
