#include "quorate/tool/command.h"

#include <CLI/CLI.hpp>
#include <algorithm>

namespace quorate::tool {

std::string Flag::Shown() const {
  return shorthand == '\0' ? "--" + name : std::string("-") + shorthand + ", --" + name;
}

absl::Status Flag::Set(const std::string& value) const {
  option->clear();
  option->add_result(value);
  try {
    option->run_callback();
  } catch (const CLI::Error&) {
    option->clear();
    return base::MakeStatus(absl::StatusCode::kInvalidArgument, *problem);
  }
  return absl::OkStatus();
}

bool Flag::IsSet() const { return option->count() > 0; }

Command::Command(CommandText text) : text_(std::move(text)), owned_app_(std::make_unique<CLI::App>()) {
  app_ = owned_app_.get();
  app_->name(text_.name);
  app_->set_help_flag();
  AddFlag("h,help", &asks_for_help_, "help for " + text_.name);
}

Command::Command(CommandText text, Command* parent, CLI::App* app)
    : text_(std::move(text)), parent_(parent), app_(app) {
  app_->set_help_flag();
  AddFlag("h,help", &asks_for_help_, "help for " + text_.name);
}

Command::~Command() = default;

Command& Command::Add(CommandText text) {
  CLI::App* app = app_->add_subcommand(text.name, text.summary);
  children_.push_back(std::unique_ptr<Command>(new Command(std::move(text), this, app)));
  return *children_.back();
}

Flag& Command::NewFlag(const std::string& name, const std::string& type, const std::string& help, Setter setter) {
  auto flag = std::make_unique<Flag>();
  size_t comma = name.find(',');
  flag->name = comma == std::string::npos ? name : name.substr(comma + 1);
  flag->shorthand = comma == std::string::npos ? '\0' : name[0];
  flag->type = type;
  flag->help = help;
  flag->problem = std::make_shared<std::string>();
  std::string declared = flag->shorthand == '\0' ? "--" + flag->name : std::string("-") + name[0] + ",--" + flag->name;
  auto callback = [setter = std::move(setter), problem = flag->problem](const CLI::results_t& results) {
    absl::Status status = setter(results.front());
    *problem = base::MessageOf(status);
    return status.ok();
  };
  flag->option = app_->add_option(declared, std::move(callback), help)->type_name(type);
  flags_.push_back(std::move(flag));
  return *flags_.back();
}

void Command::AddFlag(const std::string& name, bool* target, const std::string& help) {
  Flag& flag = NewFlag(name, "", help, [target](const std::string& value) {
    QUORATE_ASSIGN_OR_RETURN(*target, ParseBool(value));
    return absl::OkStatus();
  });
  flag.default_text = *target ? "true" : "";
  flag.current = [target] { return std::string(*target ? "true" : "false"); };
}

void Command::AddFlag(const std::string& name, int64_t* target, const std::string& help) {
  Flag& flag = NewFlag(name, "int", help, [target](const std::string& value) {
    QUORATE_ASSIGN_OR_RETURN(*target, ParseInt(value, 0));
    return absl::OkStatus();
  });
  flag.default_text = *target == 0 ? "" : std::to_string(*target);
  flag.current = [target] { return std::to_string(*target); };
}

void Command::AddFlag(const std::string& name, uint64_t* target, const std::string& help) {
  Flag& flag = NewFlag(name, "uint", help, [target](const std::string& value) {
    QUORATE_ASSIGN_OR_RETURN(*target, ParseUint(value, 0));
    return absl::OkStatus();
  });
  flag.default_text = *target == 0 ? "" : std::to_string(*target);
  flag.current = [target] { return std::to_string(*target); };
}

void Command::AddFlag(const std::string& name, std::string* target, const std::string& help) {
  Flag& flag = NewFlag(name, "string", help, [target](const std::string& value) {
    *target = value;
    return absl::OkStatus();
  });
  flag.default_text = target->empty() ? "" : Quote(*target);
  flag.current = [target] { return *target; };
}

void Command::AddFlag(const std::string& name, Duration* target, const std::string& help) {
  Flag& flag = NewFlag(name, "duration", help, [target](const std::string& value) {
    QUORATE_ASSIGN_OR_RETURN(*target, ParseDuration(value));
    return absl::OkStatus();
  });
  flag.default_text = target->count() == 0 ? "" : FormatDuration(*target);
  flag.current = [target] { return FormatDuration(*target); };
}

void Command::AddFlag(const std::string& name, std::vector<std::string>* target, const std::string& help) {
  auto replaced = std::make_shared<bool>(false);
  Flag& flag = NewFlag(name, "strings", help, [target, replaced](const std::string& value) -> absl::Status {
    QUORATE_ASSIGN_OR_RETURN(std::vector<std::string> items, ParseList(value));
    if (!*replaced) target->clear();
    *replaced = true;
    target->insert(target->end(), items.begin(), items.end());
    return absl::OkStatus();
  });
  flag.current = [target] {
    std::string text;
    for (const std::string& item : *target) text += (text.empty() ? "" : ",") + item;
    return "[" + text + "]";
  };
  flag.default_text = target->empty() ? "" : flag.current();
}

std::vector<const Flag*> Command::OwnFlags() const {
  std::vector<const Flag*> flags;
  for (const auto& flag : flags_) flags.push_back(flag.get());
  std::sort(flags.begin(), flags.end(), [](const Flag* a, const Flag* b) { return a->name < b->name; });
  return flags;
}

const Flag* Command::FindFlag(std::string_view name) const {
  for (const Command* command = this; command != nullptr; command = command->parent_) {
    for (const auto& flag : command->flags_) {
      if (flag->name == name) return flag.get();
    }
  }
  return nullptr;
}

const Flag* Command::FindShorthand(char shorthand) const {
  for (const Command* command = this; command != nullptr; command = command->parent_) {
    for (const auto& flag : command->flags_) {
      if (flag->shorthand == shorthand) return flag.get();
    }
  }
  return nullptr;
}

Command* Command::FindChild(std::string_view name) const {
  Command* match = nullptr;
  int matches = 0;
  for (const auto& child : children_) {
    if (child->text_.name == name) return child.get();
    if (child->text_.name.starts_with(name)) {
      match = child.get();
      ++matches;
    }
  }
  return matches == 1 ? match : nullptr;
}

std::string Command::Path() const { return parent_ == nullptr ? text_.name : parent_->Path() + " " + text_.name; }

}  // namespace quorate::tool
