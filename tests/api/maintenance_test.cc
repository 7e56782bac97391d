// Alarms, the space quota, defragmentation and what else Maintenance answers, by a real client.

#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "tests/api/http_testing.h"
#include "tests/api/member_testing.h"

namespace quorate::api {
namespace {

using etcdserverpb::AlarmRequest;
using etcdserverpb::AlarmResponse;

constexpr char kNoSpace[] = "8 etcdserver: mvcc: database space exceeded";
constexpr char kCorrupt[] = "15 etcdserver: corrupt cluster";

// "0 " for success, else code and message.
std::string Text(const grpc::Status& status) {
  return std::to_string(status.error_code()) + " " + status.error_message();
}

// A member with a quota, and the calls the tests make of it.
class MaintenanceTest : public testing::Test {
 protected:
  static ServicesOptions WithQuota(int64_t bytes) {
    ServicesOptions options;
    options.versions = {.server = "3.7.1", .cluster = "3.7.0", .storage = "3.7.0", .quorate = "0.1.0"};
    options.quota_backend_bytes = bytes;
    return options;
  }
  static constexpr int64_t kQuotaBytes = 16 << 10;

  std::string Put(const std::string& key, size_t value_bytes = 1024) {
    grpc::ClientContext context;
    etcdserverpb::PutRequest request;
    request.set_key(key);
    request.set_value(std::string(value_bytes, 'v'));
    etcdserverpb::PutResponse response;
    return Text(member_.kv().Put(&context, request, &response));
  }
  std::string Delete(const std::string& key) {
    grpc::ClientContext context;
    etcdserverpb::DeleteRangeRequest request;
    request.set_key(key);
    etcdserverpb::DeleteRangeResponse response;
    return Text(member_.kv().DeleteRange(&context, request, &response));
  }
  std::string Compact(int64_t revision) {
    grpc::ClientContext context;
    etcdserverpb::CompactionRequest request;
    request.set_revision(revision);
    etcdserverpb::CompactionResponse response;
    return Text(member_.kv().Compact(&context, request, &response));
  }
  std::string Txn(const etcdserverpb::TxnRequest& request) {
    grpc::ClientContext context;
    etcdserverpb::TxnResponse response;
    return Text(member_.kv().Txn(&context, request, &response));
  }
  std::string Defragment() {
    grpc::ClientContext context;
    etcdserverpb::DefragmentResponse response;
    const grpc::Status status = member_.maintenance().Defragment(&context, {}, &response);
    EXPECT_FALSE(response.has_header());
    return Text(status);
  }
  AlarmResponse Alarm(AlarmRequest::AlarmAction action, uint64_t id = 0, etcdserverpb::AlarmType type = {}) {
    grpc::ClientContext context;
    AlarmRequest request;
    request.set_action(action);
    request.set_memberid(id);
    request.set_alarm(type);
    AlarmResponse response;
    const grpc::Status status = member_.maintenance().Alarm(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  etcdserverpb::StatusResponse Status() {
    grpc::ClientContext context;
    etcdserverpb::StatusResponse response;
    EXPECT_TRUE(member_.maintenance().Status(&context, {}, &response).ok());
    return response;
  }
  uint64_t id() { return member_.replica().member_id(); }
  // Puts until the quota refuses; how many went in.
  int FillUp() {
    for (int puts = 0; puts < 1000; ++puts) {
      const std::string outcome = Put("fill");
      if (outcome == "0 ") continue;
      EXPECT_EQ(outcome, kNoSpace);
      return puts;
    }
    ADD_FAILURE() << "the quota never refused";
    return 0;
  }

  TestMember member_{WithQuota(kQuotaBytes)};
};

TEST_F(MaintenanceTest, AValueThatIsKeptCountsForWhatItIs) {
  EXPECT_EQ(Put("large", 7 << 10), "0 ");
  etcdserverpb::TxnRequest txn;
  etcdserverpb::PutRequest* keep = txn.add_success()->mutable_request_put();
  keep->set_key("large");
  keep->set_ignore_value(true);
  // What is not in order does not come to that.
  etcdserverpb::TxnRequest twice = txn;
  twice.MergeFrom(txn);
  twice.MergeFrom(txn);
  EXPECT_EQ(Txn(twice), "3 etcdserver: duplicate key given in txn request");
  EXPECT_EQ(Alarm(AlarmRequest::GET).alarms_size(), 0);
  EXPECT_EQ(Txn(txn), "0 ");
  EXPECT_EQ(Txn(txn), kNoSpace);
  EXPECT_EQ(Alarm(AlarmRequest::GET).alarms_size(), 1);
}

TEST_F(MaintenanceTest, AFewPutsPastTheQuotaRaiseTheAlarm) {
  EXPECT_EQ(Status().dbsizequota(), kQuotaBytes);
  const int puts = FillUp();
  EXPECT_GT(puts, 8);
  EXPECT_LT(puts, 16);
  const AlarmResponse listed = Alarm(AlarmRequest::GET);
  ASSERT_EQ(listed.alarms_size(), 1);
  EXPECT_EQ(listed.alarms(0).memberid(), id());
  EXPECT_EQ(listed.alarms(0).alarm(), etcdserverpb::NOSPACE);
  EXPECT_EQ(listed.header().revision(), 1 + puts);
  const etcdserverpb::StatusResponse status = Status();
  ASSERT_EQ(status.errors_size(), 1);
  EXPECT_EQ(status.errors(0), "memberID:" + std::to_string(id()) + " alarm:NOSPACE");
  EXPECT_LE(status.dbsizeinuse(), kQuotaBytes);
}

TEST_F(MaintenanceTest, TheQuotaIsAskedBeforeTheRequestIsLookedAt) {
  FillUp();
  EXPECT_EQ(Put("", 1024), kNoSpace);
  EXPECT_EQ(Put("x", kQuotaBytes), kNoSpace);
}

TEST_F(MaintenanceTest, WhatAddsNothingGoesOnPastTheQuota) {
  FillUp();
  EXPECT_EQ(Put("small", 1), kNoSpace);
  etcdserverpb::TxnRequest reads, puts, deletes;
  reads.add_success()->mutable_request_range()->set_key("fill");
  EXPECT_EQ(Txn(reads), "0 ");
  deletes.add_success()->mutable_request_delete_range()->set_key("none");
  EXPECT_EQ(Txn(deletes), "0 ");
  puts.add_failure()->mutable_request_put()->set_key("small");
  EXPECT_EQ(Txn(puts), kNoSpace);
  EXPECT_EQ(Delete("fill"), "0 ");
  EXPECT_EQ(Compact(Status().header().revision()), "0 ");
}

TEST_F(MaintenanceTest, TheWayBackIsCompactDefragmentDisarm) {
  FillUp();
  const int64_t full = Status().dbsize();
  EXPECT_EQ(Compact(Status().header().revision()), "0 ");
  EXPECT_EQ(Defragment(), "0 ");
  EXPECT_LT(Status().dbsize(), full / 2);
  // Space alone does not help: somebody has to say that it is well again.
  EXPECT_EQ(Put("k"), kNoSpace);
  EXPECT_EQ(Alarm(AlarmRequest::DEACTIVATE, id(), etcdserverpb::NOSPACE).alarms_size(), 1);
  EXPECT_EQ(Put("k"), "0 ");
  EXPECT_EQ(Status().errors_size(), 0);
  EXPECT_EQ(Alarm(AlarmRequest::GET).alarms_size(), 0);
}

TEST_F(MaintenanceTest, LeasesCountForAsLongAsTheyAreThere) {
  const auto lease = etcdserverpb::Lease::NewStub(member_.channel());
  std::vector<int64_t> granted;
  std::string outcome = "0 ";
  while (outcome == "0 " && granted.size() < 1000) {
    grpc::ClientContext context;
    etcdserverpb::LeaseGrantRequest request;
    request.set_ttl(1000);
    etcdserverpb::LeaseGrantResponse response;
    outcome = Text(lease->LeaseGrant(&context, request, &response));
    if (outcome == "0 ") granted.push_back(response.id());
  }
  EXPECT_EQ(outcome, kNoSpace);
  EXPECT_GT(granted.size(), 50u);
  EXPECT_LT(granted.size(), 64u);
  EXPECT_GT(Status().dbsizeinuse(), kQuotaBytes * 3 / 4);
  for (const int64_t id : granted) {
    grpc::ClientContext context;
    etcdserverpb::LeaseRevokeRequest request;
    request.set_id(id);
    etcdserverpb::LeaseRevokeResponse response;
    EXPECT_EQ(Text(lease->LeaseRevoke(&context, request, &response)), "0 ");
  }
  EXPECT_LT(Status().dbsizeinuse(), kQuotaBytes / 4);
  Alarm(AlarmRequest::DEACTIVATE, id(), etcdserverpb::NOSPACE);
  EXPECT_EQ(Put("k"), "0 ");
}

TEST_F(MaintenanceTest, DisarmedWhileStillFullItIsRaisedAgain) {
  FillUp();
  Alarm(AlarmRequest::DEACTIVATE, id(), etcdserverpb::NOSPACE);
  EXPECT_EQ(Alarm(AlarmRequest::GET).alarms_size(), 0);
  EXPECT_EQ(Put("k"), kNoSpace);
  EXPECT_EQ(Alarm(AlarmRequest::GET).alarms_size(), 1);
}

TEST_F(MaintenanceTest, ManyRefusedAtOnceAreAllAnswered) {
  std::vector<std::thread> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([this] {
      while (Put("fill") == "0 ") {
      }
      EXPECT_EQ(Put("fill"), kNoSpace);
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(Alarm(AlarmRequest::GET).alarms_size(), 1);
}

TEST_F(MaintenanceTest, AnotherMembersAlarmForbidsWritesHereToo) {
  EXPECT_EQ(Alarm(AlarmRequest::ACTIVATE, 7, etcdserverpb::NOSPACE).alarms_size(), 1);
  EXPECT_EQ(Put("k", 1), kNoSpace);
  EXPECT_EQ(Put("", 1), "3 etcdserver: key is not provided");
  EXPECT_EQ(Status().errors(0), "memberID:7 alarm:NOSPACE");
  Alarm(AlarmRequest::DEACTIVATE, 7, etcdserverpb::NOSPACE);
  EXPECT_EQ(Put("k", 1), "0 ");
}

TEST_F(MaintenanceTest, ACorruptClusterChangesNothingButCanBeRead) {
  EXPECT_EQ(Put("k", 1), "0 ");
  Alarm(AlarmRequest::ACTIVATE, 0, etcdserverpb::CORRUPT);
  EXPECT_EQ(Status().errors(0), "alarm:CORRUPT");
  EXPECT_EQ(Put("k", 1), kCorrupt);
  EXPECT_EQ(Delete("k"), kCorrupt);
  EXPECT_EQ(Compact(2), kCorrupt);
  etcdserverpb::TxnRequest reads, deletes;
  reads.add_success()->mutable_request_range()->set_key("k");
  EXPECT_EQ(Txn(reads), "0 ");
  deletes.add_success()->mutable_request_delete_range()->set_key("k");
  EXPECT_EQ(Txn(deletes), kCorrupt);
  EXPECT_EQ(Status().header().revision(), 2);
  Alarm(AlarmRequest::DEACTIVATE, 0, etcdserverpb::CORRUPT);
  EXPECT_EQ(Delete("k"), "0 ");
}

TEST_F(MaintenanceTest, AnUnknownAlarmActionIsRefused) {
  grpc::ClientContext context;
  AlarmRequest request;
  request.set_action(static_cast<AlarmRequest::AlarmAction>(9));
  AlarmResponse response;
  EXPECT_EQ(Text(member_.maintenance().Alarm(&context, request, &response)), "2 etcdserver: unknown method");
}

TEST_F(MaintenanceTest, AnAlarmRequestMayHoldWhatIsUnknownHere) {
  // A group, as protobuf's old form has it.
  grpc::Slice message(std::string("\x08\x01\x18\x01\x53\x54", 6));
  grpc::ByteBuffer request(&message, 1), response;
  grpc::GenericStub stub(member_.channel());
  grpc::CompletionQueue queue;
  grpc::ClientContext context;
  const auto call = stub.PrepareUnaryCall(&context, "/etcdserverpb.Maintenance/Alarm", request, &queue);
  call->StartCall();
  grpc::Status status;
  call->Finish(&response, &status, nullptr);
  void* tag;
  bool ok;
  ASSERT_TRUE(queue.Next(&tag, &ok));
  EXPECT_EQ(Text(status), "0 ");
  EXPECT_EQ(Alarm(AlarmRequest::GET).alarms_size(), 1);
}

TEST_F(MaintenanceTest, OnlyThisMemberCanLead) {
  const auto move = [&](uint64_t target) {
    grpc::ClientContext context;
    etcdserverpb::MoveLeaderRequest request;
    request.set_targetid(target);
    etcdserverpb::MoveLeaderResponse response;
    const grpc::Status status = member_.maintenance().MoveLeader(&context, request, &response);
    EXPECT_FALSE(response.has_header());
    return Text(status);
  };
  EXPECT_EQ(move(id()), "0 ");
  EXPECT_EQ(move(0), "9 etcdserver: bad leader transferee");
  EXPECT_EQ(move(5), "9 etcdserver: bad leader transferee");
}

TEST_F(MaintenanceTest, ADowngradeIsAnnouncedAndCalledOff) {
  const auto downgrade = [&](etcdserverpb::DowngradeRequest::DowngradeAction action, const std::string& version) {
    grpc::ClientContext context;
    etcdserverpb::DowngradeRequest request;
    request.set_action(action);
    request.set_version(version);
    etcdserverpb::DowngradeResponse response;
    const grpc::Status status = member_.maintenance().Downgrade(&context, request, &response);
    return status.ok() ? response.version() : Text(status);
  };
  using Request = etcdserverpb::DowngradeRequest;
  constexpr char kInvalid[] = "3 etcdserver: invalid downgrade target version";
  constexpr char kInProgress[] = "9 etcdserver: cluster has a downgrade job in progress";
  EXPECT_EQ(downgrade(Request::CANCEL, ""), "3.7");
  EXPECT_EQ(downgrade(Request::VALIDATE, "3.6"), "3.7");
  EXPECT_EQ(downgrade(Request::VALIDATE, "3.5"), kInvalid);
  EXPECT_EQ(downgrade(Request::ENABLE, "3.8"), kInvalid);
  EXPECT_EQ(downgrade(Request::ENABLE, ""), "3 etcdserver: wrong downgrade target version format");
  EXPECT_EQ(downgrade(static_cast<Request::DowngradeAction>(9), "3.6"), "2 etcdserver: unknown method");
  EXPECT_FALSE(Status().downgradeinfo().enabled());
  EXPECT_EQ(downgrade(Request::ENABLE, "3.6"), "3.7");
  EXPECT_TRUE(Status().downgradeinfo().enabled());
  EXPECT_EQ(Status().downgradeinfo().targetversion(), "3.6.0");
  EXPECT_EQ(downgrade(Request::ENABLE, "3.6"), kInProgress);
  EXPECT_EQ(downgrade(Request::VALIDATE, "3.6"), kInProgress);
  EXPECT_EQ(downgrade(Request::VALIDATE, "3.5"), kInvalid);
  EXPECT_EQ(downgrade(Request::CANCEL, ""), "3.7");
  EXPECT_FALSE(Status().downgradeinfo().enabled());
  EXPECT_EQ(Status().downgradeinfo().targetversion(), "");
}

TEST_F(MaintenanceTest, TheOnlyMemberStaysAsItIs) {
  const auto cluster = etcdserverpb::Cluster::NewStub(member_.channel());
  const auto remove = [&](uint64_t member) {
    grpc::ClientContext context;
    etcdserverpb::MemberRemoveRequest request;
    request.set_id(member);
    etcdserverpb::MemberRemoveResponse response;
    return Text(cluster->MemberRemove(&context, request, &response));
  };
  const auto promote = [&](uint64_t member) {
    grpc::ClientContext context;
    etcdserverpb::MemberPromoteRequest request;
    request.set_id(member);
    etcdserverpb::MemberPromoteResponse response;
    return Text(cluster->MemberPromote(&context, request, &response));
  };
  const auto add = [&](const std::string& url) {
    grpc::ClientContext context;
    etcdserverpb::MemberAddRequest request;
    if (!url.empty()) request.add_peerurls(url);
    etcdserverpb::MemberAddResponse response;
    return Text(cluster->MemberAdd(&context, request, &response));
  };
  EXPECT_EQ(remove(5), "5 etcdserver: member not found");
  EXPECT_EQ(remove(id()), "2 etcdserver: re-configuration failed due to not enough started members");
  EXPECT_EQ(promote(5), "5 etcdserver: member not found");
  EXPECT_EQ(promote(id()), "9 etcdserver: can only promote a learner member");
  EXPECT_EQ(add(""), "3 etcdserver: given member URLs are invalid");
  EXPECT_EQ(add("http://127.0.0.1:99/path"), "3 etcdserver: given member URLs are invalid");
  EXPECT_EQ(add("http://127.0.0.1:port"), "3 etcdserver: given member URLs are invalid");
  EXPECT_EQ(add("http://127.0.0.1:2380"), "9 etcdserver: Peer URLs already exists");
  EXPECT_EQ(add("http://127.0.0.1:99"), "12 quorate: adding a member is not supported yet");
}

TEST(QuotaTest, ANegativeQuotaIsNone) {
  ServicesOptions options;
  options.quota_backend_bytes = -1;
  TestMember member(options);
  member.Fill(100, 1000);
  grpc::ClientContext context;
  etcdserverpb::StatusResponse response;
  ASSERT_TRUE(member.maintenance().Status(&context, {}, &response).ok());
  EXPECT_EQ(response.dbsizequota(), -1);
  EXPECT_EQ(response.errors_size(), 0);
}

TEST(DefragmentTest, GivesBackTheSpaceOfWhatWasCompacted) {
  TestMember member;
  for (int i = 0; i < 5; ++i) member.Fill(500, 2000);
  ASSERT_TRUE(member.replica().database().Flush().ok());
  const auto call = [&] {
    grpc::ClientContext context;
    etcdserverpb::DefragmentResponse response;
    return member.maintenance().Defragment(&context, {}, &response);
  };
  ASSERT_TRUE(call().ok());
  const uint64_t before = member.replica().database().Size().on_disk_bytes;
  const auto hash = member.replica().store().HashKV(26).value();
  grpc::ClientContext context;
  etcdserverpb::CompactionRequest request;
  request.set_revision(26);
  etcdserverpb::CompactionResponse response;
  ASSERT_TRUE(member.kv().Compact(&context, request, &response).ok());
  // Several at once: each is answered when a run that began after it is over.
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i) clients.emplace_back([&] { EXPECT_TRUE(call().ok()); });
  for (std::thread& client : clients) client.join();
  EXPECT_LT(member.replica().database().Size().on_disk_bytes, before / 2);
  EXPECT_EQ(member.replica().store().statistics().keys, 500u);
  const auto compacted = member.replica().store().HashKV(26).value();
  EXPECT_EQ(compacted.compact_revision, 26);
  EXPECT_NE(compacted.hash, hash.hash);
}

TEST(DefragmentTest, SaysWhyWhatWasCompactedCannotBeRemoved) {
  TestMember member;
  for (int i = 0; i < 2; ++i) member.Fill(10, 10);
  storage::Database& database = member.replica().database();
  storage::WriteBatch damage;
  const auto record = database.NewIterator(storage::Family::kRevs);
  record->Seek("");
  ASSERT_TRUE(record->Valid());
  damage.Put(storage::Family::kRevs, record->key(), "");
  ASSERT_TRUE(database.WriteUnmarked(damage).ok());
  grpc::ClientContext context;
  etcdserverpb::CompactionRequest request;
  request.set_revision(member.replica().store().revision());
  etcdserverpb::CompactionResponse response;
  ASSERT_TRUE(member.kv().Compact(&context, request, &response).ok());
  grpc::ClientContext defragment_context;
  defragment_context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  etcdserverpb::DefragmentResponse defragmented;
  EXPECT_EQ(Text(member.maintenance().Defragment(&defragment_context, {}, &defragmented)),
            "15 could not remove compacted revisions: a stored record is malformed");
}

TEST(HashKVTest, TheCompactedRevisionHasTheHashThatWasToldBefore) {
  TestMember member;
  member.Fill(10, 10);
  const auto hash_of = [&member](int64_t revision) {
    grpc::ClientContext context;
    etcdserverpb::HashKVRequest request;
    request.set_revision(revision);
    etcdserverpb::HashKVResponse response;
    EXPECT_TRUE(member.maintenance().HashKV(&context, request, &response).ok());
    return response;
  };
  const auto compact = [&member](int64_t revision) {
    grpc::ClientContext context;
    etcdserverpb::CompactionRequest request;
    request.set_revision(revision);
    request.set_physical(true);
    etcdserverpb::CompactionResponse response;
    EXPECT_TRUE(member.kv().Compact(&context, request, &response).ok());
  };
  member.Fill(10, 10);
  const int64_t last = member.replica().store().revision();
  const auto before = hash_of(last);
  compact(last);
  const auto after = hash_of(last);
  EXPECT_EQ(after.hash(), before.hash());
  EXPECT_EQ(after.compact_revision(), before.compact_revision());
  EXPECT_EQ(after.header().revision(), last);
  // Of which nobody asked before.
  member.Fill(10, 10);
  const int64_t later = member.replica().store().revision();
  compact(later);
  EXPECT_EQ(hash_of(later).compact_revision(), later);
}

TEST(DefragmentTest, AStopEndsItAndRefusesTheNext) {
  TestMember member;
  member.Fill(5000, 4000);
  const auto defragment = [&member] {
    grpc::ClientContext context;
    etcdserverpb::DefragmentResponse response;
    return member.maintenance().Defragment(&context, {}, &response);
  };
  // Again and again, should one be over before it is seen.
  std::thread client([&defragment] {
    grpc::Status status;
    while (status.ok()) status = defragment();
    EXPECT_EQ(Text(status), "14 etcdserver: server stopped");
  });
  while (Metric(member.address(), "etcd_disk_defrag_inflight") != 1) std::this_thread::yield();
  member.services().Stop();
  client.join();
  EXPECT_EQ(Text(defragment()), "14 etcdserver: server stopped");
}

}  // namespace
}  // namespace quorate::api
