#pragma once

// Answers that are lists of things, as rows of text: the simple format joins the cells, the table format frames them.

#include <string>
#include <vector>

#include "src/ctl/printer.h"

namespace quorate::ctl {

using Row = std::vector<std::string>;

// The first row names the columns.
std::vector<Row> MemberRows(const etcdserverpb::MemberListResponse& response);
std::vector<Row> HealthRows(const std::vector<EndpointHealth>& endpoints);
std::vector<Row> StatusRows(const std::vector<EndpointStatus>& endpoints);
std::vector<Row> HashRows(const std::vector<EndpointHash>& endpoints);

std::string Join(const std::vector<std::string>& parts, const std::string& separator);

// Frames the rows: names centred, cells to the right.
std::string RenderTable(const std::vector<Row>& rows);

}  // namespace quorate::ctl
