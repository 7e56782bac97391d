// Expected texts are what etcdctl 3.7.1 prints for the same answers.

#include "src/ctl/printer.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <sstream>

#include "src/ctl/json.h"
#include "src/ctl/names.h"

namespace quorate::ctl {
namespace {

template <typename Message>
Message Parse(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message;
}

constexpr char kHeader[] =
    "header { cluster_id: 324952591200643719 member_id: 3319814642761637952 revision: 5 raft_term: 2 }";

etcdserverpb::RangeResponse SomeKeys() {
  return Parse<etcdserverpb::RangeResponse>(
      std::string(kHeader) +
      R"(kvs { key: "a" create_revision: 2 mod_revision: 4 version: 3 value: "b\377\"" lease: 119 } more: true count: 2)");
}

etcdserverpb::TxnResponse SomeTxn() {
  return Parse<etcdserverpb::TxnResponse>(std::string(kHeader) + R"(
      succeeded: true
      responses { response_range { header { revision: 4 } kvs { key: "a" mod_revision: 2 value: "b" } count: 1 } }
      responses { response_put { header { revision: 5 } prev_kv { key: "x" value: "y" } } }
      responses { response_delete_range { header { revision: 5 } } })");
}

etcdserverpb::MemberListResponse SomeMembers() {
  return Parse<etcdserverpb::MemberListResponse>(R"(
      header { cluster_id: 324952591200643719 member_id: 3319814642761637952 raft_term: 2 }
      members { ID: 3319814642761637952 name: "m1" peerURLs: "http://127.0.0.1:23800"
                clientURLs: "http://127.0.0.1:23790" }
      members { ID: 7 peerURLs: "http://a:1" peerURLs: "http://b:1" isLearner: true })");
}

EndpointStatus SomeStatus() {
  return {"127.0.0.1:1", Parse<etcdserverpb::StatusResponse>(std::string(kHeader) + R"(
      version: "3.7.1" dbSize: 20480 leader: 3319814642761637952 raftIndex: 11 raftTerm: 2 raftAppliedIndex: 10
      dbSizeInUse: 16384 storageVersion: "3.7.0" dbSizeQuota: 2147483648 errors: "e1" errors: "e2" downgradeInfo {})")};
}

// Prints with one format and returns all that was written.
class PrinterTest : public testing::Test {
 protected:
  Printer& Use(const std::string& format, bool hex = false) {
    out_.str("");
    printer_ = *MakePrinter(format, hex, out_, err_);
    return *printer_;
  }
  std::string Out(const absl::Status& status) {
    EXPECT_TRUE(status.ok()) << base::MessageOf(status);
    return out_.str();
  }

  std::ostringstream out_, err_;
  std::unique_ptr<Printer> printer_;
};

TEST_F(PrinterTest, SimpleShowsKeysAndValues) {
  EXPECT_EQ(Out(Use("simple").Get(SomeKeys())), "a\nb\xff\"\n");
  EXPECT_EQ(Out(Use("simple", true).Get(SomeKeys())), "\\x61\n\\x62\\xff\\x22\n");
  EXPECT_TRUE(Use("simple").SetValuesOnly());
  EXPECT_EQ(Out(printer_->Get(SomeKeys())), "b\xff\"\n");
}

TEST_F(PrinterTest, SimpleShowsTransactionsAsBlocks) {
  EXPECT_EQ(Out(Use("simple").Txn(SomeTxn())), "SUCCESS\n\na\nb\n\nOK\nx\ny\n\n0\n");
}

TEST_F(PrinterTest, SimpleShowsMembersInLines) {
  EXPECT_EQ(Out(Use("simple").MemberList(SomeMembers())),
            "2e1259d415f2a040, started, m1, http://127.0.0.1:23800, http://127.0.0.1:23790, false\n"
            "7, unstarted, , http://a:1,http://b:1, , true\n");
  auto added = Parse<etcdserverpb::MemberAddResponse>("header { cluster_id: 119 } member { ID: 7 isLearner: true }");
  EXPECT_EQ(Out(Use("simple").MemberAdd(added)),
            "Member                7 added as learner to cluster               77\n");
  etcdserverpb::MemberRemoveResponse removed;
  EXPECT_EQ(Out(Use("simple").MemberRemove(0xab, removed)),
            "Member               ab removed from cluster                0\n");
}

TEST_F(PrinterTest, SimpleShowsEndpoints) {
  EXPECT_EQ(Out(Use("simple").StatusOf({SomeStatus()})),
            "127.0.0.1:1, 2e1259d415f2a040, 3.7.1, 3.7.0, 20 kB, 16 kB, 20%, 2.1 GB, true, false, 2, 11, 10, e1, e2, , "
            "false\n");
  EXPECT_EQ(Out(Use("simple").Health({{"a:1", true, "1ms", ""}, {"b:1", false, "2ms", "broken"}})),
            "a:1 is healthy: successfully committed proposal: took = 1ms\n");
  EXPECT_EQ(err_.str(), "b:1 is unhealthy: failed to commit proposal: broken\n");
}

TEST_F(PrinterTest, FieldsShowEveryField) {
  EXPECT_EQ(Out(Use("fields").Get(SomeKeys())),
            "\"ClusterID\" : 324952591200643719\n\"MemberID\" : 3319814642761637952\n\"Revision\" : 5\n"
            "\"RaftTerm\" : 2\n\"Key\" : \"a\"\n\"CreateRevision\" : 2\n\"ModRevision\" : 4\n\"Version\" : 3\n"
            "\"Value\" : \"b\\xff\\\"\"\n\"Lease\" : 119\n\"More\" : true\n\"Count\" : 2\n");
  EXPECT_EQ(Out(Use("fields", true).Get(SomeKeys())),
            "\"ClusterID\" : 48276a8f75b6a87\n\"MemberID\" : 2e1259d415f2a040\n\"Revision\" : 5\n"
            "\"RaftTerm\" : 2\n\"Key\" : \"a\"\n\"CreateRevision\" : 2\n\"ModRevision\" : 4\n\"Version\" : 3\n"
            "\"Value\" : \"b\\xff\\\"\"\n\"Lease\" : 0000000000000077\n\"More\" : true\n\"Count\" : 2\n");
}

TEST_F(PrinterTest, FieldsLeaveOutARevisionOfZero) {
  EXPECT_EQ(Out(Use("fields").Put({})), "\"ClusterID\" : 0\n\"MemberID\" : 0\n\"RaftTerm\" : 0\n");
}

TEST_F(PrinterTest, FieldsShowEndpoints) {
  EXPECT_EQ(Out(Use("fields").StatusOf({SomeStatus()})),
            "\"ClusterID\" : 324952591200643719\n\"MemberID\" : 3319814642761637952\n\"Revision\" : 5\n"
            "\"RaftTerm\" : 2\n\"Version\" : \"3.7.1\"\n\"StorageVersion\" : \"3.7.0\"\n\"DBSize\" : 20480\n"
            "\"DBSizeInUse\" : 16384\n\"DBSizeQuota\" : 2147483648\n\"Leader\" : 3319814642761637952\n"
            "\"IsLearner\" : false\n\"RaftIndex\" : 11\n\"RaftTerm\" : 2\n\"RaftAppliedIndex\" : 10\n"
            "\"Errors\" : [e1 e2]\n\"Endpoint\" : \"127.0.0.1:1\"\n\"DowngradeTargetVersion\" : \"\"\n"
            "\"DowngradeEnabled\" : false\n\n");
  EXPECT_EQ(Out(Use("fields").Health({{"b:1", false, "2ms", "broken"}})),
            "\"Endpoint\" : \"b:1\"\n\"Health\" : false\n\"Took\" : 2ms\n\"Error\" : broken\n\n");
}

TEST_F(PrinterTest, JsonUsesProtocolNamesNumbersAndBase64) {
  EXPECT_EQ(Out(Use("json").Get(SomeKeys())),
            R"({"header":{"cluster_id":324952591200643719,"member_id":3319814642761637952,"revision":5,"raft_term":2},)"
            R"("kvs":[{"key":"YQ==","create_revision":2,"mod_revision":4,"version":3,"value":"Yv8i","lease":119}],)"
            R"("more":true,"count":2})"
            "\n");
}

TEST_F(PrinterTest, JsonShowsTheOperationsOfATransaction) {
  EXPECT_EQ(Out(Use("json").Txn(SomeTxn())),
            R"({"header":{"cluster_id":324952591200643719,"member_id":3319814642761637952,"revision":5,"raft_term":2},)"
            R"("succeeded":true,"responses":[)"
            R"({"Response":{"response_range":{"header":{"revision":4},)"
            R"("kvs":[{"key":"YQ==","mod_revision":2,"value":"Yg=="}],"count":1}}},)"
            R"({"Response":{"response_put":{"header":{"revision":5},"prev_kv":{"key":"eA==","value":"eQ=="}}}},)"
            R"({"Response":{"response_delete_range":{"header":{"revision":5}}}}]})"
            "\n");
}

TEST_F(PrinterTest, JsonShowsMembersWithIdsInHexOnlyWhenAsked) {
  EXPECT_EQ(Out(Use("json", true).MemberList(SomeMembers())),
            R"({"header":{"cluster_id":"48276a8f75b6a87","member_id":"2e1259d415f2a040","raft_term":2},"members":[)"
            R"({"ID":"2e1259d415f2a040","name":"m1","peerURLs":["http://127.0.0.1:23800"],)"
            R"("clientURLs":["http://127.0.0.1:23790"]},)"
            R"({"ID":"7","peerURLs":["http://a:1","http://b:1"],"isLearner":true}]})"
            "\n");
  EXPECT_NE(Out(Use("json").MemberList(SomeMembers())).find("\"ID\":7,"), std::string::npos);
}

TEST_F(PrinterTest, JsonShowsEndpoints) {
  EXPECT_EQ(Out(Use("json").Health({{"a:1", true, "1ms", ""}, {"b:1", false, "2ms", "broken"}})),
            R"([{"endpoint":"a:1","health":true,"took":"1ms"},)"
            R"({"endpoint":"b:1","health":false,"took":"2ms","error":"broken"}])"
            "\n");
  EXPECT_EQ(Out(Use("json").StatusOf({})), "null\n");
  EXPECT_NE(Out(Use("json").StatusOf({SomeStatus()})).find("\"downgradeInfo\":{}"), std::string::npos);
}

TEST_F(PrinterTest, JsonEscapesText) {
  EXPECT_EQ(JsonString("a\"\\\n\x01<&>\xff\xc3\xa9\xe2\x80\xa8"),
            "\"a\\\"\\\\\\n\\u0001\\u003c\\u0026\\u003e\\ufffd\xc3\xa9\\u2028\"");
  EXPECT_EQ(Base64(""), "");
  EXPECT_EQ(Base64("ab"), "YWI=");
  EXPECT_EQ(Base64("abc"), "YWJj");
}

TEST_F(PrinterTest, LeasesAreShownInEveryFormat) {
  auto lease = Parse<etcdserverpb::LeaseTimeToLiveResponse>(
      "header { cluster_id: 1 revision: 5 } ID: 119 TTL: 99 grantedTTL: 100 keys: \"lk\" keys: \"lk2\"");
  EXPECT_EQ(Out(Use("simple").LeaseTimeToLive(lease, true)),
            "lease 0000000000000077 granted with TTL(100s), remaining(99s), attached keys([lk lk2])\n");
  EXPECT_EQ(Out(Use("json").LeaseTimeToLive(lease, true)),
            R"({"cluster_id":1,"revision":5,"id":119,"ttl":99,"granted-ttl":100,"keys":["bGs=","bGsy"]})"
            "\n");
  EXPECT_EQ(Out(Use("fields", true).LeaseTimeToLive(lease, true)),
            "\"ClusterID\" : 1\n\"MemberID\" : 0\n\"Revision\" : 5\n\"RaftTerm\" : 0\n"
            "\"ID\" : 0000000000000077\n\"TTL\" : 99\n\"GrantedTTL\" : 100\n\"Key\" : \"lk\"\n\"Key\" : \"lk2\"\n");
  EXPECT_EQ(Out(Use("protobuf").LeaseTimeToLive(lease, true)), lease.header().SerializeAsString());
  lease.Clear();
  lease.set_id(119);
  lease.set_ttl(-1);
  EXPECT_EQ(Out(Use("simple").LeaseTimeToLive(lease, false)), "lease 0000000000000077 already expired\n");
  EXPECT_EQ(Out(Use("json").LeaseTimeToLive(lease, false)),
            "{\"id\":119,\"ttl\":-1,\"granted-ttl\":0,\"keys\":null}\n");
  EXPECT_EQ(Out(Use("json").Leases({})), "{\"leases\":[]}\n");
  EXPECT_EQ(Out(Use("simple").Leases({})), "found 0 leases\n");
}

TEST_F(PrinterTest, WatchEventsAreShownInEveryFormat) {
  auto events = Parse<etcdserverpb::WatchResponse>(R"(
      header { revision: 9 } watch_id: 4
      events { type: DELETE kv { key: "a" mod_revision: 9 } prev_kv { key: "a" value: "b" } })");
  EXPECT_EQ(Out(Use("simple").Watch(events)), "DELETE\na\nb\na\n\n");
  EXPECT_EQ(Out(Use("json").Watch(events)),
            R"({"Header":{"revision":9},"Events":[{"type":1,"kv":{"key":"YQ==","mod_revision":9},)"
            R"("prev_kv":{"key":"YQ==","value":"Yg=="}}],"CompactRevision":0,"Canceled":false,"Created":false,)"
            R"("CancelReason":""})"
            "\n");
  EXPECT_EQ(Out(Use("fields").Watch(events)).find("\"Type\" : DELETE\n\"PrevKey\" : \"a\"\n"),
            std::string("\"ClusterID\" : 0\n\"MemberID\" : 0\n\"Revision\" : 9\n\"RaftTerm\" : 0\n").size());
  Use("protobuf").Watch(events).IgnoreError();
  events.clear_watch_id();
  EXPECT_EQ(out_.str(), events.SerializeAsString());
}

TEST_F(PrinterTest, TableFramesRows) {
  etcdserverpb::HashKVResponse hash;
  hash.set_hash(1857923136);
  hash.set_hash_revision(4);
  EXPECT_EQ(Out(Use("table").HashKv({{"127.0.0.1:23790", hash}})),
            "┌─────────────────┬────────────┬───────────────┐\n"
            "│    ENDPOINT     │    HASH    │ HASH REVISION │\n"
            "├─────────────────┼────────────┼───────────────┤\n"
            "│ 127.0.0.1:23790 │ 1857923136 │             4 │\n"
            "└─────────────────┴────────────┴───────────────┘\n");
  EXPECT_EQ(Out(Use("table").HashKv({})),
            "┌──────────┬──────┬───────────────┐\n"
            "│ ENDPOINT │ HASH │ HASH REVISION │\n"
            "└──────────┴──────┴───────────────┘\n");
}

TEST_F(PrinterTest, ProtobufIsTheAnswerItself) {
  EXPECT_EQ(Out(Use("protobuf").Get(SomeKeys())), SomeKeys().SerializeAsString());
}

TEST_F(PrinterTest, FormatsRefuseWhatTheyCannotShow) {
  absl::Status status = Use("table").Get(SomeKeys());
  EXPECT_EQ(base::MessageOf(status), "table not supported as output format");
  EXPECT_EQ(tool::ExitOf(status), Exit::kBadFeature);
  EXPECT_EQ(base::MessageOf(Use("fields").MemberAdd({})), "fields not supported as output format");
  EXPECT_EQ(base::MessageOf(Use("protobuf").StatusOf({})), "protobuf not supported as output format");
  status = Use("protobuf").LeaseRevoke(7, {});
  EXPECT_EQ(base::MessageOf(status), "marshal unsupported for type *clientv3.LeaseRevokeResponse");
  EXPECT_EQ(tool::ExitOf(status), Exit::kBadFeature);
  EXPECT_EQ(base::MessageOf(MakePrinter("xml", false, out_, err_).status()), "unsupported output format");
}

}  // namespace
}  // namespace quorate::ctl
