#include "src/replica/identity_file.h"

#include <charconv>
#include <map>
#include <sstream>

#include "quorate/base/crc32c.h"
#include "quorate/base/hex.h"

namespace quorate::replica {
namespace {

constexpr std::string_view kFileName = "identity";
constexpr std::string_view kFormat = "quorate-member 1";
constexpr size_t kFileBytesMax = 64 << 10;

bool ParseHex(const std::string& text, uint64_t* number) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number, 16);
  return error == std::errc() && end == text.data() + text.size();
}

// Names and tokens are free text: escaped so that each stays on its line.
std::string Escape(std::string_view text) {
  std::string escaped;
  for (char c : text) {
    if (c == '\\')
      escaped += "\\\\";
    else if (c == '\n')
      escaped += "\\n";
    else
      escaped += c;
  }
  return escaped;
}

std::string Unescape(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size())
      plain += text[++i] == 'n' ? '\n' : text[i];
    else
      plain += text[i];
  }
  return plain;
}

absl::Status Damaged(const std::string& path) { return absl::DataLossError(path + " is damaged"); }

}  // namespace

absl::StatusOr<std::optional<DataIdentity>> ReadIdentity(base::FileSystem& files, const std::string& directory) {
  std::string path = directory + "/" + std::string(kFileName);
  if (!files.Exists(path)) return std::optional<DataIdentity>();
  QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<base::File> file, files.Open(path, base::OpenMode::kReadOnly));
  QUORATE_ASSIGN_OR_RETURN(std::string text, file->ReadAt(0, kFileBytesMax));
  size_t crc_line = text.rfind("crc32c ");
  if (crc_line == std::string::npos) return Damaged(path);
  std::map<std::string, std::string> values;
  std::istringstream lines(text);
  std::string line;
  std::getline(lines, line);
  std::string format = line;
  while (std::getline(lines, line)) {
    size_t space = line.find(' ');
    if (space == std::string::npos) return Damaged(path);
    values[line.substr(0, space)] = Unescape(line.substr(space + 1));
  }
  if (values["crc32c"] != base::Hex(base::Crc32c(text.substr(0, crc_line)))) return Damaged(path);
  if (format != kFormat) {
    return absl::FailedPreconditionError(path + " was written by a newer version of quorate (\"" + format +
                                         "\"); run that version");
  }
  DataIdentity identity;
  identity.complete = values["complete"] == "true";
  identity.name = values["name"];
  identity.token = values["cluster-token"];
  if (!ParseHex(values["cluster-id"], &identity.cluster_id) || !ParseHex(values["member-id"], &identity.member_id)) {
    return Damaged(path);
  }
  return identity;
}

absl::Status WriteIdentity(base::FileSystem& files, const std::string& directory, const DataIdentity& identity) {
  std::string text = std::string(kFormat) + "\n";
  text += "name " + Escape(identity.name) + "\n";
  text += "cluster-token " + Escape(identity.token) + "\n";
  text += "cluster-id " + base::Hex(identity.cluster_id) + "\n";
  text += "member-id " + base::Hex(identity.member_id) + "\n";
  text += std::string("complete ") + (identity.complete ? "true" : "false") + "\n";
  text += "crc32c " + base::Hex(base::Crc32c(text)) + "\n";

  std::string path = directory + "/" + std::string(kFileName);
  std::string temporary = path + ".tmp";
  if (files.Exists(temporary)) QUORATE_RETURN_IF_ERROR(files.Remove(temporary));
  {
    QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<base::File> file, files.Open(temporary, base::OpenMode::kCreate));
    QUORATE_RETURN_IF_ERROR(file->WriteAt(0, text));
    QUORATE_RETURN_IF_ERROR(file->SyncData());
  }
  QUORATE_RETURN_IF_ERROR(files.Rename(temporary, path));
  return files.SyncDirectory(directory);
}

}  // namespace quorate::replica
