using Portolan.Scan.Results;

namespace Portolan.Scan.Engine.Connecting;

/// <summary>Finds ports with packets, then completes a handshake with each TCP port that is open.</summary>
/// <remarks>
/// Open ports are told when their handshakes are over. Until then a resumed run begins the group's ports where this one began: what has answered is not
/// probed again, but what was found and not told must be found again.
/// </remarks>
/// <param name="ports">Finds hosts and ports; disposed with this.</param>
/// <param name="handshakes">Connects; disposed with this.</param>
public sealed class HandshakeProber(IGroupProber ports, ConnectProber handshakes) : IGroupProber
{
    /// <summary>What is disposed of last, in this order.</summary>
    public IReadOnlyList<IDisposable> Beside { get; init; } = [];

    /// <inheritdoc/>
    public ScanMode Mode => ports.Mode;

    /// <inheritdoc/>
    public IReadOnlyList<string> Notes { get; } = [.. ports.Notes, .. handshakes.Notes];

    /// <inheritdoc/>
    public ProbeBalance Balance
    {
        get
        {
            var (first, second) = (ports.Balance, handshakes.Balance);
            return first with
            {
                Sent = first.Sent + second.Sent,
                Retries = first.Retries + second.Retries,
                NotSent = first.NotSent + second.NotSent,
                Replies = first.Replies + second.Replies,
            };
        }
    }

    /// <inheritdoc/>
    public void Discover(HostGroup group, ProbeCursor from, IProbeWatch watch) => ports.Discover(group, from, watch);

    /// <inheritdoc/>
    public void Probe(HostGroup group, ProbeCursor from, IProbeWatch watch)
    {
        group.HoldOpen();
        try
        {
            if (from.Pass < ConnectProber.HandshakePasses)
            {
                ports.Probe(group, from, new StandingWatch(watch, from));
            }

            if (!watch.IsStopping)
            {
                handshakes.CompleteHandshakes(group, watch);
            }
        }
        finally
        {
            group.ReleaseOpen();
        }
    }

    /// <inheritdoc/>
    /// <remarks>The kernel takes some ten milliseconds to close a packet socket; both close theirs together.</remarks>
    public void Dispose()
    {
        var closing = new Thread(ports.Dispose) { IsBackground = true, Name = "portolan closing" };
        closing.Start();
        handshakes.Dispose();
        closing.Join();
        foreach (var one in Beside)
        {
            one.Dispose();
        }
    }

    /// <summary>Says of a stage that it stands where it began.</summary>
    private sealed class StandingWatch(IProbeWatch watch, ProbeCursor from) : IProbeWatch
    {
        public bool IsStopping => watch.IsStopping;

        public void Tick(in StageStatus status) => watch.Tick(status with { Cursor = from });

        public void Warn(string message) => watch.Warn(message);
    }
}
