// SPDX-License-Identifier: MIT
// Model files of the integer transformer, .eqm, and their way back (docs/m1.md, section 8).
#pragma once

#include <equinfo/bits/byte_order.hpp>
#include <equinfo/bits/file_kind.hpp>
#include <equinfo/error.hpp>
#include <equinfo/m1/planes.hpp>
#include <equinfo/m1/shape.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace equinfo {

/// Which version a file has: the first one that knows the shape, so that a file is read by all that can compute with it.
[[nodiscard]] constexpr std::uint8_t m1_file_version(const m1_shape& shape) noexcept {
    return shape.feed == m1_feed::swiglu ? 5 : !shape.contexts.empty() ? 4 : shape.feed == m1_feed::squared ? 2 : 3;
}

namespace detail {

inline constexpr file_kind m1_kind('M', "a transformer model file", 2, 5);

/// Where the fields stand; all numbers are little-endian. Behind the header: 4 bytes a table, from version 4 on
/// 2 bytes a layer, a byte a shift, the payload, the CRC.
struct m1_header {
    static constexpr std::size_t layers = 9, width = 10, heads = 12, shared = 13, head_width = 14, tables = 15, hidden = 16,
                                 context = 18, columns = 20, table_bits = 21, feed = 22, zero = 23, payload = 24, zero_too = 28,
                                 fingerprint = 32, size = 40;
};

/// No file may ask for much more memory than it has bytes.
[[nodiscard]] constexpr std::uint64_t m1_most_unpacked(std::uint64_t payload) noexcept { return 64 * payload + 65536; }

/// Bytes of all planes, which a shape asks for.
[[nodiscard]] inline std::uint64_t unpacked_size(const m1_shape& shape) noexcept {
    std::uint64_t size = std::uint64_t{257} * 2 * shape.width + shape.products() + 4 * 256;
    size += std::uint64_t{shape.heads} * (4 * shape.layers + 2 * shape.context_sum());
    for (const m1_table_shape& table : shape.tables) {
        size += std::uint64_t{shape.row_bytes()} << table.row_bits;
    }
    return size;
}

/// Entries in a row of the tensor, if it is a table; else 0.
[[nodiscard]] inline std::size_t columns_of(const m1_shape& shape, const char* what) noexcept {
    return std::string_view(what) == "a table" ? shape.columns : 0;
}

}  // namespace detail

/// The model file of `content`. Throws errc::bad_parameter, at byte 0, where its shape or a number is out of range.
[[nodiscard]] inline std::vector<std::byte> write_m1(const m1_content& content) {
    using header = detail::m1_header;
    const m1_shape& shape = content.shape;
    if (const char* const fault = fault_of(shape)) {
        detail::throw_error(errc::bad_parameter, 0, std::string("transformer: ") + fault);
    }
    if (const char* const fault = detail::fault_of_numbers(content)) {
        detail::throw_error(errc::bad_parameter, 0, std::string("transformer: numbers out of range in ") + fault);
    }
    std::vector<std::byte> file(header::size);
    const auto put = [&](std::size_t place, std::size_t value) { file[place] = static_cast<std::byte>(value); };
    const auto put_two = [&](std::size_t place, std::size_t value) { store_little(file.data() + place, static_cast<std::uint16_t>(value)); };
    detail::m1_kind.write_begin(file, m1_file_version(shape));
    put(header::layers, shape.layers);
    put_two(header::width, shape.width);
    put(header::heads, shape.heads);
    put(header::shared, shape.shared);
    put(header::head_width, shape.head_width);
    put(header::tables, shape.tables.size());
    put_two(header::hidden, shape.hidden);
    put_two(header::context, shape.context);
    put(header::columns, shape.columns);
    put(header::table_bits, shape.table_bits);
    put(header::feed, static_cast<std::size_t>(shape.feed));
    store_little(file.data() + header::fingerprint, content.fingerprint());
    for (const m1_table_shape& table : shape.tables) {
        for (const std::size_t value : {static_cast<std::size_t>(table.kind), std::size_t{table.order}, std::size_t{table.row_bits}, std::size_t{0}}) {
            file.push_back(static_cast<std::byte>(value));
        }
    }
    for (std::size_t layer = 0; m1_file_version(shape) >= 4 && layer < shape.layers; ++layer) {
        file.resize(file.size() + 2);
        store_little(file.data() + file.size() - 2, static_cast<std::uint16_t>(shape.context_of(layer)));
    }
    detail::visit_shifts(content, [&](unsigned shift) { file.push_back(static_cast<std::byte>(shift)); });
    std::vector<std::byte> payload;
    detail::visit_tensors(content, [&](const char* what, const auto& tensor, std::int32_t, std::int32_t) {
        using entry = typename std::remove_cvref_t<decltype(tensor)>::value_type;
        const std::size_t columns = detail::columns_of(shape, what);
        const bool nibbles = columns != 0 && shape.table_bits == 4;
        std::vector<std::byte> rows;
        if constexpr (sizeof(entry) == 1) {
            if (columns != 0) {
                rows = nibbles ? detail::code_rows<4>(tensor, columns) : detail::code_rows<8>(tensor, columns);
            }
        }
        for (std::size_t plane = 0; plane < sizeof(entry); ++plane) {
            detail::append_plane(detail::plane_of(std::span<const entry>(tensor), plane, nibbles), rows, payload);
        }
    });
    if (payload.size() > 0xffffffffu) {
        detail::throw_error(errc::too_large, 0, "this transformer does not fit the model file format");
    }
    store_little(file.data() + header::payload, static_cast<std::uint32_t>(payload.size()));
    file.insert(file.end(), payload.begin(), payload.end());
    detail::m1_kind.write_end(file);
    return file;
}

/// How many bytes a model file has by its header: all that a reader of pipes and of files of any length needs to take in. `first`
/// are its first 64 bytes, or all of fewer. Throws equinfo::error, as read_m1 does, where they are no such file's.
[[nodiscard]] inline std::uint64_t m1_file_size(std::span<const std::byte> first) {
    using header = detail::m1_header;
    const unsigned version = detail::m1_kind.check_begin(first, header::size);
    const auto get = [&](std::size_t place) { return std::to_integer<std::size_t>(first[place]); };
    return header::size + 4 * get(header::tables) + (version >= 4 ? 2 : 0) * get(header::layers) + 2 + 4 * get(header::layers) +
           std::uint64_t{load_little<std::uint32_t>(first.data() + header::payload)} + detail::file_kind::checksum_size;
}

/// Reads a whole model file. Throws equinfo::error with the byte offset of what is wrong; takes at most 200 times the file's
/// size and 1 MB of memory, whatever the bytes say.
[[nodiscard]] inline m1_content read_m1(std::span<const std::byte> file) {
    using header = detail::m1_header;
    using detail::throw_error;
    const unsigned version = detail::m1_kind.check_begin(file, header::size);
    const auto get = [&](std::size_t place) { return std::to_integer<std::size_t>(file[place]); };
    const auto get_two = [&](std::size_t place) { return std::size_t{load_little<std::uint16_t>(file.data() + place)}; };
    m1_shape shape;
    shape.layers = get(header::layers);
    shape.width = get_two(header::width);
    shape.heads = get(header::heads);
    shape.shared = get(header::shared);
    shape.head_width = get(header::head_width);
    shape.hidden = get_two(header::hidden);
    shape.context = get_two(header::context);
    shape.columns = get(header::columns);
    shape.table_bits = static_cast<unsigned>(get(header::table_bits));
    shape.feed = static_cast<m1_feed>(get(header::feed));
    const std::size_t tables = get(header::tables);
    const std::size_t payload = load_little<std::uint32_t>(file.data() + header::payload);
    if (version == 4 ? shape.feed == m1_feed::swiglu : version != m1_file_version(shape)) {
        throw_error(errc::corrupt, header::feed, "transformer model file: a feed-forward layer that its version has not");
    }
    for (const std::size_t place : {header::zero, header::zero_too, header::zero_too + 1, header::zero_too + 2, header::zero_too + 3}) {
        if (get(place) != 0) {
            throw_error(errc::corrupt, place, "transformer model file: a field that must be zero is not");
        }
    }
    detail::m1_kind.need(file, header::size + 4 * tables);
    for (std::size_t t = 0; t < tables; ++t) {
        const std::size_t place = header::size + 4 * t;
        shape.tables.push_back({static_cast<m1_table_kind>(get(place)), static_cast<unsigned>(get(place + 1)),
                                static_cast<unsigned>(get(place + 2))});
        if (get(place + 3) != 0) {
            throw_error(errc::corrupt, place + 3, "transformer model file: a field that must be zero is not");
        }
    }
    const std::size_t contexts = header::size + 4 * tables;
    const std::size_t shifts = contexts + (version >= 4 ? 2 * shape.layers : 0);
    detail::m1_kind.need(file, shifts);
    for (std::size_t place = contexts; place < shifts; place += 2) {
        shape.contexts.push_back(get_two(place));
    }
    if (version == 5 && std::all_of(shape.contexts.begin(), shape.contexts.end(), [&](auto each) { return each == shape.context; })) {
        shape.contexts.clear();
    }
    if (const char* const fault = fault_of(shape)) {
        throw_error(errc::bad_parameter, header::layers, std::string("transformer model file: ") + fault);
    }
    detail::m1_kind.check_end(file, m1_file_size(file));
    const std::size_t start = file.size() - detail::file_kind::checksum_size - payload;
    if (detail::unpacked_size(shape) > detail::m1_most_unpacked(payload)) {
        throw_error(errc::too_large, header::payload, "transformer model file asks for more numbers than its size allows");
    }
    m1_content content = m1_content::zeros(shape);
    std::size_t place = shifts;
    detail::visit_shifts(content, [&](unsigned& shift) { shift = static_cast<unsigned>(get(place++)); });
    detail::plane_reader planes(file.subspan(start, payload), start);
    detail::visit_tensors(content, [&](const char* what, auto& tensor, std::int32_t, std::int32_t) {
        using entry = typename std::remove_cvref_t<decltype(tensor)>::value_type;
        const std::size_t columns = detail::columns_of(shape, what);
        const bool nibbles = columns != 0 && shape.table_bits == 4;
        for (std::size_t plane = 0; plane < sizeof(entry); ++plane) {
            const auto bytes = planes.next(nibbles ? tensor.size() / 2 : tensor.size(), columns, nibbles, what);
            detail::join_plane(std::span<const std::uint8_t>(bytes), plane, nibbles, std::span<entry>(tensor));
        }
    });
    if (!planes.at_end()) {
        throw_error(errc::corrupt, planes.offset(), "transformer model file goes on behind its numbers");
    }
    if (const char* const fault = detail::fault_of_numbers(content)) {
        throw_error(errc::corrupt, start, std::string("transformer model file: numbers out of range in ") + fault);
    }
    if (content.fingerprint() != load_little<std::uint64_t>(file.data() + header::fingerprint)) {
        throw_error(errc::corrupt, header::fingerprint, "transformer model file: not the numbers that its fingerprint names");
    }
    return content;
}

}  // namespace equinfo
