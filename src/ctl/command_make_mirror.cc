#include <chrono>
#include <ostream>
#include <thread>

#include "src/ctl/cancellation.h"
#include "src/ctl/commands.h"
#include "src/ctl/mirror.h"
#include "src/ctl/names.h"
#include "src/ctl/password.h"
#include "src/ctl/session.h"

namespace quorate::ctl {
namespace {

constexpr std::chrono::seconds kReportInterval(30);
constexpr uint64_t kDefaultMaxTxnOps = 128;

struct MirrorFlags {
  std::string prefix;
  std::string destination_prefix;
  bool no_destination_prefix = false;
  int64_t revision = 0;
  uint64_t max_txn_ops = kDefaultMaxTxnOps;
  TlsFlags tls;
  std::string user;
  std::string password;
};

absl::StatusOr<MirrorPlan> PlanOf(const MirrorFlags& flags) {
  if (flags.no_destination_prefix && !flags.destination_prefix.empty()) {
    return Fail(Exit::kBadArguments,
                "`--dest-prefix` and `--no-dest-prefix` cannot be set at the same time, choose one");
  }
  MirrorPlan plan{flags.prefix, flags.destination_prefix, flags.revision, flags.max_txn_ops};
  if (!flags.no_destination_prefix && plan.destination_prefix.empty()) plan.destination_prefix = flags.prefix;
  return plan;
}

// Says from time to time how many keys were copied.
class Reporter {
 public:
  Reporter(const Mirror& mirror, std::ostream& out)
      : thread_([this, &mirror, &out] {
          while (!stop_.WaitFor(kReportInterval)) out << mirror.total() << "\n" << std::flush;
        }) {}
  ~Reporter() {
    stop_.Cancel();
    thread_.join();
  }

 private:
  Cancellation stop_;
  std::thread thread_;
};

absl::Status MakeMirror(Session& session, const MirrorFlags& flags, const Arguments& arguments) {
  if (arguments.size() != 1) return Fail(Exit::kBadArguments, "make-mirror takes one destination argument");
  QUORATE_RETURN_IF_ERROR(session.Prepare());
  UserFlag user{flags.user, flags.password};
  user.AskForMissing("Destination Password: ", session.in(), session.out());
  QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<Client> destination, session.ClientElsewhere(arguments[0], flags.tls, user));
  QUORATE_ASSIGN_OR_RETURN(std::unique_ptr<Client> source, session.Connect());
  QUORATE_ASSIGN_OR_RETURN(MirrorPlan plan, PlanOf(flags));
  Mirror mirror(*source, *destination, plan);
  Reporter reporter(mirror, session.out());
  Cancellation never;
  return mirror.Run(never);
}

}  // namespace

void AddMakeMirror(Command& root, Session& session) {
  auto flags = std::make_shared<MirrorFlags>();
  Command& mirror =
      root.Add({"make-mirror", "[options] <destination>", "Copies keys to another cluster as they change",
                R"(Copies all keys, or those with a prefix, to another cluster and goes on with every change
until it is interrupted. Says every 30 seconds how many keys were copied. Leases are not copied.)",
                Group::kUtility});
  mirror.AddFlag("prefix", &flags->prefix, "mirror the keys that begin so");
  mirror.AddFlag("rev", &flags->revision, "mirror the changes from this revision on, not what was there before");
  mirror.AddFlag("max-txn-ops", &flags->max_txn_ops, "most operations in one transaction at the destination");
  mirror.AddFlag("dest-prefix", &flags->destination_prefix, "what the prefix becomes at the destination");
  mirror.AddFlag("no-dest-prefix", &flags->no_destination_prefix, "leave the prefix out at the destination");
  mirror.AddFlag("dest-cert", &flags->tls.cert, "file with the client's TLS certificate for the destination");
  mirror.AddFlag("dest-key", &flags->tls.key, "file with the client's TLS key for the destination");
  mirror.AddFlag("dest-cacert", &flags->tls.cacert,
                 "file with the certificate authorities to trust for the destination");
  mirror.AddFlag("dest-insecure-transport", &flags->tls.insecure_transport,
                 "connect to the destination without TLS where its address does not ask for it");
  mirror.AddFlag("dest-user", &flags->user, "user[:password] at the destination (asks for a password that is missing)");
  mirror.AddFlag("dest-password", &flags->password, "password at the destination; --dest-user then is the name alone");
  mirror.SetAction([flags, &session](const Arguments& arguments) { return MakeMirror(session, *flags, arguments); });
}

}  // namespace quorate::ctl
