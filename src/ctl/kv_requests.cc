#include "src/ctl/kv_requests.h"

#include <chrono>
#include <ostream>
#include <thread>

#include "src/ctl/names.h"

namespace quorate::ctl {
namespace {

using etcdserverpb::RangeRequest;

constexpr std::chrono::seconds kTimeToThinkAgain(2);
// Every key from the first one on.
const std::string kZeroByte(1, '\0');

std::string Upper(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return text;
}

absl::Status OneOfTheTwo(const char* first, const char* second) {
  return Fail(Exit::kBadArguments,
              "`--" + std::string(first) + "` and `--" + second + "` cannot be set at the same time, choose one");
}

// Fills key and range_end of a request from the arguments and --prefix or --from-key.
template <typename Request>
absl::Status SetRange(const Arguments& arguments, bool prefix, bool from_key, Request& request) {
  std::string key = arguments[0];
  if (arguments.size() > 1) {
    if (prefix || from_key) {
      return Fail(Exit::kBadArguments,
                  "too many arguments, only accept one argument when `--prefix` or `--from-key` is set");
    }
    request.set_range_end(arguments[1]);
  }
  if (prefix) request.set_range_end(key.empty() ? kZeroByte : PrefixEnd(key));
  if (from_key) request.set_range_end(kZeroByte);
  if ((prefix || from_key) && key.empty()) key = kZeroByte;
  request.set_key(key);
  return absl::OkStatus();
}

absl::Status SetSort(const GetFlags& flags, RangeRequest& request) {
  std::string order = Upper(flags.order);
  if (order == "ASCEND") {
    request.set_sort_order(RangeRequest::ASCEND);
  } else if (order == "DESCEND") {
    request.set_sort_order(RangeRequest::DESCEND);
  } else if (!order.empty()) {
    return Fail(Exit::kBadFeature, "bad sort order " + flags.order);
  }
  std::string target = Upper(flags.sort_by);
  if (target == "CREATE") {
    request.set_sort_target(RangeRequest::CREATE);
  } else if (target == "MODIFY") {
    request.set_sort_target(RangeRequest::MOD);
  } else if (target == "VALUE") {
    request.set_sort_target(RangeRequest::VALUE);
  } else if (target == "VERSION") {
    request.set_sort_target(RangeRequest::VERSION);
  } else if (!target.empty() && target != "KEY") {
    return Fail(Exit::kBadFeature, "bad sort target " + flags.sort_by);
  }
  // Keys come in ascending order anyway; asking for it would have the server read them all.
  if (request.sort_target() == RangeRequest::KEY && request.sort_order() == RangeRequest::ASCEND) {
    request.set_sort_order(RangeRequest::NONE);
  }
  return absl::OkStatus();
}

absl::Status SetRevisionBounds(const GetFlags& flags, RangeRequest& request) {
  auto crossed = [](const std::string& kind, int64_t low, int64_t high) {
    return Fail(Exit::kBadFeature, "getMin" + kind + "Rev(=" + std::to_string(low) + ") > getMax" + kind +
                                       "Rev(=" + std::to_string(high) + ")");
  };
  if (flags.min_create_rev > 0) request.set_min_create_revision(flags.min_create_rev);
  if (flags.max_create_rev > 0) {
    if (flags.min_create_rev > flags.max_create_rev) {
      return crossed("Create", flags.min_create_rev, flags.max_create_rev);
    }
    request.set_max_create_revision(flags.max_create_rev);
  }
  if (flags.min_mod_rev > 0) request.set_min_mod_revision(flags.min_mod_rev);
  if (flags.max_mod_rev > 0) {
    if (flags.min_mod_rev > flags.max_mod_rev) return crossed("Mod", flags.min_mod_rev, flags.max_mod_rev);
    request.set_max_mod_revision(flags.max_mod_rev);
  }
  return absl::OkStatus();
}

}  // namespace

Command& AddPutTo(Command& parent, PutFlags& flags) {
  Command& put = parent.Add({"put", "[options] <key> <value> (<value> can also be given from stdin)", "Writes a key",
                             R"(Writes a value to a key.

Without <value>, and unless --ignore-value keeps the one that is there, the value is all of standard input:

$ put <key> < file

A key or value that begins with '-' goes behind '--':

$ put -- <key> <value>)",
                             Group::kKeyValue});
  put.AddFlag("lease", &flags.lease, "lease to attach the key to, in hexadecimal");
  put.AddFlag("prev-kv", &flags.prev_kv, "show the key as it was before");
  put.AddFlag("ignore-value", &flags.ignore_value, "keep the key's value");
  put.AddFlag("ignore-lease", &flags.ignore_lease, "keep the key's lease");
  return put;
}

Command& AddGetTo(Command& parent, GetFlags& flags) {
  Command& get =
      parent.Add({"get", "[options] <key> [range_end]", "Reads a key or a range of keys", "", Group::kKeyValue});
  get.AddFlag("consistency", &flags.consistency, "l asks the cluster (linearizable), s the member (serializable)");
  get.AddFlag("order", &flags.order, "order of the results: ASCEND or DESCEND");
  get.AddFlag("sort-by", &flags.sort_by, "what to sort by: CREATE, KEY, MODIFY, VALUE or VERSION");
  get.AddFlag("limit", &flags.limit, "most results to show");
  get.AddFlag("prefix", &flags.prefix, "every key that begins with <key>");
  get.AddFlag("from-key", &flags.from_key, "every key from <key> on, in the order of bytes");
  get.AddFlag("rev", &flags.rev, "revision to read at");
  get.AddFlag("keys-only", &flags.keys_only, "leave the values out");
  get.AddFlag("count-only", &flags.count_only, "count the keys only");
  get.AddFlag("print-value-only", &flags.print_value_only, "print values without their keys (simple format only)");
  get.AddFlag("min-create-rev", &flags.min_create_rev, "lowest create revision to show");
  get.AddFlag("max-create-rev", &flags.max_create_rev, "highest create revision to show");
  get.AddFlag("min-mod-rev", &flags.min_mod_rev, "lowest modification revision to show");
  get.AddFlag("max-mod-rev", &flags.max_mod_rev, "highest modification revision to show");
  get.AddFlag("stream", &flags.stream, "read with the RangeStream call, in chunks");
  return get;
}

Command& AddDeleteTo(Command& parent, DeleteFlags& flags) {
  Command& del = parent.Add({"del", "[options] <key> [range_end]", "Deletes a key or a range of keys [key, range_end)",
                             "", Group::kKeyValue});
  del.AddFlag("prefix", &flags.prefix, "every key that begins with <key>");
  del.AddFlag("prev-kv", &flags.prev_kv, "show the deleted keys and values");
  del.AddFlag("from-key", &flags.from_key, "every key from <key> on, in the order of bytes");
  del.AddFlag("range", &flags.range, "delete the range at once, without a time to think again");
  return del;
}

absl::StatusOr<etcdserverpb::PutRequest> PutRequestOf(const PutFlags& flags, const Arguments& arguments,
                                                      const std::function<absl::StatusOr<std::string>()>& read_value) {
  constexpr char kMissing[] = "put command needs 1 argument and input from stdin or 2 arguments";
  if (arguments.empty()) return Fail(Exit::kBadArguments, kMissing);
  if (flags.ignore_value && arguments.size() > 1) {
    return Fail(Exit::kBadArguments, "put command needs only 1 argument when 'ignore-value' is set");
  }
  etcdserverpb::PutRequest request;
  request.set_key(arguments[0]);
  if (!flags.ignore_value) {
    std::string value;
    if (arguments.size() > 1) {
      value = arguments[1];
    } else {
      if (read_value) {
        QUORATE_ASSIGN_OR_RETURN(value, read_value());
      }
      if (value.empty()) return Fail(Exit::kBadArguments, kMissing);
    }
    request.set_value(value);
  }
  absl::StatusOr<int64_t> lease = ParseInt(flags.lease, 16);
  if (!lease.ok()) {
    return Fail(Exit::kBadArguments,
                "bad lease ID (" + std::string(base::MessageOf(lease.status())) + "), expecting ID in Hex");
  }
  request.set_lease(*lease);
  request.set_prev_kv(flags.prev_kv);
  request.set_ignore_value(flags.ignore_value);
  request.set_ignore_lease(flags.ignore_lease);
  return request;
}

absl::StatusOr<RangeRequest> RangeRequestOf(const GetFlags& flags, const Arguments& arguments) {
  if (arguments.empty()) {
    return Fail(Exit::kBadArguments, "get command needs one argument as key and an optional argument as range_end");
  }
  if (flags.prefix && flags.from_key) return OneOfTheTwo("prefix", "from-key");
  if (flags.keys_only && flags.count_only) return OneOfTheTwo("keys-only", "count-only");
  RangeRequest request;
  QUORATE_ASSIGN_OR_RETURN(bool serializable, IsSerializable(flags.consistency, flags.consistency));
  request.set_serializable(serializable);
  QUORATE_RETURN_IF_ERROR(SetRange(arguments, flags.prefix, flags.from_key, request));
  request.set_limit(flags.limit);
  if (flags.rev > 0) request.set_revision(flags.rev);
  QUORATE_RETURN_IF_ERROR(SetSort(flags, request));
  request.set_keys_only(flags.keys_only);
  request.set_count_only(flags.count_only);
  QUORATE_RETURN_IF_ERROR(SetRevisionBounds(flags, request));
  return request;
}

absl::StatusOr<etcdserverpb::DeleteRangeRequest> DeleteRequestOf(const DeleteFlags& flags, const Arguments& arguments,
                                                                 std::ostream& err) {
  if (arguments.empty() || arguments.size() > 2) {
    return Fail(Exit::kBadArguments, "del command needs one argument as key and an optional argument as range_end");
  }
  if (flags.prefix && flags.from_key) return OneOfTheTwo("prefix", "from-key");
  etcdserverpb::DeleteRangeRequest request;
  QUORATE_RETURN_IF_ERROR(SetRange(arguments, flags.prefix, flags.from_key, request));
  request.set_prev_kv(flags.prev_kv);
  if (arguments.size() > 1 && !flags.range) {
    err << "Warning: Keys between " << Quote(arguments[0]) << " and " << Quote(arguments[1])
        << " will be deleted. Please interrupt the command within next 2 seconds to cancel. You can provide `--range` "
           "flag to avoid the delay.\n"
        << std::flush;
    std::this_thread::sleep_for(kTimeToThinkAgain);
  }
  return request;
}

absl::StatusOr<bool> IsSerializable(const std::string& consistency, const std::string& shown) {
  if (consistency == "s") return true;
  if (consistency == "l") return false;
  return Fail(Exit::kBadFeature, "unknown consistency flag " + Quote(shown));
}

std::string PrefixEnd(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xff') prefix.pop_back();
  if (prefix.empty()) return kZeroByte;
  prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

}  // namespace quorate::ctl
