using System.Text;
using Portolan.Cli.Hosting;
using Portolan.Cli.Traffic;
using Portolan.Sockets.Filtering;
using Portolan.Traffic;
using Portolan.Traffic.Composing;
using Portolan.Traffic.Grouping;

namespace Portolan.Cli.Live;

/// <summary>Counts the traffic of one port for the pane, while that is open: who talks with it, and how much.</summary>
/// <param name="context">A context of its own: it looks on another thread.</param>
/// <param name="output">What the context writes to.</param>
/// <param name="words">The filter, in the language of <c>list</c>.</param>
internal sealed class LiveTraffic(CommandContext context, MemoryStream output, string words)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    private readonly RowPlaces _places = new();

    /// <summary>Counts until it is ended.</summary>
    /// <param name="show">Gets the text of each look.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public void Run(Action<string> show, CancellationToken cancellationToken)
    {
        var request = new TrafficRequest { Filter = [words], Grouping = TrafficGrouping.Remote };
        var filter = SocketFilter.Parse(request.Filter, context.Machine.FilterNames(allNamespaces: false));
        using var meter = TrafficRunner.Open(context, request, cancellationToken);
        for (var next = Every; ; next += Every)
        {
            if (next - meter.Elapsed is { Ticks: > 0 } wait)
            {
                cancellationToken.WaitHandle.WaitOne(wait);
            }

            cancellationToken.ThrowIfCancellationRequested();
            meter.Look(cancellationToken);
            show(Draw(meter, meter.Summarize(request.Grouping, filter, sinceBegin: false), request));
        }
    }

    private string Draw(TrafficMeter meter, TrafficSummary summary, TrafficRequest request)
    {
        output.SetLength(0);
        context.Writer.WriteLine($"payload bytes, {TrafficFacts.Method(meter.Method)}, each second");
        context.Writer.WriteLine();
        new TrafficText(context, request.Grouping, isLive: true).Write(_places.Order(summary.Rows), summary, context.OutputWidth);
        foreach (var fact in TrafficFacts.Missing(summary, TrafficWords.BetterWay(request)))
        {
            context.Writer.WriteLine($"unknown: {TerminalText.Escape(fact.What)}: {TerminalText.Escape(fact.Why)}");
        }

        context.Flush();
        return Encoding.UTF8.GetString(output.ToArray());
    }
}
