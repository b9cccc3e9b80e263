// SPDX-License-Identifier: MIT
// Files and pipes for the program: outputs that appear under their name only when they are whole.
#pragma once

#include <equinfo/error.hpp>

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace program {

/// A fault that is told as "equinfo: FILE: what" and ends in exit code 1.
class failure : public std::runtime_error {
public:
    failure(const std::string& file, const std::string& what) : std::runtime_error(file + ": " + what) {}
};

/// A contradiction in the options: exit code 2.
class usage_failure : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

inline const std::string standard_stream = "-";

/// A byte_source. Derived classes read files, unpack gzip, or cut at a limit.
class source {
public:
    source() = default;
    source(const source&) = delete;
    source& operator=(const source&) = delete;
    virtual ~source() = default;
    /// Up to room.size() bytes; 0 at the end.
    [[nodiscard]] virtual std::size_t read(std::span<std::byte> room) = 0;
};

/// A byte_sink behind which anything may be.
class sink_reference {
public:
    template <class Sink>
    explicit sink_reference(Sink& sink) : m_write([&sink](std::span<const std::byte> bytes) { sink.write(bytes); }) {}
    void write(std::span<const std::byte> bytes) { m_write(bytes); }

private:
    std::function<void(std::span<const std::byte>)> m_write;
};

/// A file, or standard input where the path is "-".
class input_file final : public source {
public:
    explicit input_file(const std::string& path);
    ~input_file() override;

    [[nodiscard]] std::size_t read(std::span<std::byte> room) override;

    [[nodiscard]] bool is_standard() const noexcept { return m_path == standard_stream; }
    [[nodiscard]] bool is_terminal() const noexcept;
    [[nodiscard]] bool is_regular() const noexcept { return S_ISREG(m_status.st_mode); }
    [[nodiscard]] const struct stat& status() const noexcept { return m_status; }
    [[nodiscard]] int descriptor() const noexcept { return m_descriptor; }
    /// What messages call it.
    [[nodiscard]] std::string name() const { return is_standard() ? "standard input" : m_path; }
    /// Length of a regular file; nothing for pipes and devices.
    [[nodiscard]] std::optional<std::uint64_t> size() const;
    /// Reads the last bytes of a regular file, from wherever it stands; false for pipes and for files that are too
    /// short.
    [[nodiscard]] bool read_end(std::span<std::byte> room) const;
    /// Bytes read so far: how far a job has come.
    [[nodiscard]] std::uint64_t position() const noexcept { return m_position; }

private:
    std::string m_path;
    int m_descriptor = -1;
    struct stat m_status {};
    std::uint64_t m_position = 0;
};

/// The unpacked text of a gzip file (several members one after another, as gzip makes them). Throws where this program
/// was built without zlib.
class gzip_source final : public source {
public:
    /// `first` are bytes that were read from `packed` already.
    gzip_source(source& packed, std::vector<std::byte> first, std::string name);
    ~gzip_source() override;
    [[nodiscard]] std::size_t read(std::span<std::byte> room) override;

private:
    struct state;
    std::unique_ptr<state> m_state;
};

/// Gives some bytes first, and then those of another source.
class prefixed_source final : public source {
public:
    prefixed_source(std::vector<std::byte> first, source& rest) : m_first(std::move(first)), m_rest(rest) {}
    [[nodiscard]] std::size_t read(std::span<std::byte> room) override;

private:
    std::vector<std::byte> m_first;
    std::size_t m_next = 0;
    source& m_rest;
};

/// The first bytes of another source.
class limited_source final : public source {
public:
    limited_source(source& whole, std::uint64_t limit) : m_whole(whole), m_left(limit) {}
    [[nodiscard]] std::size_t read(std::span<std::byte> room) override;

private:
    source& m_whole;
    std::uint64_t m_left;
};

/// A byte_sink, and one that can be mended (patchable_byte_sink) where it is a regular file.
///
/// A regular file is written beside its final place and gets its name by commit(); without commit() it is removed by
/// the destructor, and by SIGINT, SIGTERM, SIGHUP and SIGPIPE. Devices, pipes and standard output ("-") are written
/// directly.
class output_file {
public:
    enum class existing { refused, replaced };

    output_file(const std::string& path, existing what_exists);
    output_file(const output_file&) = delete;
    output_file& operator=(const output_file&) = delete;
    ~output_file();

    void write(std::span<const std::byte> bytes);
    [[nodiscard]] bool can_patch() const noexcept { return !m_temporary.empty(); }
    void patch(std::uint64_t offset, std::span<const std::byte> bytes);

    /// Gives the file its name. `like` lends it mode, owner (where allowed) and time of change.
    void commit(const struct stat* like = nullptr);

    [[nodiscard]] bool is_terminal() const noexcept;
    [[nodiscard]] std::string name() const { return m_path == standard_stream ? "standard output" : m_path; }
    [[nodiscard]] std::uint64_t position() const noexcept { return m_position; }

private:
    void flush();
    void write_all(std::span<const std::byte> bytes);
    [[noreturn]] void refuse() const;

    std::string m_path;
    std::string m_target;     // the file behind symbolic links
    std::string m_temporary;  // empty where the output is written directly
    std::size_t m_slot = 0;   // where the signal handler finds the temporary file
    bool m_replaces = false;
    int m_descriptor = -1;
    std::vector<std::byte> m_buffer;
    std::uint64_t m_position = 0;
};

/// Refuses an output that would take the place of the file that is read: also -f does not mean that.
/// @throws failure
void expect_other_file(const input_file& in, const std::string& output);

/// Whether two outputs would end up under one name.
[[nodiscard]] bool is_same_output(const std::string& first, const std::string& second);

/// Drops what is written, and counts it.
class null_sink {
public:
    void write(std::span<const std::byte> bytes) { m_size += bytes.size(); }
    [[nodiscard]] std::uint64_t size() const noexcept { return m_size; }

private:
    std::uint64_t m_size = 0;
};

/// All bytes of a source, at most `limit`.
[[nodiscard]] std::vector<std::uint8_t> read_all(source& from, std::uint64_t limit = ~std::uint64_t{0});

/// Removes temporary files when a signal ends the program. Called once, by main.
void install_signal_handlers();

}  // namespace program
