#pragma once

// The flags and arguments of put, get and del, and the requests they stand for: once for the commands, once more for
// the lines of a transaction.

#include <functional>
#include <iosfwd>
#include <string>

#include "etcdserverpb/rpc.pb.h"
#include "quorate/base/status.h"
#include "src/ctl/names.h"

namespace quorate::ctl {

struct PutFlags {
  std::string lease = "0";  // hexadecimal
  bool prev_kv = false;
  bool ignore_value = false;
  bool ignore_lease = false;
};

struct GetFlags {
  std::string consistency = "l";
  std::string order = {};
  std::string sort_by = {};
  int64_t limit = 0;
  int64_t rev = 0;
  bool prefix = false;
  bool from_key = false;
  bool keys_only = false;
  bool count_only = false;
  bool print_value_only = false;
  int64_t min_create_rev = 0;
  int64_t max_create_rev = 0;
  int64_t min_mod_rev = 0;
  int64_t max_mod_rev = 0;
  bool stream = false;
};

struct DeleteFlags {
  bool prefix = false;
  bool prev_kv = false;
  bool from_key = false;
  bool range = false;
};

// Each adds a command without an action. The flags outlive it.
Command& AddPutTo(Command& parent, PutFlags& flags);
Command& AddGetTo(Command& parent, GetFlags& flags);
Command& AddDeleteTo(Command& parent, DeleteFlags& flags);

// A value that is not among the arguments is what `read_value` returns; null if there is none elsewhere.
absl::StatusOr<etcdserverpb::PutRequest> PutRequestOf(const PutFlags& flags, const Arguments& arguments,
                                                      const std::function<absl::StatusOr<std::string>()>& read_value);
absl::StatusOr<etcdserverpb::RangeRequest> RangeRequestOf(const GetFlags& flags, const Arguments& arguments);
// Warns on `err` and waits, for the user to think again, before a range that --range did not ask for.
absl::StatusOr<etcdserverpb::DeleteRangeRequest> DeleteRequestOf(const DeleteFlags& flags, const Arguments& arguments,
                                                                 std::ostream& err);

// "l" is linearizable, "s" serializable.
absl::StatusOr<bool> IsSerializable(const std::string& consistency, const std::string& shown);
// The first key behind every key that begins with `prefix`; one zero byte if there is none.
std::string PrefixEnd(std::string prefix);

}  // namespace quorate::ctl
