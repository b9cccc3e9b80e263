// SPDX-License-Identifier: MIT
// What a model of the integer transformer consists of: its shape and its numbers (docs/m1.md, section 2).
#pragma once

#include <equinfo/bits/fingerprint.hpp>
#include <equinfo/config.hpp>
#include <equinfo/m1/constants.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace equinfo {

/// What a table's row is chosen by.
enum class m1_table_kind : std::uint8_t {
    bytes = 0,  ///< the last `order` bytes
    words = 1,  ///< the word under way; with order 2 also the one before
};

struct m1_table_shape {
    m1_table_kind kind = m1_table_kind::bytes;
    unsigned order = 1;     // 1..16 bytes, 1..2 words
    unsigned row_bits = 4;  // 4..20: the table has 2^row_bits rows

    friend bool operator==(const m1_table_shape&, const m1_table_shape&) = default;
};

/// How the feed-forward layer makes an activation of sums.
enum class m1_feed : std::uint8_t {
    squared = 0,  ///< the square of one sum, where it is positive
    gated = 1,    ///< a sum's gate, a SiLU in three straight pieces, times another sum
    swiglu = 2,   ///< the same with a SiLU out of a table
};

[[nodiscard]] constexpr const char* name_of(m1_feed feed) noexcept {
    switch (feed) {
        case m1_feed::squared: return "squared";
        case m1_feed::gated: return "gated";
        case m1_feed::swiglu: return "swiglu";
    }
    return "";
}

[[nodiscard]] constexpr std::optional<m1_feed> m1_feed_of(std::string_view name) noexcept {
    for (const m1_feed feed : {m1_feed::squared, m1_feed::gated, m1_feed::swiglu}) {
        if (name == name_of(feed)) {
            return feed;
        }
    }
    return std::nullopt;
}

struct m1_shape {
    std::size_t width = 128;      // of the residual stream: 32..1024, a multiple of 32
    std::size_t layers = 2;       // 1..32
    std::size_t heads = 4;        // query heads: 1..32
    std::size_t shared = 4;       // query heads that share a key and a value; divides `heads`
    std::size_t head_width = 32;  // 16, 32, 64 or 128
    std::size_t hidden = 512;     // of the feed-forward layer: 32..4096, a multiple of 32
    m1_feed feed = m1_feed::squared;
    std::size_t context = 256;    // positions that attention sees: 16..4096, a multiple of 16
    std::size_t columns = 0;      // numbers in a row of a table: 16, 32, 64 or 128; 0 without tables
    unsigned table_bits = 8;      // of an entry: 8 or 4
    std::vector<m1_table_shape> tables;  // at most 16
    /// The context of each layer, if some see less than `context`, which one of them sees; else empty.
    std::vector<std::size_t> contexts = {};

    [[nodiscard]] std::size_t kv() const noexcept { return heads / shared; }
    [[nodiscard]] std::size_t query_width() const noexcept { return heads * head_width; }
    [[nodiscard]] std::size_t qkv_width() const noexcept { return (heads + 2 * kv()) * head_width; }
    /// Whether the feed-forward layers have gates.
    [[nodiscard]] bool has_gates() const noexcept { return feed != m1_feed::squared; }
    /// Outputs of `up`: where there are gates, these first, then what they let through.
    [[nodiscard]] std::size_t up_width() const noexcept { return has_gates() ? 2 * hidden : hidden; }
    [[nodiscard]] std::size_t context_of(std::size_t layer) const noexcept { return contexts.empty() ? context : contexts[layer]; }
    /// The contexts of all layers, one behind the other.
    [[nodiscard]] std::size_t context_sum() const noexcept {
        return contexts.empty() ? layers * context : std::accumulate(contexts.begin(), contexts.end(), std::size_t{0});
    }
    [[nodiscard]] std::size_t mix_width() const noexcept { return tables.size() * columns; }
    /// Bytes of one row as it is stored.
    [[nodiscard]] std::size_t row_bytes() const noexcept { return columns * table_bits / 8; }

    /// Weights that are multiplied at every step, without attention.
    [[nodiscard]] std::uint64_t products() const noexcept {
        return std::uint64_t{width} * (mix_width() + layers * (qkv_width() + query_width() + up_width() + hidden) + 256);
    }

    friend bool operator==(const m1_shape&, const m1_shape&) = default;
};

/// What is wrong with a shape, in words, or nullptr.
[[nodiscard]] inline const char* fault_of(const m1_shape& shape) noexcept {
    const auto in = [](std::size_t value, std::size_t least, std::size_t most, std::size_t step) {
        return value >= least && value <= most && value % step == 0;
    };
    const auto power_in = [](std::size_t value, std::size_t least, std::size_t most) {
        return value >= least && value <= most && (value & (value - 1)) == 0;
    };
    if (!in(shape.width, 32, 1024, 32)) {
        return "width is not a multiple of 32 from 32 to 1024";
    }
    if (!in(shape.layers, 1, 32, 1)) {
        return "the number of layers is not 1 to 32";
    }
    if (!in(shape.heads, 1, 32, 1) || shape.shared == 0 || shape.heads % shape.shared != 0) {
        return "the number of heads is not 1 to 32, or not a multiple of those that share a key";
    }
    if (!power_in(shape.head_width, 16, 128)) {
        return "the width of a head is not 16, 32, 64 or 128";
    }
    if (!in(shape.hidden, 32, 4096, 32)) {
        return "the hidden width is not a multiple of 32 from 32 to 4096";
    }
    if (shape.feed > m1_feed::swiglu) {
        return "the feed-forward layer is neither squared, gated nor swiglu";
    }
    if (!in(shape.context, 16, 4096, 16)) {
        return "the context is not a multiple of 16 from 16 to 4096";
    }
    if (!shape.contexts.empty()) {
        const auto fits = [&](std::size_t context) { return in(context, 16, 4096, 16); };
        if (shape.contexts.size() != shape.layers || !std::all_of(shape.contexts.begin(), shape.contexts.end(), fits)) {
            return "the contexts of the layers are not one a layer, a multiple of 16 from 16 to 4096";
        }
        const auto [least, most] = std::minmax_element(shape.contexts.begin(), shape.contexts.end());
        if (*most != shape.context || *least == *most) {
            return "the contexts of the layers do not differ, or the longest is not the model's";
        }
    }
    if (shape.kv() * shape.head_width * (shape.context_sum() + 128 * shape.layers) > std::size_t{1} << 22) {
        return "the keys of a text take more than 4 MiB";  // 128: room beside the context, see m1_lane
    }
    if (shape.tables.size() > 16) {
        return "more than 16 tables";
    }
    if (shape.tables.empty() ? shape.columns != 0 : !power_in(shape.columns, 16, 128)) {
        return "the rows of the tables have not 16, 32, 64 or 128 columns";
    }
    if (shape.table_bits != 8 && shape.table_bits != 4) {
        return "the entries of the tables have neither 8 nor 4 bits";
    }
    for (const m1_table_shape& table : shape.tables) {
        const std::size_t longest = table.kind == m1_table_kind::bytes ? 16 : 2;
        if (table.kind > m1_table_kind::words || !in(table.order, 1, longest, 1) || !in(table.row_bits, 4, 20, 1)) {
            return "a table of unknown kind, order or size";
        }
    }
    return nullptr;
}

/// A matrix of weights -127..127, row by row, a row an output; and how far its sums are shifted down.
struct m1_matrix {
    std::vector<std::int8_t> weights;
    unsigned shift = 0;  // 0..24

    friend bool operator==(const m1_matrix&, const m1_matrix&) = default;
};

struct m1_layer {
    m1_matrix qkv;                       // its shift is that of the values
    std::vector<std::int32_t> heat;      // a head
    std::vector<std::int16_t> relative;  // heads x the layer's context, by distance
    m1_matrix out;
    m1_matrix up;
    m1_matrix down;

    friend bool operator==(const m1_layer&, const m1_layer&) = default;
};

/// All numbers of a model, as its file has them.
struct m1_content {
    m1_shape shape;
    std::vector<std::int16_t> bytes;             // 257 x width
    std::vector<std::vector<std::int8_t>> tables;  // a table: rows x columns, entries -127..127 or -7..7
    m1_matrix mix;
    std::vector<m1_layer> layers;
    m1_matrix symbols;
    std::vector<std::int32_t> bias;              // 256

    /// With all numbers zero. The shape must have no fault.
    [[nodiscard]] static m1_content zeros(const m1_shape& shape);

    /// Names all numbers by 64 bits: two models with the same fingerprint predict the same.
    [[nodiscard]] std::uint64_t fingerprint() const;

    friend bool operator==(const m1_content&, const m1_content&) = default;
};

namespace detail {

/// Calls `visit(what, vector, least, most)` for every tensor in the order of the file (docs/m1.md, section 8), with the range
/// of its entries. `content` may be const.
template <class Content, class Visit>
void visit_tensors(Content& content, Visit&& visit) {
    const m1_shape& shape = content.shape;
    const auto weights = [&](const char* what, auto& matrix) { visit(what, matrix.weights, -127, 127); };
    visit("bytes", content.bytes, -widest_entry, widest_entry);
    for (auto& table : content.tables) {
        visit("a table", table, shape.table_bits == 8 ? -127 : -7, shape.table_bits == 8 ? 127 : 7);
    }
    weights("mix", content.mix);
    for (auto& layer : content.layers) {
        weights("qkv", layer.qkv);
        visit("heat", layer.heat, 0, (1 << 17) / static_cast<std::int32_t>(shape.head_width));
        visit("relative", layer.relative, -widest_entry, widest_entry);
        weights("out", layer.out);
        weights("up", layer.up);
        weights("down", layer.down);
    }
    weights("symbols", content.symbols);
    visit("bias", content.bias, -(1 << 24), 1 << 24);
}

/// Calls `visit(shift)` for every shift in the order of the file.
template <class Content, class Visit>
void visit_shifts(Content& content, Visit&& visit) {
    visit(content.mix.shift);
    for (auto& layer : content.layers) {
        visit(layer.qkv.shift);
        visit(layer.out.shift);
        visit(layer.up.shift);
        visit(layer.down.shift);
    }
    visit(content.symbols.shift);
}

/// How many numbers each tensor has, in the order of the file.
[[nodiscard]] inline std::vector<std::size_t> tensor_sizes(const m1_shape& shape) {
    std::vector<std::size_t> sizes{257 * shape.width};
    for (const m1_table_shape& table : shape.tables) {
        sizes.push_back(shape.columns << table.row_bits);
    }
    sizes.push_back(shape.width * shape.mix_width());
    for (std::size_t layer = 0; layer < shape.layers; ++layer) {
        sizes.insert(sizes.end(), {shape.qkv_width() * shape.width, shape.heads, shape.heads * shape.context_of(layer),
                                   shape.width * shape.query_width(), shape.up_width() * shape.width, shape.width * shape.hidden});
    }
    sizes.insert(sizes.end(), {256 * shape.width, 256});
    return sizes;
}

/// Of content read or made elsewhere: the name of a tensor with the wrong size or an entry out of range, or nullptr.
[[nodiscard]] inline const char* fault_of_numbers(const m1_content& content) {
    if (content.tables.size() != content.shape.tables.size() || content.layers.size() != content.shape.layers) {
        return "tensors";
    }
    const std::vector<std::size_t> sizes = tensor_sizes(content.shape);
    const char* fault = nullptr;
    std::size_t number = 0;
    visit_tensors(content, [&](const char* what, const auto& tensor, std::int32_t least, std::int32_t most) {
        const bool fits = tensor.size() == sizes[number++] &&
            std::all_of(tensor.begin(), tensor.end(), [&](auto entry) { return entry >= least && entry <= most; });
        fault = fault == nullptr && !fits ? what : fault;
    });
    visit_shifts(content, [&](unsigned shift) { fault = fault == nullptr && shift > 24 ? "shifts" : fault; });
    return fault;
}

}  // namespace detail

inline m1_content m1_content::zeros(const m1_shape& shape) {
    EQUINFO_EXPECTS(fault_of(shape) == nullptr);
    m1_content made;
    made.shape = shape;
    made.tables.resize(shape.tables.size());
    made.layers.resize(shape.layers);
    std::size_t number = 0;
    const std::vector<std::size_t> sizes = detail::tensor_sizes(shape);
    detail::visit_tensors(made, [&](const char*, auto& tensor, std::int32_t, std::int32_t) { tensor.resize(sizes[number++]); });
    return made;
}

inline std::uint64_t m1_content::fingerprint() const {
    fingerprint_builder name("m1");
    if (shape.feed != m1_feed::squared) {  // as there was nothing else once; no width is as small
        name.add(static_cast<std::uint64_t>(shape.feed));
    }
    for (const std::size_t number : {shape.width, shape.layers, shape.heads, shape.shared, shape.head_width, shape.hidden, shape.context,
                                     shape.columns, std::size_t{shape.table_bits}, shape.tables.size()}) {
        name.add(std::uint64_t{number});
    }
    for (const m1_table_shape& table : shape.tables) {
        name.add(static_cast<std::uint64_t>(table.kind));
        name.add(std::uint64_t{table.order});
        name.add(std::uint64_t{table.row_bits});
    }
    for (const std::size_t context : shape.contexts) {
        name.add(std::uint64_t{context});
    }
    detail::visit_shifts(*this, [&](unsigned shift) { name.add(std::uint64_t{shift}); });
    std::vector<std::byte> little_endian;
    detail::visit_tensors(*this, [&](const char*, const auto& tensor, std::int32_t, std::int32_t) {
        using entry = typename std::remove_cvref_t<decltype(tensor)>::value_type;
        if constexpr (sizeof(entry) == 1) {
            name.add(std::as_bytes(std::span(tensor)));
        } else {
            little_endian.resize(tensor.size() * sizeof(entry));
            for (std::size_t i = 0; i < tensor.size(); ++i) {
                store_little(little_endian.data() + i * sizeof(entry), static_cast<std::make_unsigned_t<entry>>(tensor[i]));
            }
            name.add(std::span<const std::byte>(little_endian));
        }
    });
    return name.value();
}

}  // namespace equinfo
