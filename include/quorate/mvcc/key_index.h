#pragma once

// The key index: every live key with its latest revision, in memory, in a copy-on-write B+ tree that keeps subtree
// counts. One writer; readers take the published root and see one revision until they let go, and neither waits for
// the other. The past is not here but in the store's `keys` family, so memory is paid per live key, not per revision.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "quorate/mvcc/key_range.h"
#include "quorate/mvcc/revision.h"

namespace quorate::mvcc {

// What the index knows of a live key.
struct KeyState {
  Revision modified;
  int64_t created = 0;  // main revision
  int64_t version = 0;  // 1 for a key just created
  int64_t lease = 0;
  uint16_t size_class = 0;  // of its record, for the store's accounts; means nothing to the index
};

class KeyIndex;

namespace index {
struct Root;
class PinSlot;
class Branch;
}  // namespace index

// The live keys at one revision. Movable; used by one thread at a time; may be taken and let go on different threads.
// Holding it keeps replaced nodes in memory: seconds are fine, for ever is not.
class IndexView {
 public:
  IndexView();
  IndexView(IndexView&&) noexcept;
  IndexView& operator=(IndexView&&) noexcept;
  ~IndexView();

  explicit operator bool() const { return root_ != nullptr; }
  int64_t revision() const;  // the main revision it shows
  uint64_t size() const;     // live keys
  std::optional<KeyState> Find(std::string_view key) const;
  // Live keys in the range; O(log n).
  uint64_t Count(const KeyRange& range) const;
  // Walks the range in key order until visit(key, state) returns false. The key view lives as long as this IndexView.
  void Scan(const KeyRange& range, const std::function<bool(std::string_view key, const KeyState& state)>& visit) const;

 private:
  friend class KeyIndex;
  friend class index::Branch;
  IndexView(const index::Root* root, index::PinSlot* pin);
  explicit IndexView(std::shared_ptr<const index::Branch> branch);
  const index::Root& root() const;

  const index::Root* root_ = nullptr;
  index::PinSlot* pin_ = nullptr;                // of a published state
  std::shared_ptr<const index::Branch> branch_;  // of a state rolled back to
};

struct KeyIndexOptions {
  // How much of the recent past ViewAt can roll back to: at most this many changes are remembered.
  size_t undo_changes_max = 1 << 20;
  // ... and about so many bytes of changes and of the records they replaced.
  size_t undo_bytes_max = 32 << 20;
  // How many rolled-back roots are kept while pages come,
  size_t pinned_roots_max = 64;
  // each until so many changes have passed since it was last asked for,
  uint64_t pinned_idle_changes_max = 1 << 17;
  // and all but the last used only while roots take less than this: those that a reader holds or a kept one grew from,
  // three deep, count and stay until that is gone. At a publication what else readers keep from being freed counts,
  // too, and the longest unused goes. What is dropped is freed in pieces, by publications and by those who roll back.
  size_t pinned_bytes_max = 128 << 20;
};

class KeyIndex {
 public:
  explicit KeyIndex(KeyIndexOptions options = {});
  ~KeyIndex();  // every view must be gone
  KeyIndex(const KeyIndex&) = delete;
  KeyIndex& operator=(const KeyIndex&) = delete;

  // --- Loading, before anything else: keys strictly ascending, then FinishLoad at the revision loaded. O(n). It may go
  // on in parts, each on a thread of its own, when all keys of one are below those of the next.
  void BeginLoad(size_t parts);
  void LoadAscending(std::string_view key, const KeyState& state, size_t part = 0);
  void FinishLoad(int64_t revision);

  // --- The writer's side: one thread at a time. Changes are seen by the writer at once, by readers after Publish.
  std::optional<KeyState> Find(std::string_view key) const;
  uint64_t Count(const KeyRange& range) const;
  uint64_t size() const;
  // As IndexView::Scan over the writer's state; `visit` must not change the index.
  void Scan(const KeyRange& range, const std::function<bool(std::string_view key, const KeyState& state)>& visit) const;
  // Inserts or replaces. `state.modified.main` must be above every published revision.
  void Put(std::string_view key, const KeyState& state);
  // Removes a live key, as of a revision. False when it is not there.
  bool Erase(std::string_view key, Revision revision);
  // Makes all changes so far visible to readers as the state at main revision `revision`, and frees what no reader
  // needs any more (only here: memory that a view kept goes with the publications after it was let go).
  void Publish(int64_t revision);

  // --- Any thread.
  // The newest published state; constant time, no lock that a writer holds for longer than a few instructions.
  IndexView View() const;
  // The revision of that state, never below one that a view showed before.
  int64_t revision() const;
  // The state at a past revision, rolled back from the undo log (once, then kept for the pages to come). Empty when
  // the revision lies before what is remembered, or above what is published: then ask the store's `keys` family.
  IndexView ViewAt(int64_t revision);
  // How many changes ViewAt(revision) would have to roll back, about; 0 when it has the state already. To choose a
  // thread: a change costs about a microsecond.
  uint64_t ChangesSince(int64_t revision) const;
  // Forgets what the undo log has at or below a compacted revision - and roots pinned below it.
  void ForgetBefore(int64_t compacted_revision);
  // Bytes held by nodes and key items, kept and remembered ones included, with malloc's overhead.
  size_t memory_bytes() const;

 private:
  friend class IndexView;
  struct Rep;
  std::unique_ptr<Rep> rep_;
};

}  // namespace quorate::mvcc
