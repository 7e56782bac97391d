#include "quorate/base/payload.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace quorate::base {
namespace {

std::string RandomBytes(std::mt19937_64& random, size_t length) {
  std::string bytes(length, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

TEST(BufferTest, CopyHoldsTheBytesAndSharesThem) {
  Buffer first = Buffer::Copy("some bytes");
  Buffer second = first;
  EXPECT_EQ(second.view(), "some bytes");
  EXPECT_EQ(first.data(), second.data());
  first = Buffer();
  EXPECT_FALSE(first);
  EXPECT_EQ(second.view(), "some bytes");
}

TEST(BufferTest, AnEmptyHandleHasNoBytes) {
  EXPECT_EQ(Buffer().size(), 0u);
  EXPECT_EQ(Buffer().view(), "");
  EXPECT_TRUE(Buffer::Copy(""));
}

TEST(BufferTest, IsSharedBetweenThreads) {
  const Buffer buffer = Buffer::Copy(std::string(1000, 'x'));
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([buffer] {
      for (int j = 0; j < 1000; ++j) {
        Buffer copy = buffer;
        ASSERT_EQ(copy.size(), 1000u);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(PayloadTest, SmallSlicesAreCopiedAndLargeOnesShared) {
  Payload payload;
  const Buffer small = Buffer::Copy(std::string(Payload::kInlineBytes - 1, 's'));
  const Buffer large = Buffer::Copy(std::string(Payload::kInlineBytes, 'l'));
  payload.Append(small);
  payload.Append(large);
  std::vector<const char*> runs;
  payload.ForEach([&](std::string_view run) { runs.push_back(run.data()); });
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_NE(runs[0], small.data());
  EXPECT_EQ(runs[1], large.data());
}

TEST(PayloadTest, AMessageOfManySmallPartsConsistsOfBoundedRuns) {
  Payload payload;
  std::string expected;
  for (int i = 0; i < 2000; ++i) {
    const std::string part(100 + i % 300, static_cast<char>('a' + i % 26));
    payload.Append(part);
    expected += part;
  }
  size_t longest = 0;
  payload.ForEach([&longest](std::string_view run) { longest = std::max(longest, run.size()); });
  EXPECT_LT(longest, 2 * Payload::kRunBytesMax);
  EXPECT_EQ(payload.ToString(), expected);

  Payload::Cursor cursor(&payload);
  size_t owned = 0;
  for (size_t at = 0; at < payload.size();) {
    Buffer owner;
    const std::string_view run = cursor.Next(16384, &owner);
    ASSERT_FALSE(run.empty());
    if (!owner) owned += run.size();
    at += run.size();
  }
  EXPECT_LT(owned, Payload::kRunBytesMax);
}

TEST(PayloadTest, AppendedPartsComeOutInOrder) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 200; ++round) {
    std::string expected;
    Payload payload;
    const int parts = static_cast<int>(random() % 10);
    for (int i = 0; i < parts; ++i) {
      const size_t longest = random() % 16 == 0 ? 2 * Payload::kRunBytesMax : 1500;
      const std::string bytes = RandomBytes(random, random() % longest);
      switch (random() % 3) {
        case 0:
          payload.Append(bytes);
          expected += bytes;
          break;
        case 1: {
          const size_t offset = bytes.empty() ? 0 : random() % bytes.size();
          payload.Append(Buffer::Copy(bytes), offset, bytes.size() - offset);
          expected += bytes.substr(offset);
          break;
        }
        case 2: {
          Payload other;
          other.Append("head");
          other.Append(Buffer::Copy(bytes));
          other.Append("tail");
          payload.Append(std::move(other));
          expected += "head" + bytes + "tail";
          break;
        }
      }
    }
    ASSERT_EQ(payload.size(), expected.size());
    ASSERT_EQ(payload.ToString(), expected);

    std::string walked;
    Payload::Cursor cursor(&payload);
    Buffer owner;
    while (walked.size() < expected.size()) {
      const size_t step = 1 + random() % 700;
      const std::string_view run = cursor.Next(step, &owner);
      ASSERT_FALSE(run.empty());
      ASSERT_LE(run.size(), step);
      if (owner) {
        ASSERT_TRUE(run.data() >= owner.data() && run.data() < owner.data() + owner.size());
      }
      walked += run;
    }
    ASSERT_EQ(walked, expected);
    ASSERT_TRUE(cursor.Next(1, &owner).empty());
  }
}

TEST(PayloadTest, ABufferIsHandedOverWithItsLastBytes) {
  Payload payload;
  payload.Append("head");
  payload.Append(Buffer::Copy(std::string(1000, 'x')));
  Payload::Cursor cursor(&payload);
  Buffer owner;
  ASSERT_EQ(cursor.Next(100, &owner), "head");
  EXPECT_FALSE(owner);
  const std::string_view first = cursor.Next(600, &owner);
  ASSERT_EQ(first.size(), 600u);
  EXPECT_EQ(first.data(), owner.data());
  Buffer rest;
  const std::string_view last = cursor.Next(600, &rest);
  ASSERT_EQ(last.size(), 400u);
  EXPECT_EQ(rest.data(), owner.data());
  payload = Payload();
  EXPECT_EQ(last, std::string(400, 'x')) << "what was handed over outlives the payload";
}

TEST(PayloadTest, WhatWasMovedFromIsEmpty) {
  Payload payload;
  payload.Append("head");
  payload.Append(Buffer::Copy(std::string(1000, 'x')));
  const Payload taken = std::move(payload);
  EXPECT_EQ(taken.size(), 1004u);
  EXPECT_TRUE(payload.empty());
  EXPECT_EQ(payload.ToString(), "");
  payload.Append("anew");
  EXPECT_EQ(payload.ToString(), "anew");
}

}  // namespace
}  // namespace quorate::base
