// SPDX-License-Identifier: MIT
// The forward pass: any number of tokens of any lanes at once (docs/m1.md, sections 3 to 5).
#pragma once

#include <equinfo/config.hpp>
#include <equinfo/m1/constants.hpp>
#include <equinfo/m1/lane.hpp>
#include <equinfo/m1/weights.hpp>
#include <equinfo/models/frequency_table.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace equinfo {

/// Runs tokens through a model. It owns room to work in and no state: whatever is run together, each lane's integers depend
/// on that lane's tokens alone.
class m1_engine {
public:
    using distribution_type = frequency_table<detail::m1_precision>;

    /// Work for one row: a token that a lane takes in, and where what it predicts goes (nullptr: nowhere).
    struct row {
        m1_lane* lane;
        std::uint32_t token;  // 0..255, or 256 at the start
        distribution_type* prediction;
        std::int32_t* logits = nullptr;  // where 256 of them go, in 1/256 of a binary order of magnitude
    };

    static constexpr std::size_t most_rows = m1_lane::most_rows;

    /// `data` must outlive the engine.
    explicit m1_engine(const m1_data& data) : m_data(&data) {}

    /// Takes in at most most_rows tokens. Rows of one lane stand in the order of its text.
    void run(std::span<const row> rows) {
        EQUINFO_EXPECTS(rows.size() <= most_rows);
        if (rows.empty()) {
            return;
        }
        make_room(rows.size());
        take_in(rows);
        for (std::size_t layer = 0; layer < m_data->m_layers.size(); ++layer) {
            attention(rows, layer);
            feed_forward(rows.size(), m_data->m_layers[layer]);
        }
        predict(rows);
        for (const row& r : rows) {
            r.lane->advance();
        }
    }

private:
    void make_room(std::size_t rows) {
        if (rows <= m_rows) {
            return;
        }
        const m1_shape& shape = m_data->shape();
        m_rows = rows;
        m_positions = std::clamp<std::size_t>(16 / shape.shared, 1, detail::most_positions);
        const std::size_t queries = m_positions * shape.shared;
        m_slots = shape.context + 2 * detail::relative_margin + 64;
        m_x.resize(rows * shape.width);
        m_activations.resize(rows * std::max({shape.width, shape.mix_width(), shape.query_width(), shape.hidden}));
        m_sums.resize(rows * std::max({shape.qkv_width(), shape.up_width(), shape.width, std::size_t{256}}));
        m_queries.resize(queries * shape.head_width);
        m_head.resize(shape.head_width);
        m_scores.resize(queries * m_slots);
        m_weights.resize((queries + 1) * m_slots);
        m_means.resize((queries + 1) * shape.head_width);
        m_totals.resize(queries);
        m_places.resize(rows);
        m_rows_of_tables.resize(rows * shape.tables.size());
    }

    /// The residual stream of each row, from bytes and tables.
    void take_in(std::span<const row> rows) {
        const m1_shape& shape = m_data->shape();
        const std::size_t width = shape.width;
        const std::size_t tables = shape.tables.size();
        for (std::size_t r = 0; r < rows.size(); ++r) {
            m1_lane& lane = *rows[r].lane;
            lane.m_hashes.take_in(rows[r].token);
            // The position of a row, counting those of its lane before it in this run.
            m_places[r] = lane.m_position;
            for (std::size_t before = r; before != 0;) {
                if (rows[--before].lane == &lane) {
                    m_places[r] = m_places[before] + 1;
                    break;
                }
            }
            for (std::size_t t = 0; t < tables; ++t) {
                const std::size_t start = std::size_t{lane.m_hashes.row(shape.tables[t])} * shape.row_bytes();
                m_rows_of_tables[r * tables + t] = m_data->m_tables[t].data() + start;
                __builtin_prefetch(m_data->m_tables[t].data() + start);
            }
        }
        for (std::size_t r = 0; r < rows.size(); ++r) {
            const std::int16_t* const from = m_data->m_bytes.data() + rows[r].token * width;
            std::copy(from, from + width, m_x.begin() + static_cast<std::ptrdiff_t>(r * width));
        }
        if (tables == 0) {
            return;
        }
        for (std::size_t i = 0; i < rows.size() * tables; ++i) {
            unpack(m_rows_of_tables[i], m_activations.data() + i * shape.columns);
        }
        m_data->m_mix.multiply(m_data->m_kernels, m_activations.data(), rows.size(), m_sums.data());
        m_data->m_kernels.add_to_residual(m_x.data(), m_sums.data(), rows.size() * width, m_data->m_mix.shift);
    }

    void unpack(const std::uint8_t* stored, std::uint8_t* activations) const {
        const std::size_t bytes = m_data->shape().row_bytes();
        if (m_data->shape().table_bits == 8) {
            std::memcpy(activations, stored, bytes);
            return;
        }
        for (std::size_t i = 0; i < bytes; ++i) {  // 16 times the entry, plus 128, is 16 times what is stored
            activations[2 * i] = static_cast<std::uint8_t>(stored[i] << 4);
            activations[2 * i + 1] = static_cast<std::uint8_t>(stored[i] & 0xF0);
        }
    }

    void norm_rows(std::size_t rows) {
        const std::size_t width = m_data->shape().width;
        for (std::size_t r = 0; r < rows; ++r) {
            m_data->m_kernels.norm(m_x.data() + r * width, width, m_data->m_residual_gain, m_activations.data() + r * width);
        }
    }

    void attention(std::span<const row> rows, std::size_t layer) {
        const m1_shape& shape = m_data->shape();
        const m1_kernels& kernels = m_data->m_kernels;
        const detail::packed_layer& weights = m_data->m_layers[layer];
        norm_rows(rows.size());
        weights.qkv.multiply(kernels, m_activations.data(), rows.size(), m_sums.data());
        // All keys and values first, since a row sees those of the rows before it. The ring has room for all of them
        // beside the whole context of the first row.
        for (std::size_t r = 0; r < rows.size(); ++r) {
            keep(*rows[r].lane, layer, m_places[r], m_sums.data() + r * shape.qkv_width() + shape.query_width(), weights.qkv.shift);
        }
        for (std::size_t r = 0; r < rows.size();) {
            // Neighbouring positions of one text go together, so that its keys and values are read once for all of them.
            std::size_t count = 1;
            while (count < m_positions && r + count < rows.size() && rows[r + count].lane == rows[r].lane) {
                ++count;
            }
            for (std::size_t group = 0; group < shape.kv(); ++group) {
                attend(*rows[r].lane, layer, group, r, count);
            }
            r += count;
        }
        weights.out.multiply(kernels, m_activations.data(), rows.size(), m_sums.data());
        kernels.add_to_residual(m_x.data(), m_sums.data(), rows.size() * shape.width, weights.out.shift);
    }

    /// Puts the keys and values of a position into a lane's ring; `sums` has all keys, then all values.
    void keep(m1_lane& lane, std::size_t layer, std::uint64_t position, const std::int32_t* sums, unsigned value_shift) {
        const m1_shape& shape = m_data->shape();
        const detail::dot_layout& layout = m_data->m_kernels.layout;
        const m1_lane::ring& ring = lane.m_rings[layer];
        const std::size_t slot = static_cast<std::size_t>(position % ring.capacity);
        // From piece to piece and tile to tile: to find each number's place by division takes a tenth of all time.
        const std::size_t piece = layout.outputs * layout.depth;
        const std::size_t key_tile = layout.outputs * shape.head_width;
        const std::size_t value_tile = layout.outputs * ring.capacity;
        for (std::size_t group = 0; group < shape.kv(); ++group) {
            const std::size_t start = ring.start(group);
            m_data->m_kernels.norm(sums + group * shape.head_width, shape.head_width, m_data->m_head_gain, m_head.data());
            std::int8_t* keys = lane.m_keys.data() + start * shape.head_width + layout.place(slot, 0, key_tile);
            std::int32_t sum = 0;
            for (std::size_t c = 0; c < shape.head_width; c += layout.depth, keys += piece) {
                for (std::size_t i = 0; i < layout.depth; ++i) {
                    const std::int32_t key = m_head[c + i] - detail::stages::activation_zero;
                    keys[i] = static_cast<std::int8_t>(key);
                    sum += key;
                }
            }
            if (!lane.m_key_start.empty()) {
                lane.m_key_start[start + slot] = -detail::stages::activation_zero * sum;
            }
            auto* const narrow = reinterpret_cast<std::int8_t*>(m_head.data());
            m_data->m_kernels.values(sums + (shape.kv() + group) * shape.head_width, shape.head_width, value_shift, narrow);
            std::int8_t* values = lane.m_values.data() + start * shape.head_width + layout.place(0, slot, value_tile);
            for (std::size_t c = 0; c < shape.head_width; c += layout.outputs, values += value_tile) {
                for (std::size_t i = 0; i < layout.outputs; ++i) {
                    values[i * layout.depth] = narrow[c + i];
                }
            }
        }
    }

    /// The results of the query heads of one group, for `count` rows from `start_row` on: neighbouring positions of `lane`.
    void attend(const m1_lane& lane, std::size_t layer, std::size_t group, std::size_t start_row,
                std::size_t count) {
        const m1_shape& shape = m_data->shape();
        const m1_kernels& kernels = m_data->m_kernels;
        const detail::dot_layout& layout = kernels.layout;
        const detail::packed_layer& weights = m_data->m_layers[layer];
        const m1_lane::ring& ring = lane.m_rings[layer];
        const std::size_t start_of_ring = ring.start(group);
        const std::size_t width = shape.head_width;
        const std::size_t queries = count * shape.shared;
        for (std::size_t q = 0; q < queries; ++q) {
            const std::size_t head = group * shape.shared + q % shape.shared;
            kernels.norm(m_sums.data() + (start_row + q / shape.shared) * shape.qkv_width() + head * width, width, m_data->m_head_gain,
                         m_queries.data() + q * width);
        }

        // What the rows see between them is one run of slots of the ring, or two: to its end, and from its start. Whole
        // groups of slots are worked on; `relative` leaves no weight to those that a row does not see.
        const std::uint64_t position = m_places[start_row];
        const std::uint64_t oldest = position + 1 > weights.context ? position + 1 - weights.context : 0;
        const std::size_t first = static_cast<std::size_t>(oldest % ring.capacity);
        const std::size_t last = static_cast<std::size_t>((position + count - 1) % ring.capacity);
        struct run_of_slots {
            std::size_t begin, count;
        };
        constexpr std::size_t mask = detail::slot_group - 1;
        run_of_slots runs[2] = {{first & ~mask, 0}, {0, 0}};
        if (first <= last) {
            runs[0].count = (last | mask) + 1 - runs[0].begin;
        } else {
            runs[0].count = ring.capacity - runs[0].begin;
            runs[1].count = (last | mask) + 1;
        }
        const std::size_t slots = runs[0].count + runs[1].count;

        std::size_t done = 0;
        for (const run_of_slots& run : runs) {
            if (run.count != 0) {
                const std::int8_t* const keys = lane.m_keys.data() + (start_of_ring + run.begin) * width;
                const std::int32_t* const start =
                    lane.m_key_start.empty() ? nullptr : lane.m_key_start.data() + start_of_ring + run.begin;
                kernels.dot({m_queries.data(), queries, width, keys, layout.outputs * width, width, run.count, start,
                             m_scores.data() + done, m_slots, false});
                done += run.count;
            }
        }

        const std::size_t first_relative = weights.relative_of(static_cast<std::size_t>(position - oldest)) - (first & mask);
        for (std::size_t q = 0; q < queries; ++q) {
            const std::size_t head = group * shape.shared + q % shape.shared;
            const std::int32_t* const relative =
                weights.relative.data() + head * weights.relative_stride() + first_relative - q / shape.shared;
            std::uint8_t* const p = m_weights.data() + q * m_slots;
            kernels.distances(m_scores.data() + q * m_slots, relative, slots, weights.heat[head], p);
            m_totals[q] = kernels.look_up_decay(p, slots);
        }

        // A kernel with signed activations takes `offset` off the weights as well: a row of ones says how much that is.
        const bool offset = layout.offset != 0;
        if (offset) {
            std::fill_n(m_weights.begin() + static_cast<std::ptrdiff_t>(queries * m_slots), slots,
                        static_cast<std::uint8_t>(layout.offset + 1));
        }
        done = 0;
        for (const run_of_slots& run : runs) {
            if (run.count != 0) {
                const std::int8_t* const values = lane.m_values.data() + start_of_ring * width + run.begin * layout.outputs;
                kernels.dot({m_weights.data() + done, queries + (offset ? 1 : 0), m_slots, values, layout.outputs * ring.capacity,
                             run.count, width, nullptr, m_means.data(), width, done != 0});
                done += run.count;
            }
        }
        for (std::size_t q = 0; q < queries; ++q) {
            std::int32_t* const sums = m_means.data() + q * width;
            for (std::size_t c = 0; offset && c < width; ++c) {
                sums[c] += layout.offset * m_means[queries * width + c];
            }
            std::uint8_t* const results = m_activations.data() + (start_row + q / shape.shared) * shape.query_width();
            kernels.weighted_mean(sums, width, m_totals[q], results + (group * shape.shared + q % shape.shared) * width);
        }
    }

    void feed_forward(std::size_t rows, const detail::packed_layer& layer) {
        const m1_shape& shape = m_data->shape();
        const m1_kernels& kernels = m_data->m_kernels;
        norm_rows(rows);
        layer.up.multiply(kernels, m_activations.data(), rows, m_sums.data());
        if (shape.feed == m1_feed::squared) {
            kernels.squared(m_sums.data(), rows * shape.hidden, layer.up.shift, m_activations.data());
        }
        const auto open_gates = shape.feed == m1_feed::gated ? kernels.gated : kernels.swiglu;
        for (std::size_t r = 0; shape.has_gates() && r < rows; ++r) {
            const std::int32_t* const gates = m_sums.data() + r * shape.up_width();
            open_gates(gates, gates + shape.hidden, shape.hidden, layer.up.shift, m_activations.data() + r * shape.hidden);
        }
        layer.down.multiply(kernels, m_activations.data(), rows, m_sums.data());
        kernels.add_to_residual(m_x.data(), m_sums.data(), rows * shape.width, layer.down.shift);
    }

    void predict(std::span<const row> rows) {
        norm_rows(rows.size());
        m_data->m_symbols.multiply(m_data->m_kernels, m_activations.data(), rows.size(), m_sums.data());
        for (std::size_t r = 0; r < rows.size(); ++r) {
            const row& wanted = rows[r];
            if (wanted.prediction != nullptr || wanted.logits != nullptr) {
                alignas(64) std::int32_t own[256];
                std::int32_t* const logits = wanted.logits != nullptr ? wanted.logits : own;
                frequency lows[256];
                m_data->m_kernels.lower_ends(m_sums.data() + r * 256, m_data->m_bias.data(), m_data->m_symbols.shift, logits, lows);
                if (wanted.prediction != nullptr) {
                    *wanted.prediction = distribution_type::from_lows(lows);
                }
            }
        }
    }

    using m1_kernels = detail::m1_kernels;

    const m1_data* m_data;
    std::size_t m_rows = 0;                    // that there is room for
    std::size_t m_slots = 0;                   // of scores, a head
    std::vector<std::int32_t> m_x;             // the residual stream: rows x width
    std::vector<std::uint8_t> m_activations;   // rows x what the next product takes
    std::vector<std::int32_t> m_sums;          // rows x what the last product gave
    std::size_t m_positions = 1;               // that attention works on at once
    std::vector<std::uint8_t> m_queries;       // a query: a head at a position
    std::vector<std::uint8_t> m_head;          // a key or a value
    std::vector<std::int32_t> m_scores;        // queries x slots
    std::vector<std::uint8_t> m_weights;       // (queries + 1) x slots
    std::vector<std::int32_t> m_means;         // (queries + 1) x head_width
    std::vector<std::uint32_t> m_totals;       // of weights, a query
    std::vector<std::uint64_t> m_places;       // a row: its position in its lane's text
    std::vector<const std::uint8_t*> m_rows_of_tables;  // rows x tables
};

}  // namespace equinfo
