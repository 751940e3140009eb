using Portolan.Reachability.Composing;
using Portolan.Sockets.Filtering;
using Portolan.Traffic;
using Portolan.Traffic.Composing;
using Portolan.Traffic.Counting;
using Portolan.Traffic.Grouping;

namespace Portolan.Web.Feed;

/// <summary>One meter, and what its looks say to the questions of all viewers.</summary>
internal sealed class TrafficWatch : IDisposable
{
    /// <summary>How many rows have their last rates in a view.</summary>
    internal const int RatedRows = 12;

    /// <summary>How many questions are answered at a time.</summary>
    private const int MostQuestions = 8;

    // Rates of a shorter time are those of chance.
    private static readonly TimeSpan LeastInterval = TimeSpan.FromMilliseconds(250);

    private readonly Lock _lock = new();
    private readonly Dictionary<TrafficQuestion, Series> _series = [];
    private readonly TrafficMeter _meter;
    private readonly TimeProvider _clock;
    private readonly string _betterWay;
    private int _looks;

    private TrafficWatch(TrafficMeter meter, TimeProvider clock, string betterWay) =>
        (_meter, _clock, _betterWay) = (meter, clock, betterWay);

    /// <summary>Begins to count.</summary>
    /// <exception cref="Linux.LinuxException">The kernel lets nothing be counted.</exception>
    internal static TrafficWatch Open(Machine machine, TimeProvider clock, CancellationToken cancellationToken)
    {
        var betterWay = TrafficFacts.BetterWay(isPollingChosen: false, Environment.IsPrivilegedProcess);
        var meter = TrafficMeter.Open(
            new TrafficOptions
            {
                Sockets = machine.Sockets,
                EphemeralPorts = machine.Settings.EphemeralRange?.Range,
                BetterWay = betterWay,
                ReadTranslated = DialledPorts.Read,
            },
            machine.Owners, new TrafficNames(machine), clock, cancellationToken);
        try
        {
            var watch = new TrafficWatch(meter, clock, betterWay);
            watch.Look(TimeSpan.MaxValue, cancellationToken);
            return watch;
        }
        catch
        {
            meter.Dispose();
            throw;
        }
    }

    /// <summary>Looks, for all questions that were asked lately.</summary>
    /// <param name="patience">A question that nobody asked for so long is dropped.</param>
    /// <param name="cancellationToken">Stops it.</param>
    internal void Look(TimeSpan patience, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _meter.Look(cancellationToken);
            _looks++;
            foreach (var (question, series) in _series.ToList())
            {
                if (_clock.GetElapsedTime(series.AskedAt) > patience)
                {
                    _series.Remove(question);
                }
                else
                {
                    Take(question, series);
                }
            }
        }
    }

    /// <summary>There was a time without looks: lines have a gap there.</summary>
    internal void Break()
    {
        lock (_lock)
        {
            foreach (var series in _series.Values)
            {
                series.Ring.Add(Now(), []);
            }
        }
    }

    /// <summary>What the last look says to a question.</summary>
    /// <param name="question">The question.</param>
    /// <param name="filter">Its filter, read.</param>
    /// <param name="last">How many of the last rates are wanted.</param>
    internal TrafficView View(TrafficQuestion question, SocketFilter filter, int last)
    {
        lock (_lock)
        {
            if (!_series.TryGetValue(question, out var series))
            {
                if (_series.Count >= MostQuestions)
                {
                    _series.Remove(_series.MinBy(static s => s.Value.AskedAt).Key);
                }

                _series.Add(question, series = new Series(filter));
                Take(question, series);
            }

            series.AskedAt = _clock.GetTimestamp();
            var view = series.Latest!;
            return view with
            {
                Times = series.Ring.Times(last),
                Rates = view.Rows.Take(RatedRows).ToDictionary(static r => r.Row.Key, r => series.Ring.Rates(r.Row.Key, last)),
            };
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _meter.Dispose();
        }
    }

    private void Take(TrafficQuestion question, Series series)
    {
        var summary = _meter.Summarize(question.Grouping, series.Filter, sinceBegin: false, keepsRates: false);
        if (summary.Interval < LeastInterval)
        {
            summary = summary with
            {
                Rows = [.. summary.Rows.Select(static r => r with { InPerSecond = null, OutPerSecond = null, NewPerSecond = null })],
            };
        }

        List<RatedRow> rows =
        [
            .. summary.Rows.OrderByDescending(static r => r.Row.Bytes).ThenByDescending(static r => r.Row.Connections ?? 0)
                .ThenBy(static r => r.Row.Key.Port?.Value ?? 0).ThenBy(static r => r.Row.Key.Role)
                .ThenBy(static r => r.Row.Key.Name, StringComparer.Ordinal),
        ];
        MissingFact[] untraced = _meter.WhyNotTraced is { } why ? [why] : [];
        series.Ring.Add(Now(), rows.Select(static r => (r.Row.Key, Both(r))));
        series.Latest = new TrafficView(summary, rows, _meter.Paths(series.Filter), _clock.GetUtcNow(), _looks)
        {
            BeganAt = _meter.BeganAt,
            Missing = [.. untraced, .. TrafficFacts.Missing(summary, _betterWay)],
        };
    }

    private double Now() => Math.Round(_clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0, 3);

    private static double? Both(RatedRow row) =>
        row is { InPerSecond: null, OutPerSecond: null } ? null : (row.InPerSecond ?? 0) + (row.OutPerSecond ?? 0);

    private sealed class Series(SocketFilter filter)
    {
        internal SocketFilter Filter { get; } = filter;

        internal RateRing<TrafficRowKey> Ring { get; } = new();

        internal TrafficView? Latest { get; set; }

        internal long AskedAt { get; set; }
    }
}
