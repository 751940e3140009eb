using System.CommandLine;

namespace Portolan.Cli.Scanning.Options;

/// <summary>The options about what is printed, where and in which form.</summary>
internal sealed class OutputOptions
{
    /// <summary>What nmap calls its own stylesheet (nmap reference guide, <c>--webxml</c>).</summary>
    private const string WebStylesheet = "https://svn.nmap.org/nmap/docs/nmap.xsl";

    private readonly Option<string[]> _normal = ScanOptionKinds.SpelledValue(
        "--output-normal", "-oN", "FILE",
        "write nmap's normal output to a file; - for stdout; %H%M%S and the like are expanded as by strftime");
    private readonly Option<string[]> _xml = ScanOptionKinds.SpelledValue("--output-xml", "-oX", "FILE", "write nmap's XML");
    private readonly Option<string[]> _grepable =
        ScanOptionKinds.SpelledValue("--output-grepable", "-oG", "FILE", "write nmap's grepable output");
    private readonly Option<string[]> _json =
        ScanOptionKinds.SpelledValue("--output-json", "-oJ", "FILE", "write JSON Lines, as --json does to stdout");
    private readonly Option<string[]> _all =
        ScanOptionKinds.SpelledValue("--output-all", "-oA", "BASENAME", "write BASENAME.nmap, BASENAME.xml and BASENAME.gnmap");
    private readonly Option<bool> _append = ScanOptionKinds.Flag(
        "--append-output",
        "append to the output files instead of replacing them; as with nmap, an XML file then holds several documents");
    private readonly Option<bool> _reason = ScanOptionKinds.Flag("--reason", "show the reason for each state");
    private readonly Option<bool> _open = ScanOptionKinds.Flag("--open", "show only open and possibly open ports, and "
        + "only hosts that have any");
    private readonly Option<bool> _allStates =
        ScanOptionKinds.Flag("--all-states", "show every port, including closed and filtered ones");
    private readonly Option<string[]> _verbose = ScanOptionKinds.Value(
        "--verbose", "N", "show open ports as they are found, hosts that are down, and more; -vv or -v2 for more still", "-v");
    private readonly Option<string[]> _debugging =
        ScanOptionKinds.Hidden(ScanOptionKinds.Value("--debugging", "N", "the same as -v --reason", "-d"));
    private readonly Option<bool> _trace = ScanOptionKinds.Flag("--packet-trace", "show each packet that is sent and received, on stderr");
    private readonly Option<string[]> _stats =
        ScanOptionKinds.Value("--stats-every", "TIME", "print progress on stderr this often, even without a terminal");
    private readonly Option<bool> _noninteractive =
        ScanOptionKinds.Flag("--noninteractive", "ignore keys pressed while the scan runs");
    private readonly Option<string[]> _stylesheet =
        ScanOptionKinds.Value("--stylesheet", "PATH", "the stylesheet named in the XML (default: none)");
    private readonly Option<bool> _webXml = ScanOptionKinds.Flag("--webxml", "name nmap's stylesheet on the web in the XML");
    private readonly Option<bool> _noStylesheet = ScanOptionKinds.Flag("--no-stylesheet", "name no stylesheet in the XML");

    /// <summary>Options about what is shown, in the order of help.</summary>
    public Option[] Showing => [_verbose, _debugging, _reason, _open, _allStates, _trace, _stats, _noninteractive];

    /// <summary>Options about files, in the order of help.</summary>
    public Option[] Writing => [_normal, _xml, _grepable, _json, _all, _append, _stylesheet, _webXml, _noStylesheet];

    /// <summary>Each packet is shown; those of a fleet's agents are not.</summary>
    public Option PacketTrace => _trace;

    /// <summary>Reads them.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="json">Whether <c>--json</c> was given.</param>
    /// <param name="now">The time that file names may hold.</param>
    public OutputRequest Read(ParseResult parsed, bool json, DateTimeOffset now)
    {
        var files = Files(parsed, json, now);
        var (open, all) = (parsed.GetValue(_open), parsed.GetValue(_allStates));
        if (open && all)
        {
            throw ScanErrors.Usage("--open and --all-states exclude each other", $"give one of them");
        }

        var debugging = ScanValues.Level("-d", parsed.All(_debugging));
        return new OutputRequest
        {
            Files = files,
            Append = parsed.GetValue(_append),
            Reason = parsed.GetValue(_reason) || debugging > 0,
            OpenOnly = open,
            AllStates = all,
            Verbosity = Math.Max(ScanValues.Level("-v", parsed.All(_verbose)), debugging > 0 ? 1 : 0),
            PacketTrace = parsed.GetValue(_trace),
            StatsEvery = parsed.Last(_stats) is { } every ? DurationText.Read("--stats-every", every) : null,
            Interactive = !parsed.GetValue(_noninteractive),
            Stylesheet = Stylesheet(parsed),
        };
    }

    private List<OutputFile> Files(ParseResult parsed, bool json, DateTimeOffset now)
    {
        var files = new List<OutputFile>();
        Add(files, parsed, _normal, OutputFormat.Normal, now);
        Add(files, parsed, _xml, OutputFormat.Xml, now);
        Add(files, parsed, _grepable, OutputFormat.Grepable, now);
        Add(files, parsed, _json, OutputFormat.JsonLines, now);
        if (parsed.Last(_all) is { } name)
        {
            if (name == "-")
            {
                throw ScanErrors.Usage(
                    "-oA takes the start of three file names, not -", $"for one format on stdout write -oX - or another");
            }

            name = OutputFileName.Expand(name, now);
            files.Add(new OutputFile(OutputFormat.Normal, $"{name}.nmap", "-oA"));
            files.Add(new OutputFile(OutputFormat.Xml, $"{name}.xml", "-oA"));
            files.Add(new OutputFile(OutputFormat.Grepable, $"{name}.gnmap", "-oA"));
        }

        var toStdout = files.FindAll(f => f.IsStdout);
        if (json)
        {
            toStdout.Insert(0, new OutputFile(OutputFormat.JsonLines, "-", "--json"));
            files.Insert(0, toStdout[0]);
        }

        if (toStdout.Count > 1)
        {
            throw ScanErrors.Usage($"{toStdout[0].Spelled} and {toStdout[1].Spelled} both write to stdout", $"give one of them a file");
        }

        for (var i = 0; i < files.Count; i++)
        {
            for (var j = 0; j < i; j++)
            {
                if (!files[i].IsStdout && !IsDevice(files[i].Path) && string.Equals(files[i].Path, files[j].Path, StringComparison.Ordinal))
                {
                    throw ScanErrors.Usage(
                        $"{files[j].Option} and {files[i].Option} both write to '{TerminalText.Escape(files[i].Path)}'",
                        $"give each a file of its own");
                }
            }
        }

        return files;
    }

    // Anything may go to /dev/null twice.
    private static bool IsDevice(string path) => path.StartsWith("/dev/", StringComparison.Ordinal);

    private static void Add(List<OutputFile> files, ParseResult parsed, Option<string[]> option, OutputFormat format, DateTimeOffset now)
    {
        var paths = parsed.All(option);
        if (paths.Length > 1)
        {
            throw ScanErrors.Usage($"{ScanOptionKinds.CalledBy(option)} was given twice", $"each format goes to one file");
        }

        if (paths.Length == 1)
        {
            files.Add(new OutputFile(
                format, paths[0] == "-" ? "-" : OutputFileName.Expand(paths[0], now), ScanOptionKinds.CalledBy(option)));
        }
    }

    private string? Stylesheet(ParseResult parsed)
    {
        var (path, web, none) = (parsed.Last(_stylesheet), parsed.GetValue(_webXml), parsed.GetValue(_noStylesheet));
        if ((path is null ? 0 : 1) + (web ? 1 : 0) + (none ? 1 : 0) > 1)
        {
            throw ScanErrors.Usage("--stylesheet, --webxml and --no-stylesheet exclude each other", $"give one of them");
        }

        return path ?? (web ? WebStylesheet : null);
    }
}

/// <summary>What is printed, where and in which form.</summary>
internal sealed record OutputRequest
{
    /// <summary>The machine formats and where they go.</summary>
    public required IReadOnlyList<OutputFile> Files { get; init; }

    /// <summary><c>--append-output</c>.</summary>
    public bool Append { get; init; }

    /// <summary><c>--reason</c>.</summary>
    public bool Reason { get; init; }

    /// <summary><c>--open</c>.</summary>
    public bool OpenOnly { get; init; }

    /// <summary><c>--all-states</c>.</summary>
    public bool AllStates { get; init; }

    /// <summary>How many <c>-v</c>.</summary>
    public int Verbosity { get; init; }

    /// <summary><c>--packet-trace</c>.</summary>
    public bool PacketTrace { get; init; }

    /// <summary><c>--stats-every</c>.</summary>
    public TimeSpan? StatsEvery { get; init; }

    /// <summary>Keys are looked at.</summary>
    public bool Interactive { get; init; }

    /// <summary>What the XML names as its stylesheet.</summary>
    public string? Stylesheet { get; init; }

    /// <summary>Whether a machine format has stdout, so that people's output has not.</summary>
    public bool StdoutIsTaken => Files.Any(f => f.IsStdout);
}

/// <summary>The forms results are written in, besides the live table.</summary>
internal enum OutputFormat
{
    /// <summary>nmap's normal output.</summary>
    Normal,

    /// <summary>nmap's XML.</summary>
    Xml,

    /// <summary>nmap's grepable output.</summary>
    Grepable,

    /// <summary>JSON Lines, <c>portolan.scan/1</c>.</summary>
    JsonLines,
}

/// <summary>A format and where it goes.</summary>
/// <param name="Format">The format.</param>
/// <param name="Path">The file; <c>-</c> is stdout.</param>
/// <param name="Option">The option that asked for it, as people write it.</param>
internal sealed record OutputFile(OutputFormat Format, string Path, string Option)
{
    /// <summary>Whether it goes to stdout.</summary>
    public bool IsStdout => Path == "-";

    /// <summary>The option with its value, for messages.</summary>
    public string Spelled => Option == "--json" ? Option : $"{Option} {TerminalText.Escape(Path)}";
}
