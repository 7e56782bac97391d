#include "quorate/tool/command_line.h"

#include <optional>

#include "quorate/base/edit_distance.h"

namespace quorate::tool {
namespace {

absl::Status Wrong(const std::string& message) { return base::MakeStatus(absl::StatusCode::kInvalidArgument, message); }

// Whether `word` is a flag whose value is the next word. While the command is not known yet, an unknown flag counts as
// one that takes a value.
bool TakesNextWord(const Command& command, const std::string& word) {
  if (word.find('=') != std::string::npos) return false;
  const Flag* flag = nullptr;
  if (word.starts_with("--")) {
    flag = command.FindFlag(std::string_view(word).substr(2));
  } else if (word.size() == 2 && word[0] == '-') {
    flag = command.FindShorthand(word[1]);
  } else {
    return false;
  }
  return flag == nullptr || !flag->type.empty();
}

// The place of the first word that is neither a flag nor a flag's value.
std::optional<size_t> FirstPlainWord(const Command& command, const Arguments& words) {
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--") return std::nullopt;
    if (TakesNextWord(command, words[i])) {
      if (i + 2 >= words.size()) return std::nullopt;
      ++i;
    } else if (!words[i].empty() && words[i][0] != '-') {
      return i;
    }
  }
  return std::nullopt;
}

absl::Status UnknownCommand(const Command& root, const std::string& name) {
  constexpr size_t kNearDistance = 2;
  std::string message = "unknown command " + Quote(name) + " for " + Quote(root.Path());
  std::string near;
  for (const auto& child : root.children()) {
    const std::string& known = child->text().name;
    if (base::EditDistance(name, known) <= kNearDistance || known.starts_with(name)) near += "\t" + known + "\n";
  }
  if (!near.empty()) message += "\n\nDid you mean this?\n" + near;
  return Wrong(message);
}

class FlagReader {
 public:
  FlagReader(const Command& command, const Arguments& words) : command_(command), words_(words) {}

  absl::Status Read(ParsedLine& parsed) {
    Arguments& arguments = parsed.arguments;
    while (next_ < words_.size()) {
      const std::string& word = words_[next_++];
      if (word == "--") {
        parsed.has_dashes = true;
        parsed.before_dashes = arguments.size();
        arguments.insert(arguments.end(), words_.begin() + static_cast<std::ptrdiff_t>(next_), words_.end());
        return absl::OkStatus();
      }
      if (word.size() < 2 || word[0] != '-') {
        arguments.push_back(word);
      } else if (word[1] == '-') {
        QUORATE_RETURN_IF_ERROR(ReadLong(word));
      } else {
        QUORATE_RETURN_IF_ERROR(ReadShort(word.substr(1)));
      }
    }
    parsed.before_dashes = arguments.size();
    return absl::OkStatus();
  }

 private:
  absl::Status ReadLong(const std::string& word) {
    std::string name = word.substr(2);
    if (name[0] == '-' || name[0] == '=') return Wrong("bad flag syntax: " + word);
    size_t equals = name.find('=');
    std::optional<std::string> value;
    if (equals != std::string::npos) {
      value = name.substr(equals + 1);
      name.resize(equals);
    }
    const Flag* flag = command_.FindFlag(name);
    if (flag == nullptr) return Wrong("unknown flag: --" + name);
    if (!value.has_value() && flag->type.empty()) value = "true";
    if (!value.has_value()) value = NextWord();
    if (!value.has_value()) return Wrong("flag needs an argument: " + word);
    return Set(*flag, *value);
  }

  absl::Status ReadShort(std::string letters) {
    const std::string bundle = letters;
    while (!letters.empty()) {
      char letter = letters[0];
      std::string shown = std::string("'") + letter + "' in -" + letters;
      const Flag* flag = command_.FindShorthand(letter);
      if (flag == nullptr) return Wrong("unknown shorthand flag: " + shown);
      std::optional<std::string> value;
      if (letters.size() > 2 && letters[1] == '=') {
        value = letters.substr(2);
        letters.clear();
      } else if (flag->type.empty()) {
        value = "true";
        letters.erase(0, 1);
      } else if (letters.size() > 1) {
        value = letters.substr(1);
        letters.clear();
      } else {
        value = NextWord();
        letters.clear();
      }
      if (!value.has_value()) return Wrong("flag needs an argument: " + shown);
      QUORATE_RETURN_IF_ERROR(Set(*flag, *value));
    }
    return absl::OkStatus();
  }

  std::optional<std::string> NextWord() {
    if (next_ >= words_.size()) return std::nullopt;
    return words_[next_++];
  }

  static absl::Status Set(const Flag& flag, const std::string& value) {
    absl::Status status = flag.Set(value);
    if (status.ok()) return status;
    return Wrong("invalid argument " + Quote(value) + " for " + Quote(flag.Shown()) +
                 " flag: " + std::string(base::MessageOf(status)));
  }

  const Command& command_;
  const Arguments& words_;
  size_t next_ = 0;
};

}  // namespace

LineError ParseCommandLine(Command& root, const Arguments& line, ParsedLine& parsed) {
  Arguments words = line;
  parsed.command = &root;
  while (!parsed.command->children().empty()) {
    std::optional<size_t> at = FirstPlainWord(*parsed.command, words);
    if (!at.has_value()) break;
    Command* child = parsed.command->FindChild(words[*at]);
    if (child == nullptr) {
      if (parsed.command == &root) return {UnknownCommand(root, words[*at]), false};
      break;
    }
    parsed.command = child;
    words.erase(words.begin() + static_cast<std::ptrdiff_t>(*at));
  }
  absl::Status status = FlagReader(*parsed.command, words).Read(parsed);
  if (!status.ok()) return {status, true};
  parsed.wants_help = parsed.command->FindFlag("help")->IsSet();
  return {absl::OkStatus(), false};
}

}  // namespace quorate::tool
