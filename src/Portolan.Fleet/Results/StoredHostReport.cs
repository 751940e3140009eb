using Portolan.Fleet.Jobs;
using Portolan.Scan.Results;

namespace Portolan.Fleet.Results;

/// <summary>A host of a job as a scan reports it, from the states of its group. One object serves host after host.</summary>
/// <param name="plan">The job.</param>
/// <param name="start">When the job began.</param>
/// <param name="end">When it ended.</param>
internal sealed class StoredHostReport(JobPlan plan, DateTimeOffset start, DateTimeOffset end) : HostReport
{
    private readonly List<PortGroup> _groups = [];
    private ReadOnlyMemory<byte> _codes;
    private Func<ProbePort, PortResult?> _rowOf = static _ => null;
    private HostResult _host;
    private bool _isPartial;

    /// <summary>Goes to a host.</summary>
    /// <param name="host">What discovery said.</param>
    /// <param name="codes">A code for each port of the job.</param>
    /// <param name="rowOf">The row of an open port.</param>
    public void MoveTo(HostResult host, ReadOnlyMemory<byte> codes, Func<ProbePort, PortResult?> rowOf)
    {
        (_host, _codes, _rowOf) = (host, codes, rowOf);
        _groups.Clear();
        _isPartial = false;
        var span = codes.Span;
        for (var i = 0; i < span.Length; i++)
        {
            var (state, reason, port) = (ProbeCode.StateOf(span[i]), ProbeCode.ReasonOf(span[i]), plan.Ports[i]);
            if (state == PortState.Unknown)
            {
                _isPartial = true;
                continue;
            }

            var group = _groups.Find(g => g.Protocol == port.Protocol && g.State == state && g.Reason == reason);
            if (group is null)
            {
                _groups.Add(group = new PortGroup(port.Protocol, state, reason, new PortSet()));
            }

            group.Ports.Add(port.Port);
        }
    }

    /// <inheritdoc/>
    public override HostResult Host => _host;

    /// <inheritdoc/>
    public override string? ReverseName => null;

    /// <inheritdoc/>
    public override DateTimeOffset StartedAt => start;

    /// <inheritdoc/>
    public override DateTimeOffset EndedAt => end;

    /// <inheritdoc/>
    public override RoundTrip? Times => null;

    /// <inheritdoc/>
    public override bool IsTimedOut => false;

    /// <inheritdoc/>
    public override bool AnswersEverything => false;

    /// <inheritdoc/>
    public override bool IsPartial => _isPartial;

    /// <inheritdoc/>
    public override IReadOnlyList<PortGroup> Groups => _groups;

    /// <inheritdoc/>
    public override void ForEachPort(Action<PortResult> visit)
    {
        for (var i = 0; i < _codes.Length; i++)
        {
            var code = _codes.Span[i];
            if (ProbeCode.StateOf(code) is not PortState.Unknown and var state)
            {
                visit(ResultOf(plan.Ports[i], state, ProbeCode.ReasonOf(code)));
            }
        }
    }

    /// <summary>The result of a port of this host.</summary>
    public PortResult ResultOf(ProbePort port, PortState state, ReplyReason reason) =>
        (state == PortState.Open ? _rowOf(port) : null) ?? new PortResult(port, state, reason, 0, Evidence.None, null);
}
