#include "quorate/replica/replica.h"

#include <utility>

#include "quorate/base/logging.h"
#include "src/replica/engine.h"
#include "src/replica/member_files.h"

namespace quorate::replica {

struct Replica::Rep {
  explicit Rep(ReplicaOptions options, base::Clock* clock, MemberFiles files)
      : engine(std::move(options), clock, std::move(files)) {}
  Engine engine;
};

absl::StatusOr<std::unique_ptr<Replica>> Replica::Open(ReplicaOptions options) {
  base::Clock* clock = options.clock != nullptr ? options.clock : &base::SystemClock();
  base::FileSystem& files = options.files != nullptr ? *options.files : base::PosixFileSystem();
  if (!options.sync) {
    QUORATE_LOG(kWarn, "--unsafe-no-fsync: acknowledged writes are lost when the machine fails");
  }
  QUORATE_ASSIGN_OR_RETURN(MemberFiles opened, OpenMemberFiles(options, files));
  if (opened.recovered.torn_tail.has_value()) {
    QUORATE_LOG(kInfo, "the log's last write was cut short by a crash; it was not acknowledged and is dropped",
                {{"at", *opened.recovered.torn_tail}});
  }
  QUORATE_LOG(kInfo, "opened the member's data",
              {{"data-dir", options.data_dir},
               {"applied-index", opened.applied.index},
               {"entries-to-replay", opened.recovered.entries.size()},
               {"revision", opened.store->revision()},
               {"keys", opened.store->statistics().keys}});
  return std::unique_ptr<Replica>(new Replica(std::make_unique<Rep>(std::move(options), clock, std::move(opened))));
}

Replica::Replica(std::unique_ptr<Rep> rep) : rep_(std::move(rep)) {}
Replica::~Replica() = default;

void Replica::Start(std::function<void()> on_ready, std::function<void(const absl::Status&)> on_fatal) {
  rep_->engine.Start(std::move(on_ready), std::move(on_fatal));
}
void Replica::Stop() { rep_->engine.Stop(); }
void Replica::Propose(ProposalBatch batch) { rep_->engine.Propose(std::move(batch)); }
void Replica::Propose(ProposalBatch batch, Lend lend) { rep_->engine.Propose(std::move(batch), &lend); }
Replica::Room Replica::room() const {
  const Admission& admission = rep_->engine.admission();
  return {admission.commands(), admission.commands_max(), admission.bytes(), admission.bytes_max()};
}
bool Replica::CanReadNow() const { return rep_->engine.CanReadNow(); }
void Replica::ConfirmRead(std::function<void(absl::Status)> done) { rep_->engine.ConfirmRead(std::move(done)); }
mvcc::Store& Replica::store() { return rep_->engine.store(); }
const lease::Leases& Replica::leases() const { return rep_->engine.leases(); }
lease::Leases& Replica::leases() { return rep_->engine.leases(); }
lease::Lessor& Replica::lessor() { return rep_->engine.lessor(); }
const storage::Database& Replica::database() const { return rep_->engine.database(); }
storage::Database& Replica::database() { return rep_->engine.database(); }
const wal::WalStatistics& Replica::wal_statistics() const { return rep_->engine.wal_statistics(); }
const ExecutionStatistics& Replica::execution_statistics() const { return rep_->engine.execution_statistics(); }
membership::Cluster Replica::cluster() const { return rep_->engine.cluster(); }
std::vector<Alarm> Replica::alarms() const { return rep_->engine.alarms(); }
uint64_t Replica::cluster_id() const { return rep_->engine.cluster_id(); }
uint64_t Replica::member_id() const { return rep_->engine.member_id(); }
uint64_t Replica::term() const { return rep_->engine.term(); }
ReplicaStatus Replica::status() const { return rep_->engine.status(); }
DiskPace Replica::disk_pace() const { return rep_->engine.disk_pace(); }

}  // namespace quorate::replica
