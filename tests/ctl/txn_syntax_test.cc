#include "src/ctl/txn_syntax.h"

#include <gtest/gtest.h>

#include <sstream>

#include "src/ctl/names.h"

namespace quorate::ctl {
namespace {

using etcdserverpb::Compare;
using Words = std::vector<std::string>;

std::string ErrorOf(const std::string& line) {
  absl::StatusOr<Compare> compare = ParseCompare(line);
  EXPECT_EQ(tool::ExitOf(compare.status()), Exit::kInvalidInput);
  return std::string(base::MessageOf(compare.status()));
}

TEST(TxnCompare, KnowsEveryTargetAndRelation) {
  EXPECT_EQ(ParseCompare(R"(value("a") = "b")")->ShortDebugString(), R"(target: VALUE key: "a" value: "b")");
  EXPECT_EQ(ParseCompare(R"(ver("a") != "1")")->ShortDebugString(), R"(result: NOT_EQUAL key: "a" version: 1)");
  EXPECT_EQ(ParseCompare(R"(c("a") > "2")")->ShortDebugString(),
            R"(result: GREATER target: CREATE key: "a" create_revision: 2)");
  EXPECT_EQ(ParseCompare(R"(mod("a") < "-3")")->ShortDebugString(),
            R"(result: LESS target: MOD key: "a" mod_revision: -3)");
  EXPECT_EQ(ParseCompare(R"(lease("a") = "77")")->lease(), 0x77);
}

TEST(TxnCompare, ReadsQuotesAndBlanks) {
  EXPECT_EQ(ParseCompare("val(`a\"`)  =\t\"\\x62\" tail")->ShortDebugString(),
            R"(target: VALUE key: "a\"" value: "b")");
  EXPECT_EQ(ParseCompare(R"(val( "a") = "")")->key(), "a");
}

TEST(TxnCompare, ShowsHowFarItGot) {
  EXPECT_EQ(ErrorOf("foo"), "malformed comparison: foo");
  EXPECT_EQ(ErrorOf(R"(value(a) = "b")"), R"(malformed comparison: value(a) = "b"; got value("")  "")");
  EXPECT_EQ(ErrorOf(R"(value("a")="b")"), R"(malformed comparison: value("a")="b"; got value("a")  "")");
  EXPECT_EQ(ErrorOf(R"(value("a" ) = "b")"), R"(malformed comparison: value("a" ) = "b"; got value("a")  "")");
  EXPECT_EQ(ErrorOf(R"(mod("a") ="3")"), R"(malformed comparison: mod("a") ="3"; got mod("a") ="3" "")");
  EXPECT_EQ(ErrorOf(R"(value("a") = b)"), R"(malformed comparison: value("a") = b; got value("a") = "")");
  EXPECT_EQ(ErrorOf(R"(mod("a) = "3")"), R"(malformed comparison: mod("a) = "3"; got mod("a) = ")  "")");
  EXPECT_EQ(ErrorOf(R"(mod("a\q") = "3")"), R"(malformed comparison: mod("a\q") = "3"; got mod("")  "")");
}

TEST(TxnCompare, RefusesUnknownTargetsRelationsAndNumbers) {
  EXPECT_EQ(ErrorOf(R"(foo("a") > "x")"), R"(malformed comparison: foo("a") > "x" (unknown target foo))");
  EXPECT_EQ(ErrorOf(R"(value ("a") = "b")"), R"(malformed comparison: value ("a") = "b" (unknown target value ))");
  EXPECT_EQ(ErrorOf(R"(mod("a") > "x")"), R"(invalid txn compare request: mod("a") > "x")");
  EXPECT_EQ(ErrorOf(R"(mod("a") ~ "1")"), R"(malformed comparison: mod("a") ~ "1" (unknown relation ~))");
}

TEST(TxnWords, KeepQuotedBlanks) {
  EXPECT_EQ(*SplitWords(R"(put a  "x y\n\"z" 'q "r' "")"), (Words{"put", "a", "x y\n\"z", "q \"r", ""}));
  EXPECT_EQ(*SplitWords(R"(a"b c" d\"e)"), (Words{"a\"b", "c\"", "d\\\"e"}));
  EXPECT_EQ(*SplitWords(R"(get "open end)"), (Words{"get", "open", "end"}));
  EXPECT_EQ(base::MessageOf(SplitWords(R"(put "\q")").status()), "invalid syntax");
}

class TxnTest : public testing::Test {
 protected:
  absl::StatusOr<etcdserverpb::TxnRequest> Read(const std::string& text, bool headings = false) {
    std::istringstream in(text);
    return ReadTxn(in, headings, out_, err_);
  }
  std::string ErrorOf(const std::string& text) { return std::string(base::MessageOf(Read(text).status())); }

  std::ostringstream out_, err_;
};

TEST_F(TxnTest, HasThreeBlocks) {
  auto txn = Read(
      "mod(\"a\") > \"0\"\n\n"
      "put a b --prev-kv\nget a --prefix\r\n\r\n"
      "del a z --range\n\nignored");
  ASSERT_TRUE(txn.ok()) << base::MessageOf(txn.status());
  EXPECT_EQ(txn->ShortDebugString(), R"(compare { result: GREATER target: MOD key: "a" mod_revision: 0 } )"
                                     R"(success { request_put { key: "a" value: "b" prev_kv: true } } )"
                                     R"(success { request_range { key: "a" range_end: "b" } } )"
                                     R"(failure { request_delete_range { key: "a" range_end: "z" } })");
  EXPECT_EQ(out_.str(), "");
}

TEST_F(TxnTest, AnnouncesBlocksWhenInteractive) {
  ASSERT_TRUE(Read("\n\n\n", true).ok());
  EXPECT_EQ(out_.str(), "compares:\nsuccess requests (get, put, del):\nfailure requests (get, put, del):\n");
}

TEST_F(TxnTest, FlagsOfOneLineDoNotReachTheNext) {
  auto txn = Read("\nput a b --prev-kv\nput c d\n\n\n");
  ASSERT_TRUE(txn.ok());
  EXPECT_FALSE(txn->success(1).request_put().prev_kv());
}

TEST_F(TxnTest, EndsTooEarly) {
  EXPECT_EQ(ErrorOf(""), "EOF");
  EXPECT_EQ(ErrorOf("\n\n"), "EOF");
  EXPECT_EQ(ErrorOf("\n\nput a b"), "EOF");
}

TEST_F(TxnTest, RefusesOtherOperations) {
  EXPECT_EQ(ErrorOf("\nget\n\n\n"), "invalid txn compare request: get");
  EXPECT_EQ(ErrorOf("\nwatch a\n\n\n"), "invalid txn request: watch a");
  EXPECT_EQ(err_.str(), "");
  EXPECT_EQ(ErrorOf("\nget a --bogus\n\n\n"), "invalid txn request: get a --bogus");
  EXPECT_EQ(err_.str().substr(0, 7), "Usage:\n");
  EXPECT_EQ(ErrorOf("\nput a\n\n\n"), "put command needs 1 argument and input from stdin or 2 arguments");
}

}  // namespace
}  // namespace quorate::ctl
