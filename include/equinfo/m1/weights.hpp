// SPDX-License-Identifier: MIT
// A model's numbers as the kernels want them: packed once, shared by all lanes.
#pragma once

#include <equinfo/config.hpp>
#include <equinfo/m1/constants.hpp>
#include <equinfo/m1/kernels.hpp>
#include <equinfo/m1/shape.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace equinfo {
namespace detail {

/// Bytes that start at a cache line.
class aligned_bytes {
public:
    aligned_bytes() = default;
    explicit aligned_bytes(std::size_t size) : m_lines((size + sizeof(line) - 1) / sizeof(line)) {}

    [[nodiscard]] std::size_t size() const noexcept { return m_lines.size() * sizeof(line); }
    [[nodiscard]] std::int8_t* data() noexcept { return reinterpret_cast<std::int8_t*>(m_lines.data()); }
    [[nodiscard]] const std::int8_t* data() const noexcept { return reinterpret_cast<const std::int8_t*>(m_lines.data()); }

private:
    struct alignas(64) line {
        std::int8_t bytes[64];
    };
    std::vector<line> m_lines;
};

/// A matrix laid out for the kernels.
struct packed_matrix {
    aligned_bytes weights;
    std::vector<std::int32_t> start;  // an output: what takes the zero of the activations off
    std::size_t outputs = 0;
    std::size_t depth = 0;
    std::size_t tile_stride = 0;
    unsigned shift = 0;

    packed_matrix() = default;

    /// `zero` is the activation that stands for 0: 128, or 0 where activations have no sign.
    packed_matrix(const m1_matrix& matrix, std::size_t output_count, std::size_t input_count, std::int32_t zero, const dot_layout& layout)
        : weights(output_count * input_count),
          start(output_count),
          outputs(output_count),
          depth(input_count),
          tile_stride(layout.outputs * input_count),
          shift(matrix.shift) {
        for (std::size_t n = 0; n < outputs; ++n) {
            std::int32_t sum = 0;
            for (std::size_t k = 0; k < depth; ++k) {
                const std::int8_t weight = matrix.weights[n * depth + k];
                weights.data()[layout.place(n, k, tile_stride)] = weight;
                sum += weight;
            }
            start[n] = (layout.offset - zero) * sum;
        }
    }

    /// The sums of `rows` rows of activations, one behind the other.
    void multiply(const m1_kernels& kernels, const std::uint8_t* x, std::size_t rows, std::int32_t* out) const {
        kernels.dot({x, rows, depth, weights.data(), tile_stride, depth, outputs, start.data(), out, outputs, false});
    }
};

/// Attention works on whole groups of slots, and on several positions of a text at once.
inline constexpr std::size_t slot_group = 16;
inline constexpr std::size_t most_positions = 8;
inline constexpr std::size_t relative_margin = slot_group + most_positions;

struct packed_layer {
    std::size_t context = 0;
    packed_matrix qkv, out, up, down;
    std::vector<std::int32_t> heat;      // a head
    std::vector<std::int32_t> relative;  // a head: by rising position, with a margin of `nowhere` on both sides

    /// Where the entry for a distance stands in a head's part of `relative`.
    [[nodiscard]] std::size_t relative_of(std::size_t distance) const noexcept { return relative_margin + context - 1 - distance; }
    [[nodiscard]] std::size_t relative_stride() const noexcept { return context + 2 * relative_margin; }
};

inline constexpr std::int32_t nowhere = -(std::int32_t{1} << 30);  // added to a score, leaves no weight

}  // namespace detail

/// The numbers of a model, ready to compute with; never changes, so threads may share it.
class m1_data {
public:
    /// `content` must be without fault, as read_m1 gives it. `set` must be available; by default the fastest that is.
    explicit m1_data(m1_content content, instruction_set set = best_instruction_set())
        : m_kernels(detail::kernels_for(set)), m_shape(content.shape), m_fingerprint(content.fingerprint()) {
        using detail::packed_matrix;
        EQUINFO_EXPECTS(fault_of(m_shape) == nullptr && detail::fault_of_numbers(content) == nullptr && is_available(set));
        const detail::dot_layout& layout = m_kernels.layout;
        const std::int32_t zero = detail::stages::activation_zero;
        const std::int32_t zero_of_hidden = m_shape.has_gates() ? zero : 0;
        m_bytes = std::move(content.bytes);
        for (std::size_t t = 0; t < m_shape.tables.size(); ++t) {
            m_tables.push_back(stored_rows(content.tables[t]));
        }
        m_mix = packed_matrix(content.mix, m_shape.width, m_shape.mix_width(), zero, layout);
        for (const m1_layer& layer : content.layers) {
            detail::packed_layer& packed = m_layers.emplace_back();
            packed.context = m_shape.context_of(m_layers.size() - 1);
            packed.qkv = packed_matrix(layer.qkv, m_shape.qkv_width(), m_shape.width, zero, layout);
            packed.out = packed_matrix(layer.out, m_shape.width, m_shape.query_width(), zero, layout);
            packed.up = packed_matrix(layer.up, m_shape.up_width(), m_shape.width, zero, layout);
            packed.down = packed_matrix(layer.down, m_shape.width, m_shape.hidden, zero_of_hidden, layout);
            packed.heat = layer.heat;
            packed.relative.assign(m_shape.heads * packed.relative_stride(), detail::nowhere);
            for (std::size_t head = 0; head < m_shape.heads; ++head) {
                for (std::size_t distance = 0; distance < packed.context; ++distance) {
                    packed.relative[head * packed.relative_stride() + packed.relative_of(distance)] =
                        layer.relative[head * packed.context + distance];
                }
            }
        }
        m_symbols = packed_matrix(content.symbols, 256, m_shape.width, zero, layout);
        m_bias = std::move(content.bias);
        m_residual_gain = detail::residual_gain(m_shape.width);
        m_head_gain = detail::head_gain(m_shape.head_width);
    }

    m1_data(const m1_data&) = delete;
    m1_data& operator=(const m1_data&) = delete;

    [[nodiscard]] const m1_shape& shape() const noexcept { return m_shape; }
    [[nodiscard]] instruction_set instructions() const noexcept { return m_kernels.set; }
    [[nodiscard]] std::uint64_t fingerprint() const noexcept { return m_fingerprint; }

private:
    friend class m1_engine;
    friend class m1_lane;

    /// Rows as activations plus 128: a byte an entry, or two entries of 4 bits a byte, each plus 8, the first one low.
    [[nodiscard]] std::vector<std::uint8_t> stored_rows(const std::vector<std::int8_t>& entries) const {
        std::vector<std::uint8_t> stored(entries.size() * m_shape.table_bits / 8);
        for (std::size_t i = 0; i < entries.size(); ++i) {
            if (m_shape.table_bits == 8) {
                stored[i] = static_cast<std::uint8_t>(entries[i] + 128);
            } else {
                stored[i / 2] = static_cast<std::uint8_t>(stored[i / 2] | (entries[i] + 8) << (i % 2 * 4));
            }
        }
        return stored;
    }

    detail::m1_kernels m_kernels;
    m1_shape m_shape;
    std::uint64_t m_fingerprint;
    std::vector<std::int16_t> m_bytes;
    std::vector<std::vector<std::uint8_t>> m_tables;
    detail::packed_matrix m_mix;
    std::vector<detail::packed_layer> m_layers;
    detail::packed_matrix m_symbols;
    std::vector<std::int32_t> m_bias;
    std::uint32_t m_residual_gain = 0;
    std::uint32_t m_head_gain = 0;
};

}  // namespace equinfo
