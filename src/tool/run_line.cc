#include "quorate/tool/run_line.h"

#include <ostream>

#include "quorate/tool/failure.h"
#include "src/tool/checked_output.h"

namespace quorate::tool {
namespace {

absl::Status Refuse(const Streams& streams, std::string_view message, const std::string& usage) {
  streams.err << "Error: " << message << "\n" << usage << "\n";
  return FailSilently(Exit::kError);
}

// What a line lacks that its command asks for; empty: nothing.
std::string ObjectionTo(const ParsedLine& line) {
  const std::optional<size_t> accepted = line.command->required_arguments();
  if (accepted.has_value() && *accepted != line.arguments.size()) {
    return "accepts " + std::to_string(*accepted) + " arg(s), received " + std::to_string(line.arguments.size());
  }
  std::string missing;
  for (const std::string& name : line.command->required_flags()) {
    if (line.command->FindFlag(name)->IsSet()) continue;
    missing += (missing.empty() ? "" : ", ") + Quote(name);
  }
  return missing.empty() ? "" : "required flag(s) " + missing + " not set";
}

absl::Status ReadAndRun(Command& root, const Arguments& words, const Streams& streams, const RunRules& rules) {
  ParsedLine line;
  const LineError error = ParseCommandLine(root, words, line);
  if (!error.status.ok()) {
    return Refuse(streams, base::MessageOf(error.status),
                  error.shows_usage ? rules.usage(*line.command) : "Run '" + root.Path() + " --help' for usage.");
  }
  if (line.wants_help || !line.command->action()) {
    streams.out << rules.help(*line.command);
    return absl::OkStatus();
  }
  if (const std::string objection = ObjectionTo(line); !objection.empty()) {
    return Refuse(streams, objection, rules.usage(*line.command));
  }
  if (rules.before) rules.before(line);
  return line.command->action()(line.arguments);
}

}  // namespace

int RunLine(Command& root, const Arguments& words, const Streams& streams, const RunRules& rules) {
  CheckedOutput output(streams.out);
  absl::Status first;
  for (const absl::Status& status : {ReadAndRun(root, words, streams, rules), output.Finish()}) {
    if (status.ok()) continue;
    if (!IsSilent(status)) streams.err << "Error: " << base::MessageOf(status) << "\n";
    first.Update(status);
  }
  return first.ok() ? 0 : static_cast<int>(ExitOf(first));
}

}  // namespace quorate::tool
