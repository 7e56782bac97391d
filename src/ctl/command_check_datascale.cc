#include <array>
#include <cstdio>
#include <cstdlib>
#include <ostream>

#include "quorate/tool/progress_bar.h"
#include "src/ctl/cancellation.h"
#include "src/ctl/commands.h"
#include "src/ctl/http_get.h"
#include "src/ctl/load.h"
#include "src/ctl/names.h"
#include "src/ctl/session.h"

namespace quorate::ctl {
namespace {

struct DatascaleFlags {
  std::string load = "s";
  std::string prefix = "/etcdctl-check-datascale/";
  Cleanup cleanup;
};

struct Workload {
  uint64_t keys;
  size_t clients;
};

constexpr size_t kKeyBytes = 512;
constexpr size_t kValueBytes = 512;
constexpr double kMegabyte = 1024 * 1024;

Workload WorkloadOf(const std::string& name) {
  if (name == "s") return {10'000, 50};
  if (name == "m") return {100'000, 200};
  if (name == "l") return {1'000'000, 500};
  return {3'000'000, 1000};
}

// What the process of the first member has in memory, in bytes.
absl::StatusOr<double> ResidentMemory(Session& session) {
  constexpr std::string_view kName = "process_resident_memory_bytes";
  std::string host = session.Endpoints()[0];
  if (!host.starts_with("http://") && !host.starts_with("https://")) host = "http://" + host;
  absl::StatusOr<std::string> page = HttpGet(host + "/metrics", session.tls());
  if (!page.ok()) {
    session.out() << "fetch error: " << base::MessageOf(page.status()) << "\n";
    return page.status();
  }
  size_t at = ("\n" + *page).find("\n" + std::string(kName) + " ");
  if (at != std::string::npos) return std::strtod(page->c_str() + at + kName.size(), nullptr);
  session.out() << "could not find: " << kName << "\n";
  return base::MakeStatus(absl::StatusCode::kNotFound, kName);
}

absl::StatusOr<double> ResidentMemory(Session& session, const char* when) {
  absl::StatusOr<double> bytes = ResidentMemory(session);
  if (bytes.ok() && *bytes > 0) return bytes;
  session.out() << "FAIL: Could not read process_resident_memory_bytes " << when << " the put operations.\n";
  return FailSilently(Exit::kError);
}

LoadResult Fill(Session& session, const Clients& clients, const std::string& prefix, uint64_t keys) {
  tool::ProgressBar bar(session.shows_progress() ? &session.err() : nullptr, tool::ProgressBar::Unit::kCount);
  RandomPuts puts(prefix, kKeyBytes, kValueBytes);
  base::Mutex mutex;  // guards all three and what follows
  uint64_t begun = 0, done = 0;
  Cancellation never;
  return RunLoad(
      clients, never,
      [&]() -> std::optional<etcdserverpb::PutRequest> {
        base::MutexLock lock(&mutex);
        if (begun == keys) return std::nullopt;
        ++begun;
        return puts.Next();
      },
      [&] {
        base::MutexLock lock(&mutex);
        bar.Show(++done, keys);
      });
}

absl::Status CheckDatascale(Session& session, const DatascaleFlags& flags) {
  QUORATE_ASSIGN_OR_RETURN(std::string name, WorkloadNamed(flags.load));
  const Workload workload = WorkloadOf(name);
  QUORATE_ASSIGN_OR_RETURN(Clients clients, OpenClients(session, workload.clients));
  Cancellation never;
  QUORATE_RETURN_IF_ERROR(CheckUnused(*clients[0], never, flags.prefix, "etcdctl del --prefix " + flags.prefix));
  QUORATE_ASSIGN_OR_RETURN(double before, ResidentMemory(session, "before"));
  session.out() << "Start data scale check for work load [" << workload.keys << " key-value pairs, "
                << kKeyBytes + kValueBytes << " bytes per key-value, " << workload.clients << " concurrent clients].\n"
                << std::flush;
  LoadResult result = Fill(session, clients, flags.prefix, workload.keys);
  QUORATE_ASSIGN_OR_RETURN(double after, ResidentMemory(session, "after"));
  QUORATE_RETURN_IF_ERROR(CleanUp(session, *clients[0], flags.prefix, flags.cleanup));
  if (!ShowErrors(result, session.out())) return FailSilently(Exit::kError);
  std::array<char, 64> used;
  std::snprintf(used.data(), used.size(), "%.2f", (after - before) / kMegabyte);
  session.out() << "PASS: Approximate system memory used : " << used.data() << " MB.\n";
  return absl::OkStatus();
}

}  // namespace

void AddCheckDatascale(Command& check, Session& session) {
  auto flags = std::make_shared<DatascaleFlags>();
  Command& datascale =
      check.Add({"datascale", "[options]", "Checks how much memory keys take at the first endpoint",
                 R"(Writes keys and tells by how much the memory of the first endpoint's member has grown.

Loads: s(mall), 10,000 keys; m(edium), 100,000; l(arge), 1,000,000; xl(arge), 3,000,000; 1 KiB each.)"});
  datascale.AddFlag("load", &flags->load, "how much to write: s, m, l or xl");
  datascale.AddFlag("prefix", &flags->prefix, "what the keys that are written begin with");
  datascale.AddFlag("auto-compact", &flags->cleanup.compacts, "give up the history of these keys afterwards");
  datascale.AddFlag("auto-defrag", &flags->cleanup.defragments, "give their space back afterwards");
  datascale.SetAction([flags, &session](const Arguments&) { return CheckDatascale(session, *flags); });
}

}  // namespace quorate::ctl
