#include "quorate/base/wire.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>

#include "mvccpb/kv.pb.h"

namespace quorate::base::wire {
namespace {

// Reads a KeyValue as the hot paths do.
bool ReadKeyValue(std::string_view bytes, mvccpb::KeyValue* out) {
  Reader reader(bytes);
  while (reader.Next()) {
    switch (reader.field()) {
      case 1:
        if (reader.IsBytes()) out->set_key(std::string(reader.bytes()));
        break;
      case 2:
        if (reader.IsVarint()) out->set_create_revision(reader.int64());
        break;
      case 3:
        if (reader.IsVarint()) out->set_mod_revision(reader.int64());
        break;
      case 4:
        if (reader.IsVarint()) out->set_version(reader.int64());
        break;
      case 5:
        if (reader.IsBytes()) out->set_value(std::string(reader.bytes()));
        break;
      case 6:
        if (reader.IsVarint()) out->set_lease(reader.int64());
        break;
    }
  }
  return reader.ok();
}

::testing::AssertionResult AgreesWithTheLibrary(const std::string& bytes) {
  mvccpb::KeyValue theirs, ours;
  const bool accepted = theirs.ParseFromString(bytes);
  const bool ok = ReadKeyValue(bytes, &ours);
  auto failure = ::testing::AssertionFailure() << ::testing::PrintToString(bytes);
  if (accepted != ok) return failure << (accepted ? " accepted by the library only" : " accepted by us only");
  theirs.DiscardUnknownFields();
  if (accepted && theirs.SerializeAsString() != ours.SerializeAsString()) return failure << " read differently";
  return ::testing::AssertionSuccess();
}

TEST(WireTest, WrittenFieldsAreReadByTheLibrary) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 2000; ++i) {
    const uint64_t number = random() >> (random() % 64);
    std::string bytes;
    AppendBytesField(&bytes, 1, std::string(random() % 300, 'k'));
    AppendInt64Field(&bytes, 2, static_cast<int64_t>(number));
    AppendInt64Field(&bytes, 6, -static_cast<int64_t>(number >> 1));
    mvccpb::KeyValue theirs;
    ASSERT_TRUE(theirs.ParseFromString(bytes));
    ASSERT_EQ(theirs.create_revision(), static_cast<int64_t>(number));
    ASSERT_EQ(theirs.SerializeAsString(), bytes);
    std::string varint;
    AppendVarint(&varint, number);
    ASSERT_EQ(varint.size(), VarintSize(number));
  }
}

TEST(WireTest, DefaultsAreNotWritten) {
  std::string bytes;
  AppendInt64Field(&bytes, 1, 0);
  AppendBoolField(&bytes, 2, false);
  AppendBytesField(&bytes, 3, "");
  EXPECT_EQ(bytes, "");
}

TEST(WireTest, TheLastOccurrenceAndTheRightTypeWin) {
  Reader reader(std::string_view("\x08\x01\x08\x02\x0d\x01\x02\x03\x04", 9));
  ASSERT_TRUE(reader.Next());
  ASSERT_TRUE(reader.Next());
  EXPECT_EQ(reader.varint(), 2u);
  ASSERT_TRUE(reader.Next());
  EXPECT_FALSE(reader.IsVarint());
  EXPECT_FALSE(reader.Next());
  EXPECT_TRUE(reader.ok());
}

TEST(WireTest, StaysFailedAfterMalformedInput) {
  Reader reader("\x0a\x05xy");
  EXPECT_FALSE(reader.Next());
  EXPECT_FALSE(reader.ok());
  EXPECT_FALSE(reader.Next());
}

TEST(WireTest, AgreesWithTheLibraryOnRandomBytes) {
  std::mt19937_64 random(11);
  for (int i = 0; i < 200000; ++i) {
    std::string bytes(random() % 24, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random() % 4 == 0 ? random() : random() % 64);
    ASSERT_TRUE(AgreesWithTheLibrary(bytes));
  }
}

TEST(WireTest, AgreesWithTheLibraryOnDamagedMessages) {
  std::mt19937_64 random(13);
  for (int i = 0; i < 100000; ++i) {
    mvccpb::KeyValue message;
    message.set_key(std::string(random() % 200, 'k'));
    message.set_value(std::string(random() % 200, 'v'));
    message.set_lease(static_cast<int64_t>(random()));
    message.set_mod_revision(static_cast<int64_t>(random() >> 32));
    std::string bytes = message.SerializeAsString();
    for (int flips = static_cast<int>(random() % 3); flips > 0; --flips) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    bytes.resize(bytes.size() - random() % 3);
    ASSERT_TRUE(AgreesWithTheLibrary(bytes));
  }
}

TEST(WireTest, AgreesWithTheLibraryOnPaddedNumbersAndLengths) {
  for (int padding = 0; padding < 12; ++padding) {
    for (const uint8_t last : {0x00, 0x01, 0x02, 0x07, 0x08, 0x0f, 0x7f}) {
      const std::string tail = std::string(padding, '\x80') + static_cast<char>(last);
      ASSERT_TRUE(AgreesWithTheLibrary("\x10" + tail));
      ASSERT_TRUE(AgreesWithTheLibrary("\x0a" + tail));
      ASSERT_TRUE(AgreesWithTheLibrary("\x0a" + tail + "abcdefghij"));
      ASSERT_TRUE(AgreesWithTheLibrary("\x92" + tail + "abcdefghij"));
      ASSERT_TRUE(AgreesWithTheLibrary(tail + "\x01"));
    }
  }
}

TEST(WireTest, AgreesWithTheLibraryOnNestedGroups) {
  for (const int depth : {1, 2, 99, 100, 101, 102, 500}) {
    std::string bytes(depth, '\x7b');
    ASSERT_TRUE(AgreesWithTheLibrary(bytes));
    bytes += std::string(depth, '\x7c');
    ASSERT_TRUE(AgreesWithTheLibrary(bytes));
    ASSERT_TRUE(AgreesWithTheLibrary(bytes + "\x7c"));
    bytes[depth] = '\x74';
    ASSERT_TRUE(AgreesWithTheLibrary(bytes));
  }
}

}  // namespace
}  // namespace quorate::base::wire
