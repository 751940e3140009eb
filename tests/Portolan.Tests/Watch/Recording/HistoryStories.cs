using System.Text;
using Portolan.Model;
using Portolan.Store;
using Portolan.Store.Tables;
using Portolan.Tests.Support;
using Portolan.Watch.Changes;
using Portolan.Watch.Recording;
using Portolan.Watch.Snapshots;

namespace Portolan.Tests.Watch.Recording;

/// <summary>A store in a folder of its own, and scans that are added to it hour by hour.</summary>
internal sealed class HistoryStories : IDisposable
{
    public static readonly DateTimeOffset Start = new(2026, 11, 20, 0, 0, 0, TimeSpan.Zero);

    private readonly TemporaryFolder _folder = new();

    public string Path => _folder["history.db"];

    public List<string> Notices { get; } = [];

    public void Dispose() => _folder.Dispose();

    public static DateTimeOffset Hour(int hour) => Start.AddHours(hour);

    public HistoryStore Open() => HistoryStore.OpenForWriting(Path, Start, Notices.Add);

    /// <summary>Adds a scan of one host: rows are <c>80 open</c>, all others of the ports closed.</summary>
    public void Add(int hour, string ports, params string[] rows) => AddSnapshot(hour, DiffStories.Read(DiffStories.Json(ports, rows)));

    /// <summary>Adds a host that was found down.</summary>
    public void AddDown(int hour) => AddHost(hour, new HostSnapshot(new HostKey(Parse("198.18.0.1"), null))
    {
        Status = Portolan.Scan.Results.HostStatus.Down,
        IsStatusSilent = true,
    });

    public void AddSnapshot(int hour, Snapshot snapshot)
    {
        foreach (var host in snapshot.Hosts.Values)
        {
            AddHost(hour, host);
        }
    }

    public void AddHost(int hour, HostSnapshot host)
    {
        using var run = RunRecorder.Begin(Open(), TimeProvider.System, new RunRecord(RunKind.Scan, Hour(hour), "test", "test"));
        run.Add(host, Hour(hour));
        run.End(isComplete: true, missRateBound: 0);
    }

    /// <summary>Adds a chart of this machine, as <see cref="ChartTexts"/> writes it.</summary>
    public void AddChart(int hour, string chart) => AddChart(Hour(hour), chart);

    /// <summary>Adds a chart of a time; returns its run.</summary>
    public long AddChart(DateTimeOffset at, string chart)
    {
        var document = Encoding.UTF8.GetBytes(chart);
        var snapshot = SnapshotReader.Read(new MemoryStream(document), "chart", new SnapshotOptions());
        using var run = RunRecorder.Begin(Open(), TimeProvider.System, new RunRecord(RunKind.Chart, at, "test", "test"));
        ChartRecorder.Add(run, snapshot, document, at);
        run.End(isComplete: true, missRateBound: null);
        return run.Run;
    }

    /// <summary>The changes, the earliest first: <c>3 opened 80/tcp closed→open</c>, found in the third hour.</summary>
    public string[] Changes(ChangeFilter? filter = null)
    {
        using var store = HistoryStore.OpenForReading(Path);
        return [.. new HistoryReader(store).Changes(filter ?? new ChangeFilter()).AsEnumerable().Reverse().Select(static stored =>
        {
            var change = stored.Change;
            var ports = change.Protocol is { } protocol ? $"{change.Ports}/{protocol.Name()} " : "";
            return $"{(stored.FoundAt - Start).TotalHours} {change.Kind.Name()} {ports}{change.Before.Text}→{change.After.Text}"
                + (change.IsCertain ? "" : " ?");
        })];
    }

    /// <summary>A port: <c>open 1-5</c>, first and last seen in these hours.</summary>
    public string Port(ushort port)
    {
        using var store = HistoryStore.OpenForReading(Path);
        return string.Join(' ', new HistoryReader(store).PortsAt(new PortNumber(port), null).Select(static known =>
            $"{known.State.Text} {(known.FirstSeen - Start).TotalHours}-{(known.LastSeen - Start).TotalHours}"));
    }

    public static InternetAddress Parse(string text) =>
        InternetAddress.TryParse(text, out var address) ? address : throw new FormatException(text);
}
