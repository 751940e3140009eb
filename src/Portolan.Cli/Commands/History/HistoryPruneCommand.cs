using System.CommandLine;
using System.Globalization;
using Portolan.Cli.History;
using Portolan.Cli.Hosting;
using Portolan.Cli.Storing;
using Portolan.Model;
using Portolan.Watch.Recording;

namespace Portolan.Cli.Commands.History;

/// <summary><c>portolan history prune</c>: takes what is old out of the store.</summary>
public sealed class HistoryPruneCommand : PortolanCommand
{
    private readonly Option<string?> _keep = new("--keep")
    {
        Description = "remove entries older than AGE, e.g. 90d (at least 1d)",
        HelpName = "AGE",
    };

    private readonly Option<string?> _size = new("--max-size")
    {
        Description = "remove the oldest entries until the store is at most SIZE, e.g. 100M (at least 1M)",
        HelpName = "SIZE",
    };

    private readonly Option<bool> _always = new("--always")
    {
        Description = "also apply the limits once a day from now on, when something is stored; without a limit, stop this",
    };

    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "only print what --keep would remove" };

    private readonly Option<string?> _store = StoreOption.ForReading();

    /// <summary>Builds the options.</summary>
    public HistoryPruneCommand()
        : base("history prune", "remove old entries from the store, by age or size")
    {
        Add("What stays", _keep, _size, _always);
        Add("How", _dryRun);
        Add("The store", _store);
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        Older observations, changes and chart rows are removed, and the file shrinks. Each host keeps its last observation before the
        limit, so that its state at the limit stays known; the current state of hosts and open ports is kept too.

        Pruning also works on a full disk: it then changes the file in place, without a log. Do not cut the power meanwhile.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan history prune --keep 90d", "remove entries older than 90 days"),
        new("portolan history prune --keep 1y --max-size 100M --always", "both limits, now and from now on"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes =>
    [
        new(ExitCode.Success, "the store is within the limits"),
        new(ExitCode.NothingFound, "no store exists"),
        new(ExitCode.Usage, "the command line is wrong; nothing was changed"),
        new(ExitCode.Failed, "the store cannot be written, or its required entries exceed --max-size"),
    ];

    /// <inheritdoc/>
    public override string WhyNoJson => "it prints a summary of the removed entries; portolan history --json shows the stored data";

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["history"];

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken)
    {
        TimeSpan? age = parsed.GetValue(_keep) is { } keep ? ReadAge(keep, context) : null;
        long? bytes = parsed.GetValue(_size) is { } size ? ReadSize(size) : null;
        var (always, dryRun) = (parsed.GetValue(_always), parsed.GetValue(_dryRun));
        var path = StoreOption.PathOf(parsed.GetValue(_store), context);
        var store = StoreOption.OfQuestion(path, context);
        if (age is null && bytes is null && !always)
        {
            throw new PortolanException(
                "give a limit: --keep AGE, --max-size SIZE, or both", $"portolan history prune --keep 90d{store}", ExitCode.Usage);
        }

        if (dryRun && (age is null || bytes is not null || always))
        {
            throw new PortolanException(
                "--dry-run works with --keep only",
                $"portolan history prune --keep 90d --dry-run{store}", ExitCode.Usage);
        }

        return HistoryPrune.Run(
            new PruneRequest(path, age, bytes, always, dryRun), context);
    }

    private static TimeSpan ReadAge(string text, CommandContext context)
    {
        var now = context.Clock.GetUtcNow();
        var words = text.EndsWith('y') && int.TryParse(text.AsSpan(0, text.Length - 1), CultureInfo.InvariantCulture, out var years)
            && years is > 0 and <= 100
            ? $"{years * 365}d"
            : text;
        var age = now - Moment.Parse(words, now, context.Clock.LocalTimeZone, "--keep").Start;
        return age >= TimeSpan.FromDays(1)
            ? age
            : throw new PortolanException(
                $"--keep {text} is less than a day", $"portolan history prune --keep 90d", ExitCode.Usage);
    }

    private static long ReadSize(string text)
    {
        var unit = text.Length > 0 ? char.ToUpperInvariant(text[^1]) : ' ';
        var factor = unit switch { 'M' => 1L << 20, 'G' => 1L << 30, 'T' => 1L << 40, _ => 0L };
        return factor > 0 && int.TryParse(text.AsSpan(0, text.Length - 1), CultureInfo.InvariantCulture, out var count) && count > 0
            ? count * factor
            : throw new PortolanException(
                $"--max-size takes a size, e.g. 100M or 2G, not '{text}'", $"portolan history prune --max-size 100M", ExitCode.Usage);
    }
}
