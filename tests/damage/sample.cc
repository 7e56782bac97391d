#include "tests/damage/sample.h"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "etcdserverpb/rpc.pb.h"
#include "quorate/base/check.h"
#include "tests/damage/child.h"
#include "tests/damage/local_member.h"
#include "tests/damage/state.h"

namespace quorate::testing {
namespace {

namespace fs = std::filesystem;
namespace pb = etcdserverpb;
using replica::CommandType;

constexpr int kMakeTimeoutMs = 120'000;
constexpr int64_t kForEver = 1'000'000;
constexpr uint64_t kLongSegmentBytes = 2 << 20;  // so that all is in one
constexpr int kKeys = 120;
constexpr int kLeases = 4;
constexpr char kOtherUrl[] = "http://127.0.0.1:12380";

// How a member lived.
struct Life {
  std::string directory = {};
  std::string older = {};  // "" for none
  std::string peer_url = "http://127.0.0.1:2380";
  uint64_t seed = 0;
  int writes = 0;
  int flush_every = 0;  // 0: never
  bool compacts = false;
  bool restarts = false;
  bool killed = false;
  uint64_t log_segment_bytes = 64 << 10;
};

// Random requests of all kinds to a member.
class Living {
 public:
  explicit Living(const Life& life) : life_(life), random_(life.seed) {}

  std::string Run() {
    if (absl::Status opened = Open(); !opened.ok()) return "error " + std::string(base::MessageOf(opened));
    for (int lease = 1; lease <= kLeases; ++lease) Grant(lease);
    for (int i = 1; i <= life_.writes; ++i) {
      if (absl::Status done = Write(); !done.ok()) return "error " + std::string(base::MessageOf(done));
      if (life_.flush_every > 0 && i % life_.flush_every == 0)
        QUORATE_CHECK(member_->replica().database().Flush().ok());
      if (life_.compacts && i % (life_.writes / 3) == 0) Compact();
      if (life_.restarts && i == life_.writes / 2) {
        member_.reset();
        if (absl::Status opened = Open(); !opened.ok()) return "error " + std::string(base::MessageOf(opened));
      }
      if (!life_.older.empty() && i == life_.writes * 4 / 5) CopyDirectory(life_.directory, life_.older);
    }
    absl::StatusOr<std::string> state = Describe(member_->replica());
    if (!state.ok()) return "error " + std::string(base::MessageOf(state.status()));
    // To be killed is to leave without a word: the child ends with the member open.
    if (life_.killed) {
      (void)member_.release();
    } else {
      member_.reset();
    }
    return *state;
  }

 private:
  uint64_t Below(uint64_t bound) { return random_() % bound; }
  std::string Key() { return "key/" + std::to_string(Below(kKeys)); }
  std::string Value() {
    static constexpr size_t kSizes[] = {0, 3, 40, 300, 300, 900, 4000};
    std::string value(kSizes[Below(std::size(kSizes))], '\0');
    for (char& byte : value) byte = static_cast<char>(random_());
    return value;
  }

  absl::Status Open() {
    QUORATE_ASSIGN_OR_RETURN(member_, LocalMember::Open({.directory = life_.directory,
                                                         .peer_url = life_.peer_url,
                                                         .log_segment_bytes = life_.log_segment_bytes}));
    return absl::OkStatus();
  }
  void Grant(int64_t id) {
    pb::LeaseGrantRequest request;
    request.set_id(id);
    request.set_ttl(kForEver);
    (void)member_->Do(CommandType::kLeaseGrant, request);
  }
  void FillPut(pb::PutRequest* put) {
    put->set_key(Key());
    put->set_value(Value());
    if (Below(5) == 0) put->set_lease(static_cast<int64_t>(1 + Below(kLeases)));
  }
  absl::Status Write() {
    const uint64_t what = Below(20);
    if (what == 0) return Delete();
    if (what == 1) return Transact();
    if (what == 2 && Below(8) == 0) return Revoke();
    pb::PutRequest put;
    FillPut(&put);
    put.set_prev_kv(Below(4) == 0);
    return member_->Do(CommandType::kPut, put);
  }
  absl::Status Delete() {
    pb::DeleteRangeRequest request;
    request.set_key(Key());
    if (Below(6) == 0) request.set_range_end(request.key() + "5");
    return member_->Do(CommandType::kDeleteRange, request);
  }
  absl::Status Transact() {
    pb::TxnRequest txn;
    for (uint64_t i = 1 + Below(5); i > 0; --i) {
      pb::PutRequest* put = txn.add_success()->mutable_request_put();
      FillPut(put);
      put->set_key(put->key() + "/" + std::to_string(i));
    }
    return member_->Do(CommandType::kTxn, txn);
  }
  // And grants it anew.
  absl::Status Revoke() {
    pb::LeaseRevokeRequest request;
    request.set_id(static_cast<int64_t>(1 + Below(kLeases)));
    QUORATE_RETURN_IF_ERROR(member_->Do(CommandType::kLeaseRevoke, request));
    Grant(request.id());
    return absl::OkStatus();
  }
  void Compact() {
    pb::CompactionRequest request;
    request.set_revision(member_->replica().store().revision() - 50);
    (void)member_->Do(CommandType::kCompact, request);
    std::promise<void> removed;
    member_->replica().store().WhenCompacted(request.revision(), [&removed] { removed.set_value(); });
    removed.get_future().wait();
  }

  const Life& life_;
  std::mt19937_64 random_;
  std::unique_ptr<LocalMember> member_;
};

absl::StatusOr<std::string> Live(const Life& life) {
  const ChildEnd end = RunInChild(kMakeTimeoutMs, life.directory + ".state", [&life] { return Living(life).Run(); });
  // As writes that were cut short leave them.
  for (const char* name : {"/member/identity.tmp", "/member/store/000999.dbtmp", "/member/wal/spare-99.tmp"}) {
    std::ofstream(life.directory + name) << "unfinished";
  }
  if (!end.returned) return base::MakeStatus(absl::StatusCode::kInternal, "making a sample: " + end.how);
  if (end.output.starts_with("error ")) return base::MakeStatus(absl::StatusCode::kInternal, end.output);
  return end.output;
}

}  // namespace

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  std::string bytes(file ? static_cast<size_t>(file.tellg()) : 0, '\0');
  file.seekg(0).read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<size_t>(file.gcount()));
  return bytes;
}

void CopyDirectory(const std::string& from, const std::string& to) {
  constexpr size_t kPieceBytes = 4096;
  fs::create_directories(to);
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(from)) {
    const fs::path target = fs::path(to) / fs::relative(entry.path(), from);
    std::error_code gone;
    if (entry.is_directory(gone)) {
      fs::create_directories(target);
      continue;
    }
    const std::string bytes = ReadAll(entry.path());
    const int descriptor = open(target.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    QUORATE_CHECK(descriptor >= 0) << target;
    QUORATE_CHECK(ftruncate(descriptor, static_cast<off_t>(bytes.size())) == 0);
    for (size_t at = 0; at < bytes.size(); at += kPieceBytes) {
      const std::string_view piece = std::string_view(bytes).substr(at, kPieceBytes);
      if (piece.find_first_not_of('\0') == std::string_view::npos) continue;
      QUORATE_CHECK(pwrite(descriptor, piece.data(), piece.size(), static_cast<off_t>(at)) ==
                    static_cast<ssize_t>(piece.size()));
    }
    close(descriptor);
  }
}

absl::StatusOr<Samples> MakeSamples(const std::string& root, uint64_t seed) {
  const Life lives[] = {
      {.writes = 300, .flush_every = 0, .killed = true},
      {.writes = 300, .flush_every = 70, .killed = true},
      {.writes = 600, .flush_every = 90, .compacts = true, .killed = true},
      {.writes = 600, .flush_every = 150, .compacts = true, .restarts = true, .killed = false},
      {.writes = 200, .flush_every = 0, .restarts = true, .killed = true},
      {.writes = 400, .flush_every = 60, .restarts = true, .killed = false},
      {.writes = 200, .flush_every = 120, .killed = true, .log_segment_bytes = kLongSegmentBytes},
  };
  Samples samples;
  int number = 0;
  for (Life life : lives) {
    life.directory = root + "/sample-" + std::to_string(++number);
    life.older = life.directory + ".older";
    life.seed = seed * 100 + static_cast<uint64_t>(number);
    Sample& sample = samples.members.emplace_back();
    sample.directory = life.directory;
    sample.older = life.older;
    QUORATE_ASSIGN_OR_RETURN(sample.state, Live(life));
  }
  for (const std::string& url : {std::string(kOtherUrl), Life().peer_url, Life().peer_url}) {
    Life life = samples.strangers.size() < 2 ? lives[1] : lives[std::size(lives) - 1];
    life.directory = root + "/stranger-" + std::to_string(++number);
    life.peer_url = url;
    life.seed = seed * 100 + static_cast<uint64_t>(number);
    QUORATE_RETURN_IF_ERROR(Live(life).status());
    samples.strangers.push_back(life.directory);
  }
  return samples;
}

}  // namespace quorate::testing
