// SPDX-License-Identifier: Apache-2.0
//
// Puts one document together from a reader's events, bottom up and without recursion: the limits,
// unique keys and YAML's merge keys are looked after here.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gatefile/tree/node.hpp"
#include "gatefile/tree/read.hpp"

namespace gatefile::tree {

/// A number as the API server takes it: whole numbers that fit are integers, however written.
Node make_number(double value, Position at);

class Builder {
public:
    Builder(Arena& arena, const Limits& limits) : arena_(arena), limits_(limits) {}

    /// Forgets what was built, for the next document; the storage stays.
    void restart();
    /// Opens a List or Map; false, with a fault, when a limit is exceeded.
    bool begin(Kind kind, Position at);
    /// The key of the next value. The bytes must be in the arena.
    bool key(std::string_view stored, Position at);
    /// YAML's "<<": the next value is a map, or a list of maps, whose entries join the open map.
    bool merge_key(Position at);
    bool value(const Node& node);
    /// Closes what begin() opened last and puts it where it belongs.
    bool end();

    /// Counts nodes that an alias repeats.
    bool count(std::size_t nodes, Position at);
    void fault(Position at, std::string text);

    std::size_t depth() const { return frames_.size(); }
    std::size_t counted() const { return counted_; }
    bool in_map() const { return !frames_.empty() && frames_.back().kind == Kind::Map; }
    bool after_merge_key() const;
    /// The node that end() or value() took last.
    const Node& last() const { return last_; }

    Arena& arena() { return arena_; }
    const Limits& limits() const { return limits_; }
    std::vector<Fault>& faults() { return faults_; }

private:
    struct Frame {
        Kind kind = Kind::Null;
        Position at;
        std::size_t first = 0;  ///< of its items_ or entries_
    };

    void place(const Node& node);
    bool finish_map(const Frame& frame);
    bool check_unique(std::span<const Entry> entries);
    bool expand_merges(std::size_t first);
    bool too_many_faults() const;

    Arena& arena_;
    const Limits& limits_;
    std::vector<Frame> frames_;
    std::vector<Node> items_;
    std::vector<Entry> entries_;
    std::vector<std::size_t> merges_;  ///< which of the open maps' entries_ are merge keys
    std::vector<Fault> faults_;
    std::size_t counted_ = 0;
    Node last_;
};

}  // namespace gatefile::tree
