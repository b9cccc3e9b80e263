// SPDX-License-Identifier: MIT
// How many windows come out of the decoder otherwise than they went into the encoder: the paper's section 3.3 and
// appendix D.5, which reports that 99.4 % of its sequences can be decompressed.
//
//   undecodable TEXT... -m MODEL --bytes 1000000 --out FOLDER
//
// Every window is decoded by itself and compared. A codeword of the paper's rule does not say how much text it stands
// for; its decoder takes the longest text that encodes to the same codeword ("longest"; appendix D.5), or could take
// the shortest, as for the variant "delay" ("shortest"). A sequence is 512 tokens of 16 bits; it is wrong if one of its
// windows is. This library's windows have one decoder, which stands in both columns.
#include "paper/m1_choice.hpp"
#include "paper/options.hpp"
#include "paper/report.hpp"

#include <equinfo/bits/bit_reader.hpp>
#include <equinfo/bits/bit_writer.hpp>
#include <equinfo/windows/padded_window.hpp>
#include <equinfo/windows/window_decoder.hpp>
#include <equinfo/windows/window_encoder.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace {

using namespace equinfo;
using namespace equinfo::bench::paper;
using text_view = std::span<const std::uint8_t>;

struct window {
    text_view text;
    std::vector<std::byte> codeword;
};

template <class Encoder>
std::vector<window> windows_of(Encoder encoder, std::span<const text_view> examples) {
    std::vector<window> windows;
    for (text_view rest : examples) {
        encoder.restart();
        while (!rest.empty()) {
            bit_writer bits;
            const std::size_t taken = encoder.encode_window(rest, bits);
            windows.push_back({rest.first(taken), bits.take()});
            rest = rest.subspan(taken);
        }
    }
    return windows;
}

struct wrong_shares {
    std::uint64_t windows = 0;
    double wrong_windows = 0;
    double wrong_sequences = 0;
};

template <class Decoder>
wrong_shares decode(Decoder decoder, const std::vector<window>& windows) {
    constexpr std::size_t bits_a_sequence = 512 * 16;  // section 3.5
    const std::size_t windows_a_sequence = std::max<std::size_t>(bits_a_sequence / decoder.window_bits(), 1);
    std::uint64_t wrong = 0;
    std::uint64_t wrong_sequences = 0;
    std::uint64_t wrong_here = 0;
    std::vector<std::uint8_t> text;
    for (std::size_t i = 0; i < windows.size(); ++i) {
        text.clear();
        bit_reader bits(windows[i].codeword);
        decoder.decode_window(bits, text);
        const bool is_wrong = !std::equal(text.begin(), text.end(), windows[i].text.begin(), windows[i].text.end());
        wrong += is_wrong ? 1u : 0u;
        wrong_here += is_wrong ? 1u : 0u;
        if ((i + 1) % windows_a_sequence == 0) {
            wrong_sequences += wrong_here > 0 ? 1u : 0u;
            wrong_here = 0;
        }
    }
    const auto sequences = static_cast<double>(windows.size() / windows_a_sequence);
    return {windows.size(), static_cast<double>(wrong) / static_cast<double>(windows.size()),
            static_cast<double>(wrong_sequences) / sequences};
}

void row(report& table, const std::string& rule, unsigned window_bits, const wrong_shares& longest,
         const wrong_shares& shortest) {
    table.row({rule, std::to_string(window_bits), std::to_string(longest.windows), percent(longest.wrong_windows, 3),
               percent(longest.wrong_sequences, 1), percent(shortest.wrong_windows, 3),
               percent(shortest.wrong_sequences, 1)});
}

template <class Ending, class Model>
void exact_rows(report& table, const std::string& rule, const Model& model, std::span<const text_view> examples,
                unsigned window_bits) {
    const auto windows = windows_of(window_encoder<Model, Ending>(model, window_bits), examples);
    const wrong_shares shares = decode(window_decoder<Model, Ending>(model, window_bits), windows);
    row(table, rule, window_bits, shares, shares);
}

void count(const options& given) {
    const std::vector<std::uint8_t> text = given.text();
    const auto examples = examples_of(text);
    report table("undecodable",
                 {"rule", "b", "windows", "longest: windows wrong", "sequences wrong", "shortest: windows wrong",
                  "sequences wrong (shortest)"},
                 std::to_string(examples.size()) + " examples of 10,240 bytes; M1: " + given.m1);
    m1_choice(given.m1).visit([&]<class Model>(const Model& model) {
        for (const unsigned window_bits : {16u, 24u, 32u, 64u, 128u}) {
            exact_rows<longest_match>(table, "equal-info (ours)", model, examples, window_bits);
            exact_rows<self_ending>(table, "self-ending (ours)", model, examples, window_bits);
            for (const padded_fit fit : {padded_fit::point, padded_fit::enclosed}) {
                for (const padded_end end : {padded_end::greedy, padded_end::delay}) {
                    const auto windows =
                        windows_of(padded_window_encoder<Model>(model, {window_bits, fit, end}), examples);
                    const auto by = [&](padded_end decoder) {
                        return decode(padded_window_decoder<Model>(model, {window_bits, fit, decoder}), windows);
                    };
                    const std::string name = std::string("padded, ") +
                                             (fit == padded_fit::point ? "point" : "enclosed") +
                                             (end == padded_end::delay ? ", delay" : "");
                    row(table, name, window_bits, by(padded_end::greedy), by(padded_end::delay));
                }
            }
        }
    });
    table.write(given.out);
}

}  // namespace

int main(int argc, char** argv) {
    return run_with_options(argc, argv, "Windows that do not decode to their text", count);
}
