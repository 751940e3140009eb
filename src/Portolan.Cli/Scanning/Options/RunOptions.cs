using System.CommandLine;

namespace Portolan.Cli.Scanning.Options;

/// <summary>The options about the run as a whole: order, journal, questions, and things that are no scan.</summary>
internal sealed class RunOptions
{
    private readonly Option<string[]> _seed =
        ScanOptionKinds.Value("--seed", "N", "the seed of the random order; the same seed gives the same order");
    private readonly Option<string[]> _shard = ScanOptionKinds.Value(
        "--shard", "SHARE",
        "probe one share only, e.g. 1/3, the first of three; runs with the same seed and number of shares complete each other");
    private readonly Option<string[]> _journal = ScanOptionKinds.Value(
        "--journal", "FILE", "keep the journal in this file (default: in the user's state folder, for scans over 30 s)");
    private readonly Option<bool> _noJournal = ScanOptionKinds.Flag("--no-journal", "keep no journal");
    private readonly Option<string?> _resume = new("--resume")
    {
        Description = "resume an interrupted scan with all its options, from a journal or this user's last scan",
        HelpName = "FILE",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<bool> _yes = ScanOptionKinds.Flag("--yes", "do not ask before a scan of more than 1,048,576 targets", "-y");
    private readonly Option<string[]> _fromXml =
        ScanOptionKinds.Value("--from-xml", "FILE", "scan nothing: read XML of nmap or masscan, - for stdin, and print it in any format");
    private readonly Option<bool> _interfaces =
        ScanOptionKinds.Flag("--iflist", "scan nothing: list the interfaces and routes of this host");
    private readonly Option<bool> _release =
        ScanOptionKinds.Hidden(ScanOptionKinds.Flag("--release-memory", "accepted; memory is always released"));

    /// <summary>All, in the order of help.</summary>
    public Option[] Options => [_seed, _shard, _journal, _noJournal, _resume, _yes, _fromXml, _interfaces, _release];

    /// <summary>Those that the agents of a fleet do not follow.</summary>
    public IEnumerable<Option> NotOfFleet => Options.Except([_seed, _yes, _noJournal]);

    /// <summary>Reads them.</summary>
    public RunRequest Read(ParseResult parsed)
    {
        var (index, count) = parsed.Last(_shard) is { } shard ? ScanValues.Shard("--shard", shard) : (0, 1);
        var request = new RunRequest
        {
            Seed = parsed.Last(_seed) is { } seed ? ScanValues.Seed("--seed", seed) : null,
            Shard = index,
            ShardCount = count,
            Journal = parsed.Last(_journal),
            NoJournal = parsed.GetValue(_noJournal),
            Resumes = parsed.GetResult(_resume) is not null,
            ResumeFile = parsed.GetValue(_resume),
            Yes = parsed.GetValue(_yes),
            FromXml = parsed.Last(_fromXml),
            ListInterfaces = parsed.GetValue(_interfaces),
        };
        if (request is { NoJournal: true, Journal: not null })
        {
            throw ScanErrors.Usage("--journal and --no-journal exclude each other", $"give one of them");
        }

        if (request.ShardCount > 1 && request.Seed is null && !request.Resumes)
        {
            throw ScanErrors.Usage(
                "--shard needs --seed: shares must use the same order", $"give every share the same seed, e.g. --seed 1");
        }

        return request;
    }
}

internal sealed record RunRequest
{
    /// <summary><c>--seed</c>; <c>null</c> for a new one.</summary>
    public ulong? Seed { get; init; }

    /// <summary>This run's share, from 0.</summary>
    public int Shard { get; init; }

    /// <summary>How many shares there are.</summary>
    public int ShardCount { get; init; } = 1;

    /// <summary><c>--journal</c>.</summary>
    public string? Journal { get; init; }

    /// <summary><c>--no-journal</c>.</summary>
    public bool NoJournal { get; init; }

    /// <summary><c>--resume</c> was given.</summary>
    public bool Resumes { get; init; }

    /// <summary>The journal to go on with; <c>null</c> for the last one.</summary>
    public string? ResumeFile { get; init; }

    /// <summary><c>--yes</c>.</summary>
    public bool Yes { get; init; }

    /// <summary><c>--from-xml</c>.</summary>
    public string? FromXml { get; init; }

    /// <summary><c>--iflist</c>.</summary>
    public bool ListInterfaces { get; init; }
}
