// SPDX-License-Identifier: MIT
// The codec of one model type. Each model has a source file that instantiates it, so that they compile side by side.
#pragma once

#include "codec.hpp"
#include "cpu_time.hpp"
#include "watched_model.hpp"

#include <equinfo/archive/archive_reader.hpp>
#include <equinfo/archive/archive_writer.hpp>
#include <equinfo/archive/message.hpp>
#include <equinfo/bits/bit_reader.hpp>
#include <equinfo/bits/bit_writer.hpp>
#include <equinfo/coding/range_decoder.hpp>
#include <equinfo/coding/range_encoder.hpp>
#include <equinfo/models/batched.hpp>
#include <equinfo/models/concepts.hpp>
#include <equinfo/models/sequence.hpp>
#include <equinfo/windows/window_decoder.hpp>
#include <equinfo/windows/window_encoder.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace program {

template <class Model, class Ending>
class window_coder_of final : public window_coder {
public:
    window_coder_of(const Model& model, unsigned window_bits)
        : m_encoder(model, window_bits), m_decoder(model, window_bits) {}

    std::uint64_t encode(std::span<const std::uint8_t> text, equinfo::bit_writer& bits,
                         std::vector<std::uint32_t>* lengths) override {
        std::uint64_t count = 0;
        while (!text.empty()) {
            const std::size_t length = m_encoder.encode_window(text, bits);
            if (lengths != nullptr) {
                lengths->push_back(static_cast<std::uint32_t>(length));
            }
            text = text.subspan(length);
            ++count;
        }
        return count;
    }

    void decode(equinfo::bit_reader& bits, std::uint64_t count, std::vector<std::uint8_t>& text) override {
        for (; count != 0; --count) {
            m_decoder.decode_window(bits, text);
        }
    }

private:
    equinfo::window_encoder<Model, Ending> m_encoder;
    equinfo::window_decoder<Model, Ending> m_decoder;
};

template <equinfo::identified_model Model>
class codec_of final : public codec {
public:
    codec_of(std::string name, Model model) : m_name(std::move(name)), m_model(std::move(model)) {}

    [[nodiscard]] const std::string& name() const override { return m_name; }
    [[nodiscard]] std::uint64_t fingerprint() const override { return m_model.fingerprint(); }

    [[nodiscard]] std::uint32_t block_size() const override {
        // Models that learn want large blocks. One that makes lanes decodes 16 blocks faster together than
        // one by one, and remembers only the last of a block anyway: ordinary files should have that many.
        return equinfo::makes_lanes<Model> ? std::uint32_t{1} << 16 : std::uint32_t{1} << 24;
    }

    equinfo::archive_summary compress(source& in, sink_reference out, std::uint32_t block_size, unsigned threads,
                                      const text_progress& progress) const override {
        const equinfo::archive_options options{m_name, block_size, threads};
        return equinfo::compress_stream(in, out, watched(progress), options);
    }

    equinfo::archive_summary extract(source& in, const equinfo::archive_header& header, sink_reference out,
                                     unsigned threads, const text_progress& progress,
                                     const damage_handler& on_damage) const override {
        return equinfo::extract_blocks(in, header, out, watched(progress), {threads}, equinfo::no_progress{},
                                       on_damage);
    }

    [[nodiscard]] std::unique_ptr<window_coder> windows(ending_rule rule, unsigned window_bits) const override {
        if (rule == ending_rule::longest_match) {
            return std::make_unique<window_coder_of<Model, equinfo::longest_match>>(m_model, window_bits);
        }
        return std::make_unique<window_coder_of<Model, equinfo::self_ending>>(m_model, window_bits);
    }

    [[nodiscard]] message_size measure(std::span<const std::uint8_t> text) const override {
        Model model = m_model;
        message_size result;
        model.reset();
        double begin = cpu_seconds();
        equinfo::range_encoder encoder;
        equinfo::encode_sequence(model, text, encoder);
        encoder.finish();
        result.encode_seconds = cpu_seconds() - begin;
        result.bits = encoder.bit_count();

        std::vector<std::uint8_t> back(text.size());
        model.reset();
        begin = cpu_seconds();
        equinfo::range_decoder decoder(encoder.bytes());
        equinfo::decode_sequence(model, std::span(back), decoder);
        result.decode_seconds = cpu_seconds() - begin;
        result.came_back = std::equal(text.begin(), text.end(), back.begin(), back.end());
        return result;
    }

    [[nodiscard]] message_size measure_lines(std::span<const std::span<const std::uint8_t>> lines) const override {
        Model model = m_model;
        message_size result;
        result.came_back = true;
        std::vector<std::vector<std::byte>> messages;
        double begin = cpu_seconds();
        for (const std::span<const std::uint8_t> line : lines) {
            messages.push_back(equinfo::compress(line, model));
            result.bits += 8 * messages.back().size();
        }
        result.encode_seconds = cpu_seconds() - begin;
        begin = cpu_seconds();
        for (std::size_t i = 0; i < lines.size(); ++i) {
            result.came_back = result.came_back && equinfo::decompress(messages[i], model) == equinfo::string_of(lines[i]);
        }
        result.decode_seconds = cpu_seconds() - begin;
        return result;
    }

private:
    [[nodiscard]] watched_model<Model> watched(const text_progress& progress) const {
        return {m_model, std::make_shared<symbol_watch>(progress)};
    }

    std::string m_name;
    Model m_model;
};

}  // namespace program
