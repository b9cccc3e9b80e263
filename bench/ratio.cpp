// SPDX-License-Identifier: MIT
// Exact sizes: how many bits each coder makes of texts that every Debian has. Measures no time. The table is kept in
// bench/ratio.csv and compared by a test, so that a change of one bit anywhere is seen in review.
//
//   ratio > bench/ratio.csv          makes the table
//   ratio --check bench/ratio.csv    ends with 1 where a line differs; texts that are not there, or other ones, are skipped
#include "support/text.hpp"

#include <equinfo/bits/byte_stream.hpp>
#include <equinfo/bits/crc32.hpp>
#include <equinfo/coding/range_encoder.hpp>
#include <equinfo/english.hpp>
#include <equinfo/models/adaptive_model.hpp>
#include <equinfo/models/context_model.hpp>
#include <equinfo/models/sequence.hpp>
#include <equinfo/models/static_model.hpp>
#include <equinfo/models/uniform_model.hpp>
#include <equinfo/windows/endings.hpp>
#include <equinfo/windows/padded_window.hpp>
#include <equinfo/windows/sequence.hpp>
#include <equinfo/windows/statistics.hpp>
#include <equinfo/windows/window_encoder.hpp>

#include <array>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <set>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace equinfo;
using text_view = std::span<const std::uint8_t>;

class table {
public:
    explicit table(std::ostream& out) : m_out(out) {
        m_out << "text,bytes,model,ending,window_bits,windows,bits\n";
    }

    void start_text(std::string_view name, std::size_t bytes) {
        m_text = std::string(name) + ',' + std::to_string(bytes) + ',';
    }

    void row(std::string_view model, std::string_view ending, unsigned window_bits, std::uint64_t windows,
             std::uint64_t bits) {
        m_out << m_text << model << ',' << ending << ',' << window_bits << ',' << windows << ',' << bits << '\n';
    }

private:
    std::ostream& m_out;
    std::string m_text;
};

template <byte_model Model>
void whole(table& out, std::string_view name, Model model, text_view text) {
    range_encoder encoder;
    encode_sequence(model, text, encoder);
    encoder.finish();
    out.row(name, "none", 0, 0, encoder.bit_count());
}

template <class Ending, class Reset, byte_model Model>
void windows(table& out, std::string_view name, std::string_view ending, const Model& model, text_view text,
             std::initializer_list<unsigned> sizes) {
    for (const unsigned window_bits : sizes) {
        window_encoder<Model, Ending, Reset> encoder(model, window_bits);
        bit_counter counter;
        const std::uint64_t count = encode_windows(encoder, text, counter);
        out.row(name, ending, window_bits, count, counter.bit_count());
    }
}

void rows_of(table& out, std::string_view name, text_view text) {
    out.start_text(name, text.size());
    const ngram_model english = english_model();
    const context_model context{context_model_options::for_size(text.size())};
    whole(out, "uniform", uniform_model{}, text);
    whole(out, "order0", adaptive_model{}, text);
    whole(out, "context", context, text);
    whole(out, "english", english, text);
    whole(out, "primed", primed_context_model<ngram_model>(english, context_model_options::for_size(text.size())), text);
    windows<longest_match, reset_each_window>(out, "english", "longest_match", english, text,
                                              {9, 12, 16, 20, 24, 32, 48, 64, 128});
    windows<self_ending, reset_each_window>(out, "english", "self_ending", english, text, {9, 12, 16, 24, 32, 64, 128});
    windows<self_ending, keep_model>(out, "english", "self_ending/keep_model", english, text, {16, 64});
    windows<self_ending, keep_model>(out, "order0", "self_ending/keep_model", adaptive_model{}, text, {16, 64});
    windows<self_ending, keep_model>(out, "context", "self_ending/keep_model", context, text, {64});
    windows<longest_match, reset_each_window>(out, "uniform", "longest_match", uniform_model{}, text, {9, 16, 64});
}

/// Twelve kilobytes that no model likes: every byte value, runs, and noise from a linear congruential generator.
std::vector<std::uint8_t> generated() {
    std::vector<std::uint8_t> text;
    for (unsigned value = 0; value < 4096; ++value) {
        text.push_back(static_cast<std::uint8_t>(value / 16));
    }
    std::uint32_t state = 1;
    for (int i = 0; i < 8192; ++i) {
        state = state * 1664525u + 1013904223u;
        text.push_back(static_cast<std::uint8_t>(state >> (i < 4096 ? 24 : 29)));
    }
    return text;
}

struct known_text {
    std::string_view path;
    std::string_view name;
    std::uint32_t crc;
};

constexpr std::array known_texts = {
    known_text{"/usr/share/common-licenses/GPL-3", "GPL-3", 0x97673d00},
    known_text{"/usr/share/common-licenses/Artistic", "Artistic", 0x30e970bd},
};

std::string make_table() {
    std::ostringstream out;
    table rows(out);
    rows_of(rows, "generated", generated());
    for (const known_text& known : known_texts) {
        try {
            const std::vector<std::uint8_t> text = bench::read_file(std::string(known.path));
            if (crc32(bytes_of(text)) == known.crc) {
                rows_of(rows, known.name, text);
                continue;
            }
            std::fprintf(stderr, "SKIPPED: %s is not the text that the table was made of (%08x)\n", known.path.data(),
                         crc32(bytes_of(text)));
        } catch (const std::runtime_error& what) {
            std::fprintf(stderr, "SKIPPED: %s\n", what.what());
        }
    }
    return out.str();
}

std::set<std::string> lines_of(std::istream&& in) {
    std::set<std::string> lines;
    for (std::string line; std::getline(in, line);) {
        lines.insert(line);
    }
    return lines;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string made = make_table();
    if (argc < 3) {
        std::cout << made;
        return 0;
    }
    std::ifstream file(argv[2]);
    const std::set<std::string> kept = lines_of(std::move(file));
    int different = 0;
    for (const std::string& line : lines_of(std::istringstream(made))) {
        if (!kept.contains(line)) {
            std::printf("not in %s: %s\n", argv[2], line.c_str());
            different = 1;
        }
    }
    return different;
}
