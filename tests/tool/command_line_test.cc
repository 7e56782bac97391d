#include "quorate/tool/command_line.h"

#include <gtest/gtest.h>

#include "quorate/tool/help.h"

namespace quorate::tool {
namespace {

// A small tree: root with globals, `get` with flags of every type, `group` with two children.
class CommandLineTest : public testing::Test {
 protected:
  CommandLineTest() {
    root_.AddFlag("w,write-out", &format_, "format");
    root_.AddFlag("hex", &hex_, "hex");
    root_.AddFlag("endpoints", &endpoints_, "endpoints");
    get_ = &root_.Add({"get", "<key>", "Reads"});
    get_->AddFlag("prefix", &prefix_, "prefix");
    get_->AddFlag("limit", &limit_, "limit");
    get_->AddFlag("wait", &wait_, "wait");
    get_->SetAction([](const Arguments&) { return absl::OkStatus(); });
    root_.Add({"put", "", "Writes"});
    group_ = &root_.Add({"group", "", "Groups"});
    group_->AddFlag("cluster", &cluster_, "all");
    list_ = &group_->Add({"list", "", "Lists"});
    list_->SetAction(get_->action());
    group_->Add({"lift", "", "Lifts"});
  }

  // The error's text, empty if there is none.
  std::string Parse(const Arguments& line) {
    parsed_ = {};
    error_ = ParseCommandLine(root_, line, parsed_);
    return std::string(base::MessageOf(error_.status));
  }

  std::string format_ = "simple";
  bool hex_ = false, prefix_ = false, cluster_ = false;
  int64_t limit_ = 0;
  Duration wait_ = std::chrono::seconds(5);
  std::vector<std::string> endpoints_ = {"default"};
  Command root_{{"tool", "", "A tool"}};
  Command* get_;
  Command* group_;
  Command* list_;
  ParsedLine parsed_;
  LineError error_;
};

TEST_F(CommandLineTest, FlagsStandAnywhere) {
  EXPECT_EQ(Parse({"--hex", "-w", "json", "get", "--prefix", "a", "--limit=5", "b", "--wait", "1m"}), "");
  EXPECT_EQ(parsed_.command, get_);
  EXPECT_EQ(parsed_.arguments, (Arguments{"a", "b"}));
  EXPECT_TRUE(hex_ && prefix_);
  EXPECT_EQ(format_, "json");
  EXPECT_EQ(limit_, 5);
  EXPECT_EQ(wait_, std::chrono::minutes(1));
}

TEST_F(CommandLineTest, AFlagWhoseValueIsRefusedIsNotSet) {
  const Flag* limit = get_->FindFlag("limit");
  EXPECT_FALSE(limit->Set("much").ok());
  EXPECT_FALSE(limit->IsSet());
  EXPECT_TRUE(limit->Set("7").ok());
  EXPECT_TRUE(limit->IsSet());
  EXPECT_EQ(limit_, 7);
}

TEST_F(CommandLineTest, ValuesMayLookLikeFlags) {
  EXPECT_EQ(Parse({"get", "--limit", "-5", "-w", "--hex"}), "");
  EXPECT_EQ(limit_, -5);
  EXPECT_EQ(format_, "--hex");
  EXPECT_FALSE(hex_);
}

TEST_F(CommandLineTest, TwoDashesEndTheFlags) {
  EXPECT_EQ(Parse({"get", "a", "--", "--hex", "--", "-"}), "");
  EXPECT_EQ(parsed_.arguments, (Arguments{"a", "--hex", "--", "-"}));
  EXPECT_FALSE(hex_);
  EXPECT_TRUE(parsed_.has_dashes);
  EXPECT_EQ(parsed_.before_dashes, 1u);
  EXPECT_EQ(Parse({"get", "a", "b"}), "");
  EXPECT_FALSE(parsed_.has_dashes);
  EXPECT_EQ(parsed_.before_dashes, 2u);
}

TEST_F(CommandLineTest, EmptyWordsAndSingleDashesAreArguments) {
  EXPECT_EQ(Parse({"get", "", "-"}), "");
  EXPECT_EQ(parsed_.arguments, (Arguments{"", "-"}));
}

TEST_F(CommandLineTest, SwitchesTakeTheirValueBehindAnEqualsSignOnly) {
  EXPECT_EQ(Parse({"get", "--prefix=f", "--hex", "false"}), "");
  EXPECT_FALSE(prefix_);
  EXPECT_TRUE(hex_);
  EXPECT_EQ(parsed_.arguments, Arguments{"false"});
}

TEST_F(CommandLineTest, ShorthandsTakeTheirValueInManyForms) {
  for (const Arguments& form : {Arguments{"-wjson"}, Arguments{"-w=json"}, Arguments{"-w", "json"}}) {
    format_.clear();
    Arguments line = form;
    line.insert(line.begin(), "get");
    EXPECT_EQ(Parse(line), "");
    EXPECT_EQ(format_, "json");
  }
}

TEST_F(CommandLineTest, LastValueWinsAndListsGrow) {
  EXPECT_EQ(Parse({"get", "-w", "a", "-w", "b", "--endpoints", "x,y", "--endpoints", "z"}), "");
  EXPECT_EQ(format_, "b");
  EXPECT_EQ(endpoints_, (std::vector<std::string>{"x", "y", "z"}));
}

TEST_F(CommandLineTest, NamesMayBeCutShortWhileTheyAreUnique) {
  EXPECT_EQ(Parse({"ge", "a"}), "");
  EXPECT_EQ(parsed_.command, get_);
  EXPECT_EQ(Parse({"gr", "--cluster", "lis"}), "");
  EXPECT_EQ(parsed_.command, list_);
  EXPECT_TRUE(cluster_);
  EXPECT_EQ(Parse({"g"}), "unknown command \"g\" for \"tool\"\n\nDid you mean this?\n\tget\n\tgroup\n");
  EXPECT_FALSE(error_.shows_usage);
}

TEST_F(CommandLineTest, UnknownCommandsSuggestNearOnes) {
  EXPECT_EQ(Parse({"gett"}), "unknown command \"gett\" for \"tool\"\n\nDid you mean this?\n\tget\n");
  EXPECT_EQ(Parse({"nothing"}), "unknown command \"nothing\" for \"tool\"");
}

TEST_F(CommandLineTest, UnknownSubcommandsAreArgumentsOfTheGroup) {
  EXPECT_EQ(Parse({"group", "other"}), "");
  EXPECT_EQ(parsed_.command, group_);
  EXPECT_EQ(parsed_.arguments, Arguments{"other"});
}

TEST_F(CommandLineTest, FirstWrongFlagIsNamedWithTheUsageOfItsCommand) {
  EXPECT_EQ(Parse({"get", "a", "--limit", "x", "--bogus"}),
            "invalid argument \"x\" for \"--limit\" flag: strconv.ParseInt: parsing \"x\": invalid syntax");
  EXPECT_TRUE(error_.shows_usage);
  EXPECT_EQ(parsed_.command, get_);
  EXPECT_EQ(Parse({"get", "--bogus=1"}), "unknown flag: --bogus");
  EXPECT_EQ(Parse({"get", "--pre"}), "unknown flag: --pre");
  EXPECT_EQ(Parse({"get", "-z"}), "unknown shorthand flag: 'z' in -z");
  EXPECT_EQ(Parse({"get", "-hz"}), "unknown shorthand flag: 'z' in -z");
  EXPECT_EQ(Parse({"get", "-1"}), "unknown shorthand flag: '1' in -1");
  EXPECT_EQ(Parse({"get", "--limit"}), "flag needs an argument: --limit");
  EXPECT_EQ(Parse({"get", "-w"}), "flag needs an argument: 'w' in -w");
  EXPECT_EQ(Parse({"get", "---x"}), "bad flag syntax: ---x");
  EXPECT_EQ(Parse({"get", "--=x"}), "bad flag syntax: --=x");
  EXPECT_EQ(Parse({"get", "--wait", "1"}),
            "invalid argument \"1\" for \"--wait\" flag: time: missing unit in duration \"1\"");
  EXPECT_EQ(Parse({"put", "--limit", "1"}), "unknown flag: --limit");
}

TEST_F(CommandLineTest, HelpIsAskedForBehindGoodFlagsOnly) {
  EXPECT_EQ(Parse({"get", "--help", "a"}), "");
  EXPECT_TRUE(parsed_.wants_help);
  EXPECT_NE(Parse({"get", "--help", "--bogus"}), "");
}

TEST_F(CommandLineTest, UsageShowsLocalFlagsWithTypesAndDefaults) {
  EXPECT_EQ(UsageOf(*get_),
            "Usage:\n"
            "  tool get <key> [flags]\n"
            "\n"
            "Flags:\n"
            "  -h, --help            help for get\n"
            "      --limit int       limit\n"
            "      --prefix          prefix\n"
            "      --wait duration   wait (default 5s)\n");
  EXPECT_EQ(UsageOf(*list_),
            "Usage:\n"
            "  tool group list [flags]\n"
            "\n"
            "Flags:\n"
            "  -h, --help   help for list\n"
            "\n"
            "Global Flags:\n"
            "      --cluster   all\n");
}

TEST_F(CommandLineTest, HelpOfAGroupListsItsCommands) {
  EXPECT_EQ(HelpOf(*group_),
            "Groups\n"
            "\n"
            "Usage:\n"
            "  tool group [command]\n"
            "\n"
            "Available Commands:\n"
            "  lift        Lifts\n"
            "  list        Lists\n"
            "\n"
            "Flags:\n"
            "      --cluster   all\n"
            "  -h, --help      help for group\n"
            "\n"
            "Use \"tool group [command] --help\" for more information about a command.\n"
            "Use \"tool options\" for a list of global command-line options (applies to all commands).\n");
}

}  // namespace
}  // namespace quorate::tool
