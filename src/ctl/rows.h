#pragma once

// Answers that are lists of things, as rows of text: the simple format joins the cells, the table format frames them.

#include <string>
#include <vector>

#include "src/ctl/printer.h"
#include "src/ctl/table.h"

namespace quorate::ctl {

// The first row names the columns.
std::vector<Row> MemberRows(const etcdserverpb::MemberListResponse& response);
std::vector<Row> HealthRows(const std::vector<EndpointHealth>& endpoints);
std::vector<Row> StatusRows(const std::vector<EndpointStatus>& endpoints);
std::vector<Row> HashRows(const std::vector<EndpointHash>& endpoints);

}  // namespace quorate::ctl
