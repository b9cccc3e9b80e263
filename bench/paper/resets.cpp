// SPDX-License-Identifier: MIT
// What it costs that M1 forgets at the borders of windows: the paper's table 9 (appendix A.2), windows of 16 bits.
//
//   resets TEXT... -m MODEL --bytes 2000000 --out FOLDER
//
// M1 is reset at every window, at every other, or never within an example of 10,240 bytes. Never, the loss against
// plain arithmetic coding is that of the windows alone. longest_match needs a reset at every window; the other rules
// take all three.
#include "paper/m1_choice.hpp"
#include "paper/options.hpp"
#include "paper/report.hpp"

#include <equinfo/coding/range_encoder.hpp>
#include <equinfo/models/sequence.hpp>
#include <equinfo/windows/endings.hpp>
#include <equinfo/windows/padded_window.hpp>
#include <equinfo/windows/sequence.hpp>
#include <equinfo/windows/statistics.hpp>
#include <equinfo/windows/window_encoder.hpp>

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace equinfo;
using namespace equinfo::bench::paper;
using text_view = std::span<const std::uint8_t>;

constexpr unsigned window_bits = 16;

/// A model for padded_window_encoder, which resets it once a window: some of these resets are left out. A symbol that
/// does not fit into an empty window is lost there (windows/padded_window.hpp), and this model does not see it: 1
/// window in some thousand.
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

/// Bits of all examples, each by a new encoder.
template <class Make>
double bits_of(std::span<const text_view> examples, const Make& make) {
    bit_counter bits;
    for (const text_view text : examples) {
        auto encoder = make();
        encode_windows(encoder, text, bits);
    }
    return static_cast<double>(bits.bit_count());
}

template <class Model>
double plain_bits(Model model, std::span<const text_view> examples) {
    std::uint64_t bits = 0;
    for (const text_view text : examples) {
        model.reset();
        range_encoder encoder;
        encode_sequence(model, text, encoder);
        encoder.finish();
        bits += encoder.bit_count();
    }
    return static_cast<double>(bits);
}

/// The paper's ratios for 256 kinds of tokens: table 9.
struct how_often {
    const char* name;
    std::uint64_t windows;  // 0: never
    double published;
};
constexpr std::array policies{how_often{"every window", 1, 2.66}, how_often{"every other", 2, 3.40},
                              how_often{"never", 0, 5.33}};
constexpr double published_plain = 5.49;

void measure(const options& given) {
    const std::vector<std::uint8_t> text = given.text();
    const auto examples = examples_of(text);
    const auto bytes = static_cast<double>(examples.size() * example_bytes);
    report table("resets",
                 {"rule", "M1 is reset", "bytes/token, v = 256", "paper", "v = 65k", "paper (65k)", "of plain AC",
                  "paper's part of AC"},
                 std::to_string(examples.size()) + " examples of 10,240 bytes; M1: " + given.m1);
    m1_choice(given.m1).visit([&]<class Model>(const Model& model) {
        const double plain = 8 * bytes / plain_bits(model, examples);
        const auto row = [&](const std::string& rule, const how_often& policy, double bits) {
            const double ratio = 8 * bytes / bits;  // windows are whole tokens: v = 65k holds twice as much
            table.row({rule, policy.name, fixed(ratio, 3), fixed(policy.published, 2), fixed(2 * ratio, 3),
                       fixed(2 * policy.published, 2), fixed(ratio / plain, 3),
                       fixed(policy.published / published_plain, 3)});
        };
        row("plain AC", {"never", 0, published_plain}, 8 * bytes / plain);
        for (const padded_fit fit : {padded_fit::point, padded_fit::enclosed}) {
            for (const how_often& policy : policies) {
                const auto make = [&] {
                    using kept = seldom_reset<Model>;
                    return padded_window_encoder<kept>(kept(model, policy.windows),
                                                       {window_bits, fit, padded_end::greedy});
                };
                row(fit == padded_fit::point ? "padded, point" : "padded, enclosed", policy, bits_of(examples, make));
            }
        }
        row("equal-info (ours)", policies[0],
            bits_of(examples, [&] { return window_encoder<Model>(model, window_bits); }));
        for (const how_often& policy : policies) {
            const auto make = [&] {
                // Reset before the first window, and then at none: never.
                const reset_every reset{policy.windows == 0 ? ~std::uint64_t{0} : policy.windows};
                return window_encoder<Model, self_ending, reset_every>(model, window_bits, reset);
            };
            row("self-ending (ours)", policy, bits_of(examples, make));
        }
    });
    table.write(given.out);
}

}  // namespace

int main(int argc, char** argv) { return run_with_options(argc, argv, "How often M1 is reset", measure); }
