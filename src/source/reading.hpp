// SPDX-License-Identifier: Apache-2.0
//
// The texts behind a list of -f paths, parsed, as they stand at one moment.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "files.hpp"
#include "gatefile/base/result.hpp"
#include "gatefile/diag/diagnostic.hpp"
#include "gatefile/source/manifests.hpp"
#include "gatefile/tree/read.hpp"

namespace gatefile::source {

struct ParsedFile {
    std::string name;
    std::string digest;  ///< of its bytes
    tree::ReadResult read;
};

/// One -f path.
struct RootReading {
    std::string path;
    bool is_directory = false;
    bool available = true;   ///< false when the path itself cannot be read
    bool settled = true;     ///< false when it kept changing while it was read
    std::size_t listed = 0;  ///< files found, those among them that another path had before
    std::vector<std::shared_ptr<const ParsedFile>> files;
    std::vector<InputFault> faults;  ///< of the path or of what lies below it
};

/// Whether pipes that are named are read. They can be once, so who reads again and again cannot.
enum class Pipes : std::uint8_t { Refused, Read };

/// Parses a file again only when its bytes changed; time stamps are not trusted for that.
class FileReader {
public:
    explicit FileReader(ManifestSettings settings, Pipes pipes = Pipes::Refused)
        : settings_(std::move(settings)), pipes_(pipes) {}

    /// An Error only when standard input fails. Standard input is read once and remembered.
    base::Result<std::vector<RootReading>> read();

private:
    using Parsed = std::map<std::string, std::shared_ptr<const ParsedFile>>;

    RootReading read_root(const std::string& path, Parsed& parsed);
    void read_files(RootReading& root, const Listing& listing, Parsed& parsed);
    base::Result<RootReading> read_stdin();
    RootReading read_named_pipe(const std::string& path) const;
    std::shared_ptr<const ParsedFile> parse(const std::string& name, std::string_view bytes) const;

    ManifestSettings settings_;
    Pipes pipes_;
    Parsed cache_;
    std::shared_ptr<const ParsedFile> stdin_;
    std::set<std::pair<dev_t, ino_t>> seen_;
};

/// What could not be read or parsed, as diagnostics. True when there was nothing of the kind.
bool report_faults(const RootReading& root, diag::Diagnostics& diagnostics);

}  // namespace gatefile::source
