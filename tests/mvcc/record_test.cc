#include "src/mvcc/record.h"

#include <gtest/gtest.h>

#include "mvccpb/kv.pb.h"
#include "src/mvcc/size_class.h"

namespace quorate::mvcc {
namespace {

TEST(RecordTest, APutIsAKeyValueWithTheValueLast) {
  const base::Buffer record =
      EncodePut("key", "value", {{300, 4}, 7, 2, 1234567, 0}, KeyState{{299, 130}, 7, 1, 0, 999});
  const auto decoded = DecodeRecord(record.view());
  ASSERT_TRUE(decoded.has_value());
  EXPECT_FALSE(decoded->deleted);
  EXPECT_EQ(decoded->previous, (Revision{299, 130}));
  EXPECT_EQ(decoded->previous_size_class, 999);
  EXPECT_EQ(decoded->kv_offset, KeyValueOffset(record.view()));
  EXPECT_EQ(decoded->kv.substr(decoded->kv.size() - 5), "value");
  mvccpb::KeyValue kv;
  ASSERT_TRUE(kv.ParseFromString(std::string(decoded->kv)));
  EXPECT_EQ(kv.key(), "key");
  EXPECT_EQ(kv.value(), "value");
  EXPECT_EQ(kv.create_revision(), 7);
  EXPECT_EQ(kv.mod_revision(), 300);
  EXPECT_EQ(kv.version(), 2);
  EXPECT_EQ(kv.lease(), 1234567);
  const auto fields = DecodeKeyValue(decoded->kv);
  ASSERT_TRUE(fields.has_value());
  EXPECT_EQ(EncodeAsEtcd(*fields, false), kv.SerializeAsString());
}

TEST(RecordTest, ATombstoneHasTheKeyAndItsRevision) {
  const base::Buffer record = EncodeTombstone("key", 9, KeyState{{8, 0}, 8, 1, 0, 0});
  const auto decoded = DecodeRecord(record.view());
  ASSERT_TRUE(decoded.has_value());
  EXPECT_TRUE(decoded->deleted);
  const auto fields = DecodeKeyValue(decoded->kv);
  ASSERT_TRUE(fields.has_value());
  EXPECT_EQ(fields->modified, 9);
  mvccpb::KeyValue only_key;
  only_key.set_key("key");
  EXPECT_EQ(EncodeAsEtcd(*fields, true), only_key.SerializeAsString());
}

TEST(RecordTest, KeyOnlyIsTheRecordWithoutItsValue) {
  const KeyState state{{300, 4}, 7, 2, -1, 0};
  const base::Buffer record = EncodePut("key", "value", state, std::nullopt);
  const std::string_view kv = DecodeRecord(record.view())->kv;
  EXPECT_EQ(EncodeKeyOnly("key", state, true), kv.substr(0, kv.size() - 7));
}

TEST(RecordTest, MalformedRecordsAreSeen) {
  EXPECT_FALSE(DecodeRecord("").has_value());
  EXPECT_FALSE(DecodeRecord("\x07xx").has_value());
  EXPECT_FALSE(DecodeRecord("\x01\xff").has_value());
  EXPECT_TRUE(DecodeRecord(std::string_view("\1\0\0\xff\xff\3", 6)).has_value());
  EXPECT_FALSE(DecodeRecord(std::string_view("\1\0\0\x80\x80\4", 6)).has_value()) << "a size class of 17 bits";
  EXPECT_FALSE(DecodeKeyValue("\x10\x01").has_value());
  EXPECT_FALSE(DecodeKeyValue("\x0a\x05x").has_value());
  EXPECT_EQ(FieldsOfRecord("\x01\xff").status(), MalformedRecord());
  EXPECT_EQ(FieldsOfRecord(std::string_view("\1\0\0\0\x10\1", 6)).status(), MalformedRecord()) << "without a key";
}

TEST(SizeClassTest, RoundsUpByLittleAndNeverDown) {
  uint16_t last = 0;
  for (uint64_t size = 0; size < (uint64_t{1} << 33); size += 1 + size / 97) {
    const uint16_t size_class = SizeClassOf(size, 0);
    const uint64_t bytes = BytesOfClass(size_class);
    EXPECT_GE(bytes, size);
    EXPECT_LE(bytes, (size + 48) + (size + 48) / 1024 + 1);
    EXPECT_GE(size_class, last);
    last = size_class;
  }
  EXPECT_EQ(BytesOfClass(SizeClassOf(1000, 100)), 1148u);
}

}  // namespace
}  // namespace quorate::mvcc
