#pragma once

// Every flag etcd 3.7.1 knows, in its order and sections: what the command line accepts, what --help prints and what
// docs/compatibility.md lists all come from this one table.

#include <span>
#include <string>
#include <string_view>

#include "src/config/value.h"

namespace quorate::config {

enum class Section {
  kMember,
  kClustering,
  kSecurity,
  kAuth,
  kProfilingAndMonitoring,
  kLogging,
  kDistributedTracing,
  kFeatures,
  kUnsafe,
  kOther,
  kIgnored,  // of etcd 2; accepted in silence whatever the value, not listed anywhere
};

enum class Support {
  kWorks,
  kNoEffect,  // there is no such mechanism here, or it is always on: accepted, said once at start
  kNotYet,    // refused unless the value is the default
};

struct Flag {
  std::string_view name;
  FlagType type;
  Section section;
  Support support;
  std::string_view default_text;  // in the notation of the type
  // kWorks: what it does. kNoEffect: what stands in its place here.
  std::string_view help;
  std::string_view choices = "";       // kChoice: words, comma-separated
  std::string_view help_default = "";  // shown by --help instead of default_text
};

std::span<const Flag> Flags();
// nullptr when unknown.
const Flag* FindFlag(std::string_view name);
// The listed name with the least edit distance. A leading "experimental-" does not count: etcd dropped it from many.
std::string_view NearestFlagName(std::string_view name);
std::string_view SectionTitle(Section section);
// "ETCD_LISTEN_PEER_URLS" for "ETCD" and listen-peer-urls.
std::string EnvironmentName(std::string_view prefix, std::string_view flag_name);

}  // namespace quorate::config
