#include "src/utl/output.h"

#include "quorate/tool/failure.h"
#include "quorate/tool/table.h"

namespace quorate::utl {
namespace {

std::string Text(const Field& field) {
  if (const auto* number = std::get_if<int64_t>(&field.value)) return std::to_string(*number);
  return std::get<std::string>(field.value);
}

// Of texts that need no escapes: versions.
std::string Json(const Field& field) {
  return std::holds_alternative<int64_t>(field.value) ? Text(field) : "\"" + Text(field) + "\"";
}

void PrintSimple(const std::vector<Field>& fields, std::ostream& out) {
  for (size_t i = 0; i < fields.size(); ++i) out << (i == 0 ? "" : ", ") << fields[i].cell;
  out << "\n";
}

void PrintFields(const std::vector<Field>& fields, std::ostream& out) {
  for (const Field& field : fields) out << "\"" << field.label << "\" : " << Text(field) << "\n";
}

void PrintJson(const std::vector<Field>& fields, std::ostream& out) {
  for (size_t i = 0; i < fields.size(); ++i) {
    out << (i == 0 ? "{" : ",") << "\"" << fields[i].json << "\":" << Json(fields[i]);
  }
  out << "}\n";
}

void PrintTable(const std::vector<Field>& fields, std::ostream& out) {
  std::vector<tool::Row> rows(2);
  for (const Field& field : fields) {
    std::string heading = field.column;
    for (char& letter : heading)
      letter = letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
    rows[0].push_back(heading);
    rows[1].push_back(field.cell);
  }
  out << tool::RenderTable(rows);
}

}  // namespace

absl::Status CheckFormat(const std::string& format) {
  for (const char* known : {"simple", "fields", "json", "table", "protobuf"}) {
    if (format == known) return absl::OkStatus();
  }
  return tool::Fail(tool::Exit::kBadFeature, "unsupported output format");
}

absl::Status Print(const std::string& format, const std::vector<Field>& fields, std::ostream& out) {
  if (format == "protobuf") return tool::Fail(tool::Exit::kBadFeature, "protobuf not supported as output format");
  if (format == "fields") {
    PrintFields(fields, out);
  } else if (format == "json") {
    PrintJson(fields, out);
  } else if (format == "table") {
    PrintTable(fields, out);
  } else {
    PrintSimple(fields, out);
  }
  return absl::OkStatus();
}

}  // namespace quorate::utl
