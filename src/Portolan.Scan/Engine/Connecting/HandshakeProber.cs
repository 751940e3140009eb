using System.Runtime.ExceptionServices;
using Portolan.Scan.Engine.Services;
using Portolan.Scan.Results;

namespace Portolan.Scan.Engine.Connecting;

/// <summary>
/// Finds ports one way, then completes a handshake with each TCP port that is open, and hears what its service says first where that is
/// asked for.
/// </summary>
/// <remarks>
/// Open ports are notified when their handshakes are over. Until then a resumed run begins the group's ports where this one began: what has
/// answered is not probed again, but what was found and not told must be found again.
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
    public IReadOnlyList<string> Notes { get; } = [.. ports.Notes.Union(handshakes.Notes)];

    /// <inheritdoc/>
    public ProbeBalance Balance => ports.Balance.WithCountsOf(handshakes.Balance);

    /// <inheritdoc/>
    public void Discover(HostGroup group, ProbeCursor from, IProbeWatch watch) => ports.Discover(group, from, watch);

    /// <inheritdoc/>
    public void Probe(HostGroup group, ProbeCursor from, IProbeWatch watch)
    {
        if (from.Pass >= ConnectProber.HandshakePasses)
        {
            // An earlier process told all that the packets had found.
            handshakes.CompleteHandshakes(group, watch);
            return;
        }

        var standing = new NullProbeMonitor(watch, from);
        group.HoldOpen(handshakes.HearsGreetings ? HeldPorts.OpenTcp : HeldPorts.SynAcked);
        try
        {
            ports.Probe(group, from, standing);
            if (!watch.IsStopping)
            {
                handshakes.CompleteHandshakes(group, standing);
            }
        }
        finally
        {
            group.ReleaseOpen();
        }

        if (watch.IsStopping)
        {
            standing.TellPlace();
        }
    }

    /// <inheritdoc/>
    /// <remarks>The kernel takes some ten milliseconds to close a packet socket; both close theirs together.</remarks>
    public void Dispose()
    {
        Exception? failure = null;
        var closing = new Thread(() => failure = Failure(ports)) { IsBackground = true, Name = "portolan closing" };
        closing.Start();
        try
        {
            handshakes.Dispose();
        }
        finally
        {
            closing.Join();
            foreach (var one in Beside)
            {
                failure = Failure(one) ?? failure;
            }
        }

        if (failure is not null)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    // All is closed, whatever one of them says.
    private static Exception? Failure(IDisposable one)
    {
        try
        {
            one.Dispose();
            return null;
        }
        catch (Exception exception)
        {
            return exception;
        }
    }
}
