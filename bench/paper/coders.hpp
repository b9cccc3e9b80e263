// SPDX-License-Identifier: MIT
// The coders that write an example as bits: plain bytes, arithmetic coding, equal-info windows, zlib.
#pragma once

#include <equinfo/bits/bit_reader.hpp>
#include <equinfo/bits/bit_writer.hpp>
#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/coding/range_decoder.hpp>
#include <equinfo/coding/range_encoder.hpp>
#include <equinfo/models/sequence.hpp>
#include <equinfo/windows/sequence.hpp>

#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

namespace equinfo::bench::paper {

inline void write_bytes(std::span<const std::byte> bytes, bit_writer& bits) {
    bits.reserve(bytes.size());
    for (const std::byte byte : bytes) {
        bits.write(std::to_integer<std::uint64_t>(byte), 8);
    }
}

/// The text itself (the paper's ByT5 baseline, section 3.6).
struct plain_coder {
    [[nodiscard]] static bool is_exact() { return true; }
    static void encode(std::span<const std::uint8_t> text, bit_writer& bits) { write_bytes(bytes_of(text), bits); }
    [[nodiscard]] static std::vector<std::uint8_t> decode(std::span<const std::byte> bits, std::uint64_t, std::size_t) {
        const auto text = text_of(bits);
        return {text.begin(), text.end()};
    }
};

/// One arithmetic-coded message an example (paper, section 3.3: AC and StaticAC).
template <class Model>
class arithmetic_coder {
public:
    explicit arithmetic_coder(Model model) : m_model(std::move(model)) {}
    [[nodiscard]] static bool is_exact() { return true; }

    void encode(std::span<const std::uint8_t> text, bit_writer& bits) {
        m_model.reset();
        range_encoder encoder;
        encode_sequence(m_model, text, encoder);
        encoder.finish();
        write_bytes(encoder.bytes(), bits);
    }

    [[nodiscard]] std::vector<std::uint8_t> decode(std::span<const std::byte> bits, std::uint64_t, std::size_t bytes) {
        m_model.reset();
        std::vector<std::uint8_t> text(bytes);
        range_decoder decoder(bits);
        decode_sequence(m_model, std::span(text), decoder);
        return text;
    }

private:
    Model m_model;
};

/// A model for the paper's windows, whose encoder and decoder reset it once a window: some of these resets are left out
/// (paper, appendix A.2). A symbol that does not fit into an empty window is lost there (windows/padded_window.hpp),
/// and this model does not see it: 1 window in some thousand.
template <class Model>
class seldom_reset {
public:
    /// `windows`: reset at every so many; 0: never.
    seldom_reset(Model model, std::uint64_t windows) : m_model(std::move(model)), m_windows(windows) {
        m_model.reset();
    }

    decltype(auto) predict() { return m_model.predict(); }
    void update(std::uint8_t symbol) { m_model.update(symbol); }
    void reset() {
        if (m_windows != 0 && m_count++ % m_windows == 0) {
            m_model.reset();
        }
    }

private:
    Model m_model;
    std::uint64_t m_windows;
    std::uint64_t m_count = 0;
};

/// Equal-info windows, by any encoder and decoder of the library. Each text takes copies of them: how often a model has
/// been reset is part of their state.
template <class Encoder, class Decoder>
class window_coder {
public:
    window_coder(Encoder encoder, Decoder decoder, bool is_exact = true)
        : m_encoder(std::move(encoder)), m_decoder(std::move(decoder)), m_is_exact(is_exact) {}
    [[nodiscard]] bool is_exact() const { return m_is_exact; }

    void encode(std::span<const std::uint8_t> text, bit_writer& bits) const {
        Encoder encoder = m_encoder;
        encode_windows(encoder, text, bits);
    }

    /// The zero bits that fill the last token are fewer than those of a window.
    [[nodiscard]] std::vector<std::uint8_t> decode(std::span<const std::byte> bits, std::uint64_t bit_count,
                                                   std::size_t) const {
        Decoder decoder = m_decoder;
        std::vector<std::uint8_t> text;
        bit_reader source(bits);
        decode_windows(decoder, source, bit_count / m_encoder.window_bits(), text);
        return text;
    }

private:
    Encoder m_encoder;
    Decoder m_decoder;
    bool m_is_exact;
};

/// zlib at its default level, an example at a time (paper, section 3.6). Framed: with the header of two bytes and the
/// checksum of four, which the paper keeps but for its table 10.
class zlib_coder {
public:
    explicit zlib_coder(bool is_framed) : m_window_bits(is_framed ? MAX_WBITS : -MAX_WBITS) {}
    [[nodiscard]] static bool is_exact() { return true; }

    void encode(std::span<const std::uint8_t> text, bit_writer& bits) const {
        constexpr int default_memory = 8;
        z_stream stream{};
        check(deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, m_window_bits, default_memory,
                           Z_DEFAULT_STRATEGY) == Z_OK);
        std::vector<std::byte> out(deflateBound(&stream, static_cast<uLong>(text.size())));
        stream.next_in = const_cast<Bytef*>(text.data());  // zlib only reads it
        stream.avail_in = static_cast<uInt>(text.size());
        stream.next_out = reinterpret_cast<Bytef*>(out.data());
        stream.avail_out = static_cast<uInt>(out.size());
        const int result = deflate(&stream, Z_FINISH);
        out.resize(out.size() - stream.avail_out);
        deflateEnd(&stream);
        check(result == Z_STREAM_END);
        write_bytes(out, bits);
    }

    /// What can be unpacked: ids that a model wrote need not be a stream.
    [[nodiscard]] std::vector<std::uint8_t> decode(std::span<const std::byte> bits, std::uint64_t,
                                                   std::size_t bytes) const {
        z_stream stream{};
        check(inflateInit2(&stream, m_window_bits) == Z_OK);
        std::vector<std::uint8_t> text(std::max<std::size_t>(bytes, 1));
        stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(bits.data()));
        stream.avail_in = static_cast<uInt>(bits.size());
        stream.next_out = text.data();
        stream.avail_out = static_cast<uInt>(text.size());
        static_cast<void>(inflate(&stream, Z_SYNC_FLUSH));
        text.resize(text.size() - stream.avail_out);
        inflateEnd(&stream);
        return text;
    }

private:
    static void check(bool is_good) {
        if (!is_good) {
            throw std::runtime_error("zlib failed");
        }
    }

    int m_window_bits;
};

}  // namespace equinfo::bench::paper
