// SPDX-License-Identifier: MIT
// Archives in memory for tests, sources and sinks that misbehave, and the mending of checksums behind a mutation.
#pragma once

#include <equinfo/archive/archive_reader.hpp>
#include <equinfo/archive/archive_writer.hpp>
#include <equinfo/bits/byte_order.hpp>
#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/bits/crc32.hpp>
#include <equinfo/error.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace equinfo::test {

using text_bytes = std::vector<std::uint8_t>;
using archive_bytes = std::vector<std::byte>;

/// A source that gives one byte at a time.
class trickling_source {
public:
    explicit trickling_source(std::span<const std::byte> bytes) : m_rest(bytes) {}
    std::size_t read(std::span<std::byte> room) {
        if (m_rest.empty() || room.empty()) {
            return 0;
        }
        room[0] = m_rest[0];
        m_rest = m_rest.subspan(1);
        return 1;
    }

private:
    std::span<const std::byte> m_rest;
};

/// A sink that takes `limit` bytes and then fails like a full disk.
class full_sink {
public:
    explicit full_sink(std::size_t limit) : m_left(limit) {}
    void write(std::span<const std::byte> bytes) {
        if (bytes.size() > m_left) {
            throw error(errc::io, 0, "no space left");
        }
        m_left -= bytes.size();
    }

private:
    std::size_t m_left;
};

/// A source that gives `bytes` and then fails like a bad disk.
class failing_source {
public:
    explicit failing_source(std::span<const std::byte> bytes) : m_source(bytes) {}
    std::size_t read(std::span<std::byte> room) {
        const std::size_t count = m_source.read(room);
        if (count == 0) {
            throw error(errc::io, 0, "cannot read on");
        }
        return count;
    }

private:
    memory_source m_source;
};

template <identified_model Model>
archive_bytes pack(std::span<const std::uint8_t> text, const Model& model, const archive_options& options = {}) {
    memory_source source(bytes_of(text));
    memory_sink sink;
    compress_stream(source, sink, model, options);
    return sink.take();
}

template <identified_model Model>
text_bytes unpack(std::span<const std::byte> archive, const Model& model, unsigned threads = 1) {
    memory_source source(archive);
    memory_sink sink;
    decompress_stream(source, sink, model, {.threads = threads});
    const auto text = text_of(sink.bytes());
    return {text.begin(), text.end()};
}

/// What became of an archive: its text, or the error.
struct outcome {
    text_bytes text;
    std::optional<errc> code;
    std::uint64_t offset = 0;
    std::string what;
};

template <identified_model Model>
outcome try_unpack(std::span<const std::byte> archive, const Model& model, unsigned threads = 1) {
    try {
        return {unpack(archive, model, threads), {}, 0, {}};
    } catch (const error& e) {
        return {{}, e.code(), e.offset(), e.what()};
    }
}

/// Sets the checksum of the header right; says what it is, or 0 for an archive that is too short.
inline std::uint32_t mend_header(archive_bytes& archive) {
    const std::size_t name_size = archive.size() < 8 ? 0 : std::to_integer<std::size_t>(archive[7]);
    if (archive.size() < 24 + name_size) {
        return 0;
    }
    const std::uint32_t crc = crc32(std::span(archive).first(20 + name_size));
    store_little(archive.data() + 20 + name_size, crc);
    return crc;
}

/// Sets the checksum of the frame at `at` right; says how many bytes its payload has.
inline std::uint32_t mend_frame(archive_bytes& archive, std::size_t at, std::uint32_t header_crc) {
    store_little(archive.data() + at + 20, crc32(std::span(archive).subspan(at, 20), header_crc));
    return load_little<std::uint32_t>(archive.data() + at + 12);
}

/// Sets all the checksums of headers right that can be found by going from frame to frame.
inline void mend(archive_bytes& archive) {
    const std::uint32_t crc = mend_header(archive);
    if (archive.size() < 24) {
        return;
    }
    std::size_t at = 24 + std::to_integer<std::size_t>(archive[7]);
    while (at + archive_frame::size <= archive.size()) {
        at += archive_frame::size + std::size_t{mend_frame(archive, at, crc)};
    }
}

/// Where the frames of an archive stand, the end frame included.
inline std::vector<std::size_t> frames_of(const archive_bytes& archive) {
    std::vector<std::size_t> starts;
    std::size_t at = 24 + std::to_integer<std::size_t>(archive[7]);
    while (at + archive_frame::size <= archive.size()) {
        starts.push_back(at);
        if (archive[at + 3] == std::byte{'E'}) {
            break;
        }
        at += archive_frame::size + load_little<std::uint32_t>(archive.data() + at + 12);
    }
    return starts;
}

}  // namespace equinfo::test
