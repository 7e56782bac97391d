#include "tests/damage/injury.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <vector>

#include "quorate/base/check.h"

namespace quorate::testing {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kSectorBytes = 512;
constexpr uint64_t kBlockBytes = 4096;

void WriteAll(const fs::path& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << bytes;
  QUORATE_CHECK(file.good()) << path;
}

std::string KindOf(const fs::path& path) {
  const std::string name = path.filename();
  if (name.ends_with(".wal")) return "wal";
  if (name.starts_with("spare-")) return "spare";
  if (name.ends_with(".sst")) return "sst";
  if (name.ends_with(".log")) return "rocksdb-log";
  if (name.ends_with(".tmp") || name.ends_with(".dbtmp")) return "unfinished";
  return name.substr(0, name.find('-'));
}

bool IsOfNoConsequence(const std::string& kind) {
  static constexpr const char* kKinds[] = {"lock", "LOCK", "OPTIONS", "IDENTITY", "rocksdb-log", "spare", "unfinished"};
  return std::find(std::begin(kKinds), std::end(kKinds), kind) != std::end(kKinds);
}

// Files by their kind, sorted.
std::map<std::string, std::vector<fs::path>> FilesOf(const std::string& directory) {
  std::map<std::string, std::vector<fs::path>> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file()) files[KindOf(entry.path())].push_back(entry.path());
  }
  for (auto& [kind, paths] : files) std::sort(paths.begin(), paths.end());
  // Where acknowledged writes were put last.
  if (files.contains("wal")) files["wal-last"] = {files["wal"].back()};
  return files;
}

class Surgeon {
 public:
  Surgeon(const std::string& directory, const Sample& sample, const Samples& samples, std::mt19937_64& random)
      : directory_(directory), sample_(sample), samples_(samples), random_(random), files_(FilesOf(directory)) {}

  Injury Operate() {
    auto kind = files_.begin();
    std::advance(kind, Below(files_.size()));
    injury_.victim = kind->first;
    path_ = kind->second[Below(kind->second.size())];
    bytes_ = ReadAll(path_);
    using Operation = void (Surgeon::*)();
    static constexpr Operation kOperations[] = {
        &Surgeon::Flip,   &Surgeon::Flip, &Surgeon::Zero,    &Surgeon::Zero,   &Surgeon::Truncate, &Surgeon::Truncate,
        &Surgeon::Remove, &Surgeon::Swap, &Surgeon::Replace, &Surgeon::GoBack, &Surgeon::Grow,     &Surgeon::Garble};
    const Operation operation = kOperations[Below(std::size(kOperations))];
    (this->*operation)();
    injury_.harmless = IsOfNoConsequence(injury_.victim) && operation != &Surgeon::Swap;
    return injury_;
  }

 private:
  uint64_t Below(uint64_t bound) { return random_() % std::max<uint64_t>(bound, 1); }
  std::string Name() const { return fs::relative(path_, directory_); }
  void Tell(const std::string& kind, const std::string& details) {
    injury_.kind = kind;
    injury_.text = Name() + " (" + std::to_string(bytes_.size()) + " bytes): " + kind + " " + details;
  }
  // A place in the file, mostly where there is something.
  uint64_t Place() {
    const size_t last = bytes_.find_last_not_of('\0');
    const bool in_content = last != std::string::npos && Below(8) != 0;
    return Below(in_content ? last + 1 : bytes_.size());
  }

  void Flip() {
    std::string details = "bits of";
    if (bytes_.empty()) return Grow();
    for (uint64_t flips = 1 + Below(3); flips > 0; --flips) {
      const uint64_t at = Place();
      bytes_[at] = static_cast<char>(bytes_[at] ^ (1 << Below(8)));
      details += " " + std::to_string(at);
    }
    WriteAll(path_, bytes_);
    Tell("flip", details);
  }

  void Zero() {
    if (bytes_.empty()) return Grow();
    const uint64_t unit = Below(2) == 0 ? kSectorBytes : kBlockBytes;
    const uint64_t from = Place() / unit * unit;
    const uint64_t to = std::min<uint64_t>(bytes_.size(), from + unit * (1 + Below(3)));
    std::fill(bytes_.begin() + static_cast<ptrdiff_t>(from), bytes_.begin() + static_cast<ptrdiff_t>(to), '\0');
    WriteAll(path_, bytes_);
    Tell("zero", std::to_string(from) + " to " + std::to_string(to));
  }

  void Truncate() {
    uint64_t size = 0;
    switch (Below(4)) {
      case 0:
        break;
      case 1:
        size = Place() / kSectorBytes * kSectorBytes;
        break;
      case 2:
        size = bytes_.empty() ? 0 : bytes_.size() - 1 - Below(std::min<uint64_t>(bytes_.size(), 64));
        break;
      default:
        size = Place() | 1;
    }
    size = std::min<uint64_t>(size, bytes_.size());
    fs::resize_file(path_, size);
    Tell("truncate", "to " + std::to_string(size));
  }

  void Remove() {
    fs::remove(path_);
    Tell("remove", "");
  }

  void Swap() {
    const std::vector<fs::path>& alike = files_[injury_.victim == "wal-last" ? "wal" : injury_.victim];
    fs::path other = alike[Below(alike.size())];
    if (other == path_) {
      auto kind = files_.begin();
      std::advance(kind, Below(files_.size()));
      other = kind->second.front();
    }
    WriteAll(path_, ReadAll(other));
    WriteAll(other, bytes_);
    Tell("swap", "with " + fs::relative(other, directory_).string());
  }

  // The file of that name, or one of that kind, of another member.
  void Replace() {
    if (samples_.strangers.empty()) return Flip();
    const std::string& stranger = samples_.strangers[Below(samples_.strangers.size())];
    fs::path other = fs::path(stranger) / Name();
    if (!fs::exists(other)) {
      auto files = FilesOf(stranger);
      const std::vector<fs::path>& alike = files[injury_.victim];
      if (alike.empty()) return Remove();
      other = alike[Below(alike.size())];
    }
    WriteAll(path_, ReadAll(other));
    Tell("replace", "by " + other.string());
  }

  void GoBack() {
    const fs::path other = fs::path(sample_.older) / Name();
    if (!fs::exists(other)) return Flip();
    WriteAll(path_, ReadAll(other));
    Tell("go back", "to an older copy");
  }

  void Grow() {
    std::string rubbish(1 + Below(3 * kBlockBytes), '\0');
    if (Below(3) != 0) {
      for (char& byte : rubbish) byte = static_cast<char>(random_());
    }
    WriteAll(path_, bytes_ + rubbish);
    Tell("grow", "by " + std::to_string(rubbish.size()));
  }

  void Garble() {
    if (bytes_.empty()) return Grow();
    const uint64_t from = Place();
    const uint64_t to = std::min<uint64_t>(bytes_.size(), from + 1 + Below(2 * kBlockBytes));
    for (uint64_t at = from; at < to; ++at) bytes_[at] = static_cast<char>(random_());
    WriteAll(path_, bytes_);
    Tell("garble", std::to_string(from) + " to " + std::to_string(to));
  }

  const std::string& directory_;
  const Sample& sample_;
  const Samples& samples_;
  std::mt19937_64& random_;
  std::map<std::string, std::vector<fs::path>> files_;
  fs::path path_;
  std::string bytes_;
  Injury injury_;
};

}  // namespace

Injury Injure(const std::string& directory, const Sample& sample, const Samples& samples, std::mt19937_64& random) {
  return Surgeon(directory, sample, samples, random).Operate();
}

}  // namespace quorate::testing
