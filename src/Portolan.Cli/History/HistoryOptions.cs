using System.CommandLine;
using System.Globalization;
using Portolan.Cli.Charting;
using Portolan.Cli.Hosting;
using Portolan.Cli.Storing;
using Portolan.Model;
using Portolan.Watch.Changes;
using Portolan.Watch.Recording;

namespace Portolan.Cli.History;

/// <summary>The options that <c>history</c> and <c>history host</c> share.</summary>
internal sealed class HistoryOptions
{
    private const int UsualMost = 50;

    private readonly Option<string?> _since = new("--since")
    {
        Description = "changes found since WHEN: now, today, yesterday, 'last monday', 03:00, 2h, 90d, 2026-11-20, 2026-11-20T03:00",
        HelpName = "WHEN",
    };

    private readonly Option<string?> _until = new("--until") { Description = "changes found before the end of WHEN", HelpName = "WHEN" };

    private readonly Option<string?> _port = new("--port", "-p")
    {
        Description = "only this port, e.g. 443 or 53/udp",
        HelpName = "PORT",
    };

    private readonly Option<string?> _kinds = new("--change")
    {
        Description = "only these changes, separated by commas: " + string.Join(", ", ChangeKinds.All.Select(static kind => kind.Name())),
        HelpName = "WHAT",
        CompletionSources = { static _ => ChangeKinds.All.Select(static kind => kind.Name()) },
    };

    private readonly Option<string?> _most = new("--count", "-n")
    {
        Description = "the latest N changes, or all (default 50)",
        HelpName = "N",
    };

    /// <summary>Which changes, in the order of help.</summary>
    public Option[] Choosing => [_since, _until, _port, _kinds, _most];

    public Option<string?> Store { get; } = StoreOption.ForReading();

    /// <summary>Reads them.</summary>
    /// <exception cref="PortolanException">A value is none. Exit code 2.</exception>
    public (string Store, HistoryQuestion Question) Read(ParseResult parsed, CommandContext context, string? port = null)
    {
        if (port is not null && parsed.GetValue(_port) is not null)
        {
            throw new PortolanException("the port is named twice", $"portolan history {port}", ExitCode.Usage);
        }

        port ??= parsed.GetValue(_port);
        var (now, zone) = (context.Clock.GetUtcNow(), context.Clock.LocalTimeZone);
        var path = StoreOption.PathOf(parsed.GetValue(Store), context);
        var store = StoreOption.OfQuestion(path, context);
        return (path, new HistoryQuestion
        {
            Port = port is null ? null : PortArgument.Parse(port, () => context.Machine.Services, "history"),
            Since = parsed.GetValue(_since) is { } since ? Moment.Parse(since, now, zone, "--since").Start : null,
            Until = parsed.GetValue(_until) is { } until ? Moment.Parse(until, now, zone, "--until").End : null,
            Kinds = parsed.GetValue(_kinds) is { } kinds ? ReadKinds(kinds, store) : null,
            Most = ReadMost(parsed.GetValue(_most), store),
        });
    }

    private static List<ChangeKind> ReadKinds(string text, Advice store)
    {
        var kinds = new List<ChangeKind>();
        foreach (var word in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            kinds.Add(ChangeKinds.TryParse(word, out var kind) ? kind : throw new PortolanException(
                $"--change does not know '{word}'",
                Advice.Of($"it takes {Advice.List(ChangeKinds.All.Select(static k => k.Name()))}, separated by commas"), ExitCode.Usage));
        }

        return kinds.Count > 0 ? kinds
            : throw new PortolanException("--change needs a kind of change", $"portolan history --change "
                + $"opened,closed{store}", ExitCode.Usage);
    }

    private static int? ReadMost(string? text, Advice store) => text switch
    {
        null => UsualMost,
        "all" => null,
        _ => int.TryParse(text, CultureInfo.InvariantCulture, out var most) && most is > 0 and < int.MaxValue
            ? most
            : throw new PortolanException(
                $"--count takes a number from 1, or all, not '{text}'", $"portolan history -n 20{store}", ExitCode.Usage),
    };
}
