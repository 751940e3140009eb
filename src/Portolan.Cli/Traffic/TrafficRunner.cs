using Portolan.Cli.Charting;
using Portolan.Cli.Hosting;
using Portolan.Forwarding.Metrics;
using Portolan.Linux;
using Portolan.Model;
using Portolan.Sockets.Filtering;
using Portolan.Traffic;
using Portolan.Traffic.Composing;
using Portolan.Traffic.Counting;
using Portolan.Traffic.Grouping;

namespace Portolan.Cli.Traffic;

/// <summary>Counts, and prints a report or a stream.</summary>
internal sealed class TrafficRunner
{
    /// <summary>Off a terminal and without <c>--for</c>, a report is of so long.</summary>
    private static readonly TimeSpan UsualTime = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan LookTime = TimeSpan.FromSeconds(1);

    private readonly TrafficRequest _request;
    private readonly CommandContext _context;
    private readonly SocketFilter _filter;
    private readonly bool _isLive;
    private readonly string _betterWay;
    private TrafficMetrics? _metrics;
    private TrafficGrouping _grouping;

    /// <summary>Reads the filter, so that a wrong one is an error before anything is done.</summary>
    public TrafficRunner(TrafficRequest request, CommandContext context)
    {
        _context = context;
        _isLive = request.For is null && !context.Json && context.OutputIsTerminal
            && context.Environment("TERM") is not (null or "" or "dumb");
        _request = request.For is null && request.Metrics is null && !context.Json && !_isLive
            ? request with { For = UsualTime }
            : request;
        _grouping = request.Grouping;
        _betterWay = TrafficWords.BetterWay(request);
        _filter = request.Filter.Count == 0 ? SocketFilter.Everything : ReadFilter(request, context);
    }

    /// <summary>Words at the front may be ports and names alone, as with <c>list</c>.</summary>
    private static SocketFilter ReadFilter(TrafficRequest request, CommandContext context)
    {
        var names = context.Machine.FilterNames(request.AllNamespaces);
        return SocketFilter.Parse(ListShorthand.Expand(request.Filter, () => names, out _) ?? request.Filter, names);
    }

    /// <summary>Counts until the time is over, or until it is ended.</summary>
    public ExitCode Run(CancellationToken cancellationToken)
    {
        _context.EndInOrder();
        using var meter = Open(_context, _request, cancellationToken);
        using var endpoint = OpenMetrics(meter, cancellationToken);
        var json = _context.Json ? new TrafficJson(_context, _request) : null;
        if (json is not null)
        {
            json.WriteStart(meter, _filter.Text);
        }
        else
        {
            Say(meter);
        }

        try
        {
            if (_isLive)
            {
                Show(meter, cancellationToken);
            }
            else
            {
                Count(meter, json, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // What was counted is not lost.
            Report(meter, json, CancellationToken.None);
            throw;
        }

        Report(meter, json, cancellationToken);
        return ExitCode.Success;
    }

    /// <summary>The live table; the report has the rows that were chosen last.</summary>
    private void Show(TrafficMeter meter, CancellationToken cancellationToken)
    {
        var screen = new TrafficScreen(_context, _request, meter, _filter);
        try
        {
            screen.Run(() => _metrics?.Update(meter, _filter), cancellationToken);
        }
        finally
        {
            _grouping = screen.Grouping;
        }
    }

    /// <summary>Begins to count.</summary>
    /// <exception cref="PortolanException">The kernel lets nothing be counted.</exception>
    internal static TrafficMeter Open(CommandContext context, TrafficRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return TrafficMeter.Open(
                new TrafficOptions
                {
                    Sockets = context.Machine.Sockets,
                    Method = request.Method,
                    AllNamespaces = request.AllNamespaces,
                    EphemeralPorts = context.Machine.Settings.EphemeralRange?.Range,
                    BetterWay = TrafficWords.BetterWay(request),
                    ReadTranslated = DialledPorts.Read,
                },
                context.Machine.Owners, new TrafficNames(context.Machine), context.Clock, cancellationToken);
        }
        catch (LinuxException exception)
        {
            var lacksPrivilege = exception.Errno is Errno.NotPermitted or Errno.AccessDenied;
            var way = request.Method is { } method ? $" by {TrafficFacts.Method(method)}" : "";
            throw new PortolanException(
                $"traffic cannot be counted{way}: {exception.Message}",
                lacksPrivilege ? Advice.Of($"run it with sudo, or leave out --method") : Advice.Of($"portolan doctor"),
                lacksPrivilege ? ExitCode.NoPrivilege : ExitCode.Failed, exception);
        }
    }

    private MetricsEndpoint? OpenMetrics(TrafficMeter meter, CancellationToken cancellationToken)
    {
        if (_request.Metrics is not { } place)
        {
            return null;
        }

        var metrics = new TrafficMetrics(meter.Method);
        _metrics = metrics;
        meter.Look(cancellationToken);
        metrics.Update(meter, _filter);
        return MetricsEndpoint.Open(place.Address, place.Port, metrics.Write);
    }

    private void Count(TrafficMeter meter, TrafficJson? json, CancellationToken cancellationToken)
    {
        var step = json is not null && (_request.For is null || _request.HasEvery) ? _request.Every
            : _request.Every < LookTime ? _request.Every : LookTime;
        var writesSamples = json is not null && (_request.For is null || _request.HasEvery);
        for (var next = step; _request.For is not { } time || meter.Elapsed < time; next += step)
        {
            var until = _request.For is { } end && end < next ? end : next;
            if (until - meter.Elapsed is { Ticks: > 0 } wait)
            {
                cancellationToken.WaitHandle.WaitOne(wait);
            }

            cancellationToken.ThrowIfCancellationRequested();
            if (_request.For is { } last && until >= last)
            {
                return; // the report looks
            }

            meter.Look(cancellationToken);
            _metrics?.Update(meter, _filter);
            if (writesSamples)
            {
                var summary = meter.Summarize(_request.Grouping, _filter, sinceBegin: false);
                json!.WriteSample(summary, Order(summary), "sample");
            }
        }
    }

    private void Report(TrafficMeter meter, TrafficJson? json, CancellationToken cancellationToken)
    {
        meter.Look(cancellationToken);
        var summary = meter.Summarize(_grouping, _filter, sinceBegin: true);
        var rows = Order(summary);
        if (json is not null)
        {
            json.WriteSample(summary, rows, "end");
            return;
        }

        new TrafficText(_context, _grouping, isLive: false).Write(rows, summary, _context.OutputWidth);
        _context.Flush();
        MissingFact[] untraced = meter.WhyNotTraced is { } why ? [why] : [];
        Survey.Report(_context, [.. untraced, .. TrafficFacts.Missing(summary, _betterWay)]);
    }

    /// <summary>The rows that carried most first.</summary>
    private List<RatedRow> Order(TrafficSummary summary)
    {
        var rows = summary.Rows.OrderByDescending(static r => r.Row.Bytes).ThenByDescending(static r => r.Row.Connections ?? 0)
            .ThenBy(static r => r.Row.Key.Port?.Value ?? 0).ThenBy(static r => r.Row.Key.Role)
            .ThenBy(static r => r.Row.Key.Name, StringComparer.Ordinal);
        return [.. _request.Top is { } top ? rows.Take(top) : rows];
    }

    private void Say(TrafficMeter meter)
    {
        if (_context.ErrorIsTerminal)
        {
            var time = _request.For is { } some ? $"for {DurationText.Format(some)}" : "until Ctrl-C";
            _context.Error.WriteLine($"portolan: counting {time}, payload bytes; {TrafficWords.Describe(meter.Method)}");
        }
    }
}
