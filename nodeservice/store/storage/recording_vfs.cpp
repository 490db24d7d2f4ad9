#include "nodeservice/store/storage/recording_vfs.h"

#include <fstream>
#include <map>
#include <memory>
#include <new>

namespace tessera::store {

namespace {

struct File {
    sqlite3_file base;
    RecordingVfs* recorder;
    std::string name;

    /// The system's own file stands behind this one.
    sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

File& fileOf(sqlite3_file* file) {
    return *reinterpret_cast<File*>(file);
}

sqlite3_file* realOf(sqlite3_file* file) {
    return fileOf(file).real();
}

sqlite3_vfs* system() {
    return sqlite3_vfs_find("unix");
}

int onClose(sqlite3_file* file) {
    const int code = realOf(file)->pMethods->xClose(realOf(file));
    fileOf(file).~File();
    return code;
}

int onRead(sqlite3_file* file, void* data, int size, sqlite3_int64 offset) {
    return realOf(file)->pMethods->xRead(realOf(file), data, size, offset);
}

int onWrite(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
    fileOf(file).recorder->add({RecordingVfs::Change::Kind::kWrite, fileOf(file).name, offset,
                                std::string(static_cast<const char*>(data), static_cast<std::size_t>(size))});
    return realOf(file)->pMethods->xWrite(realOf(file), data, size, offset);
}

int onTruncate(sqlite3_file* file, sqlite3_int64 size) {
    fileOf(file).recorder->add({RecordingVfs::Change::Kind::kTruncate, fileOf(file).name, size, {}});
    return realOf(file)->pMethods->xTruncate(realOf(file), size);
}

int onSync(sqlite3_file* file, int flags) {
    fileOf(file).recorder->add({RecordingVfs::Change::Kind::kSync, fileOf(file).name, 0, {}});
    return realOf(file)->pMethods->xSync(realOf(file), flags);
}

int onFileSize(sqlite3_file* file, sqlite3_int64* size) {
    return realOf(file)->pMethods->xFileSize(realOf(file), size);
}

int onLock(sqlite3_file* file, int lock) {
    return realOf(file)->pMethods->xLock(realOf(file), lock);
}

int onUnlock(sqlite3_file* file, int lock) {
    return realOf(file)->pMethods->xUnlock(realOf(file), lock);
}

int onCheckLock(sqlite3_file* file, int* out) {
    return realOf(file)->pMethods->xCheckReservedLock(realOf(file), out);
}

int onControl(sqlite3_file* file, int what, void* data) {
    return realOf(file)->pMethods->xFileControl(realOf(file), what, data);
}

int onSectorSize(sqlite3_file* file) {
    return realOf(file)->pMethods->xSectorSize(realOf(file));
}

int onTraits(sqlite3_file* file) {
    return realOf(file)->pMethods->xDeviceCharacteristics(realOf(file));
}

int onShmMap(sqlite3_file* file, int page, int size, int extend, volatile void** out) {
    return realOf(file)->pMethods->xShmMap(realOf(file), page, size, extend, out);
}

int onShmLock(sqlite3_file* file, int offset, int count, int flags) {
    return realOf(file)->pMethods->xShmLock(realOf(file), offset, count, flags);
}

void onShmBarrier(sqlite3_file* file) {
    realOf(file)->pMethods->xShmBarrier(realOf(file));
}

int onShmUnmap(sqlite3_file* file, int remove) {
    return realOf(file)->pMethods->xShmUnmap(realOf(file), remove);
}

/// No memory maps (version 2): they would go past us.
const sqlite3_io_methods kMethods = {
    2,         onClose,      onRead,   onWrite,  onTruncate, onSync,       onFileSize, onLock,  onUnlock, onCheckLock,
    onControl, onSectorSize, onTraits, onShmMap, onShmLock,  onShmBarrier, onShmUnmap, nullptr, nullptr};

std::string nameOf(const char* path) {
    return path == nullptr ? "" : std::filesystem::path(path).filename().string();
}

int onOpen(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out_flags) {
    auto* made = new (file) File{{nullptr}, static_cast<RecordingVfs*>(vfs->pAppData), nameOf(path)};
    const int code = system()->xOpen(system(), path, made->real(), flags, out_flags);
    if (code == SQLITE_OK) {
        made->base.pMethods = &kMethods;
    } else {
        made->~File();
        file->pMethods = nullptr;
    }
    return code;
}

int onDelete(sqlite3_vfs* vfs, const char* path, int sync) {
    static_cast<RecordingVfs*>(vfs->pAppData)->add({RecordingVfs::Change::Kind::kDelete, nameOf(path), 0, {}});
    return system()->xDelete(system(), path, sync);
}

void writeAt(std::string& bytes, std::int64_t offset, std::string_view data) {
    const auto at = static_cast<std::size_t>(offset);
    if (bytes.size() < at + data.size()) {
        bytes.resize(at + data.size());
    }
    bytes.replace(at, data.size(), data);
}

}  // namespace

RecordingVfs::RecordingVfs() : vfs_(*system()) {
    vfs_.zName = "tessera-recording";
    vfs_.pAppData = this;
    vfs_.pNext = nullptr;
    vfs_.szOsFile = static_cast<int>(sizeof(File)) + system()->szOsFile;
    vfs_.xOpen = onOpen;
    vfs_.xDelete = onDelete;
    sqlite3_vfs_register(&vfs_, 0);
}

RecordingVfs::~RecordingVfs() {
    sqlite3_vfs_unregister(&vfs_);
}

namespace {

struct Contents {
    std::string now;
    std::string synced;
};

using Names = std::map<std::string, std::shared_ptr<Contents>>;

std::string leftOf(const Contents& contents, RecordingVfs::Failure::Bytes kept) {
    constexpr std::size_t kPage = 4096;
    if (kept == RecordingVfs::Failure::Bytes::kAll) {
        return contents.now;
    }
    std::string left = contents.synced;
    if (kept == RecordingVfs::Failure::Bytes::kEverySecondPage) {
        for (std::size_t at = 0; at < contents.now.size(); at += 2 * kPage) {
            writeAt(left, static_cast<std::int64_t>(at), std::string_view(contents.now).substr(at, kPage));
        }
    }
    return left;
}

std::shared_ptr<Contents>& contentsOf(Names& names, const std::string& file) {
    auto& contents = names[file];
    if (!contents) {
        contents = std::make_shared<Contents>();
    }
    return contents;
}

void apply(const RecordingVfs::Change& change, std::string_view bytes, Names& names, Names& synced_names) {
    using Kind = RecordingVfs::Change::Kind;
    switch (change.kind) {
        case Kind::kWrite:
            writeAt(contentsOf(names, change.file)->now, change.offset, bytes);
            break;
        case Kind::kCreate:
        case Kind::kTruncate:
            contentsOf(names, change.file)->now.resize(static_cast<std::size_t>(change.offset));
            break;
        case Kind::kSync:
            synced_names[change.file] = contentsOf(names, change.file);
            [[fallthrough]];
        case Kind::kSyncBytes:
            names[change.file]->synced = names[change.file]->now;
            break;
        case Kind::kRename:
            names[change.bytes] = names[change.file];
            names.erase(change.file);
            break;
        case Kind::kSyncNames:
            synced_names = names;
            break;
        case Kind::kDelete:
            synced_names.erase(change.file);
            [[fallthrough]];
        case Kind::kRemove:
            names.erase(change.file);
            break;
    }
}

}  // namespace

RecordingVfs::Files RecordingVfs::after(std::size_t count, std::int64_t torn, Failure failure) const {
    Names names;
    Names synced_names;
    for (std::size_t i = 0; i < count; ++i) {
        if (changes_[i].kind == ignored_) {
            continue;
        }
        const bool is_torn = torn >= 0 && i + 1 == count;
        const std::string_view bytes = changes_[i].bytes;
        apply(changes_[i], is_torn ? bytes.substr(0, static_cast<std::size_t>(torn)) : bytes, names, synced_names);
    }
    Files files;
    for (const auto& [name, contents] : failure.keeps_names ? names : synced_names) {
        files[name] = leftOf(*contents, failure.bytes);
    }
    return files;
}

void RecordingVfs::write(const Files& files, const std::filesystem::path& folder) {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    for (const auto& [name, bytes] : files) {
        std::ofstream(folder / name, std::ios::binary) << bytes;
    }
}

// --- the disk

Result<FileDescriptor> RecordingVfs::RecordingDisk::create(const std::filesystem::path& path) {
    recorder_.add({Change::Kind::kCreate, path.filename(), 0, {}});
    return Disk::create(path);
}

Result<> RecordingVfs::RecordingDisk::write(const FileDescriptor& file, const std::filesystem::path& path,
                                            std::uint64_t offset, std::string_view bytes) {
    recorder_.add({Change::Kind::kWrite, path.filename(), static_cast<std::int64_t>(offset), std::string(bytes)});
    return Disk::write(file, path, offset, bytes);
}

Result<> RecordingVfs::RecordingDisk::sync(const FileDescriptor& file, const std::filesystem::path& path) {
    recorder_.add({Change::Kind::kSyncBytes, path.filename(), 0, {}});
    return Disk::sync(file, path);
}

Result<> RecordingVfs::RecordingDisk::rename(const std::filesystem::path& from, const std::filesystem::path& to) {
    recorder_.add({Change::Kind::kRename, from.filename(), 0, to.filename()});
    return Disk::rename(from, to);
}

Result<> RecordingVfs::RecordingDisk::syncFolder(const std::filesystem::path& folder) {
    recorder_.add({Change::Kind::kSyncNames, {}, 0, {}});
    return Disk::syncFolder(folder);
}

void RecordingVfs::RecordingDisk::remove(const std::filesystem::path& path) {
    recorder_.add({Change::Kind::kRemove, path.filename(), 0, {}});
    Disk::remove(path);
}

}  // namespace tessera::store
