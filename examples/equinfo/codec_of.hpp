// SPDX-License-Identifier: MIT
// The codec of one model type. Each model has a source file that instantiates it, so that they compile side by side.
#pragma once

#include "codebooks.hpp"
#include "codec.hpp"
#include "cpu_time.hpp"
#include "watched_model.hpp"

#include <equinfo/archive/archive_reader.hpp>
#include <equinfo/archive/archive_writer.hpp>
#include <equinfo/archive/message.hpp>
#include <equinfo/bits/bit_reader.hpp>
#include <equinfo/bits/bit_writer.hpp>
#include <equinfo/codebook/codebook.hpp>
#include <equinfo/codebook/top_windows.hpp>
#include <equinfo/codebook/window_strings.hpp>
#include <equinfo/codebook/window_top.hpp>
#include <equinfo/coding/range_decoder.hpp>
#include <equinfo/coding/range_encoder.hpp>
#include <equinfo/error.hpp>
#include <equinfo/models/batched.hpp>
#include <equinfo/models/concepts.hpp>
#include <equinfo/models/sequence.hpp>
#include <equinfo/windows/endings.hpp>
#include <equinfo/windows/sequence.hpp>
#include <equinfo/windows/window_decoder.hpp>
#include <equinfo/windows/window_encoder.hpp>
#include <equinfo/windows/window_lanes.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace program {

/// Windows by any window_encoding and window_decoding.
template <class Encoder, class Decoder>
class window_coder_of final : public window_coder {
public:
    window_coder_of(Encoder encoder, Decoder decoder) : m_encoder(std::move(encoder)), m_decoder(std::move(decoder)) {}

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
        equinfo::decode_windows(m_decoder, bits, count, text);
    }

private:
    Encoder m_encoder;
    Decoder m_decoder;
};

/// Decodes windows on a model's lanes, made as they are needed: most coders only encode, and many texts are short.
template <equinfo::makes_lanes Model, class Ending>
class late_lane_decoder {
public:
    late_lane_decoder(const Model& model, unsigned window_bits) : m_model(model), m_window_bits(window_bits) {}

    [[nodiscard]] unsigned window_bits() const noexcept { return m_window_bits; }
    void restart() noexcept {}

    std::size_t decode_windows(equinfo::bit_reader& bits, std::uint64_t count, std::vector<std::uint8_t>& text) {
        const std::size_t wanted = equinfo::affordable_lanes(m_model, static_cast<std::size_t>(std::min<std::uint64_t>(count, 16)));
        if (!m_decoder || m_lane_count < wanted) {
            m_decoder.emplace(m_model.lanes(wanted), m_window_bits);
            m_lane_count = wanted;
        }
        return m_decoder->decode_windows(bits, count, text);
    }
    std::size_t decode_window(equinfo::bit_reader& bits, std::vector<std::uint8_t>& text) { return decode_windows(bits, 1, text); }

private:
    Model m_model;
    unsigned m_window_bits;
    std::size_t m_lane_count = 0;
    std::optional<equinfo::lane_window_decoder<equinfo::lanes_t<Model>, Ending>> m_decoder;
};

/// The windows of a model, by the model at first, and once there was enough text to be worth it by tables that are compiled from it, once for
/// all threads: the same bits, faster. For models that are frozen; the others are slow to forget what they saw.
template <class Model, class Ending>
class compiled_windows {
public:
    compiled_windows(const Model& model, unsigned window_bits) : m_model(model), m_window_bits(window_bits) {}

    [[nodiscard]] std::unique_ptr<window_coder> by_model() const {
        equinfo::window_encoder<Model, Ending> encoder(m_model, m_window_bits);
        if constexpr (equinfo::makes_lanes<Model>) {
            return coder_of(std::move(encoder), late_lane_decoder<Model, Ending>(m_model, m_window_bits));
        } else {
            return coder_of(std::move(encoder), equinfo::window_decoder<Model, Ending>(m_model, m_window_bits));
        }
    }

    /// Nothing where tables gain nothing: in windows of more than 24 bits; and of those of more than 20 bits only the beginnings
    /// are in a table, which does not help a model that works on many positions and windows at once.
    [[nodiscard]] std::unique_ptr<window_coder> by_table() {
        if (m_window_bits > most_table_bits) {
            return nullptr;
        }
        std::call_once(m_once, [this] { compile(); });
        if (m_book != nullptr) {
            return make_codebook_coder(m_book);
        }
        if constexpr (most_table_bits > equinfo::max_codebook_bits) {
            if (m_top != nullptr) {
                return coder_of(equinfo::top_window_encoder<Model, Ending>(m_model, m_top),
                                equinfo::top_window_decoder<Model, Ending>(m_model, m_top));
            }
        }
        return nullptr;
    }

    /// Bytes of text that take the model about as long as to compile all strings, two predictions for each.
    [[nodiscard]] std::uint64_t text_worth_it() const noexcept { return std::uint64_t{1} << std::min(m_window_bits, equinfo::max_codebook_bits); }

private:
    static constexpr unsigned most_table_bits = equinfo::makes_lanes<Model> ? equinfo::max_codebook_bits : 24;

    template <class Encoder, class Decoder>
    [[nodiscard]] static std::unique_ptr<window_coder> coder_of(Encoder encoder, Decoder decoder) {
        return std::make_unique<window_coder_of<Encoder, Decoder>>(std::move(encoder), std::move(decoder));
    }

    void compile() {
        if constexpr (most_table_bits > equinfo::max_codebook_bits) {
            if (m_window_bits > equinfo::max_codebook_bits) {
                m_top = std::make_shared<const equinfo::window_top>(equinfo::compile_window_top<Ending>(m_model, m_window_bits));
                return;
            }
        }
        try {
            m_book = std::make_shared<const equinfo::codebook>(equinfo::compile_codebook<Ending>(m_model, m_window_bits));
        } catch (const equinfo::error&) {
            // Strings too long for a table: on such text the model is fast enough.
        }
    }

    Model m_model;
    unsigned m_window_bits;
    std::once_flag m_once;
    std::shared_ptr<const equinfo::codebook> m_book;
    std::shared_ptr<const equinfo::window_top> m_top;
};

template <class Model, class Ending>
class compiling_coder final : public window_coder {
public:
    explicit compiling_coder(std::shared_ptr<compiled_windows<Model, Ending>> code)
        : m_code(std::move(code)), m_coder(m_code->by_model()) {}

    std::uint64_t encode(std::span<const std::uint8_t> text, equinfo::bit_writer& bits,
                         std::vector<std::uint32_t>* lengths) override {
        expect(text.size());
        return m_coder->encode(text, bits, lengths);
    }

    void decode(equinfo::bit_reader& bits, std::uint64_t count, std::vector<std::uint8_t>& text) override {
        expect(2 * count);  // at least about
        m_coder->decode(bits, count, text);
    }

private:
    void expect(std::uint64_t bytes) {
        m_bytes += bytes;
        if (!m_is_decided && m_bytes > m_code->text_worth_it()) {
            m_is_decided = true;
            if (auto coder = m_code->by_table()) {
                m_coder = std::move(coder);
            }
        }
    }

    std::shared_ptr<compiled_windows<Model, Ending>> m_code;
    std::unique_ptr<window_coder> m_coder;
    std::uint64_t m_bytes = 0;
    bool m_is_decided = false;
};

/// `IsFrozen`: the model never learns, so that its windows can be compiled at little cost.
template <equinfo::identified_model Model, bool IsFrozen = false>
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
        return rule == ending_rule::longest_match ? windows_by(m_longest_match, window_bits) : windows_by(m_self_ending, window_bits);
    }

    [[nodiscard]] std::shared_ptr<const equinfo::codebook> compile(ending_rule rule, unsigned window_bits, unsigned threads) const override {
        if constexpr (IsFrozen) {
            return std::make_shared<const equinfo::codebook>(
                rule == ending_rule::longest_match ? equinfo::compile_codebook<equinfo::longest_match>(m_model, window_bits, threads)
                                                   : equinfo::compile_codebook<equinfo::self_ending>(m_model, window_bits, threads));
        } else {
            static_cast<void>(rule), static_cast<void>(window_bits), static_cast<void>(threads);
            return nullptr;
        }
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
    /// The codes that were asked for so far, by their window bits.
    template <class Ending>
    using codes = std::map<unsigned, std::shared_ptr<compiled_windows<Model, Ending>>>;

    template <class Ending>
    [[nodiscard]] std::unique_ptr<window_coder> windows_by(codes<Ending>& known, unsigned window_bits) const {
        if constexpr (IsFrozen) {
            const std::lock_guard lock(m_mutex);
            auto& code = known[window_bits];
            if (code == nullptr) {
                code = std::make_shared<compiled_windows<Model, Ending>>(m_model, window_bits);
            }
            return std::make_unique<compiling_coder<Model, Ending>>(code);
        } else {
            static_cast<void>(known);
            return compiled_windows<Model, Ending>(m_model, window_bits).by_model();
        }
    }

    [[nodiscard]] watched_model<Model> watched(const text_progress& progress) const {
        return {m_model, std::make_shared<symbol_watch>(progress)};
    }

    std::string m_name;
    Model m_model;
    mutable std::mutex m_mutex;
    mutable codes<equinfo::longest_match> m_longest_match;
    mutable codes<equinfo::self_ending> m_self_ending;
};

}  // namespace program
