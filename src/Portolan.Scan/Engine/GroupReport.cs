using Portolan.Model;
using Portolan.Scan.Results;

namespace Portolan.Scan.Engine;

/// <summary>The report of one host after another, read from its group: one object for all, valid until it is moved on.</summary>
internal sealed class GroupReport(HostGroup group, DateTimeOffset startedAt) : HostReport
{
    private readonly PortOrder _orders = new();
    private readonly List<PortGroup> _groups = [];
    private readonly List<PortSet> _spareSets = [];
    private int _host = -1;
    private DateTimeOffset _endedAt;
    private bool _isPortStage;
    private bool _isGrouped;

    /// <inheritdoc/>
    public override HostResult Host => group.HostOf(_host);

    /// <inheritdoc/>
    public override string? ReverseName => group.NameOf(_host);

    /// <inheritdoc/>
    public override DateTimeOffset StartedAt => startedAt;

    /// <inheritdoc/>
    public override DateTimeOffset EndedAt => _endedAt;

    /// <inheritdoc/>
    public override RoundTrip? Times => group.TimesOf(_host);

    /// <inheritdoc/>
    public override HostTrace? Trace => group.TraceOf(_host);

    /// <inheritdoc/>
    public override bool IsTimedOut => group.IsGivenUp(_host);

    /// <inheritdoc/>
    public override bool AnswersEverything => group.AnswersEverything(_host);

    /// <inheritdoc/>
    public override long? StoppedAfter => group.StoppedAfter(_host);

    /// <inheritdoc/>
    public override bool IsPartial => _isPortStage && !IsTimedOut && group.StatusOf(_host) != HostStatus.Down
        && (group.HasUnprobed(_host) || (!group.IsSilenceJudged(_host) && group.AnsweredCount(_host) < group.PortsOf(_host).Count));

    /// <inheritdoc/>
    public override IReadOnlyList<PortGroup> Groups
    {
        get
        {
            if (!_isGrouped)
            {
                Collect();
                _isGrouped = true;
            }

            return _groups;
        }
    }

    /// <summary>Turns to a host.</summary>
    /// <param name="host">Its number.</param>
    /// <param name="endedAt">When it was finished.</param>
    /// <param name="isPortStage">Its ports were to be scanned.</param>
    public void MoveTo(int host, DateTimeOffset endedAt, bool isPortStage)
    {
        (_host, _endedAt, _isPortStage, _isGrouped) = (host, endedAt, isPortStage, false);
        foreach (var old in _groups)
        {
            _spareSets.Add(old.Ports);
        }

        _groups.Clear();
    }

    /// <inheritdoc/>
    public override void ForEachPort(Action<PortResult> visit)
    {
        if (!_isPortStage || IsTimedOut || group.StatusOf(_host) != HostStatus.Up)
        {
            return;
        }

        var ports = group.PortsOf(_host);
        var page = group.ExistingPage(_host);
        var isSilenceJudged = group.IsSilenceJudged(_host);
        foreach (var i in _orders.Of(ports))
        {
            if (page is not null && page.CodeOf(i) != 0)
            {
                visit(group.ResultOf(_host, i));
            }
            else if (isSilenceJudged && page?.IsUnprobed(i) != true && group.IsShare(_host, i))
            {
                visit(new PortResult(ports[i], group.SilentStateOf(ports[i].Protocol), ReplyReason.NoResponse, 0, Evidence.None, null));
            }
        }
    }

    private void Collect() => ForEachPort(port =>
    {
        foreach (var known in _groups)
        {
            if (known.Protocol == port.Port.Protocol && known.State == port.State && known.Reason == port.Reason)
            {
                known.Ports.Add(port.Port.Port);
                return;
            }
        }

        _groups.Add(new PortGroup(port.Port.Protocol, port.State, port.Reason, EmptySet()));
        _groups[^1].Ports.Add(port.Port.Port);
    });

    // A set has 8 KiB; a hundred thousand hosts need not make new ones each.
    private PortSet EmptySet()
    {
        if (_spareSets.Count == 0)
        {
            return new PortSet();
        }

        var set = _spareSets[^1];
        _spareSets.RemoveAt(_spareSets.Count - 1);
        set.Remove(PortRange.All);
        return set;
    }
}
