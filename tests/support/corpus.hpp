// SPDX-License-Identifier: MIT
// Files for tests: reading, temporary directories, and the optional corpus of real text.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <ios>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <unistd.h>

namespace equinfo::test {

/// The whole file, or a std::runtime_error that names it.
inline std::vector<std::uint8_t> read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        throw std::runtime_error("cannot read " + path.string());
    }
    file.seekg(0, std::ios::end);
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(file.tellg()));
    file.seekg(0);
    file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    if (!file) {
        throw std::runtime_error("cannot read " + path.string());
    }
    return bytes;
}

/// The first `longest` bytes of a file, or all of it.
inline std::vector<std::uint8_t> read_file(const std::filesystem::path& path, std::size_t longest) {
    std::vector<std::uint8_t> bytes = read_file(path);
    if (bytes.size() > longest) {
        bytes.resize(longest);
    }
    return bytes;
}

inline void write_file(const std::filesystem::path& path, const void* bytes, std::size_t count) {
    std::ofstream file(path, std::ios::binary);
    file.write(static_cast<const char*>(bytes), static_cast<std::streamsize>(count));
    file.close();
    if (!file) {
        throw std::runtime_error("cannot write " + path.string());
    }
}

/// A directory of its own that vanishes, with what is in it, at the end of the scope.
class temporary_directory {
public:
    temporary_directory() {
        std::string name = (std::filesystem::temp_directory_path() / "equinfo-test-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) {
            throw std::runtime_error("cannot make a directory like " + name);
        }
        m_path = name;
    }
    temporary_directory(const temporary_directory&) = delete;
    temporary_directory& operator=(const temporary_directory&) = delete;
    ~temporary_directory() {
        std::error_code ignored;
        std::filesystem::remove_all(m_path, ignored);
    }

    const std::filesystem::path& path() const { return m_path; }
    std::filesystem::path operator/(const std::string& name) const { return m_path / name; }

private:
    std::filesystem::path m_path;
};

/// The root of the source tree.
inline std::filesystem::path source_directory() { return EQUINFO_SOURCE_DIR; }

/// The corpus: what EQUINFO_CORPUS names, else the folder shared/corpus beside the source tree, else nothing.
inline std::optional<std::filesystem::path> corpus_directory() {
    if (const char* named = std::getenv("EQUINFO_CORPUS"); named != nullptr && *named != '\0') {
        return std::filesystem::path(named);
    }
    std::filesystem::path beside = source_directory().parent_path() / "shared" / "corpus";
    if (std::filesystem::is_directory(beside)) {
        return beside;
    }
    return std::nullopt;
}

/// The file `name` ("samples/silesia/dickens") of the corpus. Where it is not there this says so on the error stream and
/// gives nothing, and the test returns:
///     const auto path = corpus_file("samples/silesia/dickens");
///     if (!path) { return; }
inline std::optional<std::filesystem::path> corpus_file(const std::string& name) {
    if (const auto corpus = corpus_directory()) {
        if (std::filesystem::is_regular_file(*corpus / name)) {
            return *corpus / name;
        }
    }
    std::cerr << "SKIPPED: no corpus file " << name << " (set EQUINFO_CORPUS to the folder that holds it)\n";
    return std::nullopt;
}

}  // namespace equinfo::test
