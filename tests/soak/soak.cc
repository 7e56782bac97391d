// Hours of mixed load on one server that is killed again and again, with a checker of all that it says.
//
//   quorate_soak [--seconds=<n>] [--kill_every=<seconds>] [--rate=<calls a second>] [--seed=<n>]
//
// QUORATE_SUBJECT names the server. Exits with 1 when something was found. The last quarter of the time nothing is
// killed, so that one process lives long enough to see whether its memory is flat.

#include <cstdio>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "tests/seeded/seeded.h"
#include "tests/soak/historian.h"
#include "tests/soak/kv_load.h"
#include "tests/soak/lease_load.h"
#include "tests/soak/recipe_load.h"
#include "tests/soak/resources.h"
#include "tests/soak/server_lives.h"
#include "tests/soak/upkeep.h"
#include "tests/soak/watch_load.h"

ABSL_FLAG(int, seconds, 7200, "how long");
ABSL_FLAG(int, kill_every, 180, "seconds between two ends of the server, about");
ABSL_FLAG(double, rate, 2000, "calls a second");

namespace quorate::soak {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr int kKvThreads = 12;
constexpr int kLeaseThreads = 2;
constexpr int kWatchThreads = 4;
constexpr int kRecipeThreads = 3;
// Of all calls, how many begin with a lease.
constexpr double kLeaseShare = 0.02;
constexpr milliseconds kGlance(100);
constexpr int kSamplesMax = 1000;
constexpr size_t kTableRows = 16;
// A process before this age still fills what it keeps.
constexpr milliseconds kWarmUpMax(60'000);
// Of so many ends one is by SIGTERM.
constexpr int kTerminateOneOf = 4;

struct Options {
  int seconds;
  int kill_every;  // seconds
  double rate;     // calls a second
  uint64_t seed;
};

class Soak {
 public:
  explicit Soak(const Options& options)
      : options_(options),
        lives_(
            &findings_, options.seed,
            {"--auto-compaction-mode=periodic",
             "--auto-compaction-retention=" + std::to_string(kAutoCompactionSeconds) + "s", "--snapshot-count=5000"}),
        availability_(lives_.address()),
        timeline_(&findings_, &leases_),
        stage_{&availability_, &findings_, &timeline_, &leases_, options.seed},
        random_(options.seed) {}

  // The exit code.
  int Run();

 private:
  void StartLoad();
  void Watch(steady_clock::time_point begun);
  // False when the server cannot be had back.
  bool Interrupt();
  bool ComeBack();
  void End();
  void Report();

  const Options options_;
  Findings findings_;
  LeaseLedger leases_;
  ServerLives lives_;
  Availability availability_;
  Timeline timeline_;
  Stage stage_;
  std::mt19937_64 random_;
  Pace kv_pace_{options_.rate};
  Pace lease_pace_{options_.rate * kLeaseShare};
  Holders holders_;
  std::vector<std::thread> threads_;
  std::vector<ResourceSample> samples_;
};

// After every outage: nothing that was told is lost.
bool Soak::ComeBack() {
  if (!lives_.Start()) return false;
  leases_.Restarted(steady_clock::now());
  const int64_t told = timeline_.told();
  availability_.EndOutage();
  Client client(&availability_, &findings_);
  pb::RangeRequest request;
  request.set_key("a read after an outage");
  if (!client.Ready()) return true;
  const auto reply = client.Call(&pb::KV::Stub::Range, request);
  if (reply.ok() && reply.response.header().revision() < told) {
    findings_.Add("revision " + std::to_string(told) + " was told, after the restart it is " +
                  std::to_string(reply.response.header().revision()));
  }
  return reply.ok();
}

bool Soak::Interrupt() {
  availability_.BeginOutage();
  if (random_() % kTerminateOneOf == 0) {
    lives_.Terminate();
  } else {
    lives_.Kill();
  }
  return ComeBack();
}

void Soak::StartLoad() {
  const auto start = [this](auto load) { threads_.emplace_back([load] { load->Run(); }); };
  for (int i = 0; i < kKvThreads; ++i) start(std::make_shared<KvLoad>(&stage_, &kv_pace_, i));
  for (int i = 0; i < kLeaseThreads; ++i) start(std::make_shared<LeaseLoad>(&stage_, &lease_pace_, i));
  for (int i = 0; i < kWatchThreads; ++i) start(std::make_shared<WatchLoad>(&stage_, i));
  for (int i = 0; i < kRecipeThreads; ++i) start(std::make_shared<RecipeLoad>(&stage_, &holders_, i));
  start(std::make_shared<Upkeep>(&stage_, lives_.directory() + "/snapshot.db"));
}

void Soak::Watch(steady_clock::time_point begun) {
  const auto end = begun + seconds(options_.seconds);
  const auto last_kill = begun + milliseconds(options_.seconds * 750);
  const milliseconds sample_every = std::max(milliseconds(1000), milliseconds(1000) * options_.seconds / kSamplesMax);
  const auto next_kill = [this] {
    return steady_clock::now() + milliseconds(options_.kill_every * (500 + static_cast<int>(random_() % 1000)));
  };
  auto kill_at = next_kill();
  auto sample_at = begun;
  AutoCompaction auto_compaction(&stage_);
  while (steady_clock::now() < end) {
    std::this_thread::sleep_for(kGlance);
    const auto now = steady_clock::now();
    auto_compaction.Look();
    if (!lives_.Lives()) {
      availability_.BeginOutage();
      if (!ComeBack()) return;
    }
    if (now >= kill_at && now < last_kill) {
      if (!Interrupt()) return;
      kill_at = next_kill();
    }
    if (now < sample_at) continue;
    sample_at = now + sample_every;
    ResourceSample sample = TakeSample(lives_.pid(), lives_.address(), lives_.data_directory());
    sample.at = std::chrono::duration_cast<milliseconds>(now - begun);
    sample.age = lives_.age();
    sample.life = lives_.number();
    samples_.push_back(sample);
  }
}

// All that was acknowledged is there at the end, after SIGTERM, and after one more start.
void Soak::End() {
  availability_.Stop();
  for (std::thread& thread : threads_) thread.join();
  if (!lives_.running()) return;
  availability_.BeginOutage();
  lives_.Terminate();
  if (!lives_.Start()) return;
  availability_.EndOutage();
  Availability afterwards(lives_.address());
  afterwards.EndOutage();
  Stage stage{&afterwards, &findings_, &timeline_, &leases_, options_.seed};
  Upkeep(&stage, "").CompareAll();
  availability_.BeginOutage();
}

void Soak::Report() {
  std::printf(
      "seed %lu: %lu calls, %lu without an answer; %ld revisions, %lu watchers, %lu leases, %lu locks and "
      "elections, %lu snapshots; %d times kill -9, %d times SIGTERM, longest start %ld ms\n",
      options_.seed, stage_.calls.load(), stage_.unanswered.load(), timeline_.last(), stage_.watchers.load(),
      stage_.leases_ended.load(), stage_.locks.load(), stage_.snapshots.load(), lives_.kills(), lives_.terminations(),
      lives_.longest_start().count());
  for (const auto& [text, count] : lives_.warnings()) std::printf("warned %d times: %s\n", count, text.c_str());
  std::printf("%s", TableOf(samples_, kTableRows).c_str());
  const milliseconds warm_up = std::min(kWarmUpMax, milliseconds(options_.kill_every * 500));
  const Flatness flatness = CheckFlat(samples_, warm_up);
  std::printf("\n%s", flatness.medians.c_str());
  if (!flatness.faults.empty()) findings_.Add(flatness.faults);
  std::printf("%d findings\n", findings_.count());
}

int Soak::Run() {
  timeline_.StartBehind(1);
  if (!ComeBack()) return 1;
  {
    Historian historian(&availability_, &timeline_);
    StartLoad();
    Watch(steady_clock::now());
    End();
  }
  if (lives_.running()) lives_.Terminate();
  Report();
  return findings_.count() == 0 ? 0 : 1;
}

}  // namespace
}  // namespace quorate::soak

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage("hours of mixed load on one server that is killed again and again");
  absl::ParseCommandLine(argc, argv);
  const quorate::soak::Options options = {.seconds = absl::GetFlag(FLAGS_seconds),
                                          .kill_every = absl::GetFlag(FLAGS_kill_every),
                                          .rate = absl::GetFlag(FLAGS_rate),
                                          .seed = quorate::testing::Seed()};
  if (options.seconds <= 0 || options.kill_every <= 0 || options.rate <= 0) {
    std::fprintf(stderr, "quorate_soak: --seconds, --kill_every and --rate are above 0\n");
    return 2;
  }
  return quorate::soak::Soak(options).Run();
}
