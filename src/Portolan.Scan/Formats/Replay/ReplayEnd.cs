using Portolan.Model.Xml;
using Portolan.Scan.Results;

namespace Portolan.Scan.Formats.Replay;

/// <summary>The balance that a file reports in its <c>runstats</c>, or that was counted when it has none.</summary>
internal sealed class ReplayEnd
{
    private DateTimeOffset? _endedAt;
    private TimeSpan? _elapsed;
    private long _counted;
    private string? _missed;

    /// <summary>Hosts that were up.</summary>
    public long HostsUp { get; set; }

    /// <summary>Hosts without an answer.</summary>
    public long HostsDown { get; set; }

    /// <summary>Targets; <c>null</c> while only counted.</summary>
    public long? HostsTotal { get; set; }

    /// <summary>Why it is not complete.</summary>
    public string? Incomplete { get; set; }

    /// <summary>Counts a host.</summary>
    public void Count(HostStatus status)
    {
        _counted++;
        HostsUp += status == HostStatus.Up ? 1 : 0;
        HostsDown += status == HostStatus.Down ? 1 : 0;
    }

    /// <summary>Reads a child of <c>runstats</c>.</summary>
    public void Read(XmlPullReader reader)
    {
        if (reader.Name == "finished")
        {
            _endedAt = reader.Time("time");
            _elapsed = reader.Seconds("elapsed");
            _missed = FormatText.MissedIn(reader.Attribute("summary"));
            if (reader.Text("exit") is "error")
            {
                Incomplete = reader.Attribute("errormsg") is { Length: > 0 } message ? message : "its scan ended with an error";
            }
        }
        else if (reader.Name == "hosts" && reader.Number("total", 0, long.MaxValue) is { } total)
        {
            HostsTotal = total;
            HostsUp = reader.Number("up", 0, long.MaxValue) ?? 0;
            HostsDown = reader.Number("down", 0, long.MaxValue) ?? 0;
        }
    }

    /// <summary>The balance of the replayed run.</summary>
    public ScanEnd ToBalance(ReplayHead head, bool isComplete)
    {
        var endedAt = _endedAt ?? head.StartedAt;
        return new ScanEnd(
            endedAt, _elapsed ?? (endedAt > head.StartedAt ? endedAt - head.StartedAt : TimeSpan.Zero), HostsUp, HostsDown,
            HostsTotal ?? _counted, 0, 0, 0, 0, 0,
            ProbeLoss: null, EstimatedMissRate: null, isComplete, Incomplete)
        {
            MissedAsWritten = _missed,
        };
    }
}
