#pragma once

// Conversations with a node, read like a play: lines that begin with "> " are commands, the lines after one are what
// the node answers. Play() gives back the whole text with the answers as they really were, so a test compares two
// texts.
//
//   > campaign | tick [n] | propose <text> | read <context>
//   > ready             take a Ready and print it
//   > persisted         what the last Ready handed out is on disk
//   > applied           what the last Ready committed is applied
//   > settle            ready, persisted and applied until nothing is left, printing each Ready
//   > compact <index> | status
//   > hear <type> from <id> term <n> [index <n>] [log-term <n>] [commit <n>] [context <n>] [hint <n>] [reject]
//          [entries <term>/<text>...]     a message from a peer; entries follow `index`
//
// Messages are printed as "send" or, those that wait for the disk, as "send after persist".

#include <string>
#include <string_view>

#include "quorate/raft/node.h"

namespace quorate::raft {

std::string Play(Node& node, std::string_view script);

}  // namespace quorate::raft
