#include "quorate/base/sha256.h"

#include <gtest/gtest.h>

#include "absl/strings/escaping.h"

namespace quorate::base {
namespace {

// FIPS 180-4's examples.
TEST(Sha256, IsTheStandardsOfBytesInPieces) {
  Sha256 nothing;
  EXPECT_EQ(absl::BytesToHexString(nothing.Take()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  Sha256 pieces;
  for (const char* piece : {"a", "", "bc"}) pieces.Add(piece);
  EXPECT_EQ(absl::BytesToHexString(pieces.Take()), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace quorate::base
