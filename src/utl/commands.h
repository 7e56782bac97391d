#pragma once

// The commands of the tool; each file adds its own to the tree.

#include <chrono>
#include <string>

#include "quorate/tool/tool.h"

namespace quorate::utl {

// The flags that every command understands.
struct GlobalFlags {
  std::chrono::nanoseconds timeout = std::chrono::seconds(10);
  std::string write_out = "simple";
};

// `flags` outlives the tool.
void AddDefrag(const tool::Tool::Entry& root, const GlobalFlags* flags);
void AddHashKv(const tool::Tool::Entry& root, const GlobalFlags* flags);
void AddMigrate(const tool::Tool::Entry& root);
void AddSnapshotRestore(const tool::Tool::Entry& snapshot);
void AddSnapshotStatus(const tool::Tool::Entry& snapshot, const GlobalFlags* flags);
void AddVersion(const tool::Tool::Entry& root);

}  // namespace quorate::utl
