#pragma once

// The commands of the tool; each file adds its own to the tree.

#include <chrono>
#include <string>

#include "quorate/tool/command.h"
#include "quorate/tool/streams.h"

namespace quorate::utl {

// The flags that every command understands.
struct GlobalFlags {
  std::chrono::nanoseconds timeout = std::chrono::seconds(10);
  std::string write_out = "simple";
};

// `root`, `flags` and `streams` outlive the run.
void AddHelp(tool::Command& root, const tool::Streams& streams);
void AddCompletion(tool::Command& root, const tool::Streams& streams);
void AddDefrag(tool::Command& root, const GlobalFlags& flags, const tool::Streams& streams);
void AddHashKv(tool::Command& root, const GlobalFlags& flags, const tool::Streams& streams);
void AddMigrate(tool::Command& root);
void AddSnapshotRestore(tool::Command& snapshot, const tool::Streams& streams);
void AddSnapshotStatus(tool::Command& snapshot, const GlobalFlags& flags, const tool::Streams& streams);
void AddVersion(tool::Command& root, const tool::Streams& streams);

// With the flags that every command understands: there is no other list of them.
std::string FullUsageOf(const tool::Command& command);

}  // namespace quorate::utl
