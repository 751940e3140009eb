using System.Collections.Concurrent;
using System.Globalization;
using Portolan.Cli.Charting;
using Portolan.Cli.Hosting;
using Portolan.Linux.Libraries;
using Portolan.Model;
using Portolan.Scan.Formats;
using Portolan.Scan.Identification;
using Portolan.Sockets;
using Portolan.Sockets.Chart;

namespace Portolan.Cli.Identifying;

/// <summary>
/// Asks the listeners of the chart what they are (<c>portolan --identify</c>), with the questions of <c>scan -sV</c>, within this host.
/// </summary>
internal sealed class ListenerInquiry(CommandContext context)
{
    /// <summary>Ports that are asked at once.</summary>
    private const int MaxAtOnce = 8;

    private readonly List<string> _lines = [];
    private readonly List<MissingFact> _missing = [];
    private readonly Dictionary<int, ServiceIdentifier> _identifiers = [];
    private readonly ConcurrentDictionary<int, ServiceAnswer> _answers = new();

    /// <summary>What is said of the asking, below the chart.</summary>
    public IReadOnlyList<string> Lines => _lines;

    /// <summary>What could not be asked, and why.</summary>
    public IReadOnlyList<MissingFact> Missing => _missing;

    /// <summary>How services are asked.</summary>
    public IdentifySettings Settings { get; init; } = new();

    /// <summary>All listeners of the host, of which the chart may have a part: they show whether it looks like a printer.</summary>
    public required IReadOnlyList<ChartRow> Listeners { get; init; }

    /// <summary>The chart with what its services answered.</summary>
    public ChartModel Ask(ChartModel chart, IReadOnlyList<NetworkNamespace> spaces, CancellationToken cancellationToken)
    {
        var began = context.Clock.GetTimestamp();
        var rows = chart.Rows.ToArray();
        var asked = Plan(rows, spaces);
        if (context.ErrorIsTerminal && asked.Count > 0)
        {
            var most = Settings.PortLimit * ((asked.Count + MaxAtOnce - 1) / MaxAtOnce);
            context.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"identifying {Ports(asked.Count)}, {most.TotalSeconds:0} s at most"));
        }

        AskAllAsync(rows, asked, spaces, cancellationToken).GetAwaiter().GetResult();
        AskAllAsync(rows, Further(rows, asked), spaces, cancellationToken).GetAwaiter().GetResult();
        cancellationToken.ThrowIfCancellationRequested();
        var left = rows.Count(static r => r.Inquiry is { State: "not-asked" });
        var known = rows.Count(static r => r.Inquiry is { State: "identified" });
        if (asked.Count + left == 0)
        {
            return chart;
        }

        var seconds = context.Clock.GetElapsedTime(began).TotalSeconds;
        var rest = left > 0 ? string.Create(CultureInfo.InvariantCulture, $"; {left} not asked") : "";
        _lines.Add(string.Create(CultureInfo.InvariantCulture,
            $"{Ports(asked.Count)} {(asked.Count == 1 ? "was" : "were")} asked, {known} identified, in {seconds:0.0} s{rest}"));
        return chart with { Rows = rows };
    }

    private static string? ReplyOf(ServiceAnswer answer) =>
        answer.Outcome == ServiceOutcome.Unknown ? BannerText.Of(answer.Heard.Span) : null;

    private static string Ports(int count) => count == 1 ? "1 port" : string.Create(CultureInfo.InvariantCulture, $"{count} ports");

    private List<(int Row, ServiceTarget Target)> Plan(ChartRow[] rows, IReadOnlyList<NetworkNamespace> spaces)
    {
        var signs = ListenerTargets.Signs(Listeners, rows, _answers);
        var runNumber = BitConverter.ToUInt64(Guid.NewGuid().ToByteArray());
        var closed = Closed(rows, spaces);
        var asked = new List<(int, ServiceTarget)>();
        for (var i = 0; i < rows.Length; i++)
        {
            var row = rows[i];
            if (row.IsClient)
            {
                continue;
            }

            var (address, whyNot) = closed.Contains(row.NamespaceIndex) ? (null, "another network namespace")
                : ListenerTargets.AddressOf(row, rows);
            if (address is { } known)
            {
                asked.Add((i, ListenerTargets.Of(row, known, signs[row.NamespaceIndex].Port, runNumber)));
            }
            else
            {
                rows[i] = row with { Inquiry = new ServiceInquiry(ServiceOutcome.NotAsked.Name()!, Reply: null, whyNot) };
            }
        }

        return asked;
    }

    // What looked like a printer by its open ports is none by what answered: the rest is asked as on any host.
    private List<(int Row, ServiceTarget Target)> Further(ChartRow[] rows, List<(int Row, ServiceTarget Target)> asked)
    {
        var signs = ListenerTargets.Signs(Listeners, rows, _answers);
        return
        [
            .. asked.Where(one => one.Target.IsOfPrinter && signs[rows[one.Row].NamespaceIndex].Port is null
                    && _answers[one.Row].Outcome is ServiceOutcome.NotAsked or ServiceOutcome.Unknown or ServiceOutcome.Silent)
                .Select(static one => (one.Row, one.Target with { PrinterPort = null }))
                .Where(one => _identifiers[rows[one.Row].NamespaceIndex].MayAskMore(one.Item2)),
        ];
    }

    /// <summary>Namespaces that cannot be entered.</summary>
    private HashSet<int> Closed(ChartRow[] rows, IReadOnlyList<NetworkNamespace> spaces)
    {
        var closed = new HashSet<int>();
        foreach (var index in rows.Where(static r => !r.IsClient).Select(static r => r.NamespaceIndex).Distinct())
        {
            if (LoopbackSockets.WhyNot(spaces[index]) is { } why)
            {
                closed.Add(index);
                _missing.Add(new MissingFact(
                    MissingFactCode.ServicesInNamespace, $"how the services of network namespace {spaces[index].Label} answer", why)
                {
                    Namespace = spaces[index],
                });
            }
        }

        return closed;
    }

    private async Task AskAllAsync(ChartRow[] rows, List<(int Row, ServiceTarget Target)> asked, IReadOnlyList<NetworkNamespace> spaces,
        CancellationToken cancellationToken)
    {
        foreach (var index in asked.Select(a => rows[a.Row].NamespaceIndex).Distinct())
        {
            var open = context.OpenLocalSockets ?? throw new InvalidOperationException("no sockets were given");
            _identifiers.TryAdd(index,
                new ServiceIdentifier(open(spaces[index]), context.Clock, Settings) { HasTls = OpenSslLibrary.IsInstalled });
        }

        using var turns = new SemaphoreSlim(MaxAtOnce);
        Task Start((int Row, ServiceTarget Target) port) =>
            Task.Run(
                () => AskAsync(rows, port, _identifiers[rows[port.Row].NamespaceIndex], turns, cancellationToken), CancellationToken.None);

        await Task.WhenAll(asked.Select(Start));
    }

    private async Task AskAsync(ChartRow[] rows, (int Row, ServiceTarget Target) port, ServiceIdentifier identifier,
        SemaphoreSlim turns, CancellationToken cancellationToken)
    {
        await turns.WaitAsync(CancellationToken.None);
        try
        {
            var answer = cancellationToken.IsCancellationRequested ? new ServiceAnswer(ServiceOutcome.None, null)
                : await identifier.IdentifyAsync(port.Target, cancellationToken);
            _answers[port.Row] = answer;
            var row = rows[port.Row];
            rows[port.Row] = row with
            {
                Running = answer is { Outcome: ServiceOutcome.Identified, Service: { } service } ? ServiceWords.Of(service) : row.Running,
                Inquiry = answer.Outcome.Name() is { } state
                    ? new ServiceInquiry(state, ReplyOf(answer), IdentifiedJson.ReasonOf(answer))
                    : null,
            };
        }
        catch (OperationCanceledException)
        {
            // The program ends.
        }
        finally
        {
            turns.Release();
        }
    }
}
