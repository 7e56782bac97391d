#include "tests/damage/local_member.h"

#include <atomic>
#include <chrono>

namespace quorate::testing {
namespace {

class Answered : public replica::BatchCompletion {
 public:
  explicit Answered(std::promise<absl::Status>* answer) : answer_(answer) {}
  void Complete(size_t, absl::StatusOr<mvcc::Answer> answer, uint64_t) override { answer_->set_value(answer.status()); }

 private:
  std::promise<absl::Status>* const answer_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<LocalMember>> LocalMember::Open(const LocalMemberOptions& options) {
  replica::ReplicaOptions member;
  member.data_dir = options.directory;
  member.name = "m";
  member.cluster_token = "token";
  member.initial_cluster = {{"m", options.peer_url}};
  member.log_segment_bytes = options.log_segment_bytes;
  std::unique_ptr<LocalMember> local(new LocalMember);
  QUORATE_ASSIGN_OR_RETURN(local->replica_, replica::Replica::Open(std::move(member)));
  const auto told = std::make_shared<std::atomic<bool>>(false);
  const auto tell = [told, self = local.get()](const absl::Status& status) {
    if (!told->exchange(true)) self->started_.set_value(status);
  };
  local->replica_->Start([tell] { tell(absl::OkStatus()); },
                         [tell, self = local.get()](const absl::Status& status) {
                           self->fatal_.set_value(status);
                           tell(status);
                         });
  QUORATE_RETURN_IF_ERROR(local->started_.get_future().get());
  return local;
}

absl::Status LocalMember::Do(replica::CommandType type, const google::protobuf::MessageLite& request) {
  replica::ProposalBatch batch;
  batch.commands.Add(type, request.SerializeAsString());
  std::promise<absl::Status> answer;
  std::future<absl::Status> future = answer.get_future();
  batch.completion = std::make_unique<Answered>(&answer);
  replica_->Propose(std::move(batch));
  return future.get();
}

absl::Status LocalMember::fatal() {
  if (fatal_future_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return absl::OkStatus();
  return fatal_future_.get();
}

}  // namespace quorate::testing
