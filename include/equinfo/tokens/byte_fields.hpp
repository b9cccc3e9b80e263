// SPDX-License-Identifier: MIT
// Little-endian fields to and from byte streams; every short read becomes an error that says where and in what.
#pragma once

#include <equinfo/bits/byte_order.hpp>
#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/bits/concepts.hpp>
#include <equinfo/bits/crc32.hpp>
#include <equinfo/error.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace equinfo::detail {

/// Bytes in flight between a token file and memory: the bound for every buffer of this layer.
inline constexpr std::size_t file_buffer_bytes = std::size_t{1} << 16;

/// Collects fields and hands them to the sink 64 KiB at a time. Knows the position and the CRC-32 of all before it.
template <byte_sink Sink>
class field_writer {
public:
    explicit field_writer(Sink& sink) : m_sink(&sink) {}

    template <std::unsigned_integral T>
    void put(T value) {
        std::byte bytes[sizeof(T)];
        store_little(bytes, value);
        put_bytes(bytes);
    }

    void put_bytes(std::span<const std::byte> bytes) {
        m_buffer.insert(m_buffer.end(), bytes.begin(), bytes.end());
        m_position += bytes.size();
        if (m_buffer.size() >= file_buffer_bytes) {
            flush();
        }
    }

    void put_bytes(std::string_view text) { put_bytes(bytes_of(text)); }

    void put_zeros(std::size_t count) {
        for (; count != 0; --count) {
            put(std::uint8_t{0});
        }
    }

    /// The CRC-32 of everything put so far.
    [[nodiscard]] std::uint32_t crc() const { return crc32(m_buffer, m_crc); }
    [[nodiscard]] std::uint64_t position() const noexcept { return m_position; }

    void flush() {
        m_crc = crc();
        m_sink->write(m_buffer);
        m_buffer.clear();
    }

private:
    Sink* m_sink;
    std::vector<std::byte> m_buffer;
    std::uint64_t m_position = 0;
    std::uint32_t m_crc = 0;  // of the bytes handed over
};

/// Reads exactly what is asked for, or throws error{truncated} with the position and the name of the field.
template <byte_source Source>
class field_reader {
public:
    /// `file` names the kind of file in messages ("the .npy file").
    field_reader(Source& source, std::string_view file) : m_source(&source), m_file(file) {}

    void read_exactly(std::span<std::byte> room, std::string_view field) {
        const std::size_t got = read_fully(*m_source, room);
        m_crc = crc32(room.first(got), m_crc);
        if (got != room.size()) {
            throw_error(errc::truncated, m_position + got, std::string(m_file) + " ends inside " + std::string(field));
        }
        m_position += got;
    }

    template <std::unsigned_integral T>
    [[nodiscard]] T get(std::string_view field) {
        std::byte bytes[sizeof(T)];
        read_exactly(bytes, field);
        return load_little<T>(bytes);
    }

    /// `count` fields of type T, one after another into `take(index, value)`. Memory stays below 64 KiB whatever the
    /// count.
    template <std::unsigned_integral T, class Take>
    void get_each(std::uint64_t count, std::string_view field, Take take) {
        std::vector<std::byte> chunk;
        for (std::uint64_t done = 0; done < count;) {
            const std::size_t now =
                static_cast<std::size_t>(std::min<std::uint64_t>(count - done, file_buffer_bytes / sizeof(T)));
            chunk.resize(now * sizeof(T));
            const std::uint64_t start = m_position;
            read_exactly(chunk, field);
            for (std::size_t i = 0; i < now; ++i) {
                take(done + i, load_little<T>(chunk.data() + i * sizeof(T)), start + i * sizeof(T));
            }
            done += now;
        }
    }

    /// Throws error{corrupt} unless the source ends here.
    void expect_end() {
        std::byte extra[1];
        if (m_source->read(extra) != 0) {
            throw_error(errc::corrupt, m_position, std::string(m_file) + " goes on behind its end");
        }
    }

    [[noreturn]] void refuse(errc code, std::uint64_t offset, std::string_view why) const {
        throw_error(code, offset, std::string(m_file) + " " + std::string(why));
    }

    [[nodiscard]] std::uint64_t position() const noexcept { return m_position; }
    [[nodiscard]] std::uint32_t crc() const noexcept { return m_crc; }

private:
    Source* m_source;
    std::string_view m_file;
    std::uint64_t m_position = 0;
    std::uint32_t m_crc = 0;
};

}  // namespace equinfo::detail
