#pragma once

// Text in rows and columns.

#include <string>
#include <vector>

namespace quorate::tool {

using Row = std::vector<std::string>;

// Frames the rows, of which the first names the columns: names centred, cells to the right.
std::string RenderTable(const std::vector<Row>& rows);

}  // namespace quorate::tool
