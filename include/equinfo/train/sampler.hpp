// SPDX-License-Identifier: MIT
// What a step of training reads: long pieces of documents, and short fresh starts.
#pragma once

#include <equinfo/config.hpp>
#include <equinfo/error.hpp>
#include <equinfo/train/random.hpp>
#include <equinfo/train/transformer.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

namespace equinfo::train {

/// Texts in memory, or mapped into it, that outlive this, as documents. No sequence goes over the end of a document, as no
/// model does that is reset where one begins.
class sampler {
public:
    /// Documents end at every byte `separator`, which is not learnt, and where a text ends; empty ones do not count. Sequences
    /// will have up to `longest` bytes.
    /// @throws equinfo::error where there is no document
    sampler(const std::vector<std::span<const std::uint8_t>>& texts, std::size_t longest, std::uint8_t separator = 0)
        : m_longest(longest) {
        EQUINFO_EXPECTS(longest != 0);
        for (std::span<const std::uint8_t> text : texts) {
            while (!text.empty()) {
                const void* const end = std::memchr(text.data(), separator, text.size());
                const std::size_t size =
                    end == nullptr ? text.size() : static_cast<std::size_t>(static_cast<const std::uint8_t*>(end) - text.data());
                if (size != 0) {
                    m_documents.push_back(text.first(size));
                    m_total += size;
                    m_ends.push_back(m_total);
                }
                text = text.subspan(std::min(size + 1, text.size()));
            }
        }
        if (m_documents.empty()) {
            equinfo::detail::throw_error(errc::bad_parameter, 0, "there is no text to train on or to measure by");
        }
    }

    static constexpr std::size_t short_length = 32;

    /// Bytes of all documents.
    [[nodiscard]] std::uint64_t total() const noexcept { return m_total; }
    [[nodiscard]] std::size_t documents() const noexcept { return m_documents.size(); }

    /// About `bytes` bytes in pieces for one thread each, of up to `longest` bytes; an eighth in short sequences.
    [[nodiscard]] std::vector<piece> batch(random_numbers& random, std::size_t bytes) const {
        std::vector<piece> pieces;
        const std::size_t in_short_ones = bytes / 8;
        fill(pieces, bytes - in_short_ones, [&](std::size_t) { return long_sequence(random); });
        fill(pieces, in_short_ones, [&](std::size_t number) { return short_sequence(random, number % 2 == 0); });
        return pieces;
    }

    /// A document that is no longer than `longest`, whole, or so much of one; some from its start. A byte of a long text is as
    /// likely as one of a short text.
    [[nodiscard]] std::span<const std::uint8_t> long_sequence(random_numbers& random) const {
        const std::span<const std::uint8_t> document = m_documents[number_at(random.below(m_total))];
        if (document.size() <= m_longest) {
            return document;
        }
        const bool from_start = random.below(9) == 0;  // enough to learn how documents begin
        return document.subspan(from_start ? 0 : random.below(document.size() - m_longest + 1), m_longest);
    }

    /// short_length bytes from a random place, or from the start of the next word; a document that is no longer, whole.
    [[nodiscard]] std::span<const std::uint8_t> short_sequence(random_numbers& random, bool at_word) const {
        const std::uint64_t place = random.below(m_total);
        const std::size_t number = number_at(place);
        const std::span<const std::uint8_t> document = m_documents[number];
        if (document.size() <= short_length) {
            return document;
        }
        const std::size_t last = document.size() - short_length;  // where one may start
        std::size_t at = std::min(static_cast<std::size_t>(place - (m_ends[number] - document.size())), last);
        if (at_word) {
            for (std::size_t start = at; start <= std::min(last, at + near); ++start) {
                if (start == 0 || (document[start - 1] <= ' ' && document[start] > ' ')) {
                    at = start;
                    break;
                }
            }
        }
        return document.subspan(at, short_length);
    }

private:
    static constexpr std::size_t near = 64;  // bytes within which a word should start

    /// The document with byte `place` of all documents.
    [[nodiscard]] std::size_t number_at(std::uint64_t place) const noexcept {
        return static_cast<std::size_t>(std::upper_bound(m_ends.begin(), m_ends.end(), place) - m_ends.begin());
    }

    /// Adds pieces of about `bytes` bytes in all, of sequences that next(number) gives.
    template <class Next>
    void fill(std::vector<piece>& pieces, std::size_t bytes, Next&& next) const {
        bool opens = true;
        for (std::size_t number = 0, taken = 0; taken < bytes; ++number) {
            const std::span<const std::uint8_t> sequence = next(number);
            if (opens || pieces.back().positions() + sequence.size() > m_longest) {
                pieces.emplace_back();
                opens = false;
            }
            pieces.back().add(sequence);
            taken += sequence.size();
        }
    }

    std::vector<std::span<const std::uint8_t>> m_documents;
    std::vector<std::uint64_t> m_ends;  // a document: bytes of those up to its end
    std::uint64_t m_total = 0;
    std::size_t m_longest;
};

}  // namespace equinfo::train
