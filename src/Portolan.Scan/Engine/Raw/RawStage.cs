using Portolan.Packets.Links;
using Portolan.Scan.Pacing;
using Portolan.Scan.Probes;

namespace Portolan.Scan.Engine.Raw;

/// <summary>
/// The loop that drives a stage: send what is due, take what came, tell how it stands, wait for whichever is next. It never sleeps but in a
/// link's receiver, so a simulated link makes the same loop run in virtual time.
/// </summary>
/// <remarks>One thread, the run's driving thread. Senders may be further threads.</remarks>
internal abstract class RawStage(RawContext context, RawGroup raw, IProbeWatch watch) : IFrameSink
{
    private const long TickPeriod = 50 * RawClock.Millisecond;
    private const long SharedWait = RawClock.Millisecond;
    private const int MostBatches = 16;

    private OpenLink? _receiving;
    private long _nextTick;

    /// <summary>The stage is over when its step says so.</summary>
    protected const long Done = -1;

    /// <summary>What all stages share.</summary>
    protected RawContext Context { get; } = context;

    /// <summary>The hosts.</summary>
    protected HostGroup Group { get; } = raw.Group;

    /// <summary>The ways to them.</summary>
    protected RawPaths Paths { get; } = raw.Paths;

    /// <summary>Their round-trip times.</summary>
    protected HostRtts Rtts { get; } = raw.Rtts;

    /// <summary>Reads replies.</summary>
    protected virtual ReplyClassifier Classifier => Context.Classifier;

    /// <summary>The run.</summary>
    protected IProbeWatch Watch { get; } = watch;

    /// <inheritdoc/>
    public void OnFrame(ReadOnlySpan<byte> frame, long timestamp)
    {
        if (Classifier.TryClassify(_receiving!.Link.Layer, frame, out var reply))
        {
            OnReply(reply, Context.Clock.At(timestamp));
        }
    }

    /// <summary>Drives until <see cref="Step"/> says that it is done, or the run is to stop.</summary>
    protected void Drive()
    {
        for (var next = 0L; next != Done && !Watch.IsStopping;)
        {
            var now = Context.Clock.Now;
            next = Step(now);
            if (now >= _nextTick || next == Done)
            {
                _nextTick = now + TickPeriod;
                Watch.Tick(Status(now));
            }

            if (next != Done)
            {
                Receive(Math.Min(next, _nextTick) - Context.Clock.Now);
            }
        }
    }

    /// <summary>Does what is due at a time.</summary>
    /// <returns>When there will be something to do again, or <see cref="Done"/>.</returns>
    protected abstract long Step(long now);

    /// <summary>A reply to one of our probes came.</summary>
    protected abstract void OnReply(in ProbeReply reply, long receivedAt);

    /// <summary>How the stage stands.</summary>
    protected abstract StageStatus Status(long now);

    // With several links the last is waited on, for a millisecond at most.
    private void Receive(long wait)
    {
        var links = Context.Links.All;
        if (links.Count == 0)
        {
            return;
        }

        var isOne = links.Count == 1;
        for (var i = 0; i < links.Count; i++)
        {
            _receiving = links[i];
            var limit = i < links.Count - 1 || wait <= 0 ? 0 : isOne ? wait : Math.Min(wait, SharedWait);
            var batches = 0;
            while (links[i].Receiver.Receive(this, RawClock.Span(limit)) > 0 && ++batches < MostBatches)
            {
                limit = 0;
            }
        }
    }

    /// <summary>The bounds of the pace to some hosts.</summary>
    /// <param name="weightOf">How many probes a host is to get.</param>
    /// <param name="followsPath">The hosts are known to be there, so answers tell what the path takes.</param>
    protected PaceLimits LimitsFor(Func<int, long> weightOf, bool followsPath = false)
    {
        var timing = Context.Settings.Timing;
        var prefixes = new PrefixShares();
        var isLocal = true;
        for (var host = 0; host < Group.Count; host++)
        {
            if (Paths.Of(host) is not { } path)
            {
                continue;
            }

            var weight = weightOf(host);
            isLocal &= path.Route.IsLocal || weight == 0;
            prefixes.Add(Group.AddressOf(host), weight, path.IsRouted);
        }

        var limits = prefixes.LargestShare is var share and > 0
            ? PaceLimits.Routed(timing.PrefixRateFor(share)) with
            {
                MostProved = followsPath && timing.RoutedPrefixRate is null ? PaceLimits.NoCeiling : 0,
            }
            : isLocal ? PaceLimits.Local : PaceLimits.OnLink;
        return limits.With(timing.MinRate, timing.MaxRate);
    }
}

/// <summary>What the stages of one group share.</summary>
/// <param name="Group">The hosts.</param>
/// <param name="Paths">The ways to them.</param>
/// <param name="Rtts">Their round-trip times.</param>
internal sealed record RawGroup(HostGroup Group, RawPaths Paths, HostRtts Rtts);
