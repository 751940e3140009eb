using Portolan.Packets;
using Portolan.Scan.Order;
using Portolan.Scan.Pacing;
using Portolan.Scan.Probes;
using Portolan.Scan.Results;

namespace Portolan.Scan.Engine.Raw;

/// <summary>Finds out which hosts of a group are up: ARP and neighbour discovery for neighbours, pings of all kinds for the rest.</summary>
internal sealed class DiscoveryStage : SweepStage
{
    private const int MostRetries = 4;
    private const int LeastRetries = 1;

    private readonly DiscoveryMethods _methods;
    private readonly ControlProbes _controls;
    private long _silent;

    public DiscoveryStage(RawContext context, RawGroup raw, IProbeWatch watch)
        : base(context, raw, watch)
    {
        _methods = new DiscoveryMethods(context.Settings.Discovery);
        Pace = new PaceController(
            LimitsFor(host => Group.StatusOf(host) == HostStatus.Unknown ? 1 : 0), context.Clock.Now, judgesControls: true);

        // One of eight hosts that were found is asked again: that reports loss, and whether the pace is too high, in every pass.
        _controls = new ControlProbes(
            Group, Paths, context, Pace, Counts, (ulong)(Group.Count + 7) / 8, Count,
            leastShare: 0.02)
        { Methods = method => _methods[method] };
    }

    /// <inheritdoc/>
    public override ulong Count => (ulong)Group.Count * (ulong)_methods.Count;

    /// <inheritdoc/>
    public override int Together => _methods.Count;

    /// <inheritdoc/>
    protected override IndexPermutation Order => Context.Settings.OrderOf((ulong)Math.Max(1, Group.Count), Context.Settings.Seed);

    /// <inheritdoc/>
    protected override long Silent => _silent;

    /// <inheritdoc/>
    protected override LossKind Kind => LossKind.Discovery;

    /// <inheritdoc/>
    protected override int MaxRetries => Math.Clamp(base.MaxRetries, LeastRetries, MostRetries);

    /// <summary>Runs the stage.</summary>
    public void Run(ProbeCursor from)
    {
        var isSkipped = Context.Settings.Discovery.Skip;
        for (var host = 0; host < Group.Count; host++)
        {
            if (Paths.Of(host) is not { } path || !IsLookedFor(host, path))
            {
                continue;
            }

            if (path.Route.IsLocal)
            {
                SetUp(host, isSkipped ? ReplyReason.UserSet : ReplyReason.LocalhostResponse, 0);
            }
            else if (IsProbed(path))
            {
                _silent++;
            }
        }

        if (_silent > 0)
        {
            RunSweep(from);
        }

        SetSilentNeighboursDown(isSkipped);
        if (!Watch.IsStopping)
        {
            Context.Counters.EndLosses();
        }
    }

    /// <inheritdoc/>
    public override bool TryGet(ulong index, out WantedProbe probe)
    {
        var host = (int)(index / (ulong)_methods.Count);
        var method = (int)(index % (ulong)_methods.Count);
        var (kind, port) = _methods[method];
        probe = new WantedProbe(host, kind, port);
        return Paths.Of(host) is { IsUsable: true } path && IsLookedFor(host, path) && _methods.Applies(method, path)
            && (kind != ProbeKind.Neighbour || Paths.NeighbourOf(host) is null);
    }

    /// <inheritdoc/>
    protected override long Step(long now)
    {
        _controls.Expire(now, Rtts.WaitForAll);
        return StepSweep(now);
    }

    /// <inheritdoc/>
    protected override void OnSweepMade() => Sweep.Controls = _controls;

    /// <inheritdoc/>
    protected override void OnNextPass(int pass) => _controls.Extend((ulong)Math.Max(0, _silent) * (ulong)_methods.Count);

    /// <inheritdoc/>
    protected override StageStatus Status(long now) => new("host discovery", SweepProgress, null, Sweep.Cursor(now));

    /// <inheritdoc/>
    protected override void OnReply(in ProbeReply reply, long receivedAt)
    {
        var method = _methods.IndexOf(reply);
        var host = method < 0 ? -1 : Group.IndexOf(reply.Target);
        if (reply.Tag.IsControl && reply.Kind != ProbeKind.Neighbour)
        {
            if (host >= 0 && _controls.Take(host, method, reply.Tag, Context.Clock.Now, out var controlSentAt))
            {
                Context.Counters.CountReply();
                Rtts.Add(host, receivedAt - controlSentAt);
            }

            return;
        }

        if (host < 0 || Paths.Of(host) is not { } path || !IsLookedFor(host, path) || !reply.IsFromTarget
            || !TryFindSending(reply, host, method, receivedAt, out var sentAt))
        {
            return;
        }

        if (reply.Kind == ProbeKind.Neighbour)
        {
            Paths.SetNeighbour(host, reply.HardwareAddress);
            if (!_methods.ArpDecides)
            {
                return;
            }
        }

        Context.Counters.CountReply();
        _silent--;
        Counts.CountAnswer(reply.Kind == ProbeKind.Neighbour ? Sweep.Pass : reply.Tag.Attempt);
        if (reply.Kind != ProbeKind.Neighbour || Sweep.Pass == 0)
        {
            OnTimelyAnswer(host, reply.Tag.Attempt, sentAt, receivedAt);
        }

        SetUp(host, reply.Reason, reply.TimeToLive);
        if (reply.Kind != ProbeKind.Neighbour)
        {
            _controls.Offer(host, method);
        }
    }

    /// <inheritdoc/>
    protected override void OnNothingLeaves()
    {
        for (var host = 0; host < Group.Count; host++)
        {
            if (Group.StatusOf(host) == HostStatus.Unknown)
            {
                Group.MarkUnprobed(host);
                _silent--;
            }
        }

        Watch.Warn($"no frame could be sent ({Context.Sender.LastRefusal.Cause}); some hosts were not probed");
    }

    // Also a neighbour that was found up before (in a run that is resumed) and whose Ethernet address is not known now.
    private bool IsLookedFor(int host, RawPath path) => Group.StatusOf(host) switch
    {
        HostStatus.Unknown => true,
        HostStatus.Up => path.HasNeighbours && Paths.NeighbourOf(host) is null,
        _ => false,
    };

    private bool IsProbed(RawPath path)
    {
        for (var method = 0; method < _methods.Count; method++)
        {
            if (_methods.Applies(method, path))
            {
                return true;
            }
        }

        return false;
    }

    // A neighbour's answer names no attempt; it was asked in this pass or the one before.
    private bool TryFindSending(in ProbeReply reply, int host, int method, long receivedAt, out long sentAt)
    {
        sentAt = 0;
        if (!Sweep.TryPositionOf(((ulong)host * (ulong)_methods.Count) + (ulong)method, out var position))
        {
            return false;
        }

        return reply.Kind == ProbeKind.Neighbour
            ? Paths.Of(host) is { HasNeighbours: true } && (Sweep.Times.TryRead(Sweep.Pass, position, receivedAt, out sentAt)
                || (Sweep.Pass > 0 && Sweep.Times.TryRead(Sweep.Pass - 1, position, receivedAt, out sentAt)))
            : Sweep.Times.TryRead(reply.Tag.Attempt, position, receivedAt, out sentAt);
    }

    private void SetUp(int host, ReplyReason reason, byte timeToLive) =>
        Group.SetHost(host, new HostResult(Group[host], HostStatus.Up, reason, timeToLive, NeighbourOf(host)));

    private MacAddress? NeighbourOf(int host) => Paths.NeighbourOf(host);

    // A neighbour that does not answer ARP cannot be sent anything: it is down even when the person says it is up, as in nmap.
    private void SetSilentNeighboursDown(bool isSkipped)
    {
        for (var host = 0; isSkipped && host < Group.Count && !Watch.IsStopping; host++)
        {
            if (Group.StatusOf(host) == HostStatus.Unknown && Paths.Of(host) is { HasNeighbours: true } && !Group.IsUnprobed(host, 0))
            {
                Group.SetHost(host, new HostResult(Group[host], HostStatus.Down, ReplyReason.NoResponse, 0, null));
            }
        }
    }
}
