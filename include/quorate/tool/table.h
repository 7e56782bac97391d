#pragma once

// Text in rows and columns.

#include <string>
#include <vector>

namespace quorate::tool {

using Row = std::vector<std::string>;

std::string Join(const std::vector<std::string>& parts, const std::string& separator);

// Frames the rows, of which the first names the columns: names centred, cells to the right.
std::string RenderTable(const std::vector<Row>& rows);

}  // namespace quorate::tool
