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
        Description = "remove what is older than AGE, e.g. 90d (at least 1d)",
        HelpName = "AGE",
    };

    private readonly Option<string?> _size = new("--max-size")
    {
        Description = "remove the oldest until the store takes at most SIZE, e.g. 100M (at least 1M)",
        HelpName = "SIZE",
    };

    private readonly Option<bool> _always = new("--always")
    {
        Description = "apply the limits from now on, once a day, when something is stored; without a limit, stop doing so",
    };

    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "only say what --keep would remove" };

    private readonly Option<string?> _store = StoreOption.ForReading();

    /// <summary>Builds the options.</summary>
    public HistoryPruneCommand()
        : base("history prune", "remove what is old from the store, by age or size")
    {
        Add("What stays", _keep, _size, _always);
        Add("How", _dryRun);
        Add("The store", _store);
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        Looks, changes and rows of charts that are older are removed, and the file shrinks. Of each host the last look before the
        limit stays, so that its state at the limit is still known, and so does what is known of hosts and open ports now.

        It also works on a full disk: then it changes the file in place, without a log. Do not cut the power meanwhile.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan history prune --keep 90d", "remove what is older than 90 days"),
        new("portolan history prune --keep 1y --max-size 100M --always", "both limits, now and from now on"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes =>
    [
        new(ExitCode.Success, "the store is within the limits"),
        new(ExitCode.NothingFound, "there is no store"),
        new(ExitCode.Usage, "the command line is wrong; nothing was changed"),
        new(ExitCode.Failed, "the store cannot be written, or what must stay takes more than --max-size"),
    ];

    /// <inheritdoc/>
    public override string WhyNoJson => "it prints for people what was removed; portolan history --json shows what is stored";

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
                "say what stays: --keep AGE, --max-size SIZE, or both", $"portolan history prune --keep 90d{store}", ExitCode.Usage);
        }

        if (dryRun && (age is null || bytes is not null || always))
        {
            throw new PortolanException(
                "--dry-run counts what --keep would take out, and nothing else",
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
                $"--max-size takes a size such as 100M or 2G, not '{text}'", $"portolan history prune --max-size 100M", ExitCode.Usage);
    }
}
