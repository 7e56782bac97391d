#include "quorate/mvcc/key_index.h"

#include <atomic>
#include <memory>
#include <utility>
#include <vector>

#include "quorate/base/check.h"
#include "src/mvcc/index_branch.h"
#include "src/mvcc/index_editor.h"
#include "src/mvcc/index_loader.h"
#include "src/mvcc/index_pins.h"
#include "src/mvcc/index_reclaimer.h"
#include "src/mvcc/index_tree.h"
#include "src/mvcc/index_undo.h"

namespace quorate::mvcc {
namespace {

using Visitor = std::function<bool(std::string_view key, const KeyState& state)>;

std::optional<KeyState> FindState(const index::Root& root, std::string_view key) {
  const index::Item* item = index::FindItem(root.node, key);
  if (item == nullptr) return std::nullopt;
  return item->state();
}

void ScanRange(const index::Root& root, const KeyRange& range, const Visitor& visit) {
  index::WalkRange(root, range, [&visit](const index::Item& item) { return visit(item.key(), item.state()); });
}

}  // namespace

struct KeyIndex::Rep {
  struct alignas(64) LoadPart {
    index::ByteCounter bytes;
    index::Loader loader{&bytes};
  };

  explicit Rep(const KeyIndexOptions& index_options)
      : options(index_options),
        reclaimer(&bytes),
        undo(index_options.undo_changes_max, index_options.undo_bytes_max),
        editor(index::MakeEmptyTree(0, &bytes), 0, 1, &bytes, &reclaimer),
        kept(index_options.pinned_roots_max, index_options.pinned_bytes_max, &branch_bytes, &felled) {
    PublishRoot(0);
    SetLoadParts(1);
  }

  void SetLoadParts(size_t parts) {
    loading.clear();
    while (loading.size() < parts) loading.push_back(std::make_unique<LoadPart>());
  }

  index::Root writer_root() const { return {published_revision.load(), editor.root(), editor.size()}; }
  void PublishRoot(int64_t revision) {
    bytes.Add(index::AllocationBytes(sizeof(index::Root)));
    published.store(new index::Root{revision, editor.root(), editor.size()}, std::memory_order_seq_cst);
    RaiseRevision(revision);
  }
  // Whoever finds a newer root first, the writer or a reader: once one has been seen, no older revision is told.
  void RaiseRevision(int64_t revision) {
    int64_t former = published_revision.load(std::memory_order_seq_cst);
    while (former < revision && !published_revision.compare_exchange_weak(former, revision)) {
    }
  }

  const KeyIndexOptions options;

  // The writer's own.
  index::ByteCounter bytes;  // nodes and items of the writer's making, retired ones included
  index::Reclaimer reclaimer;
  index::UndoLog undo;  // but for what it says any thread may do
  std::vector<std::unique_ptr<LoadPart>> loading;  // each one thread's
  index::Editor editor;
  int64_t changed_revision = 0;  // the highest main revision of a change so far
  uint64_t changes = 0;
  index::Pins collected;  // reused, so that Publish does not allocate

  // Shared. A reader pins published_revision, which is never above the root's, before it takes the root.
  alignas(64) std::atomic<const index::Root*> published{nullptr};
  std::atomic<int64_t> published_revision{0};
  std::atomic<uint64_t> published_changes{0};
  alignas(64) index::PinTable pins;
  std::atomic<size_t> branch_bytes{0};  // of those that somebody holds
  index::FelledBranches felled{&branch_bytes};
  index::KeptBranches kept;
};

IndexView::IndexView() = default;

IndexView::IndexView(const index::Root* root, index::PinSlot* pin) : root_(root), pin_(pin) {}

IndexView::IndexView(std::shared_ptr<const index::Branch> branch)
    : root_(&branch->root()), branch_(std::move(branch)) {}

IndexView::IndexView(IndexView&& other) noexcept
    : root_(std::exchange(other.root_, nullptr)),
      pin_(std::exchange(other.pin_, nullptr)),
      branch_(std::move(other.branch_)) {}

IndexView& IndexView::operator=(IndexView&& other) noexcept {
  if (this == &other) return *this;
  if (pin_ != nullptr) pin_->Release();
  root_ = std::exchange(other.root_, nullptr);
  pin_ = std::exchange(other.pin_, nullptr);
  branch_ = std::move(other.branch_);
  return *this;
}

IndexView::~IndexView() {
  if (pin_ != nullptr) pin_->Release();
}

const index::Root& IndexView::root() const {
  QUORATE_CHECK(root_ != nullptr) << "an empty view was asked";
  return *root_;
}

int64_t IndexView::revision() const { return root().revision; }
uint64_t IndexView::size() const { return root().size; }
std::optional<KeyState> IndexView::Find(std::string_view key) const { return FindState(root(), key); }
uint64_t IndexView::Count(const KeyRange& range) const { return index::CountRange(root(), range); }
void IndexView::Scan(const KeyRange& range, const Visitor& visit) const { ScanRange(root(), range, visit); }

KeyIndex::KeyIndex(KeyIndexOptions options) : rep_(std::make_unique<Rep>(options)) {}

KeyIndex::~KeyIndex() {
  rep_->kept.Clear();
  rep_->pins.Collect(&rep_->collected);
  QUORATE_CHECK(rep_->collected.revisions.empty() && rep_->collected.open_from == index::Pins::kNone)
      << "the key index goes while a view of it is held";
  index::FreeTree(rep_->editor.root());
  delete rep_->published.load();
}

void KeyIndex::BeginLoad(size_t parts) {
  QUORATE_CHECK(parts > 0);
  rep_->SetLoadParts(parts);
}

void KeyIndex::LoadAscending(std::string_view key, const KeyState& state, size_t part) {
  const index::Item* item = index::Item::Create(key, state);
  rep_->loading[part]->bytes.Add(item->bytes());
  rep_->loading[part]->loader.Add(item);
}

void KeyIndex::FinishLoad(int64_t revision) {
  QUORATE_CHECK(rep_->published_revision == 0 && rep_->changes == 0) << "loading comes before anything else";
  rep_->undo.Start(revision);
  index::Loader& loader = rep_->loading.front()->loader;
  for (auto part = rep_->loading.begin() + 1; part != rep_->loading.end(); ++part) loader.Append(&(*part)->loader);
  if (loader.size() > 0) {
    const uint64_t size = loader.size();
    rep_->bytes.Subtract(index::NodeBytes(*rep_->editor.root()));
    index::DestroyNode(rep_->editor.root());
    rep_->editor = index::Editor(loader.Finish(revision), size, revision + 1, &rep_->bytes, &rep_->reclaimer);
    for (const auto& part : rep_->loading) rep_->bytes.Add(part->bytes.value());
  }
  rep_->loading.clear();
  rep_->editor.set_version(revision + 1);
  rep_->bytes.Subtract(index::AllocationBytes(sizeof(index::Root)));
  delete rep_->published.load();
  rep_->PublishRoot(revision);
}

std::optional<KeyState> KeyIndex::Find(std::string_view key) const { return FindState(rep_->writer_root(), key); }
uint64_t KeyIndex::Count(const KeyRange& range) const { return index::CountRange(rep_->writer_root(), range); }
uint64_t KeyIndex::size() const { return rep_->editor.size(); }
void KeyIndex::Scan(const KeyRange& range, const Visitor& visit) const { ScanRange(rep_->writer_root(), range, visit); }

void KeyIndex::Put(std::string_view key, const KeyState& state) {
  QUORATE_CHECK(state.modified.main >= rep_->editor.version())
      << "a put at revision " << state.modified.main << ", already published";
  const index::Item* item = index::Item::Create(key, state);
  rep_->bytes.Add(item->bytes());
  rep_->changed_revision = state.modified.main;
  ++rep_->changes;
  rep_->undo.Add({rep_->editor.Set(item), item, state.modified.main});
}

bool KeyIndex::Erase(std::string_view key, Revision revision) {
  QUORATE_CHECK(revision.main >= rep_->editor.version())
      << "an erasure at revision " << revision.main << ", already published";
  const index::Item* item = rep_->editor.Remove(key);
  if (item == nullptr) return false;
  rep_->changed_revision = revision.main;
  ++rep_->changes;
  rep_->undo.Add({item, nullptr, revision.main});
  return true;
}

void KeyIndex::Publish(int64_t revision) {
  const int64_t former = rep_->published_revision.load(std::memory_order_relaxed);
  QUORATE_CHECK(revision >= former && revision >= rep_->changed_revision)
      << "publishing revision " << revision << " after " << former << " with changes up to " << rep_->changed_revision;
  if (revision == former) return;
  rep_->undo.Publish(&rep_->reclaimer);
  rep_->reclaimer.Retire(rep_->published.load(std::memory_order_relaxed), former + 1);
  rep_->PublishRoot(revision);
  rep_->published_changes.store(rep_->changes, std::memory_order_relaxed);
  rep_->editor.set_version(revision + 1);

  const uint64_t idle = rep_->options.pinned_idle_changes_max;
  rep_->kept.TryDropUnusedSince(
      rep_->changes > idle ? rep_->changes - idle : 0,
      rep_->reclaimer.bytes() + rep_->branch_bytes.load(std::memory_order_relaxed) > rep_->options.pinned_bytes_max);
  rep_->pins.Collect(&rep_->collected);
  rep_->reclaimer.Reclaim(rep_->collected);
}

IndexView KeyIndex::View() const {
  index::PinSlot* pin = rep_->pins.PinFrom(rep_->published_revision.load(std::memory_order_acquire));
  const index::Root* root = rep_->published.load(std::memory_order_seq_cst);
  pin->Narrow(root->revision);
  rep_->RaiseRevision(root->revision);
  return IndexView(root, pin);
}

int64_t KeyIndex::revision() const { return rep_->published_revision.load(std::memory_order_seq_cst); }

IndexView KeyIndex::ViewAt(int64_t revision) {
  IndexView newest = View();
  if (revision == newest.revision()) return newest;
  if (revision < 0 || revision > newest.revision()) return IndexView();
  std::shared_ptr<const index::Branch> branch =
      rep_->kept.At(revision, rep_->published_changes.load(std::memory_order_relaxed), [&](const auto& kept) {
        return index::Branch::Roll(revision, std::move(newest), kept, &rep_->pins, rep_->undo, &rep_->felled);
      });
  return branch == nullptr ? IndexView() : IndexView(std::move(branch));
}

uint64_t KeyIndex::ChangesSince(int64_t revision) const {
  if (rep_->kept.Has(revision)) return 0;
  return rep_->undo.ChangesBetween(revision, rep_->published_revision.load(std::memory_order_acquire));
}

void KeyIndex::ForgetBefore(int64_t compacted_revision) {
  rep_->undo.ForgetBefore(compacted_revision);
  rep_->kept.DropBefore(compacted_revision);
}

size_t KeyIndex::memory_bytes() const {
  return sizeof(Rep) + rep_->bytes.value() + rep_->undo.bytes() + rep_->pins.bytes() +
         rep_->branch_bytes.load(std::memory_order_relaxed) + rep_->felled.bytes();
}

}  // namespace quorate::mvcc
