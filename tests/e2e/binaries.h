#pragma once

// Where the programs under test and those to compare with are.

#include <string>

namespace quorate::testing {

// $QUORATE_SUBJECT, or the server of this build.
std::string SubjectServer();
// $QUORATE_CTL, or quoratectl beside the server of this build.
std::string SubjectCtl();
// $QUORATE_UTL, or quorateutl beside the server of this build.
std::string SubjectUtl();

// A program of $QUORATE_REFERENCE, or of this build's reference directory: "etcd", "etcdctl", "etcdutl",
// "clientv3check". Empty when it is not there.
std::string ReferenceProgram(const std::string& name);

// "3.7.1" for a server that says so with --version; empty when it cannot be run.
std::string VersionOf(const std::string& server);

// Whether the reference is the pinned version, or Debian's old one that knows less.
bool ReferenceIsCurrent();

// What a test that needs the pinned version says when it skips.
std::string OldReferenceReason();

}  // namespace quorate::testing
