#include "quorate/tool/table.h"

#include <algorithm>

#include "absl/strings/str_join.h"

namespace quorate::tool {
namespace {

// Characters a terminal shows for a text, one for each code point.
size_t Width(const std::string& text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string Repeat(const std::string& text, size_t times) {
  std::string repeated;
  for (size_t i = 0; i < times; ++i) repeated += text;
  return repeated;
}

}  // namespace

std::string RenderTable(const std::vector<Row>& rows) {
  std::vector<size_t> widths(rows.front().size());
  for (const Row& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], Width(row[i]));
  }
  auto rule = [&](const char* left, const char* cross, const char* right) {
    std::vector<std::string> parts;
    for (size_t width : widths) parts.push_back(Repeat("─", width + 2));
    return left + absl::StrJoin(parts, cross) + right + "\n";
  };
  std::string table = rule("┌", "┬", "┐");
  for (size_t r = 0; r < rows.size(); ++r) {
    std::vector<std::string> cells;
    for (size_t i = 0; i < widths.size(); ++i) {
      size_t room = widths[i] - Width(rows[r][i]);
      size_t behind = r == 0 ? room - room / 2 : 0;
      cells.push_back(" " + std::string(room - behind, ' ') + rows[r][i] + std::string(behind, ' ') + " ");
    }
    table += "│" + absl::StrJoin(cells, "│") + "│\n";
    if (r == 0 && rows.size() > 1) table += rule("├", "┼", "┤");
  }
  // Under a heading alone the frame closes with the columns' marks as under rows.
  return table + rule("└", "┴", "┘");
}

}  // namespace quorate::tool
