using Portolan.Forwarding.Limits;
using Portolan.Forwarding.Model;
using Portolan.Forwarding.Targets;

namespace Portolan.Forwarding.Engine;

/// <summary>
/// What a forward does with its connections. A connection keeps those under which it began; a forward may get others while it runs.
/// </summary>
internal sealed class ForwardRules
{
    /// <summary>Puts them together.</summary>
    /// <param name="spec">What the forward is to do.</param>
    /// <param name="targets">Where it forwards to.</param>
    /// <param name="now">The engine's clock in milliseconds.</param>
    public ForwardRules(ForwardSpec spec, IReadOnlyList<ForwardTarget> targets, Func<long> now)
    {
        Spec = spec;
        Targets = new TargetGroup(targets);
        Sources = new AllowedSources(spec.Options.Allow);
        if (spec.Options.BytesPerSecond is { } bytes)
        {
            // A twentieth of a second's worth, so that the rate also holds over short times.
            RateUp = new SharedTokenBucket(bytes, Math.Max(1, bytes / 20), now);
            RateDown = new SharedTokenBucket(bytes, Math.Max(1, bytes / 20), now);
        }

        if (spec.Options.ConnectionsPerSecond is { } connections)
        {
            NewConnections = new SharedTokenBucket(connections, Math.Max(1, connections / 10), now);
        }

        IdleMilliseconds = (long?)(spec.Options.Idle
            ?? (spec.Protocol == TransportProtocol.Udp ? ForwardOptions.UsualDatagramIdle : null))?.TotalMilliseconds;
        ConnectMilliseconds = (long)spec.Options.ConnectTimeout.TotalMilliseconds;
    }

    /// <summary>What the forward is to do; once it listens, with the port that the kernel chose where none was named.</summary>
    public ForwardSpec Spec { get; private set; }

    /// <summary>Where it forwards to.</summary>
    public TargetGroup Targets { get; }

    /// <summary>Who may connect.</summary>
    public AllowedSources Sources { get; }

    /// <summary>What clients may send; <c>null</c> for no limit.</summary>
    public SharedTokenBucket? RateUp { get; }

    /// <summary>What targets may send; <c>null</c> for no limit.</summary>
    public SharedTokenBucket? RateDown { get; }

    /// <summary>New connections; <c>null</c> for no limit.</summary>
    public SharedTokenBucket? NewConnections { get; }

    /// <summary>The longest silence; <c>null</c> for no limit.</summary>
    public long? IdleMilliseconds { get; }

    /// <summary>The longest wait for a target.</summary>
    public long ConnectMilliseconds { get; }

    /// <summary>It listens there. Before anybody else sees these.</summary>
    public void Bind(ListenPoint bound) => Spec = Spec with { Listen = bound };
}
