#pragma once

// The errors of the etcd v3 API: gRPC code and message exactly as clients match them. base::errors::Compacted() and so
// on return the absl::Status to hand to the client.

#include "quorate/base/status.h"

// X(Function, gRPC code, message)
#define QUORATE_API_ERRORS(X)                                                                                       \
  X(EmptyKey, kInvalidArgument, "etcdserver: key is not provided")                                                  \
  X(KeyNotFound, kInvalidArgument, "etcdserver: key not found")                                                     \
  X(ValueProvided, kInvalidArgument, "etcdserver: value is provided")                                               \
  X(LeaseProvided, kInvalidArgument, "etcdserver: lease is provided")                                               \
  X(TooManyOps, kInvalidArgument, "etcdserver: too many operations in txn request")                                 \
  X(DuplicateKey, kInvalidArgument, "etcdserver: duplicate key given in txn request")                               \
  X(InvalidClientApiVersion, kInvalidArgument, "etcdserver: invalid client api version")                            \
  X(InvalidSortOption, kInvalidArgument, "etcdserver: invalid sort option")                                         \
  X(Compacted, kOutOfRange, "etcdserver: mvcc: required revision has been compacted")                               \
  X(FutureRevision, kOutOfRange, "etcdserver: mvcc: required revision is a future revision")                        \
  X(NoSpace, kResourceExhausted, "etcdserver: mvcc: database space exceeded")                                       \
  X(LeaseNotFound, kNotFound, "etcdserver: requested lease not found")                                              \
  X(LeaseExists, kFailedPrecondition, "etcdserver: lease already exists")                                           \
  X(LeaseTtlTooLarge, kOutOfRange, "etcdserver: too large lease TTL")                                               \
  X(WatchCanceled, kCancelled, "etcdserver: watch canceled")                                                        \
  X(MemberExists, kFailedPrecondition, "etcdserver: member ID already exist")                                       \
  X(PeerUrlsExist, kFailedPrecondition, "etcdserver: Peer URLs already exists")                                     \
  X(NotEnoughStarted, kFailedPrecondition, "etcdserver: re-configuration failed due to not enough started members") \
  X(BadMemberUrls, kInvalidArgument, "etcdserver: given member URLs are invalid")                                   \
  X(MemberNotFound, kNotFound, "etcdserver: member not found")                                                      \
  X(NotLearner, kFailedPrecondition, "etcdserver: can only promote a learner member")                               \
  X(LearnerNotReady, kFailedPrecondition,                                                                           \
    "etcdserver: can only promote a learner member which is in sync with leader")                                   \
  X(TooManyLearners, kFailedPrecondition, "etcdserver: too many learner members in cluster")                        \
  X(ClusterIDMismatch, kFailedPrecondition, "etcdserver: cluster ID mismatch")                                      \
  X(RequestTooLarge, kInvalidArgument, "etcdserver: request is too large")                                          \
  X(TooManyRequests, kResourceExhausted, "etcdserver: too many requests")                                           \
  X(RootUserDoesNotExist, kFailedPrecondition, "etcdserver: root user does not exist")                              \
  X(RootUserDoesNotHaveRootRole, kFailedPrecondition, "etcdserver: root user does not have root role")              \
  X(UserNameAlreadyExists, kFailedPrecondition, "etcdserver: user name already exists")                             \
  X(UserNameIsEmpty, kInvalidArgument, "etcdserver: user name is empty")                                            \
  X(UserNameNotFound, kFailedPrecondition, "etcdserver: user name not found")                                       \
  X(RoleNameAlreadyExists, kFailedPrecondition, "etcdserver: role name already exists")                             \
  X(RoleNameNotFound, kFailedPrecondition, "etcdserver: role name not found")                                       \
  X(RoleNameIsEmpty, kInvalidArgument, "etcdserver: role name is empty")                                            \
  X(AuthFailed, kInvalidArgument, "etcdserver: authentication failed, invalid user ID or password")                 \
  X(PermissionNotGiven, kInvalidArgument, "etcdserver: permission not given")                                       \
  X(PermissionDenied, kPermissionDenied, "etcdserver: permission denied")                                           \
  X(RoleIsNotGrantedToTheUser, kFailedPrecondition, "etcdserver: role is not granted to the user")                  \
  X(PermissionIsNotGrantedToTheRole, kFailedPrecondition, "etcdserver: permission is not granted to the role")      \
  X(AuthenticationIsNotEnabled, kFailedPrecondition, "etcdserver: authentication is not enabled")                   \
  X(InvalidAuthToken, kUnauthenticated, "etcdserver: invalid auth token")                                           \
  X(InvalidAuthManagement, kInvalidArgument, "etcdserver: invalid auth management")                                 \
  X(RevisionOfAuthStoreIsOld, kInvalidArgument, "etcdserver: revision of auth store is old")                        \
  X(NoLeader, kUnavailable, "etcdserver: no leader")                                                                \
  X(NotLeader, kFailedPrecondition, "etcdserver: not leader")                                                       \
  X(LeaderChanged, kUnavailable, "etcdserver: leader changed")                                                      \
  X(NotCapable, kFailedPrecondition, "etcdserver: not capable")                                                     \
  X(Stopped, kUnavailable, "etcdserver: server stopped")                                                            \
  X(Timeout, kUnavailable, "etcdserver: request timed out")                                                         \
  X(TimeoutDueToLeaderFail, kUnavailable, "etcdserver: request timed out, possibly due to previous leader failure") \
  X(TimeoutDueToConnectionLost, kUnavailable, "etcdserver: request timed out, possibly due to connection lost")     \
  X(TimeoutWaitAppliedIndex, kUnavailable,                                                                          \
    "etcdserver: request timed out, waiting for the applied index took too long")                                   \
  X(UnhealthyCluster, kUnavailable, "etcdserver: unhealthy cluster")                                                \
  X(CorruptCluster, kDataLoss, "etcdserver: corrupt cluster")                                                       \
  X(NotSupportedForLearner, kFailedPrecondition, "etcdserver: rpc not supported for learner")                       \
  X(BadLeaderTransferee, kFailedPrecondition, "etcdserver: bad leader transferee")                                  \
  X(WrongDowngradeTargetVersionFormat, kInvalidArgument, "etcdserver: wrong downgrade target version format")       \
  X(InvalidDowngradeTargetVersion, kInvalidArgument, "etcdserver: invalid downgrade target version")                \
  X(ClusterVersionNotFoundDuringDowngrade, kFailedPrecondition,                                                     \
    "etcdserver: cluster version not found during downgrade")                                                       \
  X(ClusterHasADowngradeJobInProgress, kFailedPrecondition, "etcdserver: cluster has a downgrade job in progress")  \
  X(NoInflightDowngradeJob, kFailedPrecondition, "etcdserver: no inflight downgrade job")                           \
  X(RequestCanceled, kCancelled, "etcdserver: request canceled")                                                    \
  X(DeadlineExceeded, kDeadlineExceeded, "etcdserver: context deadline exceeded")

namespace quorate::base::errors {

#define QUORATE_DECLARE_ERROR(Function, code, text) \
  inline absl::Status Function() { return MakeStatus(absl::StatusCode::code, text); }
QUORATE_API_ERRORS(QUORATE_DECLARE_ERROR)
#undef QUORATE_DECLARE_ERROR

// Not one of those that clients know: they show its code as well.
inline absl::Status UnknownMethod() { return MakeStatus(absl::StatusCode::kUnknown, "etcdserver: unknown method"); }

}  // namespace quorate::base::errors
