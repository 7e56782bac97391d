// What a member reads of itself when it starts: the records of the `meta` family and the identity file. The first byte
// chooses: a whole identity file, or records, each a byte for the name, a length and the rest of the name, and two
// bytes for the length of the value.

#include <array>
#include <cstdlib>
#include <memory>
#include <utility>

#include "fuzz/directory.h"
#include "fuzz/target.h"
#include "quorate/base/check.h"
#include "quorate/base/simulated_file_system.h"
#include "quorate/lease/leases.h"
#include "quorate/lease/lessor.h"
#include "quorate/membership/membership.h"
#include "quorate/storage/database.h"
#include "src/replica/alarms.h"
#include "src/replica/applied_position.h"
#include "src/replica/identity_file.h"
#include "src/replica/member_attributes.h"

namespace quorate::fuzz {
namespace {

// The last is the beginning of no name.
constexpr std::array<std::string_view, 5> kNames = {"cluster", "replica/applied", "alarm/", "lease/", ""};

void TryIdentity(std::string_view bytes) {
  base::SimulatedFileSystem files(1);
  files.Restore({{"d/member/identity", std::string(bytes)}});
  const auto identity = replica::ReadIdentity(files, "d/member");
  if (!identity.ok()) {
    QUORATE_CHECK(base::MessageOf(identity.status()).find("identity") != std::string_view::npos);
    return;
  }
  if (!identity->has_value()) return;
  QUORATE_CHECK(replica::WriteIdentity(files, "d/member", **identity).ok());
  const auto again = replica::ReadIdentity(files, "d/member");
  QUORATE_CHECK(again.ok() && (*again)->name == (*identity)->name && (*again)->member_id == (*identity)->member_id);
}

// Empty now and then: what was deleted is in the way of those who look for what is left.
struct Store {
  static constexpr int kRunsMax = 1000;

  Store() {
    storage::DatabaseOptions options;
    options.path = (directory.path() / "store").string();
    options.flush_on_close = false;
    database = storage::Database::Open(options).value();
  }
  const Directory directory;
  std::unique_ptr<storage::Database> database;
};

std::unique_ptr<Store>& TheStore() {
  static std::unique_ptr<Store> store;
  return store;
}

storage::Database& NextStore() {
  std::unique_ptr<Store>& store = TheStore();
  static int runs = 0;
  if (runs++ % Store::kRunsMax == 0) {
    store.reset();
    store = std::make_unique<Store>();
  }
  return *store->database;
}

void TryRecords(Input input) {
  storage::Database& store = NextStore();
  storage::WriteBatch batch;
  // One by one: deleted ranges slow reading down.
  static std::vector<std::string> names;
  for (const std::string& name : std::exchange(names, {})) batch.Delete(storage::Family::kMeta, name);
  bool has_lease = false;
  while (!input.empty()) {
    std::string name(kNames[input.Number(1) % kNames.size()]);
    name += input.Take(input.Number(1));
    has_lease = has_lease || name.starts_with("lease/");
    batch.Put(storage::Family::kMeta, name, input.Take(input.Number(2)));
    names.push_back(std::move(name));
  }
  QUORATE_CHECK(store.WriteUnmarked(batch).ok());
  membership::Load(store).status().IgnoreError();
  replica::LoadApplied(store).status().IgnoreError();
  replica::LoadAlarms(store).status().IgnoreError();
  if (has_lease) {
    // A wheel for all time to come: not made for nothing.
    lease::Lessor lessor({.clock = &base::SystemClock()});
    lease::Leases leases(&lessor);
    leases.Load(store).IgnoreError();
  }
  // Now that all that its library needs is there, and will be gone only after it.
  [[maybe_unused]] static const int registered = std::atexit([] { TheStore().reset(); });
}

std::string Record(char name, std::string_view rest, std::string_view value) {
  return std::string{name, static_cast<char>(rest.size())} + std::string(rest) +
         std::string{static_cast<char>(value.size()), '\0'} + std::string(value);
}

}  // namespace

void Try(std::string_view bytes) {
  Input input(bytes);
  if (input.Number(1) == 0) return TryIdentity(input.Rest());
  membership::Member attributes;
  replica::DecodeMemberAttributes(input.Rest(), &attributes);
  TryRecords(input);
}

std::vector<std::string> Seeds() {
  base::SimulatedFileSystem files(1);
  QUORATE_CHECK(files.CreateDirectories("d/member").ok());
  QUORATE_CHECK(replica::WriteIdentity(files, "d/member",
                                       {.complete = true, .name = "m", .token = "t", .cluster_id = 1, .member_id = 2})
                    .ok());
  // As they are written: varints 7 and 8; a cluster of one member; big-endian numbers.
  const std::string position("\x08\7\x10\x08", 4);
  const std::string member("\x08\1\x12\1m\x1a\1p\x22\1c", 11);
  const std::string cluster = std::string("\x08\5\x12\1t\x1a", 6) + static_cast<char>(member.size()) + member;
  const std::string number(8, '\1');
  return {'\0' + files.Contents().at("d/member/identity"),
          '\1' + Record(0, "", cluster) + Record(1, "", position) + Record(2, std::string("\0\0\0\1", 4) + number, "") +
              Record(3, number, std::string("\x08\x3c", 2)) + Record(4, "compact", number)};
}

}  // namespace quorate::fuzz
