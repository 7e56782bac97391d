#include "src/bench/scenario.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <set>
#include <string>

#include "etcdserverpb/rpc.pb.h"
#include "src/bench/worker.h"

namespace quorate::bench {
namespace {

Options Small() {
  Options options;
  options.keys = 10;
  options.value_size = 13;
  options.key_prefix = "k";
  return options;
}

template <typename Message>
Message Decode(const std::string& bytes) {
  Message message;
  EXPECT_TRUE(message.ParseFromString(bytes));
  return message;
}

TEST(Scenario, PutSendsAKeyOfTheKeyspaceAndAValueOfTheSizeAskedFor) {
  const Options options = Small();
  const auto scenario = MakeScenario("put", options, {});
  std::set<std::string> keys;
  std::set<std::string> values;
  for (int i = 0; i < 300; ++i) {
    std::string message;
    EXPECT_EQ(scenario->Next(0, &message), "/etcdserverpb.KV/Put");
    const auto put = Decode<etcdserverpb::PutRequest>(message);
    keys.insert(put.key());
    values.insert(put.value());
    EXPECT_EQ(put.value().size(), 13u);
  }
  EXPECT_EQ(keys.size(), 10u);
  EXPECT_EQ(*keys.begin(), "k0000000000");
  EXPECT_EQ(values.size(), 300u);
}

TEST(Scenario, ReadersPutEveryKeyFirst) {
  const Options options = Small();
  for (const char* name : {"get", "mixed", "list"}) {
    std::set<std::string> keys;
    for (int thread = 0; thread < 3; ++thread) {
      const auto scenario = MakeScenario(name, options, {.index = thread, .count = 3, .slots = 1});
      while (scenario->preparation() != 0) {
        std::string message;
        EXPECT_EQ(scenario->Prepare(0, &message), "/etcdserverpb.KV/Put");
        EXPECT_TRUE(keys.insert(Decode<etcdserverpb::PutRequest>(message).key()).second);
      }
    }
    EXPECT_EQ(keys.size(), 10u) << name;
  }
}

TEST(Scenario, GetIsSerializableWhenAskedFor) {
  Options options = Small();
  for (const bool serializable : {false, true}) {
    options.serializable = serializable;
    std::string message;
    EXPECT_EQ(MakeScenario("get", options, {})->Next(0, &message), "/etcdserverpb.KV/Range");
    EXPECT_EQ(Decode<etcdserverpb::RangeRequest>(message).serializable(), serializable);
  }
}

TEST(Scenario, MixedKeepsTheShareOfReads) {
  Options options = Small();
  options.read_share = 0.75;
  const auto scenario = MakeScenario("mixed", options, {});
  std::string message;
  for (int i = 0; i < 10'000; ++i) scenario->Next(0, &message);
  Counters counters;
  scenario->AddCounters(&counters);
  EXPECT_NEAR(static_cast<double>(counters["reads"]), 7500, 250);
  EXPECT_EQ(counters["reads"] + counters["writes"], 10'000u);
}

TEST(Scenario, ListAsksForTheLimitWithinTheKeyspace) {
  Options options = Small();
  options.limit = 4;
  std::string message;
  MakeScenario("list", options, {})->Next(0, &message);
  const auto range = Decode<etcdserverpb::RangeRequest>(message);
  EXPECT_EQ(range.limit(), 4);
  EXPECT_EQ(range.range_end(), "k0000000010");
  EXPECT_LE(range.key(), "k0000000006");
}

TEST(Scenario, TxnComparesTheModRevisionItSawLast) {
  Options options = Small();
  options.keys = 1;
  const auto scenario = MakeScenario("txn", options, {});
  const auto expect_compare = [&](int64_t mod_revision) {
    std::string message;
    EXPECT_EQ(scenario->Next(0, &message), "/etcdserverpb.KV/Txn");
    const auto txn = Decode<etcdserverpb::TxnRequest>(message);
    ASSERT_EQ(txn.compare_size(), 1);
    EXPECT_EQ(txn.compare(0).target(), etcdserverpb::Compare::MOD);
    EXPECT_EQ(txn.compare(0).result(), etcdserverpb::Compare::EQUAL);
    EXPECT_EQ(txn.compare(0).target_union_case(), etcdserverpb::Compare::kModRevision);
    EXPECT_EQ(txn.compare(0).mod_revision(), mod_revision);
    EXPECT_EQ(txn.success(0).request_put().key(), txn.compare(0).key());
    EXPECT_EQ(txn.failure(0).request_range().key(), txn.compare(0).key());
  };
  expect_compare(0);

  etcdserverpb::TxnResponse put;
  put.mutable_header()->set_revision(7);
  put.set_succeeded(true);
  scenario->OnReply(0, put.SerializeAsString());
  expect_compare(7);

  etcdserverpb::TxnResponse conflict;
  conflict.mutable_header()->set_revision(12);
  conflict.add_responses()->mutable_response_range()->add_kvs()->set_mod_revision(9);
  scenario->OnReply(0, conflict.SerializeAsString());
  expect_compare(9);
}

TEST(Scenario, LoadPutsEachKeyOnceInOrder) {
  const Options options = Small();
  const auto scenario = MakeScenario("load", options, {});
  std::string last;
  for (uint64_t i = 0; i < TraitsOf("load").requests(options); ++i) {
    std::string message;
    scenario->Next(0, &message);
    const std::string key = Decode<etcdserverpb::PutRequest>(message).key();
    EXPECT_GT(key, last);
    last = key;
  }
  EXPECT_EQ(last, "k0000000009");
}

TEST(Scenario, WatchedValuesBeginWithTheMomentTheyWereSent) {
  const Options options = Small();
  const int64_t before = MonotonicNs();
  std::string message;
  MakeScenario("watch", options, {})->Next(0, &message);
  const std::string value = Decode<etcdserverpb::PutRequest>(message).value();
  int64_t sent = 0;
  ASSERT_EQ(value.size(), 13u);
  std::memcpy(&sent, value.data(), sizeof(sent));
  EXPECT_GE(sent, before);
  EXPECT_LE(sent, MonotonicNs());
}

TEST(Scenario, EachSlotKeepsALeaseOfItsOwnAlive) {
  const Options options = Small();
  std::set<int64_t> granted;
  for (int thread = 0; thread < 2; ++thread) {
    const auto scenario = MakeScenario("lease-keepalive", options, {.index = thread, .count = 2, .slots = 3});
    EXPECT_TRUE(scenario->keeps_streams());
    while (scenario->preparation() != 0) {
      std::string message;
      EXPECT_EQ(scenario->Prepare(0, &message), "/etcdserverpb.Lease/LeaseGrant");
      EXPECT_TRUE(granted.insert(Decode<etcdserverpb::LeaseGrantRequest>(message).id()).second);
    }
    for (size_t slot = 0; slot < 3; ++slot) {
      std::string message;
      EXPECT_EQ(scenario->Next(slot, &message), "/etcdserverpb.Lease/LeaseKeepAlive");
      EXPECT_TRUE(granted.contains(Decode<etcdserverpb::LeaseKeepAliveRequest>(message).id()));
    }
  }
  EXPECT_EQ(granted.size(), 6u);
}

TEST(Scenario, RevokedLeasesAreGrantedFirstAndThenHaveTheirKeys) {
  Options options = Small();
  options.leases = 3;
  options.lease_keys = 4;
  const auto scenario = MakeScenario("lease-revoke", options, {});
  std::map<int64_t, std::set<std::string>> leases;
  EXPECT_EQ(scenario->preparation(), 3u);
  for (int i = 0; i < 3; ++i) {
    std::string message;
    EXPECT_EQ(scenario->Prepare(0, &message), "/etcdserverpb.Lease/LeaseGrant");
    leases[Decode<etcdserverpb::LeaseGrantRequest>(message).id()];
  }
  EXPECT_EQ(scenario->preparation(), 12u);
  while (scenario->preparation() != 0) {
    std::string message;
    EXPECT_EQ(scenario->Prepare(0, &message), "/etcdserverpb.KV/Put");
    const auto put = Decode<etcdserverpb::PutRequest>(message);
    ASSERT_TRUE(leases.contains(put.lease()));
    EXPECT_TRUE(leases[put.lease()].insert(put.key()).second);
  }
  for (int i = 0; i < 3; ++i) {
    std::string message;
    EXPECT_EQ(scenario->Next(0, &message), "/etcdserverpb.Lease/LeaseRevoke");
    const auto lease = leases.extract(Decode<etcdserverpb::LeaseRevokeRequest>(message).id());
    ASSERT_FALSE(lease.empty());
    EXPECT_EQ(lease.mapped().size(), 4u);
  }
}

}  // namespace
}  // namespace quorate::bench
