#include "quorate/base/simulated_file_system.h"

#include <algorithm>

#include "quorate/base/check.h"

namespace quorate::base {

struct SimulatedFileSystem::Inode {
  std::string bytes;
  std::string durable;
  // What unsynced writes made of each sector they touched, oldest first.
  std::map<uint64_t, std::vector<std::string>> unsynced;
};

// `to` empty: removed. `from` empty: created.
struct SimulatedFileSystem::DirectoryChange {
  std::string from;
  std::string to;
  std::shared_ptr<Inode> inode;
};

namespace {

absl::Status Gone(const std::string& path) {
  return MakeStatus(absl::StatusCode::kAborted, path + ": the simulated process has ended");
}

absl::Status NotFound(const std::string& path) {
  return MakeStatus(absl::StatusCode::kNotFound, "open " + path + ": No such file or directory");
}

std::string SectorOf(const std::string& bytes, uint64_t sector) {
  const uint64_t begin = sector * SimulatedFileSystem::kSectorBytes;
  std::string content = begin < bytes.size() ? bytes.substr(begin, SimulatedFileSystem::kSectorBytes) : "";
  content.resize(SimulatedFileSystem::kSectorBytes, '\0');
  return content;
}

template <typename Names, typename DirectoryChange>
void Apply(Names& names, const DirectoryChange& change) {
  if (!change.from.empty()) names.erase(change.from);
  if (!change.to.empty()) names[change.to] = change.inode;
}

}  // namespace

class SimulatedFile final : public File {
 public:
  using Operation = SimulatedFileSystem::Operation;

  SimulatedFile(SimulatedFileSystem& files, std::shared_ptr<SimulatedFileSystem::Inode> inode, std::string path,
                OpenMode mode)
      : files_(files), inode_(std::move(inode)), path_(std::move(path)), mode_(mode), epoch_(files.epoch_) {}

  absl::Status WriteAt(uint64_t offset, std::string_view bytes) override {
    MutexLock lock(&files_.mutex_);
    if (epoch_ != files_.epoch_) return Gone(path_);
    QUORATE_CHECK(mode_ != OpenMode::kReadOnly) << path_;
    return files_.Write(*inode_, offset, bytes, path_);
  }

  absl::StatusOr<std::string> ReadAt(uint64_t offset, size_t length) override {
    MutexLock lock(&files_.mutex_);
    if (epoch_ != files_.epoch_) return Gone(path_);
    QUORATE_RETURN_IF_ERROR(files_.Check(Operation::kRead, path_));
    return offset >= inode_->bytes.size() ? std::string() : inode_->bytes.substr(offset, length);
  }

  absl::Status SyncData() override {
    MutexLock lock(&files_.mutex_);
    if (epoch_ != files_.epoch_) return Gone(path_);
    if (absl::Status status = files_.Check(Operation::kSync, path_); !status.ok()) {
      // As on Linux: the pages are taken for clean, so that they are read, and a later sync says nothing of them.
      files_.SettleUnsynced(*inode_);
      return status;
    }
    ++files_.sync_count_;
    inode_->durable.resize(inode_->bytes.size(), '\0');
    for (const auto& [sector, versions] : inode_->unsynced) {
      const uint64_t begin = sector * SimulatedFileSystem::kSectorBytes;
      const uint64_t length = std::min(SimulatedFileSystem::kSectorBytes, inode_->bytes.size() - begin);
      inode_->durable.replace(begin, length, inode_->bytes, begin, length);
    }
    inode_->unsynced.clear();
    return absl::OkStatus();
  }

  absl::StatusOr<uint64_t> Size() override {
    MutexLock lock(&files_.mutex_);
    if (epoch_ != files_.epoch_) return Gone(path_);
    return static_cast<uint64_t>(inode_->bytes.size());
  }

  const std::string& path() const override { return path_; }

 private:
  SimulatedFileSystem& files_;
  const std::shared_ptr<SimulatedFileSystem::Inode> inode_;
  const std::string path_;
  const OpenMode mode_;
  const uint64_t epoch_;
};

class SimulatedDirectory final : public Directory {
 public:
  SimulatedDirectory(SimulatedFileSystem& files, std::string path)
      : files_(files), path_(std::move(path)), epoch_(files.epoch_) {}

  absl::Status Sync() override {
    MutexLock lock(&files_.mutex_);
    if (epoch_ != files_.epoch_) return Gone(path_);
    return files_.SyncChanges(path_);
  }

 private:
  SimulatedFileSystem& files_;
  const std::string path_;
  const uint64_t epoch_;
};

SimulatedFileSystem::SimulatedFileSystem(uint64_t seed) : random_(seed) {}
SimulatedFileSystem::~SimulatedFileSystem() = default;

absl::Status SimulatedFileSystem::Check(Operation operation, const std::string& path) {
  return fault_ ? fault_(operation, path) : absl::OkStatus();
}

uint64_t SimulatedFileSystem::UsedBytes() const {
  uint64_t used = 0;
  for (const auto& [path, inode] : names_) used += inode->bytes.size();
  return used;
}

absl::Status SimulatedFileSystem::Write(Inode& inode, uint64_t offset, std::string_view bytes,
                                        const std::string& path) {
  if (absl::Status status = Check(Operation::kWrite, path); !status.ok()) {
    Store(inode, offset, bytes.substr(0, random_() % (bytes.size() / kSectorBytes + 1) * kSectorBytes));
    return status;
  }
  const uint64_t end = offset + bytes.size();
  if (end > inode.bytes.size() && capacity_bytes_ != UINT64_MAX) {
    const uint64_t used = UsedBytes();
    const uint64_t free = capacity_bytes_ > used ? capacity_bytes_ - used : 0;
    if (end - inode.bytes.size() > free) {
      const uint64_t writable_end = (inode.bytes.size() + free) / kSectorBytes * kSectorBytes;
      if (writable_end > offset) Store(inode, offset, bytes.substr(0, writable_end - offset));
      return MakeStatus(absl::StatusCode::kResourceExhausted, "write " + path + ": No space left on device");
    }
  }
  Store(inode, offset, bytes);
  return absl::OkStatus();
}

void SimulatedFileSystem::Store(Inode& inode, uint64_t offset, std::string_view bytes) {
  if (bytes.empty()) return;
  const uint64_t end = offset + bytes.size();
  if (inode.bytes.size() < end) inode.bytes.resize(end, '\0');
  inode.bytes.replace(offset, bytes.size(), bytes);
  for (uint64_t sector = offset / kSectorBytes; sector * kSectorBytes < end; ++sector) {
    inode.unsynced[sector].push_back(SectorOf(inode.bytes, sector));
  }
}

absl::StatusOr<std::unique_ptr<File>> SimulatedFileSystem::Open(const std::string& path, OpenMode mode) {
  MutexLock lock(&mutex_);
  QUORATE_RETURN_IF_ERROR(Check(Operation::kOpen, path));
  const auto found = names_.find(path);
  if (mode == OpenMode::kCreate) {
    if (found != names_.end()) {
      return MakeStatus(absl::StatusCode::kAlreadyExists, "open " + path + ": File exists");
    }
    auto inode = std::make_shared<Inode>();
    Change({"", path, inode});
    return std::make_unique<SimulatedFile>(*this, std::move(inode), path, mode);
  }
  if (found == names_.end()) return NotFound(path);
  return std::make_unique<SimulatedFile>(*this, found->second, path, mode);
}

absl::StatusOr<std::vector<std::string>> SimulatedFileSystem::List(const std::string& directory) {
  MutexLock lock(&mutex_);
  QUORATE_RETURN_IF_ERROR(Check(Operation::kList, directory));
  std::vector<std::string> names;
  for (const auto& [path, inode] : names_) {
    if (ParentOf(path) == directory) names.push_back(path.substr(path.rfind('/') + 1));
  }
  return names;
}

void SimulatedFileSystem::Change(DirectoryChange change) {
  Apply(names_, change);
  unsynced_changes_.push_back(std::move(change));
}

absl::Status SimulatedFileSystem::Rename(const std::string& from, const std::string& to) {
  MutexLock lock(&mutex_);
  QUORATE_RETURN_IF_ERROR(Check(Operation::kRename, from));
  const auto found = names_.find(from);
  if (found == names_.end()) return NotFound(from);
  Change({from, to, found->second});
  return absl::OkStatus();
}

absl::Status SimulatedFileSystem::Remove(const std::string& path) {
  MutexLock lock(&mutex_);
  QUORATE_RETURN_IF_ERROR(Check(Operation::kRemove, path));
  const auto found = names_.find(path);
  if (found == names_.end()) return NotFound(path);
  Change({path, "", found->second});
  return absl::OkStatus();
}

absl::Status SimulatedFileSystem::CreateDirectories(const std::string& path) { return absl::OkStatus(); }

absl::StatusOr<std::unique_ptr<Directory>> SimulatedFileSystem::OpenDirectory(const std::string& path) {
  MutexLock lock(&mutex_);
  QUORATE_RETURN_IF_ERROR(Check(Operation::kOpenDirectory, path));
  return std::make_unique<SimulatedDirectory>(*this, path);
}

absl::Status SimulatedFileSystem::SyncChanges(const std::string& directory) {
  QUORATE_RETURN_IF_ERROR(Check(Operation::kSyncDirectory, directory));
  ++sync_count_;
  std::vector<DirectoryChange> others;
  for (DirectoryChange& change : unsynced_changes_) {
    const bool here = ParentOf(change.from.empty() ? change.to : change.from) == directory;
    if (here) {
      Apply(durable_names_, change);
    } else {
      others.push_back(std::move(change));
    }
  }
  unsynced_changes_ = std::move(others);
  return absl::OkStatus();
}

bool SimulatedFileSystem::Exists(const std::string& path) {
  MutexLock lock(&mutex_);
  return names_.contains(path);
}

void SimulatedFileSystem::SetFault(Fault fault) {
  MutexLock lock(&mutex_);
  fault_ = std::move(fault);
}

void SimulatedFileSystem::SetCapacity(uint64_t bytes) {
  MutexLock lock(&mutex_);
  capacity_bytes_ = bytes;
}

void SimulatedFileSystem::SettleUnsynced(Inode& inode) {
  std::string survived = inode.durable;
  if (inode.bytes.size() != inode.durable.size() && random_() % 2 == 0) survived.resize(inode.bytes.size(), '\0');
  // Crashes that lose everything or nothing matter as much as those that mix.
  const uint64_t mood = random_() % 4;
  for (const auto& [sector, versions] : inode.unsynced) {
    const uint64_t begin = sector * kSectorBytes;
    if (begin >= survived.size()) continue;
    const uint64_t pick = mood == 0 ? 0 : mood == 1 ? versions.size() : random_() % (versions.size() + 1);
    if (pick == 0) continue;
    const uint64_t length = std::min<uint64_t>(kSectorBytes, survived.size() - begin);
    survived.replace(begin, length, versions[pick - 1], 0, length);
  }
  inode.durable = std::move(survived);
  inode.unsynced.clear();
}

void SimulatedFileSystem::Crash() {
  MutexLock lock(&mutex_);
  ++epoch_;
  const size_t kept = random_() % (unsynced_changes_.size() + 1);
  for (size_t i = 0; i < kept; ++i) Apply(durable_names_, unsynced_changes_[i]);
  unsynced_changes_.clear();
  names_ = durable_names_;
  for (auto& [path, inode] : names_) {
    SettleUnsynced(*inode);
    inode->bytes = inode->durable;
  }
}

void SimulatedFileSystem::Kill() {
  MutexLock lock(&mutex_);
  ++epoch_;
}

std::map<std::string, std::string> SimulatedFileSystem::Contents() const {
  MutexLock lock(&mutex_);
  std::map<std::string, std::string> contents;
  for (const auto& [path, inode] : names_) contents[path] = inode->bytes;
  return contents;
}

void SimulatedFileSystem::Restore(const std::map<std::string, std::string>& contents) {
  MutexLock lock(&mutex_);
  ++epoch_;
  names_.clear();
  unsynced_changes_.clear();
  for (const auto& [path, bytes] : contents) {
    auto inode = std::make_shared<Inode>();
    inode->bytes = bytes;
    inode->durable = bytes;
    names_[path] = std::move(inode);
  }
  durable_names_ = names_;
}

void SimulatedFileSystem::FlipBit(const std::string& path, uint64_t byte, int bit) {
  MutexLock lock(&mutex_);
  const auto found = names_.find(path);
  QUORATE_CHECK(found != names_.end() && byte < found->second->bytes.size()) << path << " byte " << byte;
  const auto flip = [&](std::string& bytes) {
    if (byte < bytes.size()) bytes[byte] = static_cast<char>(bytes[byte] ^ (1 << bit));
  };
  flip(found->second->bytes);
  flip(found->second->durable);
}

uint64_t SimulatedFileSystem::sync_count() const {
  MutexLock lock(&mutex_);
  return sync_count_;
}

}  // namespace quorate::base
