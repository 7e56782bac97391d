#pragma once

// Names in a data directory, and around it.

namespace quorate::replica {

// Behind the name of a member directory, and of a log directory, while a restore fills it.
inline constexpr char kRestoringSuffix[] = ".restoring";
// What tells a data directory of etcd's own.
inline constexpr char kEtcdStore[] = "member/snap/db";

}  // namespace quorate::replica
