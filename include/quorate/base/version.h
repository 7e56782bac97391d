#pragma once

// What all programs say of themselves.

#include <string_view>

namespace quorate::base {

// The etcd whose API we speak, the level of that API, and what a cluster and its data call theirs.
inline constexpr std::string_view kEtcdVersion = "3.7.1";
inline constexpr std::string_view kEtcdApiVersion = "3.7";
inline constexpr std::string_view kClusterVersion = "3.7.0";
inline constexpr std::string_view kStorageVersion = "3.7.0";
// Our own.
inline constexpr std::string_view kQuorateVersion = "0.1.0";

}  // namespace quorate::base
